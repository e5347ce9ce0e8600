"""A resource's example in each language, made from the one in Python in its docstring."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from ..dynamic.resources import Collection, SettingResource
from ..model.fields import Choice, SetOf, SettingField
from ..model.names import camel, pascal, snake
from ..model.state import ENTRIES, MODE
from .names import description_in_any_language, token

#: What the package is called in the generated SDK of each language.
PYTHON_PACKAGE: Final = "pulumi_cloudflare_email_security_sdk"
NODE_PACKAGE: Final = "pulumi-cloudflare-email-security"
GO_PACKAGE: Final = "emailsecurity"
GO_IMPORT: Final = f"example.com/{NODE_PACKAGE}/sdk/go/cloudflareemailsecurity"
NET_NAMESPACE: Final = "CloudflareEmailSecurity"
_WITH_EXAMPLES: Final = """\
{told}

{{{{% examples %}}}}
## Example Usage
{{{{% example %}}}}

{blocks}

{{{{% /example %}}}}
{{{{% /examples %}}}}"""
#: The type of a collection's mode.
MODE_TYPE: Final = "CollectionMode"
_READ_ENTRIES: Final = "read_entries"


class Named(str):
    """A value of a named type: its text, and the name."""

    __slots__ = ("type",)

    type: str

    def __new__(cls, type_: str, value: str) -> Self:
        """Make it of the name and the text."""
        made = super().__new__(cls, value)
        made.type = type_
        return made


@dataclass(frozen=True, slots=True)
class Example:
    """One resource of a docstring: its class, name and arguments, under the names of the plugin."""

    resource: type[SettingResource]
    name: str
    arguments: Mapping[str, Any]


def description(resource: type[SettingResource], *more: str) -> str:
    """A resource's docstring for all languages, with the example in each language's own form."""
    text, _, _ = (inspect.getdoc(resource) or "").partition("```python\n")
    parts = (" ".join(part.split()) for part in text.strip().split("\n\n"))
    told = "\n\n".join([*map(description_in_any_language, parts), *more])
    example = example_of(resource)
    if example is None:
        return told
    blocks = "\n".join(f"```{language}\n{write(example)}\n```" for language, write in _LANGUAGES.items())
    return _WITH_EXAMPLES.format(told=told, blocks=blocks)


def example_of(resource: type[SettingResource]) -> Example | None:
    """The example in a resource's docstring, or None where it has none."""
    _, _, code = (inspect.getdoc(resource) or "").partition("```python\n")
    if not code:
        return None
    call = ast.parse(code.partition("```")[0], mode="eval").body
    if not isinstance(call, ast.Call):
        return None
    arguments = {keyword.arg or "": keyword.value for keyword in call.keywords}
    return Example(resource, ast.literal_eval(call.args[0]), dict(_arguments(resource, arguments)))


def _arguments(resource: type[SettingResource], given: Mapping[str, ast.expr]) -> Iterator[tuple[str, Any]]:
    for name, expression in given.items():
        if isinstance(expression, ast.Call) and _READ_ENTRIES in ast.unparse(expression.func):
            yield "entriesFile", ast.literal_eval(expression.args[0])
            continue
        value = ast.literal_eval(expression)
        if issubclass(resource, Collection) and name == ENTRIES and isinstance(value, dict):
            value = [{**resource.setting.fields_from_key(key), **fields} for key, fields in value.items()]
        yield camel(name), _typed(resource.setting.schema.setting_fields, name, value)


def _typed(fields: Mapping[str, SettingField], name: str, value: Any) -> Any:
    """An argument under the plugin's names, what has a named type as a value of it."""
    if isinstance(value, dict):
        return {camel(key): _typed(fields, key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(fields, name, item) for item in value]
    if name == MODE:
        return Named(MODE_TYPE, value)
    field = fields.get(name)
    choice = field.inner if isinstance(field, SetOf) else field
    return Named(enum_name(field), value) if field is not None and isinstance(choice, Choice) else value


def _typescript(example: Example) -> str:
    name = example.resource.__name__
    return (
        f'import * as email_security from "{NODE_PACKAGE}";\n\n'
        f"new email_security.{name}({_text(example.name)}, {_object(example.arguments)});"
    )


def _object(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name}: {_object(item)}" for name, item in value.items()) + " }" if value else "{}"
    return f"[{', '.join(map(_object, value))}]" if isinstance(value, list) else _text(value)


