"""An account made by hand: entries of every setting, with all that people and directories leave behind."""

from __future__ import annotations

from typing import Any

ODD_REMARKS = (
    'He said "no", twice',
    "two\nlines",
    "a line of\r\nWindows",
    "=cmd|'/C calc'!A0",
    "@SUM(1)",
    "semi;colon, comma\tand | tab",
    "наша компания — 株式会社 🎣",
    "e\u0301 is two characters",
    "'single' and \\ backslash",
    "# no comment",
    "null",
    "true",
    "2027-01-31",
    "0123",
    "{} [] : - *",
)
#: Texts that a CSV file cannot hold.
BLANK_REMARKS = (" leading", "trailing ", "\ttab", "ends with a line\n", "\u00a0no-break")


def account(count: int, contract: str, *, blanks: bool = False) -> dict[str, list[dict[str, Any]]]:
    """About `count` entries of all settings that the contract has, to be seeded."""
    remarks = (*ODD_REMARKS, *(BLANK_REMARKS if blanks else ()), *[None] * 20)
    each = max(count // 7, 1)
    found: dict[str, list[dict[str, Any]]] = {
        "allow_policies": [
            {
                "pattern": f"partner{n}.example",
                "pattern_type": "DOMAIN",
                "is_regex": False,
                "is_acceptable_sender": n % 2 == 0,
                "is_exempt_recipient": False,
                "is_trusted_sender": n % 5 == 0,
                "verify_sender": n % 3 != 0,
                "comments": remarks[n % len(remarks)],
            }
            for n in range(each)
        ],
        "block_senders": [_blocked(n, remarks[n % len(remarks)]) for n in range(each)],
        "domains": [
            {
                "domain": f"corp{n}.example",
                "allowed_delivery_modes": ["DIRECT", "BCC"] if n % 2 else ["API"],
                "drop_dispositions": ["MALICIOUS", "SPAM"] if n % 3 else [],
                "ip_restrictions": ["192.0.2.0/24", "2001:db8::/32"] if n % 4 == 0 else [],
                "regions": ["GLOBAL"],
                "lookback_hops": n % 5 + 1,
                "transport": "mx.corp.example" if n % 2 else None,
                "folder": None if n % 2 else "AllItems",
                "require_tls_inbound": n % 2 == 0,
            }
            for n in range(7)
        ],
        "impersonation_registry": [
            {
                "name": f"Jane Doe {n}",
                "email": f"jane{n}@corp.example",
                "is_email_regex": False,
                "comments": remarks[n % len(remarks)],
                "provenance": "SNOOPY-OFFICE_365" if n % 10 == 0 else "A1S_INTERNAL",
            }
            for n in range(each)
        ],
        "trusted_domains": [
            {
                "pattern": rf"(?i)^host{n}\.\"?'example$" if n % 4 == 0 else f"supplier{n}.example",
                "is_regex": n % 4 == 0,
                "is_recent": n % 2 == 0,
                "is_similarity": True,
                "comments": remarks[n % len(remarks)],
            }
            for n in range(each)
        ],
    }
    if contract == "2026":
        found |= {
            "content_policies": [
                {
                    "name": f"Policy, {n}",
                    "pattern": f"(?i)\\bword{n}\\b|a,b;c",
                    "targets": ["SUBJECT", "BODY"] if n % 2 else ["BODY"],
                    "enabled": n % 3 != 0,
                    "notes": remarks[n % len(remarks)],
                }
                for n in range(each)
            ],
            "sending_domain_restrictions": [
                {
                    "domain": f"sender{n}.example",
                    "exclude": [f"a.sender{n}.example", f"b.sender{n}.example"] if n % 2 else [],
                    "comments": remarks[n % len(remarks)],
                }
                for n in range(each)
            ],
            "url_ignore_patterns": [
                {"pattern": f"https://intranet{n}\\.example/.*", "comments": remarks[n % len(remarks)]}
                for n in range(each)
            ],
        }
    return found


def _blocked(n: int, remark: str | None) -> dict[str, Any]:
    """A blocked sender; some are of an old kind that cannot be written."""
    patterns = {
        "DOMAIN": f"Evil{n}.example",
        "EMAIL": f"Phisher{n}@evil.example",
        "IP": f"198.51.{n // 250 % 250}.{n % 250 + 1}",
        "UNKNOWN": f"something {n}",
    }
    type_ = "UNKNOWN" if n % 50 == 49 else ("DOMAIN", "EMAIL", "IP")[n % 3]
    return {"pattern": patterns[type_], "pattern_type": type_, "is_regex": False, "comments": remark}
