"""The distributions, built once a run."""

from __future__ import annotations

import pytest

from support.distributions import Distributions, distributions_in


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The sdist, and the wheel that is built from it."""
    return distributions_in(tmp_path_factory.mktemp("dist"))
