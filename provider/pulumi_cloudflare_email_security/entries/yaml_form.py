"""YAML files as entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..client.errors import EntriesFileError
from ..model.text import shown
from .entry import NOT_ENTRIES, FileEntry, wrong

_YAML_TAG: Final = "tag:yaml.org,2002:"


def yaml_entries(file: str, text: str) -> Iterator[FileEntry]:
    """The entries in a YAML text. Raises EntriesFileError."""
    try:
        import yaml  # noqa: PLC0415  (an extra)
    except ImportError:
        raise EntriesFileError(
            f"{file}: YAML files need PyYAML — pip install 'pulumi-cloudflare-email-security[yaml]'"
        ) from None
    try:
        yield from _Yaml(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text), yaml).entries()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise wrong(file, *place, str(error.problem or error.context)) from None
    except yaml.YAMLError as error:
        raise wrong(file, 1, None, str(error)) from None


class _Yaml:
    """Entries from YAML's events: an alias is refused where it stands, and nothing is nested without bound."""

    def __init__(self, file: str, loader: Any, yaml: Any) -> None:
        self.file, self.loader, self.yaml = file, loader, yaml

    def entries(self) -> Iterator[FileEntry]:
        self.loader.get_event()  # the start of the stream
        start = self.loader.get_event()
        root = self.loader.get_event() if isinstance(start, self.yaml.DocumentStartEvent) else start
        for key, event in self.items(root, NOT_ENTRIES):
            fields, places = {}, {}
            for name, value in self.items(event, "must be a map of fields", maps_only=True):
                fields[name] = self.value(value)
                places[name] = _place(value)
            line, column = _place(event)
            yield FileEntry(fields, file=self.file, line=line, column=column, find_places=places.copy, key=key)
        self.loader.get_event()  # the end of the document
        if not isinstance(end := self.loader.get_event(), self.yaml.StreamEndEvent):
            raise self._refusal(end, "a second document starts here, where a file holds one")

    def items(self, start: Any, otherwise: str, *, maps_only: bool = False) -> Iterator[tuple[Any, Any]]:
        """Each key (None in a list) and the first event of its value, the rest of which the caller reads."""
        a_map = isinstance(start, self.yaml.MappingStartEvent)
        if not a_map and (maps_only or not isinstance(start, self.yaml.SequenceStartEvent)):
            raise self._refusal(start, otherwise)
        if start.tag not in (None, "!", f"{_YAML_TAG}{'map' if a_map else 'seq'}"):
            raise self._refusal(start, f"the tag {start.tag} is not allowed")
        keys = set()
        while not isinstance(event := self.loader.get_event(), self.yaml.CollectionEndEvent):
            key = None
            if a_map:
                if not isinstance(event, self.yaml.ScalarEvent):
                    raise self._refusal(event, "a key must be text")
                key = event.value
                if key in keys:
                    raise self._refusal(event, f"the key {shown(key)} stands twice")
                keys.add(key)
                event = self.loader.get_event()
            yield key, event

    def value(self, event: Any) -> Any:
        if isinstance(event, self.yaml.CollectionStartEvent):
            items = [(key, self.scalar(item)) for key, item in self.items(event, "")]
            return dict(items) if isinstance(event, self.yaml.MappingStartEvent) else [item for _, item in items]
        return self.scalar(event)

    def scalar(self, event: Any) -> Any:
        if not isinstance(event, self.yaml.ScalarEvent):
            raise self._refusal(event, "must be a value, or a list or a map of values")
        node = self.yaml.ScalarNode(event.tag, event.value, event.start_mark, event.end_mark)
        if node.tag in (None, "!"):
            node.tag = self.loader.resolve(self.yaml.ScalarNode, event.value, event.implicit)
        if node.tag == f"{_YAML_TAG}str":
            return event.value
        try:
            return self.loader.construct_object(node)
        except self.yaml.YAMLError:
            raise
        except Exception:  # noqa: BLE001  (the constructors fail in many ways on text such as 2027-99-99)
            raise self._refusal(event, f"{shown(event.value)} is not what it looks like — put it in quotes") from None

    def _refusal(self, event: Any, reason: str) -> EntriesFileError:
        if isinstance(event, self.yaml.AliasEvent):
            reason = f"the alias *{event.anchor} is not allowed — write the value out"
        return wrong(self.file, *_place(event), reason)


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
