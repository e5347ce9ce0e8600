"""The same resources as a provider plugin, for programs in every Pulumi language.

`python -m pulumi_cloudflare_email_security.plugin` is what the engine starts; the folder `plugin/` of the repository
names it to the engine.

`schema` tells what there is: types (`properties`), names (`names`), and examples in each language (`examples`).
`server` answers the engine's calls, by the same lifecycle as the dynamic providers: properties as they travel
(`wire`), in the form in which the lifecycle takes them (`forms`), look-ups (`functions`), and what all calls share
(`deployment`).
"""
