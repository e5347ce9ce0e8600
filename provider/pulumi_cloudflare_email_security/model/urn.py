"""Pulumi's names of resources: `urn:pulumi:STACK::PROJECT::PARENT_TYPES$TYPE::NAME`."""

from __future__ import annotations


def stack_of(urn: str) -> str:
    """Project and stack, as "project/stack"."""
    parts = urn.split("::")
    return f"{parts[1]}/{parts[0].removeprefix('urn:pulumi:')}" if len(parts) >= 4 else ""


def resource_of(urn: str) -> str:
    """What errors call a resource: its type and name, and its parents' types where it has any."""
    parts = urn.split("::", 3)
    if len(parts) < 4:
        return urn or "another resource"
    *parents, own = parts[2].split("$")
    type_ = own.rpartition(":")[2]
    below = f" in {' / '.join(parents)}" if parents else ""
    return f'{type_} "{parts[3]}"{below}'
