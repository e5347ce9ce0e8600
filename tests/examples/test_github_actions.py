"""`examples/github_actions`: workflows run scripts that are there; comments and issues are kept up to date."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "github_actions"
WORKFLOWS = {path.stem: path for path in sorted((EXAMPLE / ".github" / "workflows").glob("*.yml"))}
# The parts of GitHub's client that the scripts use, over a list of comments or issues in a file.
_FAKE = """
const fs = require("fs");
const [script, store, options] = process.argv.slice(2);
const items = JSON.parse(fs.readFileSync(store));
const save = () => fs.writeFileSync(store, JSON.stringify(items));
const create = async (item) => {
  items.push({ number: items.length + 1, id: items.length + 1, user: { type: "Bot" }, state: "open", ...item });
  save();
};
const update = async ({ issue_number, comment_id, body }) => {
  items.find((item) => item.id === (comment_id ?? issue_number)).body = body;
  save();
};
const comments = { createComment: create, updateComment: update, listComments: "all" };
const issues = { create, update, listForRepo: "all", ...comments };
const github = { rest: { issues }, paginate: async () => items };
const context = { repo: { owner: "o", repo: "r" }, issue: { number: 7 } };
require(script)({ github, context, ...JSON.parse(options) });
"""


def steps(workflow: str) -> list[dict[str, Any]]:
    """All steps of a workflow."""
    jobs = yaml.safe_load(WORKFLOWS[workflow].read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_there_is_one_for_each_occasion() -> None:
    """Pull requests, merges, nights."""
    assert set(WORKFLOWS) == {"pull-request", "merge", "drift"}


@pytest.mark.parametrize("workflow", ["pull-request", "merge", "drift"])
def test_steps_run_scripts_that_are_there(workflow: str) -> None:
    """Each script that a step names exists and can be run; nothing that GitHub fills in reaches a shell's text."""
    text = " ".join(str(step.get("run", "")) for step in steps(workflow))
    scripts = re.findall(r"ci/\w+", text)
    assert scripts
    assert all(os.access(EXAMPLE / script, os.X_OK) for script in scripts)
    assert "${{" not in text
    modules = re.findall(r'require\("./(ci/\w+\.js)"\)', WORKFLOWS[workflow].read_text(encoding="utf-8"))
    assert all((EXAMPLE / module).is_file() for module in modules)


def test_only_environments_hold_tokens() -> None:
    """Each job that has a token names an environment; those that apply are not those that preview."""
    used: dict[str, set[str]] = {}
    for name, path in WORKFLOWS.items():
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            if "CLOUDFLARE_API_TOKEN" in str(job):
                used.setdefault(name, set()).add(job["environment"])
    assert used["merge"] == {"dev", "prod"}
    assert used["pull-request"] == used["drift"] == {"${{ matrix.stack }}-preview"}


@pytest.mark.parametrize(("result", "code"), [("success", 0), ("failure", 1), ("skipped", 1), ("cancelled", 1)])
def test_the_check_that_merges_wait_for_fails_without_a_preview(result: str, code: int) -> None:
    """GitHub counts a check that is skipped as passed: this one is not, and looks at how the previews ended."""
    review = yaml.safe_load(WORKFLOWS["pull-request"].read_text(encoding="utf-8"))["jobs"]["review"]
    assert review["needs"] == "preview"
    assert review["if"] == "${{ !cancelled() }}"
    last = review["steps"][-1]
    assert last["if"] == "${{ !cancelled() }}"
    (name,) = (name for name, value in last["env"].items() if value == "${{ needs.preview.result }}")
    shell = ["bash", "-e", "-c", last["run"]]
    assert subprocess.run(shell, check=False, env={**os.environ, name: result}).returncode == code  # noqa: S603


def _run(script: str, store: Path, **options: str) -> list[dict[str, Any]]:
    node = shutil.which("node") or pytest.skip("there is no Node.js")
    (store.parent / "fake.js").write_text(_FAKE, encoding="utf-8")
    command = [node, str(store.parent / "fake.js"), str(EXAMPLE / "ci" / script), str(store), json.dumps(options)]
    subprocess.run(command, check=True, timeout=900)  # noqa: S603
    items: list[dict[str, Any]] = json.loads(store.read_text())
    return items


def test_one_comment_is_kept_up_to_date(tmp_path: Path) -> None:
    """The second review replaces the first; comments of people stay as they are."""
    store, review = tmp_path / "comments.json", tmp_path / "comment.md"
    store.write_text(json.dumps([{"id": 1, "user": {"type": "User"}, "body": "<!-- email-security-review --> hello"}]))
    review.write_text("first")
    _run("comment.js", store, file=str(review))
    review.write_text("second")
    comments = _run("comment.js", store, file=str(review))
    assert [comment["body"] for comment in comments] == [
        "<!-- email-security-review --> hello",
        "<!-- email-security-review -->\nsecond",
    ]


def test_one_issue_a_stack_is_kept_up_to_date(tmp_path: Path) -> None:
    """The second night's drift replaces the first's; another stack has an issue of its own."""
    store, drift = tmp_path / "issues.json", tmp_path / "drift.md"
    store.write_text("[]")
    for stack, text in (("dev", "first"), ("dev", "second"), ("prod", "third")):
        drift.write_text(text)
        issues = _run("issue.js", store, stack=stack, file=str(drift))
    assert [(issue["title"], issue["body"]) for issue in issues] == [
        ("Email Security drifts: dev", "second"),
        ("Email Security drifts: prod", "third"),
    ]
