"""`cf-email-security export`: from an account to a Pulumi project, and from later drift to changed files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import click

from ..entries.writing import CSV, YAML
from ..model.setting import Setting
from ..model.text import counted
from ..session.configuration import DEFAULT_BASE_URL, NAMESPACE, Configuration
from ..settings import BY_COLLECTION, SETTINGS
from ._context import Connecting, Context, connecting
from ._declared import declared_in
from ._output import CommandError, Exit, end, listed, say
from .exporting.account import Collection, read_account, reading_session
from .exporting.imports import Importer
from .exporting.program import declared, project_files
from .exporting.update import update_project

_IMPORT = "import.json"
#: Names the files that an export is writing, from before the first to after the last: each may be cut short.
_UNFINISHED = ".export-unfinished"
_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,100}")
_ADOPT = "CLOUDFLARE_EMAIL_SECURITY_ADOPT"


class _Collections(click.ParamType):  # type: ignore[type-arg]
    """Names of collections, separated by commas."""

    name = "collections"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> list[Setting]:
        """The settings that are named."""
        names = [name.strip().replace("-", "_") for name in str(value).split(",")]
        if unknown := [name for name in names if name not in BY_COLLECTION]:
            self.fail(f"{unknown[0]!r} is none of {', '.join(sorted(BY_COLLECTION))}", param, ctx)
        return [BY_COLLECTION[name] for name in names]


class _Name(click.ParamType):  # type: ignore[type-arg]
    """A name that Pulumi takes for a project or a stack."""

    name = "name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        if not _NAME.fullmatch(str(value)):
            self.fail(f"{value!r} is no name — at most 100 letters, digits, hyphens, underscores and dots", param, ctx)
        return str(value)


@click.command()
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="The project's folder.",
)
@click.option("--only", type=_Collections(), metavar="LIST", help="Export only these collections, separated by commas.")
@click.option("--exclude", type=_Collections(), metavar="LIST", help="Leave these collections out.")
@click.option("--single", is_flag=True, help="Declare each entry as a resource of its own, instead of collections.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "yaml"]),
    default="csv",
    show_default=True,
    help="The format of entry files.",
)
@click.option("--name", type=_Name(), metavar="PROJECT", help="The project's name; else the folder's.")
@connecting
def command(
    connection: Connecting,
    *,
    into: Path,
    only: list[Setting] | None,
    exclude: list[Setting] | None,
    single: bool,
    form: str,
    name: str | None,
) -> None:
    """Write an account as a Pulumi project that declares what is there, or update such a project.

    Nothing is changed in the account. The project holds a program, entry files, the stack's configuration (without
    secrets; --stack names the stack, else it is "prod") and import.json for `pulumi import`.

    In a folder that holds such a project already, only the entry files are brought to what the account holds now:
    `git diff` then shows the drift. What an interrupted export left unfinished is written anew.

    Collections are allow_policies, block_senders, content_policies, domains, impersonation_registry,
    sending_domain_restrictions, trusted_domains and url_ignore_patterns.

    \b
    Examples:
      cf-email-security export --into email-security
      cf-email-security export --into email-security --only block_senders,allow_policies --format yaml
      cf-email-security export --into email-security --single --stack dev

    \b
    Exit codes:
      0  everything was written
      1  nothing was written
      3  a collection could not be read (403 or 404); the others were written. Collections of the 2026 API do not
         count where the account has none of them, unless --only names them
      4  entries that cannot be declared were left out, or entries that differ are yours to edit
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    settings = [setting for setting in only or SETTINGS if setting not in (exclude or ())]
    if not settings:
        raise click.UsageError("--only and --exclude leave no collection")
    expected = frozenset(setting.collection for setting in only or ())
    unfinished = (into / _UNFINISHED).exists()
    if not unfinished and any((into / file).exists() for file in ("Pulumi.yaml", "Pulumi.yml")):
        _update(connection.context(into), settings, into, expected)
    elif not unfinished and (into / "__main__.py").exists():
        raise CommandError(f"{into / '__main__.py'} exists already — export into an empty folder")
    else:
        form = CSV if form == "csv" else YAML
        _write(connection.context(None), settings, into, expected, single=single, form=form, name=name)


def _update(context: Context, settings: Sequence[Setting], into: Path, expected: frozenset[str]) -> None:
    """Bring a project's entry files to what the account holds."""
    expected |= declared_in(into).keys()
    session, configuration = reading_session(), context.configuration
    collections = read_account(settings, context.account_id, session, configuration, expected=expected)
    update = update_project(into, collections)
    for file, changes in update.files.items():
        counts = ", ".join(f"{changes[word]} {word}" for word in ("added", "changed", "removed"))
        say(f"{file}: {counts if changes else 'no change'}")
    _report(collections)
    if update.by_hand:
        listed("These entries differ from the account, and are yours to edit:", update.by_hand)
    if update.by_hand or any(update.files.values()):
        # As long as the program declares another value, an update sets it.
        first = "edit these entries, git diff" if update.by_hand else "git diff"
        say(f"Then: {first}, and {_ADOPT}=true pulumi up --refresh, which changes nothing in the account")
    _end(collections, left_out=bool(update.by_hand))


