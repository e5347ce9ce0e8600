"""The quick way through validation is the same as marshmallow's."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_cloudflare_email_security.model.schema import SettingSchema
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import SETTINGS

UNKNOWN = Unknown()  # type: ignore[no-untyped-call]
VALUES = st.one_of(
    st.sampled_from(
        ["", "evil.example", "Evil.Example", "jane@corp.example", "192.0.2.7", "10.0.0.1", "DOMAIN", "EMAIL", "IP"]
    ),
    st.sampled_from(["UNKNOWN", "AllItems", "A1S_INTERNAL", "(?i)x", True, False, 1, 1.0, 20.0, 2.5, None, UNKNOWN]),
    st.sampled_from([[], ["SUBJECT"], ["DIRECT", "API"], ["192.0.2.0/24"], {"a": 1}]),
    st.text(max_size=5),
)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.kind)
@given(data=st.data())
def test_the_quick_way_finds_what_load_finds(setting: Setting, data: st.DataObject) -> None:
    """Whatever the arguments, the normal form and the failures are those of marshmallow's own load."""
    names = [*setting.schema.setting_fields, "bogus"]
    required = [name for name, field in setting.schema.setting_fields.items() if field.required]
    arguments: dict[str, Any] = data.draw(
        st.fixed_dictionaries(
            dict.fromkeys(required, VALUES), optional={name: VALUES for name in names if name not in required}
        )
    )
    quick = setting.schema.validate_entry(arguments)
    with patch.object(SettingSchema, "_plainly_valid", return_value=None):
        assert quick == setting.schema.validate_entry(arguments)


def test_the_quick_way_is_taken() -> None:
    """Valid scalar arguments do not go through load."""
    (block,) = (setting for setting in SETTINGS if setting.kind == "block_sender")
    with patch.object(SettingSchema, "load", side_effect=AssertionError):
        normal, failures = block.schema.validate_entry({"pattern": "Evil.example", "pattern_type": "DOMAIN"})
    assert (normal, failures) == ({"pattern": "Evil.example", "pattern_type": "DOMAIN", "is_regex": False}, [])
