"""The same resources as a provider plugin, for programs in every Pulumi language.

`python -m pulumi_cloudflare_email_security.plugin` is what the engine starts; the folder `plugin/` of the repository
names it to the engine. `plugin.schema` tells what there is, `plugin.server` answers the engine's calls.
"""
