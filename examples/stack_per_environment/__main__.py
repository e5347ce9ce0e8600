"""One program, a stack for each environment: what differs stands in Pulumi.dev.yaml and Pulumi.prod.yaml."""

import pulumi

import pulumi_cloudflare_email_security as email_security

config = pulumi.Config()

for name, arguments in config.require_object("blockSenders").items():
    email_security.BlockSender(name, **arguments)

for name, arguments in config.require_object("allowPolicies").items():
    email_security.AllowPolicy(name, **arguments)

email_security.Domain(
    "corp",
    domain=config.require("domain"),
    allowed_delivery_modes=["DIRECT"],
    drop_dispositions=config.require_object("dropDispositions"),
    ip_restrictions=[],
    regions=["GLOBAL"],
)
