"""What only domains have: fields that change by themselves, and verification.

Source: ``api.md``, Domain. ``emails_processed`` counts on and the check times move with every answer, so
that a client that records them shows changes nobody made.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .kinds import INT32

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .contracts import Entry

OUTPUTS: Mapping[str, object] = {
    "authorization": {"authorized": True},
    "dmarc_status": "good",
    "spf_status": "good",
    "emails_processed": {},
    "inbox_provider": None,
    "o365_tenant_id": None,
}

# A domain that the API has just created: nobody has proved to own it.
UNVERIFIED: Mapping[str, object] = {
    "status": "PENDING",
    "authorization": {"authorized": False, "status_message": "the domain has not been verified"},
    "dmarc_status": "none",
    "spf_status": "none",
}


def present(entry: Entry, now: str, answers: int) -> dict[str, Any]:
    """A domain as this answer, the so-manieth, shows it."""
    total = answers % INT32
    return {
        **entry,
        "authorization": {**(entry.get("authorization") or {}), "timestamp": now},
        "emails_processed": {
            "timestamp": now,
            "total_emails_processed": total,
            "total_emails_processed_previous": max(total - 1, 0),
        },
    }


def verification(entry: Entry, now: str) -> dict[str, str]:
    """The TXT record that proves a domain's ownership, and how far the proof is; the record never changes."""
    proof = hashlib.sha256(f"{entry['id']} {entry['domain']}".encode()).hexdigest()[:40]
    return {
        "txt_record_name": f"_cf-email-security.{entry['domain']}",
        "txt_record_value": f"cf-email-security-verification={proof}",
        "status": str(entry["status"]),
        "last_checked_at": now,
    }
