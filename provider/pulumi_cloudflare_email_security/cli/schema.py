"""`cf-email-security schema`: JSON Schemas of entry files, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..entries.json_schema import json_schema
from ..entries.writing import write_whole
from ..settings import BY_COLLECTION
from ._output import say


@click.command()
@click.argument("collection", type=click.Choice(sorted(BY_COLLECTION)), required=False, metavar="[COLLECTION]")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the schemas of all collections there.",
)
def command(collection: str | None, into: Path | None) -> None:
    """Print the JSON Schema of a collection's JSON and YAML files, or write those of all into a folder.

    COLLECTION is allow_policies, block_senders, content_policies, domains, impersonation_registry,
    sending_domain_restrictions, trusted_domains or url_ignore_patterns.

    \b
    Examples:
      cf-email-security schema block_senders > block_senders.schema.json
      cf-email-security schema --into .schemas
      check-jsonschema --schemafile .schemas/block_senders.schema.json block_senders.yaml

    An editor with a YAML language server takes it from a file's first line:

    \b
      # yaml-language-server: $schema=.schemas/block_senders.schema.json
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    if (collection is None) == (into is None):
        raise click.UsageError("name a collection, or a folder with --into")
    if into is None:
        click.echo(schema_text(str(collection)), nl=False)
        return
    into.mkdir(parents=True, exist_ok=True)
    for name in BY_COLLECTION:
        write_whole(into / f"{name}.schema.json", schema_text(name).encode())
    say(f"{into}: {len(BY_COLLECTION)} schemas")


def schema_text(collection: str) -> str:
    """The schema of a collection's files as the text of a file."""
    return json.dumps(json_schema(BY_COLLECTION[collection]), indent=2, ensure_ascii=False) + "\n"
