"""A pytest plugin: an emulated account, and a stack whose programs run on it.

Installed with the package. Two fixtures, and a marker that says what the account is like:

```python
import pytest

@pytest.mark.email_security(contract="2025", lower_case=True)
def test_the_program_settles(email_security_stack):
    email_security_stack.up("infrastructure")
    assert email_security_stack.preview("infrastructure").summary.keys() == {"same"}
```
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ._account import EmulatedAccount
    from ._stack import InProcessStack

_FOREIGN = ("CLOUDFLARE_", "CF_API_")


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers",
        'email_security(contract="2026", **habits): what the emulated account of this test is like, '
        "such as contract='2025', lower_case=True",
    )


@pytest.fixture
def email_security_account(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[EmulatedAccount]:
    """An empty emulated account, of the 2026 contract and without habits unless the marker says otherwise.

    The test sees no credentials of the developer's own and writes nothing to their Pulumi home.
    """
    from ._account import EmulatedAccount  # noqa: PLC0415 - only tests that use it wait for the import

    marker = request.node.get_closest_marker("email_security")
    account = EmulatedAccount(**(marker.kwargs if marker else {}))
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    with account.connected():
        yield account


@pytest.fixture
def email_security_stack(email_security_account: EmulatedAccount) -> InProcessStack:
    """A stack whose programs run in-process on the emulated account."""
    return email_security_account.stack()
