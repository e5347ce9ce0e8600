"""The documentation: the reference is current, examples run, links lead somewhere."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.client.errors import ConfigurationError
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT, Configuration
from pulumi_cloudflare_email_security.settings import RESOURCES
from pulumi_cloudflare_email_security.testing import InProcessStack

ROOT = Path(__file__).resolve().parents[2]
# Where it is imported from: here, or installed.
PACKAGE = Path(email_security.__file__).parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Pages whose snippets are programs of their own, or tests of one.
PROGRAMS = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / name
        for name in (
            "index.md",
            "collections.md",
            "guides/import.md",
            "guides/incident.md",
            "guides/migrating.md",
            "guides/review.md",
        )
    ),
]
USERS_TESTS = [ROOT / "README.md", ROOT / "docs" / "guides" / "tests.md"]
# Pages that others link to and that are being written. It must not name what exists.
NOT_WRITTEN_YET: set[str] = set()

HEAD = "import pulumi\n\nimport pulumi_cloudflare_email_security as email_security\n\n"
# What a snippet takes from the text around it.
NAMES = {"corp": 'corp = email_security.Domain("corp", domain="corp.example")\n'}
FILES = {
    "blocklist.csv": "pattern,pattern_type\nlate.example,DOMAIN\n192.0.2.0/24,IP\n",
    "baseline.csv": "pattern_type,pattern,comments\nDOMAIN,evil.example,in May\nDOMAIN,worse.example,in May\n",
    "dev.csv": "pattern,pattern_type,comments\nevil.example,DOMAIN,seen here too\nlure.example,DOMAIN,\n",
    "board.csv": "Display Name,email\nJane Doe,jane@corp.example\n",
}
ONBOARDED = ("corp.example", "corp.test")
# What a look-up of this name finds.
FOUND = {"get_allow_policy": {"allow_policies": [{"pattern": "pay.example", "pattern_type": "DOMAIN"}]}}


def fenced(text: str) -> Iterator[tuple[int, str]]:
    """Each Python snippet of a Markdown text, with its line."""
    for found in re.finditer(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, found.start()) + 1, found[1]


def snippets(*pages: Path) -> list[Any]:
    """Every Python snippet of the pages, as parameters."""
    return [
        pytest.param(snippet, id=f"{page.name}:{line}")
        for page in pages
        for line, snippet in fenced(page.read_text(encoding="utf-8"))
    ]


def docstring_snippets() -> list[Any]:
    """Every Python snippet of the package's docstrings, as parameters."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    return [
        pytest.param(snippet, id=f"{path.relative_to(PACKAGE)}:{getattr(node, 'name', 'module')}")
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, documented)
        for _, snippet in fenced(ast.get_docstring(node) or "")
    ]


def class_examples() -> list[Any]:
    """The example of every resource class, as parameters."""
    classes = [of for pair in RESOURCES for of in pair]
    return [pytest.param(snippet, id=of.__name__) for of in classes for _, snippet in fenced(inspect.getdoc(of) or "")]


@pytest.fixture
def generator() -> ModuleType:
    """The script that makes the reference."""
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "scripts" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program's folder, with the files that snippets read."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    folder = tmp_path / "infrastructure"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def account(path: Path, snippet: str) -> None:
    """An account as the text around a snippet assumes it."""
    emulator = Emulator(state=path)
    emulator.seed({"domains": [{"domain": name} for name in ONBOARDED]}, account_id=EMULATOR_ACCOUNT)
    for look_up, entries in FOUND.items():
        if look_up in snippet:
            emulator.seed(entries, account_id=EMULATOR_ACCOUNT)


