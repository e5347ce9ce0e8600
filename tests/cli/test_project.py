"""Which stack the commands work on: the one that `pulumi` would."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.cli._project import Project, find_project

BUCKET = "s3://state?region=eu"
SELECTED = [
    ({"stack": "dev"}, "dev"),
    ({"stack": "corp/mail/dev"}, "dev"),
    ({"stacks": {BUCKET: "organization/mail/dev", "file://~": "organization/mail/prod"}}, "dev"),
    ({"stacks": {"file://~": "organization/mail/prod"}, "stack": "dev"}, "dev"),
    ({"stacks": {"file://~": "organization/mail/prod"}}, None),
    ({"stacks": ["dev"], "stack": 1}, None),
    ([], None),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with two stacks, and a Pulumi home of its own."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    for variable in ("PULUMI_STACK", "PULUMI_BACKEND_URL", "PULUMI_CREDENTIALS_PATH"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "home" / "workspaces").mkdir(parents=True)
    (tmp_path / "Pulumi.yaml").write_text("name: mail\nruntime: python\n")
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    found = find_project(tmp_path)
    assert found is not None
    return found


def select(project: Project, content: Any) -> None:
    """Write what the CLI keeps of a `pulumi stack select`."""
    digest = hashlib.sha1(str(project.file).encode(), usedforsecurity=False).hexdigest()
    file = project.folder / "home" / "workspaces" / f"mail-{digest}-workspace.json"
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(("content", "stack"), SELECTED)
@pytest.mark.parametrize("where", ["environment", "project", "credentials"])
def test_the_selected_stack_is_that_of_the_backend(
    project: Project, where: str, content: Any, stack: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As newer CLIs keep it, and as older ones did; the backend is named by environment, project or login."""
    select(project, content)
    if where == "environment":
        monkeypatch.setenv("PULUMI_BACKEND_URL", BUCKET)
    elif where == "project":
        project.file.write_text(f"name: mail\nruntime: python\nbackend:\n  url: {BUCKET}\n")
    else:
        (project.folder / "home" / "credentials.json").write_text(json.dumps({"current": BUCKET}))
    again = find_project(project.folder)
    assert again is not None
    assert again.selected_stack() == stack


def test_without_a_selection_the_only_stack_is_meant(project: Project) -> None:
    """Of several none is."""
    assert project.selected_stack() is None
    (project.folder / "Pulumi.dev.yaml").unlink()
    assert project.selected_stack() == "prod"
