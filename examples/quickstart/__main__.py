"""Five settings of an account."""

import pulumi

import pulumi_cloudflare_email_security as email_security

email_security.BlockSender("phisher", pattern="evil.example", pattern_type="DOMAIN")

email_security.AllowPolicy(
    "payroll",
    pattern="pay.example",
    pattern_type="DOMAIN",
    is_acceptable_sender=True,
    comments="Sends our payslips",
)

email_security.TrustedDomain("subsidiary", pattern="c0rp.example", is_similarity=True)

email_security.ImpersonationRegistryEntry("ceo", name="Jane Doe", email="jane@corp.example")

domain = email_security.Domain(
    "corp",
    domain="corp.example",
    allowed_delivery_modes=["DIRECT"],
    drop_dispositions=["MALICIOUS", "SPAM"],
    ip_restrictions=[],
    regions=["GLOBAL"],
)

pulumi.export("domain", domain.domain)
