"""The way into Python programs: resources, look-ups and dynamic providers.

In the program's process: `resources` takes `arguments` and hands the engine `plain` values, also those of `files`;
`program` knows all that is declared, asks the engine what the stack held (`recorded`), and tells each resource what
moves to and from it, and at the end what is `gone`. `functions` are the look-ups. In the provider's process:
`providers` and `process`.
"""
