"""Names of resources: the same for the same entry on every run, whatever else there is."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from ...model.setting import Setting

_LONGEST: Final = 60
# Characters that need no care in a URN, a shell or a file's name.
_PLAIN: Final = re.compile(r"[a-z0-9._@+/-]+")
_TYPE: Final = "pattern_type"


def entry_name(setting: Setting, key_text: str) -> str:
    """The name of one entry's resource: its key; where that is no plain name, with a digest of it."""
    plain = key_text
    if setting.key[0] == _TYPE:
        type_, _, pattern = key_text.partition(" ")
        plain = f"{type_.lower()}-{pattern}"
    if _PLAIN.fullmatch(plain) and len(plain) <= _LONGEST:
        return plain
    digest = hashlib.sha256(key_text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9._@+]+", "-", plain.lower())[: _LONGEST - 9].strip("-.")
    return f"{slug}-{digest}" if slug else digest
