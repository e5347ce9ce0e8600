"""Entries that move from one resource to another, on the real engine, which leads both at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.session.notes import folder
from support.cli import CliStack, write_program
from support.http_emulator import ACCOUNT, ServedEmulator, served

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_cloudflare_email_security as email_security

def entries(names):
    return [{"pattern": f"{name}.example", "pattern_type": "DOMAIN"} for name in names]
"""


def blocked(account: ServedEmulator) -> str:
    """The names of the live entries."""
    return "".join(sorted(entry["pattern"][0] for entry in account.entries(ACCOUNT, "block_senders")))


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_entry_moves_between_two_collections(
    cli: Path, tmp_path: Path, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One `up` moves it, whichever of the two comes first, on a machine that knows nothing of how it was made."""
    both = 2 * 'email_security.BlockSenders("{}", entries=entries("{}"))\n'
    with served(contract) as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + both.format("a", "aem", "b", "b")), env=env)
        stack.up()
        monkeypatch.setenv("PULUMI_HOME", stack.env["PULUMI_HOME"])
        shutil.rmtree(str(folder()), ignore_errors=True)
        for program in (("a", "ae", "b", "bm"), ("b", "bme", "a", "a")):
            stack.edit(PROGRAM + both.format(*program))
            stack.up()
            assert blocked(account) == "abem"
            assert set(stack.preview(refresh=True).summary) == {"same"}


def test_a_move_that_something_else_interrupted_loses_nothing(cli: Path, tmp_path: Path) -> None:
    """The collection has taken the entries over when another resource fails; the next `up` only forgets the singles."""
    singles = 'for entry in entries("abc"):\n    email_security.BlockSender(entry["pattern"], **entry)\n'
    collection = 'email_security.BlockSenders("list", entries=entries("abc"), adopt=True)\n'
    broken = 'email_security.TrustedDomain("taken", pattern="taken.example")\n'
    with served("2026") as account:
        account.seed({"trusted_domains": [{"pattern": "taken.example"}]}, account_id=ACCOUNT)
        # What the check would refuse shall fail in the middle.
        env = account.env(CLOUDFLARE_API_TOKEN="any", CLOUDFLARE_EMAIL_SECURITY_VERIFY="false")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + singles), env=env)
        stack.up()
        stack.edit(PROGRAM + collection + broken)
        stack.up(expect_failure=True)
        stack.edit(PROGRAM + collection)
        assert stack.up().summary == {"same": 1, "delete": 3}
        assert blocked(account) == "abc"
        assert stack.preview(refresh=True).summary == {"same": 1}


COMPONENTS = """
import pulumi

class Team(pulumi.ComponentResource):
    def __init__(self, type_, name, names):
        super().__init__(type_, name)
        child = pulumi.ResourceOptions(parent=self)
        email_security.BlockSenders("list", child, entries=entries(names), adopt=True)

Team("x:A:A", "a", "{}")
Team("x:B:B", "b", "{}")
"""


def ids(account: ServedEmulator) -> dict[str, object]:
    """The ids of the live entries."""
    return {entry["pattern"][0]: entry["id"] for entry in account.entries(ACCOUNT, "block_senders")}


def test_two_components_with_a_child_of_one_name_exchange_an_entry(cli: Path, tmp_path: Path) -> None:
    """The child's owner is its whole path: what moves from A's list to B's is shown as a move and keeps its id."""
    with served("2026") as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + COMPONENTS.format("mn", "op")), env=env)
        stack.up()
        before = ids(account)
        stack.edit(PROGRAM + COMPONENTS.format("m", "nop"))
        preview = stack.preview()
        assert '→ DOMAIN n.example (to BlockSenders "list" in x:B:B' in preview.text
        assert '→ DOMAIN n.example (from BlockSenders "list" in x:A:A' in preview.text
        stack.up()
        assert ids(account) == before
        assert set(stack.preview(refresh=True).summary) == {"same"}


def test_a_single_that_is_renamed_without_an_alias_keeps_its_entry(cli: Path, tmp_path: Path) -> None:
    """Also on a machine that knows nothing of how it was made: state tells whose the entry was."""
    single = 'email_security.BlockSender("{}", pattern="a.example", pattern_type="DOMAIN")\n'
    with served("2026") as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + single.format("before")), env=env)
        stack.up()
        before = ids(account)
        shutil.rmtree(Path(stack.env["PULUMI_HOME"]) / "cloudflare-email-security", ignore_errors=True)
        stack.edit(PROGRAM + single.format("after"))
        assert '→ DOMAIN a.example (from BlockSender "before"' in stack.preview().text
        stack.up()
        assert ids(account) == before
        assert stack.preview(refresh=True).summary == {"same": 1}


