"""The environment that child processes get: nothing of the developer's own Cloudflare or Pulumi set-up."""

from __future__ import annotations

import os
from collections.abc import Mapping

_FOREIGN = ("CLOUDFLARE_", "CF_API_", "PULUMI_")


#: What a process gets whose coverage is not measured, which is a third of its time.
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}


def scrubbed(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process without `CLOUDFLARE_*` and `PULUMI_*`, and with `extra`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**own, **(extra or {})}
