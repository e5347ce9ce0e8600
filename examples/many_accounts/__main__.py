"""What every account blocks, and what an account blocks on top of it."""

from pathlib import Path

import pulumi

import pulumi_cloudflare_email_security as email_security

layers = [email_security.read_entries("baseline.csv")]
extras = Path("extras", f"{pulumi.get_stack()}.csv")
if extras.exists():
    layers.append(email_security.read_entries(extras))

email_security.BlockSenders(
    "blocklist",
    entries=email_security.merge_entries(*layers, of=email_security.BlockSenders),
    mode="exclusive",
)