WAITING = """
import pulumi

first = email_security.BlockSenders("first", entries=entries("{}"), adopt=True)

class Team(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("x:Team:Team", name, None, opts)
        inner = Inner(name, pulumi.ResourceOptions(parent=self))
        email_security.BlockSenders("list", pulumi.ResourceOptions(parent=inner), entries=entries("{}"), adopt=True)

class Inner(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("x:Inner:Inner", name, None, opts)

Team("team", pulumi.ResourceOptions(depends_on=[first], parent=pulumi.runtime.get_root_resource()))
"""


def test_a_component_may_wait_for_another_resource(cli: Path, tmp_path: Path) -> None:
    """Whose moves are known all the same, since no URN waits for the engine."""
    with served("2026") as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + WAITING.format("abc", "d")), env=env)
        stack.up()
        before = ids(account)
        stack.edit(PROGRAM + WAITING.format("a", "bcd"))
        preview = stack.preview().text
        assert '→ DOMAIN b.example (to BlockSenders "list" in x:Team:Team / x:Inner:Inner)' in preview
        stack.up()
        assert ids(account) == before
        assert set(stack.preview(refresh=True).summary) == {"same"}


def test_a_targeted_collection_deletes_nothing_that_the_program_declares(cli: Path, tmp_path: Path) -> None:
    """With `--target` the engine asks the others nothing: still an exclusive collection is told of them."""
    single = 'email_security.BlockSender("one", pattern="one.example", pattern_type="DOMAIN")\n'
    collection = 'email_security.BlockSenders("list", entries=entries("b"){})\n'
    with served("2026") as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        program = PROGRAM.replace("{", "{{").replace("}", "}}") + single + collection
        stack = CliStack(cli, write_program(tmp_path / "program", program.format("")), env=env)
        stack.up()
        stack.edit(program.format(', mode="exclusive", delete_limit=100'))
        targeted = stack.run("up", "--yes", "--skip-preview", "--target", "**::list", expect_failure=True)
        assert 'BlockSenders "list" is exclusive' in targeted.text
        assert 'BlockSender "one" cannot declare more' in targeted.text
        assert blocked(account) == "bo"


EVERYTHING = """
import pulumi_cloudflare_email_security as email_security

email_security.BlockSender("one", pattern="one.example", pattern_type="DOMAIN")
email_security.BlockSenders("many", entries=[{"pattern": f"{n}.example", "pattern_type": "DOMAIN"} for n in range(3)])
"""


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_what_is_replaced_with_its_provider_stays(cli: Path, tmp_path: Path, contract: str) -> None:
    """`--replace '**'` makes a new provider, in a process of its own; the old one must not delete what that took."""
    with served(contract) as account:
        stack = CliStack(
            cli, write_program(tmp_path / "program", EVERYTHING), env=account.env(CLOUDFLARE_API_TOKEN="any")
        )
        stack.up()
        made = {entry["id"] for entry in account.entries(ACCOUNT, "block_senders")}
        assert "stay" in stack.run("up", "--yes", "--skip-preview", "--replace", "**").text
        assert {entry["id"] for entry in account.entries(ACCOUNT, "block_senders")} == made
        assert stack.preview(refresh=True).summary == {"same": 2}
        stack.destroy()
        assert account.entries(ACCOUNT, "block_senders") == []


def test_what_a_targeted_run_left_with_two_resources_is_deleted_with_the_last(cli: Path, tmp_path: Path) -> None:
    """A collection takes an entry while its old resource stays in state: deleting that one alone deletes no entry."""
    one = 'email_security.BlockSender("one", **entries("a")[0])\n'
    many = 'email_security.BlockSenders("list", entries=entries("ab"))\n'
    with served("2026") as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + one), env=env)
        stack.up()
        stack.edit(PROGRAM + many)
        stack.run("up", "--yes", "--skip-preview", "--target", "**::list")
        state = stack.export()
        stack.run("destroy", "--yes", "--skip-preview", "--target", "**::one")
        assert blocked(account) == "ab"
        assert stack.preview(refresh=True).summary == {"same": 1}
        stack.import_state(state)
        stack.destroy()
        assert blocked(account) == ""


def test_what_was_renamed_is_destroyed(cli: Path, tmp_path: Path) -> None:
    """A resource with an alias is the same one, although its outputs still name it as before."""
    one, many = (
        "email_security.BlockSender({name}, **entries('a')[0], opts=pulumi.ResourceOptions(aliases=[{alias}]))\n",
        "email_security.BlockSenders({name}, entries=entries('bc'), opts=pulumi.ResourceOptions(aliases=[{alias}]))\n",
    )
    with served("2026") as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        source = "import pulumi\n" + PROGRAM
        program = source + one.format(name="'one'", alias="") + many.format(name="'list'", alias="")
        stack = CliStack(cli, write_program(tmp_path / "program", program), env=env)
        stack.up()
        renamed = one.format(name="'uno'", alias="pulumi.Alias(name='one')")
        stack.edit(source + renamed + many.format(name="'all'", alias="pulumi.Alias(name='list')"))
        assert stack.up().summary == {"same": 2}
        stack.edit(source + renamed)
        stack.up()
        assert blocked(account) == "a"
        stack.destroy()
        assert blocked(account) == ""
