"""Print the lowest version of every dependency that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
# The tools of development are the newest; what users install is what must work at its lowest.
_OTHERS = "dev"


def lowest(project: Path = PROJECT) -> Iterator[str]:
    """`name==version` of each dependency of the package and its extras."""
    metadata = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    own = f"{metadata['name']}["
    extras = metadata.get("optional-dependencies", {})
    lists = [metadata["dependencies"], *(names for extra, names in extras.items() if extra != _OTHERS)]
    for requirement in (one for names in lists for one in names if not one.startswith(own)):
        name, version = re.match(r"([\w.-]+).*?>=([\w.]+)", requirement).groups()  # type: ignore[union-attr]
        yield f"{name}=={version}"


if __name__ == "__main__":
    print("\n".join(lowest()))
