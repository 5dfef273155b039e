"""Tables read into dataclasses: types, ranges, unknown keys, and the schema that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import Meta

from workbench.errors import SettingsError
from workbench.typed_tables import Amount, Count, json_schema, key, or_none, read_table
from workbench.units import seconds

WHERE = "file.toml [t]"


@dataclass(frozen=True, slots=True)
class Table:
    """One field per kind of value."""

    name: str = key(name=None)
    title: str = key("A title.", default="")
    number: Annotated[int, Meta(ge=1, le=100)] = key("From 1 to 100.", default=8)
    share: Amount = key("Of something.", default=0.5)
    calls: Count | None = key("0: no limit.", read=or_none, default=None)
    mode: Literal["a", "b"] = key("One of two.", default="a")
    is_on: bool = key("On.", name="on", default=False)
    names: tuple[str, ...] = key("Names.", default=())
    limit_s: float = key("Time.", name="limit", read=seconds, example="60s", default=60.0)


def table_of(**values: Any) -> Table:
    return read_table(Table, values, WHERE, SettingsError, name="t")


def test_what_is_not_set_has_its_default_and_what_is_set_its_type() -> None:
    assert table_of() == Table("t")
    read = table_of(share=1, calls=0, on=True, names=["x"], limit="2m")
    assert read == Table("t", share=1.0, calls=None, is_on=True, names=("x",), limit_s=120.0)
    assert table_of(title=None, calls=None) == Table("t")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"number": 0}, "number must be a whole number from 1 to 100, not 0"),
        ({"number": 101}, "number must be a whole number from 1 to 100, not 101"),
        ({"number": True}, "number must be a whole number from 1 to 100, not True"),
        ({"number": 10**40}, "number must be a whole number from 1 to 100"),
        ({"share": float("nan")}, "share must be a number, 0 or more, not nan"),
        ({"share": float("inf")}, "share must be a number, 0 or more, not inf"),
        ({"mode": "c"}, "mode cannot be 'c'"),
        ({"on": 1}, "on must be true or false, not 1"),
        ({"is_on": True}, "unknown key 'is_on'"),
        ({"name": "x"}, "unknown key 'name'"),
        ({"nmaes": []}, "did you mean 'names'?"),
        ({"names": "x"}, "names must be a list, not 'x'"),
        ({"names": ["x", 1]}, "names[1] must be a text, not 1"),
        ({"calls": -1}, "calls must be a whole number, 0 or more, not -1"),
        ({"limit": "soon"}, "limit: 'soon' is no duration"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        table_of(**values)
    assert str(caught.value).startswith(WHERE) and message in str(caught.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@given(
    st.dictionaries(st.sampled_from(["title", "number", "share", "mode", "on", "names"]), VALUES)
)
def test_a_table_is_read_exactly_if_its_schema_takes_it(values: dict[str, Any]) -> None:
    set_values = {name: value for name, value in values.items() if value is not None}
    is_valid = Draft202012Validator(json_schema(Table)).is_valid(set_values)
    try:
        table_of(**values)
    except SettingsError as error:
        # No range refuses nan in JSON Schema, and 5.0 is an integer there.
        assert not is_valid or "nan" in repr(values) or isinstance(values.get("number"), float)
        assert len(error.message.splitlines()) <= 1 + repr(values).count("\\n")
    else:
        assert is_valid
