"""The part of SARIF 2.1.0 that this package writes, closed: what is not named here is a mistake.

Written by the specification (OASIS, sections 3.13 to 3.35), and stricter than its schema: what GitHub's code scanning
needs is required.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}


def _object(required: list[str], /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_LEVEL = {"enum": ["error", "warning", "note"]}
_MESSAGE = _object(["text"], text=_TEXT)
_RULE = _object(
    ["id", "shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration", "properties"],
    id={"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"},
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    helpUri={"type": "string", "format": "uri", "pattern": "^https://"},
    defaultConfiguration=_object(["level"], level=_LEVEL),
    properties={"type": "object"},
)
_PHYSICAL = _object(
    ["artifactLocation", "region"],
    artifactLocation=_object(
        ["uri", "uriBaseId"],
        # A relative reference: no scheme, no blanks.
        uri={"type": "string", "format": "uri-reference", "pattern": r"^[^\s:]+$"},
        uriBaseId={"const": "%SRCROOT%"},
    ),
    region=_object(["startLine"], startLine={"type": "integer", "minimum": 1}),
)
_RESULT = _object(
    ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    locations={
        "type": "array",
        "minItems": 1,
        "items": _object(
            ["physicalLocation"],
            physicalLocation=_PHYSICAL,
            logicalLocations={
                "type": "array",
                "uniqueItems": True,
                "items": _object(["fullyQualifiedName"], fullyQualifiedName=_TEXT, kind=_TEXT),
            },
        ),
    },
    partialFingerprints={"type": "object", "minProperties": 1, "additionalProperties": _TEXT},
    suppressions={
        "type": "array",
        "uniqueItems": True,
        "items": _object(["kind"], kind={"enum": ["inSource", "external"]}, justification={"type": "string"}),
    },
)
SCHEMA: dict[str, Any] = _object(
    ["$schema", "version", "runs"],
    **{
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": _object(
                ["tool", "results"],
                tool=_object(
                    ["driver"],
                    driver=_object(
                        ["name", "rules"],
                        name=_TEXT,
                        semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                        informationUri={"type": "string", "format": "uri"},
                        rules={"type": "array", "uniqueItems": True, "items": _RULE},
                    ),
                ),
                columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                results={"type": "array", "maxItems": 5000, "items": _RESULT},
                properties={"type": "object"},
            ),
        },
    },
)
