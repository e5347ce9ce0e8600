"""Where people can read on: Cloudflare's documentation, and two pages beside it."""

from __future__ import annotations

from typing import Final

_DOCS: Final = "https://developers.cloudflare.com/cloudflare-one/email-security"
ALLOW_POLICIES: Final = f"{_DOCS}/policies/inbound/allow-policies/"
BLOCKED_SENDERS: Final = f"{_DOCS}/policies/inbound/blocked-senders/"
BLOCKED_CONTENT: Final = f"{_DOCS}/policies/inbound/blocked-content/"
TRUSTED_DOMAINS: Final = f"{_DOCS}/policies/inbound/trusted-domains/"
PARTNER_TLS: Final = f"{_DOCS}/policies/inbound/partner-domain-tls/"
BEST_PRACTICES: Final = f"{_DOCS}/settings/detection-settings/best-practices/"
REGISTRY: Final = f"{_DOCS}/settings/detection-settings/impersonation-registry/"
DOMAINS: Final = f"{_DOCS}/settings/domains-and-directories/domains/"
DISPOSITIONS: Final = f"{_DOCS}/reference/dispositions-and-attributes/"
LINK_ACTIONS: Final = f"{_DOCS}/settings/detection-settings/configure-link-actions/"
#: On slow regular expressions, and on public suffixes.
OWASP_REDOS: Final = "https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS"
PUBLIC_SUFFIXES: Final = "https://publicsuffix.org/learn/"
