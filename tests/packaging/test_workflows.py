"""CI and release: what the workflows may use, and what they must run on."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from scripts import pythons, release

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted([*(ROOT / ".github" / "workflows").glob("*.yml"), *ROOT.glob("examples/*/.github/workflows/*.yml")])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(workflow: Path) -> None:
    """Each action is named by the SHA of a commit, with its tag as a comment, so that nobody can change it under us."""
    used = re.findall(r"uses: (.+)", workflow.read_text(encoding="utf-8"))
    assert used
    assert [use for use in used if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_an_action_has_one_version() -> None:
    """Workflows do not drift apart."""
    versions = defaultdict(set)
    for workflow in WORKFLOWS:
        for action, version in re.findall(r"uses: (\S+)@(.+)", workflow.read_text(encoding="utf-8")):
            versions[action].add(version)
    assert [action for action, found in versions.items() if len(found) > 1] == []


def test_ci_runs_on_every_supported_python() -> None:
    """The matrix, what the package says of itself, and the lowest version that installs are the same."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    versions = pythons.supported()
    assert jobs["wheel"]["strategy"]["matrix"]["python"] == versions
    assert f'requires-python = ">={versions[0]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_only_what_the_tag_names_is_published() -> None:
    """Tag, version, changelog and files must agree; each disagreement is told with what to do."""
    files = ["pulumi_cloudflare_email_security-1.2.3-py3-none-any.whl", "pulumi_cloudflare_email_security-1.2.3.tar.gz"]
    changelog = "# Changelog\n\n## 1.2.3 (2027-01-01)\n"
    assert list(release.wrong("1.2.3", "v1.2.3", changelog, files)) == []
    assert list(release.wrong("1.2.3", "", "## Unreleased\n", files)) == []
    (other_tag,) = release.wrong("1.2.3", "v1.2.4", changelog, files)
    assert "v1.2.4" in other_tag
    (no_section,) = release.wrong("1.2.3", "v1.2.3", "## Unreleased\n\n## 1.2.2\n", files)
    assert "no section 1.2.3" in no_section
    (old_file,) = release.wrong("1.2.3", "v1.2.3", changelog, [*files, "pulumi_cloudflare_email_security-1.2.2.tar.gz"])
    assert "make dist" in old_file
