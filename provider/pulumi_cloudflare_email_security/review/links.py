"""The rules on links that are left as they are: which sites an expression lets in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from . import rules
from .case import Case, Hit
from .exemptions import breadth, matches_all
from .patterns import Shape, automaton_of, shape_of

#: A site that nobody means.
_STRANGE: Final = "zqqx.zq"
#: The end of the link as one of several ways: not the way of a link that goes on.
_OR_END: Final = re.compile(r"\|\$(?=\))|(?<=[(:|])\$\|")
_SCHEMES: Final = ("https://", "http://", "")


def of_url_ignore_pattern(case: Case) -> Iterator[Hit]:
    """What leaves links as they are."""
    if (pattern := case.text("pattern")) is None:
        return
    shape = shape_of(pattern)
    yield from breadth(case, shape)
    if not matches_all(shape) and shape.parsed:
        if not shape.starts:
            message = "does not begin with ^: it may match within the query of another site's link"
            yield Hit(rules.UNANCHORED, f"{case.show(pattern)} {message}", ("pattern",))
        elif (other := _stranger(pattern, shape)) is not None:
            message = f"lets in links to other sites: {other} … — hold the whole host name, from the // up to its /"
            yield Hit(rules.UNANCHORED, f"{case.show(pattern)} {message}", ("pattern",))
    yield Hit(rules.LINKS_NOT_CHECKED, f"links that match {case.show(pattern)} are not rewritten", ("pattern",))


def _stranger(pattern: str, shape: Shape) -> str | None:
    """The beginning of a link to another site that an expression matches, or None."""
    automaton = automaton_of(_OR_END.sub("", pattern))
    if automaton is None:
        return None
    host = "".join(shape.required).lower().rpartition("//")[2].partition("/")[0].rstrip("?")
    hosts = [_STRANGE]
    if host[:1].isalnum():
        hosts.append(f"{_STRANGE.partition('.')[0]}{host}")
    if host[-1:].isalnum():
        hosts.append(f"{host}.{_STRANGE}")
    links = (f"{scheme}{host}{sign}" for host in hosts for sign in "/?" for scheme in _SCHEMES)
    return next((link for link in links if automaton.may_begin_with(link, ends=shape.ends)), None)
