"""Hooks of the documentation's site (mkdocs.yml): which pages there are, and links to files that are no pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_GUIDES = "Guides"


def on_config(config: Any) -> Any:
    """Leave out of the navigation what is not written, and add what it does not list: to the guides, or at the end."""
    docs = Path(config["docs_dir"])
    nav = [entry for entry in map(_written(docs), config["nav"]) if entry]
    listed = set(_pages(nav))
    others = [name for page in sorted(docs.rglob("*.md")) if (name := page.relative_to(docs).as_posix()) not in listed]
    guides = next(entry[_GUIDES] for entry in nav if _GUIDES in entry)
    guides.extend(name for name in others if name.startswith("guides/"))
    nav.extend(name for name in others if not name.startswith("guides/"))
    config["nav"] = nav
    return config


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Links out of docs/ lead to the repository where the site knows it, and are mere text elsewhere."""
    docs = Path(config["docs_dir"])
    folder = (docs / page.file.src_path).parent

    def rewritten(link: re.Match[str]) -> str:
        text, target = link.groups()
        path, _, anchor = target.partition("#")
        found = (folder / path).resolve()
        if not path or ":" in path or found.is_relative_to(docs):
            return link[0]
        if not config["repo_url"]:
            return text
        at = f"{config['repo_url'].rstrip('/')}/blob/main/{found.relative_to(docs.parent).as_posix()}"
        return f"[{text}]({at}{'#' + anchor if anchor else ''})"

    return re.sub(r"\[([^\]]*)\]\(([^)\s]+)\)", rewritten, markdown)


def _written(docs: Path) -> Any:
    def only(entry: dict[str, Any]) -> dict[str, Any] | None:
        ((title, target),) = entry.items()
        if isinstance(target, list):
            kept = [one for one in map(only, target) if one]
            return {title: kept} if kept else None
        return entry if (docs / target).exists() else None

    return only


def _pages(nav: list[Any]) -> Iterator[str]:
    for entry in nav:
        for target in entry.values():
            yield from _pages(target) if isinstance(target, list) else [target]
