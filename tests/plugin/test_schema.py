"""The package's schema: whole, without a name that changes, and right for the makers of SDKs."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_cloudflare_email_security import settings
from pulumi_cloudflare_email_security.model.names import camel, pascal, snake
from pulumi_cloudflare_email_security.plugin.examples import example_of
from pulumi_cloudflare_email_security.plugin.names import description_in_any_language
from pulumi_cloudflare_email_security.plugin.schema import package_schema
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.example_list import ExampleList, ExampleLists

NAMES = Path(__file__).with_name("names.txt")
SCHEMA = package_schema()
RESOURCE_CASES = [pytest.param(name, spec, id=name.rpartition(":")[2]) for name, spec in SCHEMA["resources"].items()]


def type_of(spec: dict[str, Any]) -> str:
    """A property's type in a word."""
    if "$ref" in spec:
        return str(spec["$ref"]).rpartition(":")[2].rpartition("/")[2]
    inner = spec.get("items") or spec.get("additionalProperties")
    return f"{spec['type']} of {type_of(inner)}" if inner else str(spec["type"])


def lines(schema: dict[str, Any]) -> Iterator[str]:
    """Every name of the schema with what programs rely on, a line each."""
    for name, spec in schema["provider"]["inputProperties"].items():
        yield f"provider {name}: {type_of(spec)}"
    for token, resource in schema["resources"].items():
        yield from of_properties(f"{token} input", resource["inputProperties"], resource["requiredInputs"])
        yield from of_properties(f"{token} output", resource["properties"], resource["required"])
    for token, spec in schema["types"].items():
        yield from (f"{token} {value['name']} = {value['value']}" for value in spec.get("enum", ()))
        yield from of_properties(token, spec.get("properties", {}), spec.get("required", ()))
    for token, spec in schema["functions"].items():
        yield from of_properties(f"{token} input", spec["inputs"]["properties"], ())
        yield from of_properties(f"{token} output", spec["outputs"]["properties"], spec["outputs"]["required"])


def of_properties(owner: str, properties: Mapping[str, Any], required: Collection[str]) -> Iterator[str]:
    """A line a property."""
    for name, spec in properties.items():
        marks = [word for word in ("secret", "replaceOnChanges") if spec.get(word)] + ["required"] * (name in required)
        default = f" = {json.dumps(spec['default'])}" if "default" in spec else ""
        yield " ".join([f"{owner} {name}: {type_of(spec)}{default}", *marks])


def test_names_are_never_changed() -> None:
    """Programs and states use every name: a change of one is seen here, and a new one is added to the file."""
    kept, now = NAMES.read_text(encoding="utf-8").splitlines(), sorted(lines(SCHEMA))
    gone = [line for line in kept if line not in now]
    new = [line for line in now if line not in kept]
    assert not gone, "these stand in programs and states:\n" + "\n".join(gone)
    assert not new, f"add to {NAMES.name}, where the lines are sorted:\n" + "\n".join(new)


def test_everything_is_there() -> None:
    """All resources and look-ups, and every argument and answered field of each."""
    assert len(SCHEMA["resources"]) == len(SCHEMA["functions"]) == 16
    for entry, collection in RESOURCES:
        spec = SCHEMA["resources"][f"cloudflare-email-security:index:{entry.__name__}"]
        fields = entry.setting.schema.setting_fields
        assert {camel(name) for name in fields} | {"accountId", "adopt"} == spec["inputProperties"].keys()
        assert {camel(name) for name in entry.setting.output_names} <= spec["properties"].keys()
        many = SCHEMA["resources"][f"cloudflare-email-security:index:{collection.__name__}"]
        assert {"entries", "entriesJson", "entriesFile", "defaults", "mode", "deleteLimit"} <= many[
            "inputProperties"
        ].keys()
        item = many["inputProperties"]["entries"]["items"]["$ref"].removeprefix("#/types/")
        assert {camel(name) for name in fields} | {"expires"} == SCHEMA["types"][item]["properties"].keys()


