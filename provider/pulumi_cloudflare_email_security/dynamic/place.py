"""Where a resource stands: its URN among the program's resources, and the line of the program that declares it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

import pulumi
from pulumi.runtime import get_root_resource, register_stack_transformation

_PACKAGE: Final = str(Path(__file__).parents[1])

#: The attribute that holds the type and the parent of a resource of the program, which refer to each other.
_PLACE: Final = "_email_security_place"


def _note(declared: pulumi.ResourceTransformationArgs) -> None:
    if declared.opts.urn is None:
        vars(declared.resource)[_PLACE] = (declared.type_, declared.opts.parent)


def watch() -> None:
    """Note the type and the parent of each resource that the program declares from now on."""
    root = get_root_resource()
    if root is not None and _note not in (root._transformations or ()):  # noqa: SLF001
        register_stack_transformation(_note)


def urn_of(type_: str, name: str, opts: pulumi.ResourceOptions | None) -> asyncio.Future[str]:
    """The URN that the engine will give a resource.

    It is known before the engine has answered for any of the parents: a component may wait for the outputs of another
    resource of this package, which waits for the URNs of all.
    """
    return asyncio.ensure_future(_urn(type_, name, opts.parent if opts is not None else None))


async def _urn(type_: str, name: str, parent: pulumi.Resource | None) -> str:
    return f"{await _parents(parent)}{type_}::{name}"


async def _parents(parent: pulumi.Resource | None) -> str:
    """What stands before the type of a child in its URN."""
    if parent is None or parent is get_root_resource():
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"
    if _PLACE in vars(parent):
        type_, above = vars(parent)[_PLACE]
        return f"{await _parents(above)}{type_}$"
    urn = str(await parent.urn.future())
    return f"{urn[: urn.rindex('::')]}$"


def caller() -> str:
    """Where the program declares a resource, as "file:line" below its folder; "" where that cannot be told."""
    frame = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            path, folder = Path(frame.f_code.co_filename), Path.cwd()
            name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
