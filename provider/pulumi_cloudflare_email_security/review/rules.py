"""The rules, each with its severity, its reason and a source where people can read on."""

from __future__ import annotations

from typing import Final

from .findings import Rule, Severity

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

_HIGH, _MEDIUM, _LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW

BYPASS = Rule(
    "bypass-all-detections",
    _HIGH,
    "mail bypasses all detections",
    "Trusted senders and exempt recipients are not scanned at all, not even for malicious links. Accept the sender "
    "instead (`is_acceptable_sender`): its mail is still scanned for what is malicious.",
    ALLOW_POLICIES,
)
NOT_VERIFIED = Rule(
    "sender-not-verified",
    _HIGH,
    "the sender is not verified",
    "Without `verify_sender` the policy is honoured for mail that fails DMARC, SPF and DKIM: whoever writes the "
    "address into a message is exempt. Only a static IP address of your own can do without.",
    ALLOW_POLICIES,
)
WHOLE_DOMAIN = Rule(
    "whole-domain",
    _MEDIUM,
    "a whole domain is exempt",
    "Everybody at the domain is exempt, and whoever takes over one mailbox there. Name the addresses that write to "
    "you, or a narrow expression.",
    BEST_PRACTICES,
)
FREE_MAIL = Rule(
    "free-mail-provider",
    _HIGH,
    "a free mail provider is exempt or trusted",
    "Anybody can open an address there within a minute, attackers as well.",
    BEST_PRACTICES,
)
PUBLIC_SUFFIX = Rule(
    "public-suffix",
    _HIGH,
    "a public suffix is exempt or trusted",
    "Strangers register names below it: all of them are exempt together.",
    PUBLIC_SUFFIXES,
)
SHARED_SENDER = Rule(
    "shared-sender",
    _MEDIUM,
    "a service through which everybody sends is exempt or trusted",
    "Attackers send through the same service, and its mail passes verification. Cloudflare advises neither to allow "
    "nor to block such services, and to submit wrongly judged messages instead.",
    ALLOW_POLICIES,
)
MATCHES_EVERYTHING = Rule(
    "matches-everything",
    _HIGH,
    "the pattern matches everything",
    "The regular expression asks for nothing that tells one sender or address from another.",
    BEST_PRACTICES,
)
MATCHES_NEARLY_EVERYTHING = Rule(
    "matches-nearly-everything",
    _HIGH,
    "the pattern matches nearly everything",
    "All that the regular expression asks for is a top-level domain, a few letters, or the part before the @, which "
    "the sender chooses.",
    BEST_PRACTICES,
)
UNANCHORED = Rule(
    "unanchored-pattern",
    _MEDIUM,
    "the pattern is not anchored",
    "Where an expression does not begin with `^` and end with `$`, or does not hold the whole domain up to its dot or "
    "@, it may match a longer name, such as one that an attacker has registered.",
    ALLOW_POLICIES,
)
SLOW = Rule(
    "slow-pattern",
    _MEDIUM,
    "the pattern can be slow",
    "Java's regular expressions go back over what they tried: on some texts this one takes so long that the match may "
    "be given up.",
    OWASP_REDOS,
)
UNREADABLE = Rule(
    "unreadable-pattern",
    _HIGH,
    "the pattern cannot be judged",
    "The regular expression is too large to be read, so nobody can tell what it lets through.",
    ALLOW_POLICIES,
)
WIDE_RANGE = Rule(
    "wide-ip-range",
    _HIGH,
    "a wide range of addresses",
    "The range holds servers of many owners. Name the static addresses of the servers that send to you.",
    BEST_PRACTICES,
)
ALLOW_AND_BLOCK = Rule(
    "allow-and-block",
    _MEDIUM,
    "one sender is both allowed and blocked",
    "Of the two entries one has no effect, and whoever reads the other is misled.",
    BLOCKED_SENDERS,
)
OWN_DOMAIN_BLOCKED = Rule(
    "own-domain-blocked",
    _LOW,
    "an own protected domain is blocked",
    "Mail of your own people and systems would be treated as malicious. It weakens nothing, so it fails no review.",
    BLOCKED_SENDERS,
)
OWN_DOMAIN_TRUSTED = Rule(
    "own-domain-trusted",
    _HIGH,
    "an own protected domain is exempt or trusted as a look-alike",
    "Messages that pretend to come from your own people are the ones that impersonation lives on.",
    TRUSTED_DOMAINS,
)
EXEMPTION_ADDED = Rule(
    "exemption-added",
    _MEDIUM,
    "an exemption",
    "What matches is judged less strictly from now on.",
    BEST_PRACTICES,
)
FIELD_WEAKENED = Rule(
    "field-weakened",
    _MEDIUM,
    "a field changes in the direction that weakens protection",
    "Each setting declares in which direction its fields weaken protection; this change goes that way.",
    DOMAINS,
)
PROTECTION_REMOVED = Rule(
    "protection-removed",
    _MEDIUM,
    "a protection goes",
    "What the entry caught is no longer caught.",
    BLOCKED_SENDERS,
)
PROTECTION_EXPIRED = Rule(
    "protection-expired",
    _LOW,
    "a protection ends on the day that it says",
    "The entry's `expires` has passed, so it is taken away. That was agreed when it was made, and fails no review.",
    BLOCKED_SENDERS,
)
BLOCKLIST_SHRINKS = Rule(
    "blocklist-shrinks",
    _HIGH,
    "a list of protections shrinks",
    "Many entries go at once: a file cut short, or read from the wrong place, looks the same.",
    BLOCKED_SENDERS,
)
CONTENT_NOT_CAUGHT = Rule(
    "content-not-caught",
    _MEDIUM,
    "a content policy is switched off",
    "Mail that matches it is no longer caught.",
    BLOCKED_CONTENT,
)
NOT_DROPPED = Rule(
    "malicious-mail-not-dropped",
    _HIGH,
    "malicious mail is not dropped",
    "Mail that Cloudflare judges malicious is handed on to the mailboxes.",
    DISPOSITIONS,
)
FROM_ANYWHERE = Rule(
    "mail-from-anywhere",
    _HIGH,
    "mail is taken from anywhere",
    "Without `ip_restrictions`, or with a range that holds all addresses, everybody can deliver past the gateway that "
    "is meant to be in front.",
    DOMAINS,
)
TLS = Rule(
    "tls-not-required",
    _HIGH,
    "TLS is not required",
    "Mail may cross the internet in clear, where it can be read and altered.",
    PARTNER_TLS,
)
DOMAIN_UNPROTECTED = Rule(
    "domain-unprotected",
    _HIGH,
    "a domain's protection ends, or may end, for good",
    "With `unprotect_on_delete` the domain is taken out of Email Security with its resource, which cannot be undone.",
    DOMAINS,
)
NOT_WATCHED = Rule(
    "person-not-watched",
    _MEDIUM,
    "a person is no longer watched for",
    "Mail that pretends to come from this person is no longer caught by the impersonation registry.",
    REGISTRY,
)
DIRECTORY_NOT_WATCHED = Rule(
    "directory-person-not-watched",
    _HIGH,
    "a person of the directory is no longer watched for",
    "The entry comes from a directory: whoever is in there was chosen to be watched for.",
    REGISTRY,
)
LINKS_NOT_CHECKED = Rule(
    "links-not-rewritten",
    _MEDIUM,
    "links are not rewritten",
    "A link that matches is opened without a check at the time of the click.",
    LINK_ACTIONS,
)
NO_REASON = Rule(
    "no-reason",
    _LOW,
    "an exemption without a reason",
    "Nobody will know later whether it is still needed: say in `comments` who asked for it, and why.",
    BEST_PRACTICES,
)
NO_EXPIRY = Rule(
    "no-expiry",
    _LOW,
    "an exemption without an end",
    "Exemptions are meant to be temporary: `expires` in a collection ends one by itself.",
    BEST_PRACTICES,
)
STALE = Rule(
    "stale-exemption",
    _LOW,
    "an exemption that nobody has touched for a year",
    "It was made for a reason that may be gone.",
    BEST_PRACTICES,
)
EXPIRED = Rule(
    "expired-exemption",
    _MEDIUM,
    "an exemption past its day is still in force",
    "The next `pulumi up` takes it away.",
    BEST_PRACTICES,
)
UNMANAGED = Rule(
    "unmanaged-entry",
    _LOW,
    "an entry that no program declares",
    "Somebody made it by hand: no review has seen it.",
    BEST_PRACTICES,
)
UNMANAGED_EXEMPTION = Rule(
    "unmanaged-exemption",
    _MEDIUM,
    "an exemption that no program declares",
    "Somebody made it by hand: no review has seen it.",
    BEST_PRACTICES,
)
NOT_JUDGED = Rule(
    "not-judged",
    _MEDIUM,
    "a change that cannot be judged",
    "The preview holds the entries as a secret or does not know them yet, so nobody can tell what weakens.",
    BEST_PRACTICES,
)

#: Every rule, by id.
RULES: Final[dict[str, Rule]] = {
    rule.id: rule
    for rule in sorted(
        (value for value in list(globals().values()) if isinstance(value, Rule)), key=lambda rule: rule.id
    )
}

#: What can be found in an entry that is in force, without knowing what was before.
IN_FORCE: Final[tuple[Rule, ...]] = tuple(
    rule
    for rule in RULES.values()
    if rule
    not in {
        BLOCKLIST_SHRINKS,
        CONTENT_NOT_CAUGHT,
        DIRECTORY_NOT_WATCHED,
        EXEMPTION_ADDED,
        FIELD_WEAKENED,
        NOT_WATCHED,
        PROTECTION_EXPIRED,
        PROTECTION_REMOVED,
    }
)