def _python(example: Example) -> str:
    lines = "".join(f"    {snake(name)}={_pythonic(value)},\n" for name, value in example.arguments.items())
    name = example.resource.__name__
    return f"import {PYTHON_PACKAGE} as email_security\n\nemail_security.{name}(\n    {_text(example.name)},\n{lines})"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pythonic(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(snake(name))}: {_pythonic(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_pythonic, value))}]"
    return _text(value) if isinstance(value, str) else repr(value)


def _yaml(example: Example) -> str:
    lines = [f"  {example.name}:", f"    type: {token(example.resource.__name__)}", "    properties:"]
    lines += [f"      {name}: {json.dumps(value)}" for name, value in example.arguments.items()]
    return "\n".join(["resources:", *lines])


def _go(example: Example) -> str:
    name, item = example.resource.__name__, f"{GO_PACKAGE}.{item_name(example.resource)}"
    arguments = "".join(f"\t\t\t{pascal(key)}: {_go_value(item, value)},\n" for key, value in example.arguments.items())
    return (
        "package main\n\n"
        'import (\n\t"github.com/pulumi/pulumi/sdk/v3/go/pulumi"\n'
        f'\t{GO_PACKAGE} "{GO_IMPORT}"\n)\n\n'
        "func main() {\n\tpulumi.Run(func(ctx *pulumi.Context) error {\n"
        f"\t\t_, err := {GO_PACKAGE}.New{name}(ctx, {_text(example.name)}, &{GO_PACKAGE}.{name}Args{{\n"
        f"{arguments}\t\t}})\n\t\treturn err\n\t}})\n}}"
    )


def _go_value(item: str, value: Any) -> str:
    """A value in Go; `item` is the type of one entry."""
    if isinstance(value, dict):
        inner = (f"{pascal(name)}: {_go_value(item, each)}" for name, each in value.items())
        return f"&{item}Args{{{', '.join(inner)}}}"
    if isinstance(value, list) and isinstance(value[0], dict):
        entries = "".join(f"\t\t\t\t{_go_value(item, each)},\n" for each in value)
        return f"{item}Array{{\n{entries}\t\t\t}}"
    if isinstance(value, list):
        kind = f"{GO_PACKAGE}.{value[0].type}Array" if isinstance(value[0], Named) else "pulumi.StringArray"
        return f"{kind}{{{', '.join(_go_value(item, each) for each in value)}}}"
    if isinstance(value, Named):
        return f"{GO_PACKAGE}.{value.type}{pascal(value)}"
    kinds: dict[type, str] = {bool: "Bool", int: "Int", str: "String"}
    return f"pulumi.{kinds[type(value)]}({json.dumps(value)})"


def _csharp(example: Example) -> str:
    name, item = example.resource.__name__, item_name(example.resource)
    arguments = "".join(
        f"        {net_name(name, key)} = {_csharp_value(item, value)},\n" for key, value in example.arguments.items()
    )
    return (
        "using Pulumi;\n"
        f"using EmailSecurity = Pulumi.{NET_NAMESPACE};\n\n"
        "return await Deployment.RunAsync(() =>\n{\n"
        f"    new EmailSecurity.{name}({_text(example.name)}, new()\n    {{\n{arguments}    }});\n}});"
    )


def net_name(class_name: str, name: str) -> str:
    """A property in C#, where none may be called as its class."""
    own = pascal(name)
    return f"{own}Name" if own == class_name else own


def _csharp_value(item: str, value: Any) -> str:
    """A value in C#; `item` is the type of one entry."""
    if isinstance(value, dict):
        inner = ", ".join(f"{pascal(key)} = {_csharp_value(item, each)}" for key, each in value.items())
        return f"new EmailSecurity.Inputs.{item}Args {{ {inner} }}"
    if isinstance(value, list):
        return f"new[] {{ {', '.join(_csharp_value(item, each) for each in value)} }}"
    if isinstance(value, Named):
        return f"EmailSecurity.{value.type}.{pascal(value)}"
    return _text(value) if isinstance(value, str) else json.dumps(value)


_LANGUAGES: Final[Mapping[str, Callable[[Example], str]]] = {
    "typescript": _typescript,
    "python": _python,
    "go": _go,
    "csharp": _csharp,
    "yaml": _yaml,
}


def item_name(resource: type[SettingResource]) -> str:
    """The type of one entry of a collection, named after the setting's single resource."""
    return f"{pascal(resource.setting.kind)}Item"


def enum_name(field: SettingField) -> str:
    """The type of a field's values: `PatternType` for `pattern_type`, `Region` for `regions`."""
    name = pascal(field.name)
    return name.removesuffix("s") if isinstance(field, SetOf) else name
