"""How habits work: a habit has its say at one of the hooks where the emulator asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from .messages import EmulatorError

# Where the emulator asks: what is handed to a habit first, and in brackets what else it is told.
Hook = Literal[
    "store",  # the entry that a write leaves, from the one that was sent (collection, names just written)
    "created",  # the outputs of an entry that waits for a proof of ownership
    "answer",  # an entry as it is answered (collection)
    "written",  # the same, in answers to writes (collection)
    "status",  # the status word of a domain
    "reply",  # the answer to a write that succeeded
    "page",  # the piece of a list that is answered (how often the list was begun)
    "info",  # the result_info of a list (how many entries there are without filters)
    "lag",  # the seconds by which lists are late
    "route",  # the method, before its route is taken; raises what is answered instead (collection, place)
    "batch",  # the number of items in a batch or array; raises likewise
    "lists",  # the lists in which a batch takes items (collection)
    "steps",  # the items of a batch or array that are carried out, in order
    "several",  # what is answered for several items, in order
    "duplicate",  # the error for a natural key that exists already; none accepts it
    "error",  # an error before it is answered (the time)
    "edge",  # the fault of a write, none if no other hits it (how many writes there were)
]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a habit: a number of at least ``least``, or one of the ``choices``; ``default`` unless given."""

    name: str
    default: Any
    least: float = 0
    choices: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """How it is written."""
        return "|".join(self.choices) or self.name

    def read(self, text: str) -> Any:
        """The value that a text says, or a ``ValueError``."""
        if self.choices:
            return self.choices[self.choices.index(text)]
        number = type(self.default)(text)
        if not self.least <= number < float("inf"):
            raise ValueError
        return number


def word(*choices: str) -> Value:
    """A value that is one of several words, the first unless given."""
    return Value("", choices[0], choices=choices)


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit; its values are written after ``NAME=``, with colons between them."""

    name: str
    description: str
    hook: Hook
    act: Callable[..., Any] = field(repr=False)
    values: tuple[Value, ...] = ()

    @property
    def form(self) -> str:
        """How it is switched on, with all its values."""
        return f"{self.name}={':'.join(value.form for value in self.values)}" if self.values else self.name

    @property
    def defaults(self) -> str:
        """The values that it has where none is given."""
        return ":".join(str(value.default) for value in self.values)

    def read(self, value: object) -> tuple[Any, ...]:
        """Its values, from True (the defaults), a tuple, or a text."""
        parts = [] if value is True or value == "" else _parts(value)
        try:
            given = [known.read(part) for known, part in zip(self.values, parts, strict=False)]
            if len(parts) > len(self.values):
                raise ValueError  # noqa: TRY301 - the message is the same for every cause
        except ValueError:
            wanted = f"is written {self.form}" if self.values else "has no value"
            raise EmulatorError(f"the habit {self.name} {wanted}, not {value!r}") from None
        return (*given, *(known.default for known in self.values[len(given) :]))


def _parts(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, tuple | list) else str(value).split(":")


class Habits(Mapping[str, tuple[Any, ...]]):
    """The habits that are on, with their values, in the order in which they are known; False or None is off."""

    def __init__(self, known: Sequence[Habit], switched: Mapping[str, object]) -> None:
        named = {habit.name: habit for habit in known}
        for name in switched:
            if name not in named:
                raise EmulatorError(f"there is no habit {name!r}; there are {', '.join(named)}")
        wanted = {name: value for name, value in switched.items() if value is not None and value is not False}
        self._values = {name: habit.read(wanted[name]) for name, habit in named.items() if name in wanted}
        self._hooks: dict[str, list[tuple[Callable[..., Any], tuple[Any, ...]]]] = {}
        for name, values in self._values.items():
            self._hooks.setdefault(named[name].hook, []).append((named[name].act, values))

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        """The values of a habit that is on."""
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """The names of those that are on."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many are on."""
        return len(self._values)

    def at(self, hook: Hook) -> bool:
        """Whether any has a say there."""
        return hook in self._hooks

    def apply(self, hook: Hook, subject: T, *context: Any) -> T:
        """What those with a say at a hook make of a subject, one after the other."""
        for act, values in self._hooks.get(hook, ()):
            subject = act(subject, *values, *context)
        return subject


def written(texts: Iterable[str]) -> dict[str, object]:
    """What texts such as ``trim`` and ``page_cap=50`` switch on."""
    return {name: value or True for name, _, value in (text.partition("=") for text in texts)}
