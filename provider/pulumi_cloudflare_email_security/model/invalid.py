"""What is raised for a wrong value: marshmallow's error, which is imported where something is wrong.

A program whose entries are right, and a provider that finds them so, need no more of marshmallow than its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marshmallow import ValidationError as ValidationError  # noqa: PLC0414  (this is where it is imported from)
else:

    def __getattr__(name: str) -> Any:
        """`ValidationError`."""
        if name != "ValidationError":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import marshmallow  # noqa: PLC0415

        globals()[name] = marshmallow.ValidationError
        return marshmallow.ValidationError
