"""All eight settings, with the arguments that each is mostly used with."""

import pulumi_cloudflare_email_security as email_security

email_security.AllowPolicy(
    "payroll",
    pattern="pay.example",
    pattern_type="DOMAIN",
    is_acceptable_sender=True,
    comments="Sends our payslips",
)

email_security.BlockSender("phisher", pattern=r".*@evil-[0-9]+\.example", pattern_type="EMAIL", is_regex=True)

email_security.ContentPolicy(
    "gift-cards",
    name="Gift cards",
    pattern="(?i)gift ?cards?",
    targets=["SUBJECT", "BODY"],
    notes="Seen since March",
)

email_security.Domain(
    "corp",
    domain="corp.example",
    allowed_delivery_modes=["DIRECT"],
    drop_dispositions=["MALICIOUS", "SPAM"],
    ip_restrictions=["192.0.2.0/24"],
    regions=["GLOBAL"],
    lookback_hops=2,
    transport="mail.corp.example",
    require_tls_inbound=True,
)

email_security.ImpersonationRegistryEntry("ceo", name="Jane Doe", email="jane@corp.example")

email_security.SendingDomainRestriction("bank", domain="bank.example", exclude=["news.bank.example"])

email_security.TrustedDomain("subsidiary", pattern="c0rp.example", is_similarity=True)

email_security.UrlIgnorePattern("intranet", pattern=r"https://intranet\.corp\.example/.*")