def needed(snippet: str) -> str:
    """Declarations of the names that a snippet takes from the text around it."""
    names = [node for node in ast.walk(ast.parse(snippet)) if isinstance(node, ast.Name)]
    missing = {node.id for node in names} - {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return "".join(text for name, text in NAMES.items() if name in missing)


def run(folder: Path, snippet: str) -> None:
    """Apply a snippet as a program of its own: what it declares is made, and then stays as it is."""
    (folder / "__main__.py").write_text(HEAD + needed(snippet) + snippet, encoding="utf-8")
    account(folder / "account.json", snippet)
    stack = InProcessStack(config={"cloudflare-email-security:baseUrl": f"emulator:{folder / 'account.json'}"})
    assert stack.preview(folder).summary.keys() == {"create"}
    made = stack.up(folder).summary["create"]
    assert stack.preview(folder).summary == {"same": made}
    stack.refresh()
    assert stack.preview(folder).summary == {"same": made}


def test_the_reference_is_current(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """docs/reference.md says what the schemas and docstrings say; `python scripts/make_reference.py` makes it do so."""
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_an_old_reference_is_refused_with_a_diff(
    generator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` shows what is not current, says what to do, and changes nothing; without it the file is written."""
    old = tmp_path / "reference.md"
    shutil.copy(ROOT / "docs" / "reference.md", old)
    edited = old.read_text(encoding="utf-8").replace("# Reference\n", "# Old reference\n", 1)
    old.write_text(edited, encoding="utf-8")
    monkeypatch.setattr(generator, "REFERENCE", old)
    assert generator.main(["--check"]) == 1
    shown = capsys.readouterr()
    assert "-# Old reference\n+# Reference\n" in shown.out
    assert "make_reference.py" in shown.err
    assert old.read_text(encoding="utf-8") == edited
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_the_reference_leaves_nothing_out(generator: ModuleType) -> None:
    """Every public name stands in the reference, and no row or example of a setting is empty."""
    text = generator.reference()
    told = {name for name in email_security.__all__ if not name.endswith(("Args", "_output"))}
    assert sorted(name for name in told if not re.search(rf"\b{name}\b", text)) == []
    assert "| Delete | |" not in text
    for entry, collection in RESOURCES:
        assert len(list(fenced(generator.section(entry, collection)))) == 3, entry
        for name, field in entry.setting.schema.setting_fields.items():
            assert field.description, f"{entry.__name__}.{name}"


@pytest.mark.parametrize("snippet", [*snippets(*PAGES), *docstring_snippets()])
def test_every_example_compiles(snippet: str) -> None:
    """What the documentation and docstrings show as Python is Python."""
    compile(snippet, "snippet", "exec")


@pytest.mark.parametrize(
    "snippet",
    [
        *(item for item in snippets(*PROGRAMS) if "def " not in item.values[0]),
        *class_examples(),
    ],
)
def test_examples_do_what_they_say(folder: Path, snippet: str) -> None:
    """Each example that declares something can be applied as it stands, and settles."""
    run(folder, snippet)


def names_in(snippet: str) -> Iterator[tuple[str, str]]:
    """What a snippet takes from this package's modules: the module and the name."""
    package = email_security.__name__
    for node in ast.walk(ast.parse(snippet)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "email_security":
            yield package, node.attr
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == package:
            yield from ((node.module, name.name) for name in node.names)


@pytest.mark.parametrize("snippet", [*snippets(*PAGES), *docstring_snippets()])
def test_every_name_in_an_example_exists(snippet: str) -> None:
    """A reader who copies an example gets no AttributeError or ImportError."""
    missing = [
        f"{module}.{name}" for module, name in names_in(snippet) if not hasattr(importlib.import_module(module), name)
    ]
    assert missing == []


@pytest.mark.parametrize("example", [item for item in snippets(*USERS_TESTS) if "def test_" in item.values[0]])
def test_the_examples_of_users_tests_pass(
    folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, example: str
) -> None:
    """Each test that the documentation shows passes for a program of three resources."""
    program = "".join(
        f'email_security.BlockSender("{n}", pattern="{n}.example", pattern_type="DOMAIN", comments="x")\n'
        for n in "abc"
    )
    (folder / "__main__.py").write_text(HEAD + program, encoding="utf-8")
    monkeypatch.chdir(folder.parent)
    defined: dict[str, Any] = {}
    exec(compile(example, "example", "exec"), defined)  # noqa: S102 - it is ours
    tests = [value for name, value in defined.items() if name.startswith("test_")]
    assert tests
    for number, test in enumerate(tests):
        (path := folder.parent / str(number)).mkdir()
        names = inspect.signature(test).parameters
        test(**{name: path if name == "tmp_path" else request.getfixturevalue(name) for name in names})


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file of the repository, and every anchor a heading in it."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if target.relative_to(ROOT).as_posix() in NOT_WRITTEN_YET:
            continue
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in map(slug, headings), f"{page.name}: {link}"


def test_no_written_page_is_excused() -> None:
    """A page that is written is taken off the list of those that may be missing."""
    assert [name for name in NOT_WRITTEN_YET if (ROOT / name).exists()] == []


class Recorder(dict[str, str]):
    """A configuration in which nothing is set, and which knows what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Nothing."""
        self.asked.add(key)
        return default


def test_every_configuration_key_is_documented() -> None:
    """The README names each configuration key and environment variable that is read, and no other."""
    recorder = Recorder()
    configuration = Configuration(recorder.get, recorder)
    _ = configuration.account_id, configuration.adopt, configuration.delete_limit(None)
    _ = configuration.verify, configuration.risk
    with pytest.raises(ConfigurationError):
        configuration.credentials()
    _, _, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Install and configure\n")
    named = re.findall(r"`((?:[\w-]+|…):\w+|CLOUDFLARE_\w+)`", rest.partition("\n## ")[0])
    keys = {name.replace("…", "cloudflare-email-security") for name in named} - {"emulator:PATH"}
    assert keys == recorder.asked
