"""Generate docs/reference.md from the schemas, result classes and docstrings of the package.

`make_reference.py` writes the file; `make_reference.py --check` exits with 1 and a diff where it is not current.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.client.errors import EmailSecurityError
from pulumi_cloudflare_email_security.dynamic.arguments import CollectionOptions
from pulumi_cloudflare_email_security.dynamic.resources import (
    Collection,
    CollectionResource,
    EntryResource,
    SettingResource,
)
from pulumi_cloudflare_email_security.emulator import CONTRACTS
from pulumi_cloudflare_email_security.model.fields import SettingField
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import RESOURCES

ROOT: Final = Path(__file__).resolve().parent.parent
REFERENCE: Final = ROOT / "docs" / "reference.md"

_HEAD: Final = """\
# Reference

Every setting: its arguments, outputs, collection and look-ups. Made by `scripts/make_reference.py`; do not edit.

- Examples begin with `import pulumi_cloudflare_email_security as email_security`.
- An argument without a default that the program leaves out keeps its live value; a new entry gets the API's own.
- A change is made in place where the column *Change* says nothing. `None` and `""` clear what can be cleared.
- Sets are lists in Python; order and repetitions mean nothing.
- An account's API follows the contract of 2025 or that of 2026. What it lacks ends in an `UnsupportedError`.
"""
_COMMON: Final = """\
Every resource takes a name, `opts` (Pulumi's `ResourceOptions`) and, by keyword, its own arguments and those below.
`{name}.get(name, id, opts=None, *, account_id=None)`, on every resource of a single entry, reads an existing one by its
id without managing it.
"""
_COLLECTIONS: Final = """\
Every collection takes `entries` (required): a list of entries, or a map from natural key to entry. An entry has the
arguments of the single resource, and may have `expires`, the day from which it is left out (`2027-06-30`). The outputs
are `entries` and `ids`, by natural key, and `mode`. In the map keys above, words in capitals stand for fields.
[collections.md](collections.md) tells what previews show and how changes are applied. The other options:
"""
_ERRORS: Final = "A class below another is a kind of it, so that `except EmailSecurityError` catches all of them."


def reference() -> str:
    """The whole document."""
    parts = [_HEAD, *_index(), *(section(entry, collection) for entry, collection in RESOURCES), *_common_parts()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def section(entry: type[EntryResource], collection: type[CollectionResource]) -> str:
    """The part on one setting."""
    setting, docs = entry.setting, _ModuleDocs(entry)
    parts = [
        f"## {docs.title}",
        *_split_example(entry),
        _table(("", ""), _facts(setting, docs)),
        f"### Arguments of `{entry.__name__}`",
        _table(
            ("Argument", "Type", "Default", "Allowed", "Change", "What it is"),
            (_argument(name, field) for name, field in setting.schema.setting_fields.items()),
        ),
        f"### Outputs of `{entry.__name__}`",
        "Every argument is an output of the same name. Besides:",
        _table(("Output", "Type", "Where"), _outputs(entry, docs.functions)),
        f"### `{collection.__name__}`",
        *_split_example(collection),
        _table(("", ""), _collection_facts(setting, entry.__name__)),
        "### Look-ups",
        *_look_ups(docs.functions),
    ]
    return "\n\n".join(part for part in parts if part)


class _ModuleDocs:
    """What a setting's module says: title, summary, what delete does, and whatever else there is to know."""

    def __init__(self, entry: type[EntryResource]) -> None:
        module = sys.modules[entry.__module__]
        first, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
        title, _, self.summary = _one_line(first).partition(": ")
        self.title = _capitalised(title.removeprefix("The "))
        sentences = re.split(r"(?<=\.) (?=[A-Z`])", _one_line(rest))
        self.delete = " ".join(sentence for sentence in sentences if sentence.startswith("Delete "))
        known = ("Delete ", "Endpoint: ", "Natural key: ")
        self.notes = " ".join(sentence for sentence in sentences if not sentence.startswith(known))
        # Each look-up has an `_output` form, which is mentioned with it.
        functions = [function for _, function in inspect.getmembers(module, inspect.isfunction)]
        look_ups = [function for function in functions if re.match(r"(get|list)_(?!.*_output$)", function.__name__)]
        self.functions = [function for function in look_ups if function.__module__ == module.__name__]


def _facts(setting: Setting, docs: _ModuleDocs) -> Iterator[tuple[str, str]]:
    yield "Endpoint", f"`/accounts/{{account_id}}/email-security/settings/{setting.collection}`"
    yield "Natural key", " and ".join(f"`{name}`" for name in setting.key)
    having = [contract for contract in CONTRACTS.values() if setting.collection in contract.collections]
    creating = [contract for contract in having if "POST" in contract.collections[setting.collection].operations]
    names = " and ".join(contract.name + " (without create)" * (contract not in creating) for contract in having)
    yield "API contracts", names + " only" * (len(having) == 1)
    yield "Delete", _capitalised(docs.delete.removeprefix("Delete "))
    if docs.notes:
        yield "Notes", docs.notes


def _argument(name: str, field: SettingField) -> tuple[str, ...]:
    default = "**required**" if field.required else "" if field.default is None else f"`{field.default!r}`"
    change = {"replaces the entry": field.replaces, "can be cleared": field.nullable, "is not sent": not field.api}
    said = "; ".join(text for text, true in change.items() if true)
    return f"`{name}`", field.kind, default, field.limits, said, field.description


def _outputs(entry: type[EntryResource], functions: Iterable[Callable[..., Any]]) -> Iterator[tuple[str, str, str]]:
    setting = entry.setting
    answered = {item.name: str(item.type) for item in dataclasses.fields(setting.result_class)}
    yield "`id`", "`str`", "resource and look-ups"
    for of in (entry, EntryResource, SettingResource):
        for name, annotation in inspect.get_annotations(of).items():
            kind = re.fullmatch(r"pulumi\.Output\[(.*)\]", str(annotation))
            if kind and name not in setting.schema.setting_fields:
                yield f"`{name}`", f"`{kind[1]}`", "resource and look-ups" if name in answered else "resource"
    look_ups = ", ".join(f"`{function.__name__}`" for function in functions)
    for name, annotation in answered.items():
        if name in setting.volatile:
            yield f"`{name}`", f"`{annotation}`", f"{look_ups}: changes by itself"


def _collection_facts(setting: Setting, entry: str) -> Iterator[tuple[str, str]]:
    looked_up = f"`list_{setting.collection}`"
    yield "Entries", f"`{entry}Entry`, `{entry}Args`, what `read_entries` or {looked_up} returned, or any mapping"
    yield "Map key", f"`{setting.key_text([name.upper() for name in setting.key])}`"
    yield "Order", "create, change, delete" if setting.protects else "delete, change, create"
    if setting.columns:
        names = (f"*{column.replace('_', ' ').title()}* (`{name}`)" for column, name in setting.columns.items())
        yield "Dashboard's CSV columns", ", ".join(names)


def _look_ups(functions: Sequence[Callable[..., Any]]) -> Iterator[str]:
    yield "```python\n" + "\n\n".join(map(_signature, functions)) + "\n```"
    yield "\n".join(f"- `{function.__name__}`: {_one_line(inspect.getdoc(function) or '')}" for function in functions)
    yield " and ".join(f"`{function.__name__}_output`" for function in functions) + " take outputs and return one."


def _signature(function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    arguments = [f"{item.name}: {item.annotation} = {item.default!r}" for item in signature.parameters.values()]
    lines = "".join(f"    {argument},\n" for argument in ("*", *arguments))
    return f"def {function.__name__}(\n{lines}) -> {signature.return_annotation}: ...".replace("'", '"')


def _index() -> Iterator[str]:
    rows = []
    for entry, collection in RESOURCES:
        docs = _ModuleDocs(entry)
        rows.append((_link(docs.title), f"`{entry.__name__}`", f"`{collection.__name__}`", _capitalised(docs.summary)))
    yield _table(("Setting", "One entry", "Many entries", "What it is"), rows)
    others = ("Common arguments", "Options of collections", "Entries from files", "Configuration", "Errors")
    yield f"Also: {', '.join(map(_link, others))}."


def _common_parts() -> Iterator[str]:
    explained = _attributes(Collection.__init__)
    options = {f"`{name}`": _capitalised(explained[name]) for name in CollectionOptions.__annotations__}
    common = {name: options.pop(name) for name in ("`account_id`", "`adopt`")}
    yield from ("## Common arguments", _COMMON.format(name=RESOURCES[0][0].__name__))
    yield _table(("Argument", "What it is"), common.items())
    yield from ("## Options of collections", _COLLECTIONS, _table(("Option", "What it is"), options.items()))
    yield from ("## Entries from files", f"`read_entries(path)`: {_paragraphs(email_security.read_entries)}")
    yield f"`merge_entries(baseline, *extras, of=…)`: {_before_example(email_security.merge_entries)}"
    yield f"`FileEntry`: {_paragraphs(email_security.FileEntry)}"
    yield from ("## Configuration", _configuration(), "## Errors", _ERRORS, "\n".join(_errors(EmailSecurityError, 0)))


def _configuration() -> str:
    """What the README says of it, without its commands."""
    _, _, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Install and configure\n")
    return re.sub(r"```.*?```\s*", "", rest.partition("\n## ")[0], flags=re.DOTALL)


def _errors(error: type[EmailSecurityError], depth: int) -> Iterator[str]:
    others = "".join(f" Also of the kind `{base.__name__}`." for base in error.__bases__[1:])
    attributes = "".join(f" `{name}`: {about}" for name, about in _attributes(error).items())
    yield f"{'  ' * depth}- `{error.__name__}`: {_paragraphs(error)}{attributes}{others}"
    for below in error.__subclasses__():
        if below.__bases__[0] is error and below.__name__ in email_security.__all__:
            yield from _errors(below, depth + 1)


def _paragraphs(of: object) -> str:
    return _one_line(re.split(r"\n\n(?:Attributes|Raises):\n", inspect.getdoc(of) or "")[0])


def _before_example(of: object) -> str:
    """A docstring up to its example."""
    return _one_line((inspect.getdoc(of) or "").partition("\n\n```")[0])


def _attributes(of: object) -> dict[str, str]:
    """The `Attributes:` or `Args:` of a docstring."""
    _, *blocks = re.split(r"\n\n(?:Attributes|Args):\n", inspect.getdoc(of) or "")
    items = re.findall(r"^(\w+): (.*(?:\n +.*)*)", textwrap.dedent("".join(blocks)), flags=re.MULTILINE)
    return {name: _one_line(text) for name, text in items}


def _split_example(of: type) -> tuple[str, str]:
    """A docstring's text and its example, which must compile."""
    text, fence, example = (inspect.getdoc(of) or "").partition("```python\n")
    compile(example.removesuffix("```"), of.__name__, "exec")
    return "\n\n".join(filter(None, map(_one_line, text.split("\n\n")))), fence + example


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    lines = ["|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def _link(title: str) -> str:
    return f"[{title}](#{re.sub(r'[^a-z0-9 -]', '', title.lower()).replace(' ', '-')})"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def main(arguments: list[str]) -> int:
    """Write the reference, or with `--check` say whether the file is current."""
    made = reference()
    if arguments != ["--check"]:
        REFERENCE.write_text(made, encoding="utf-8")
        return 0
    kept = REFERENCE.read_text(encoding="utf-8") if REFERENCE.exists() else ""
    names = ("docs/reference.md", "what the package says")
    print("".join(difflib.unified_diff(kept.splitlines(keepends=True), made.splitlines(keepends=True), *names)), end="")
    if made != kept:
        print("docs/reference.md is not current: run `python scripts/make_reference.py`", file=sys.stderr)
    return int(made != kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