def _write(
    context: Context,
    settings: Sequence[Setting],
    into: Path,
    expected: frozenset[str],
    *,
    single: bool,
    form: str,
    name: str | None,
) -> None:
    """Write a project."""
    stack = context.stack or "prod"
    # A stack may be called by its organization and project too, which have no part in URNs and files.
    *of, stack_name = stack.split("/")
    if len(of) > 2 or not all(map(_NAME.fullmatch, (*of, stack_name))):
        raise click.UsageError(f"--stack: {stack!r} is no name of a stack, as in prod, acme/prod or acme/project/prod")
    project = name or (of[1] if len(of) == 2 else _project_name(into))
    if len(of) == 2 and of[1] != project:
        raise click.UsageError(f"--stack {stack} is of another project than --name {name}")
    session = reading_session()
    configuration = context.configuration
    account_id = context.account_id
    collections = read_account(settings, account_id, session, configuration, expected=expected)
    resources = declared(collections, single=single, form=form)
    config = {f"{NAMESPACE}:accountId": account_id}
    if configuration.base_url != DEFAULT_BASE_URL:
        config[f"{NAMESPACE}:baseUrl"] = context.lasting_base_url
    files = project_files(resources, project=project, stack=stack_name, config=config)
    # What is adopted is what state holds then: existing entries are no reason to refuse.
    adopting = Configuration(context.value, {**context.environ, _ADOPT: "true"})
    importer = Importer(session, adopting, account_id, f"{project}/{stack_name}")
    files[_IMPORT] = json.dumps(importer.file(resources), indent=1) + "\n"
    _write_files(into, files)
    for collection in collections:
        if collection.skipped is None:
            say(f"{collection.setting.collection}: {counted(len(collection.entries), 'entry', 'entries')}")
    _report(collections)
    say(
        f"Written to {into}. Then, in that folder, either import without asking the API:\n"
        f"  pulumi install && pulumi stack init {stack}\n"
        f"  pulumi import --file {_IMPORT} --yes --protect=false --generate-code=false\n"
        "or let the first update adopt what exists:\n"
        f"  {_ADOPT}=true pulumi up"
    )
    _end(collections)


def _project_name(into: Path) -> str:
    """A project name that Pulumi takes, from the folder's."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", into.absolute().name).strip("-.")
    return name[:100] or "email-security"


def _write_files(into: Path, files: dict[str, str]) -> None:
    """Write all files, or none where one of them is there that no unfinished export has written."""
    marker = into / _UNFINISHED
    names = marker.read_text("utf-8").splitlines() if marker.exists() else []
    ours = {name for name in names if Path(name).name == name}
    existing = {name for name in files if name not in ours and (into / name).exists()}
    if taken := sorted(existing - {".gitignore"}):
        raise CommandError(f"{into / taken[0]} exists already — export into an empty folder")
    if marker.exists():
        say(f"An earlier export into {into} was interrupted: its files are written anew")
    into.mkdir(parents=True, exist_ok=True)
    for name in ours - files.keys():
        (into / name).unlink(missing_ok=True)
    if names != (written := sorted(files.keys() - existing)):
        marker.write_bytes("".join(f"{name}\n" for name in written).encode())
    for name in written:
        (into / name).write_bytes(files[name].encode())
    marker.unlink()


def _report(collections: Sequence[Collection]) -> None:
    """Name what is missing."""
    for collection in collections:
        name = collection.setting.collection
        if collection.absent:
            say(f"{name}: skipped: not part of this account's API")
        elif collection.skipped is not None:
            listed(f"{name}: skipped: {collection.skipped}", [])
        if collection.left_out:
            listed(
                f"{name}: {counted(len(collection.left_out), 'entry is', 'entries are')} left out:", collection.left_out
            )
        if collection.notes:
            listed(f"{name}: fields that are not declared, so left as they are:", collection.notes)


def _end(collections: Sequence[Collection], *, left_out: bool = False) -> None:
    skipped = any(collection.skipped is not None and not collection.absent for collection in collections)
    left_out = left_out or any(collection.left_out for collection in collections)
    end(Exit.PARTLY if skipped else Exit.DONE, Exit.LEFT_OUT if left_out else Exit.DONE)
