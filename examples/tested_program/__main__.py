"""A blocklist, a payroll service that is exempted, and a protected domain: a program with tests of its own."""

import pulumi

import pulumi_cloudflare_email_security as email_security

blocklist = email_security.BlockSenders("blocklist", entries=email_security.read_entries("blocklist.csv"))
email_security.AllowPolicy(
    "payroll",
    pattern="pay.example",
    pattern_type="DOMAIN",
    is_acceptable_sender=True,
    comments="Payslips come from here",
)
pulumi.export("blocked", blocklist.ids.apply(len))
