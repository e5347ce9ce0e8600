"""The acceptance tests on the account that the environment names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from .api import Api
from .life import live
from .probes import Probe
from .report import Report

REASON: Final = "it changes a real account: `make acceptance ACCEPTANCE=1`, see CONTRIBUTING"
OUTPUT: Final = Path(".work")
_URL: Final = "https://api.cloudflare.com/client/v4"


def accept(folder: Path, output: Path, *, pace: float = 0.5) -> Report:
    """Examine the account, run every setting's life on it, sweep, and write the report below `output`."""
    names = ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID")
    if missing := [name for name in names if not os.environ.get(name)]:
        raise AssertionError(f"{' and '.join(missing)} must be set")
    token, account = (os.environ[name] for name in names)
    api = Api(os.environ.get("CLOUDFLARE_BASE_URL") or _URL, account, token, pace=pace)
    probe = Probe(api)
    report = probe.examine()
    report.write(output)
    try:
        report.facts["life of all settings"] = live(folder / "acceptance", api, report.contract, probe.run)
    finally:
        probe.settle()
        report.facts["swept at the end"] = api.sweep()
        report.write(output)
    return report
