"""The account's blocked senders are what blocklist.csv says: others are deleted (`mode="exclusive"`)."""

import pulumi

import pulumi_cloudflare_email_security as email_security

blocklist = email_security.BlockSenders(
    "blocklist",
    entries=email_security.read_entries("blocklist.csv"),
    mode="exclusive",
)

pulumi.export("blocked", blocklist.ids.apply(len))