def test_a_ninth_setting_is_there_without_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `settings` names is in the schema, with its look-ups."""
    monkeypatch.setattr(settings, "RESOURCES", (*RESOURCES, (ExampleList, ExampleLists)))
    schema = package_schema()
    assert "cloudflare-email-security:index:ExampleLists" in schema["resources"]
    assert "cloudflare-email-security:index:getExampleList" in schema["functions"]


def test_what_is_secret_and_what_the_environment_keeps_out_of_state() -> None:
    """Token and key are secret; no default takes them from the environment, which would put them into state."""
    inputs = SCHEMA["provider"]["inputProperties"]
    assert [name for name, spec in inputs.items() if spec.get("secret")] == ["apiToken", "apiKey"]
    assert not [name for name, spec in inputs.items() if "defaultInfo" in spec]


@pytest.mark.parametrize(("token", "spec"), RESOURCE_CASES)
def test_every_resource_is_described_in_each_language(token: str, spec: dict[str, Any]) -> None:
    """A sentence on each property, and an example in five languages, of which that in Python is one."""
    del token
    every = [*spec["inputProperties"].values(), *spec["properties"].values()]
    assert all(member.get("description") for member in spec["inputProperties"].values()), every
    text = spec["description"]
    for language in ("typescript", "python", "go", "csharp", "yaml"):
        assert f"```{language}\n" in text
    ast.parse(text.partition("```python\n")[2].partition("```")[0])
    assert "_" not in description_in_any_language(text.partition("{{%")[0])


def test_an_example_is_the_docstring_s() -> None:
    """Entries by natural key become a list, and a file that is read becomes its path."""
    by_name = {resource.__name__: resource for pair in RESOURCES for resource in pair}
    domains, senders = example_of(by_name["Domains"]), example_of(by_name["BlockSenders"])
    assert domains is not None
    assert senders is not None
    assert domains.arguments["entries"] == [{"domain": "corp.example"}, {"domain": "corp.test", "lookbackHops": 2}]
    assert senders.arguments == {"entriesFile": "blocklist.csv", "mode": "exclusive"}


@pytest.mark.parametrize(
    "name", ["pattern", "pattern_type", "is_email_regex", "directory_node_id", "require_tls_inbound"]
)
def test_names_go_there_and_back(name: str) -> None:
    """A field's name is the same after it has been in another language."""
    assert snake(camel(name)) == name
    assert snake(name) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [("MALICIOUS-BEC", "MaliciousBec"), ("AllItems", "AllItems"), ("SNOOPY-CASB_OFFICE_365", "SnoopyCasbOffice365")],
)
def test_names_of_values(value: str, name: str) -> None:
    """A value's name is one word in PascalCase."""
    assert pascal(value) == name


def test_the_plugin_s_folder_starts_the_package() -> None:
    """It runs in an environment of its own, in which this package is that of the checkout."""
    folder = Path(__file__).resolve().parents[2] / "plugin"
    if not folder.is_dir():
        pytest.skip("the source distribution holds the package, not the plugin's folder")
    runtime = yaml.safe_load((folder / "PulumiPlugin.yaml").read_text(encoding="utf-8"))["runtime"]
    assert runtime == {"name": "python", "options": {"virtualenv": "venv"}}
    requirements = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "..[yaml]" in requirements
    assert all("==" in line for line in requirements if line[0].isalpha())
    assert "plugin.server import main" in (folder / "__main__.py").read_text(encoding="utf-8")


def test_what_clears_a_field_is_something_that_a_program_can_send() -> None:
    """The engine drops null: a text is cleared by the empty one, which an enum has a name for."""
    domain = SCHEMA["resources"]["cloudflare-email-security:index:Domain"]["inputProperties"]
    assert '`""` detaches it' in domain["folder"]["description"]
    assert '`""` detaches it' in domain["integrationId"]["description"]
    folder = SCHEMA["types"]["cloudflare-email-security:index:Folder"]
    assert {"name": "None", "value": ""} in folder["enum"]
    told = [spec["description"] for one in SCHEMA["resources"].values() for spec in one["inputProperties"].values()]
    assert not [text for text in told if "null clears" in text or "null detaches" in text]


@pytest.mark.parametrize(("token", "spec"), RESOURCE_CASES)
def test_no_member_in_c_sharp_is_called_as_its_class(token: str, spec: dict[str, Any]) -> None:
    """It would not compile; the example says the member as it is called."""
    class_name = token.rpartition(":")[2]
    for side in ("inputProperties", "properties"):
        for name, member in spec[side].items():
            called = member.get("language", {}).get("csharp", {}).get("name", pascal(name))
            assert called != class_name, name
    assert f" {class_name} = " not in spec["description"].partition("```csharp\n")[2].partition("```")[0]
