"""The provider plugin, as the Pulumi engine starts it; all of it is in the package."""

from pulumi_cloudflare_email_security.plugin.server import main

main()
