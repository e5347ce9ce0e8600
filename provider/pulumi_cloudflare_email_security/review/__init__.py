"""What a plan means to a reviewer: what weakens protection, and by which rule.

`findings` has the words: a change of one entry, a rule, a finding. `assess` judges a change as a `case` in the
`context` of the other entries, by the `rules` that `exemptions` and `protections` apply. What a pattern lets in is told
by `patterns` (of an expression, with `automaton` and `slowness`), `reach` (of its senders) and `known_domains`.

`preview` reads what `pulumi preview --json` prints into a `plan`, with `engine` and `live`; `report` judges it, and
`markdown` and `machine` write that. `state` does the same for what is in force, `risk` for a provider's own preview.
"""
