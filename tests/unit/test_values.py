"""The small stand-in for `dataclasses` behaves as the real one, class by class."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath import host as detect
from onpath import model, receipt, shells, values
from onpath.cli import grammar as arguments
from onpath.places import fence
from onpath.shells import startup
from samples import BOUNDED


def made_by(decorator: Any) -> Any:
    """Return the same class, made by `decorator`."""

    @decorator(frozen=True)
    class Point:
        """Fields with and without defaults, a property and a method."""

        __qualname__ = "Point"  # what the real one shows

        x: int
        y: int = 2
        names: tuple[str, ...] = ()

        @property
        def total(self) -> int:
            return self.x + self.y

        def shifted(self, by: int) -> Any:
            again: Any = type(self)
            return again(self.x + by, self.y)

    return Point


Ours = made_by(values.dataclass)
Theirs = made_by(dataclasses.dataclass)
BOTH = (Ours, Theirs)
INTS = st.integers(-2, 2)
CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((1,), {}),
    ((1, 3), {}),
    ((1, 3, ("a",)), {}),
    ((1,), {"names": ("a",)}),
    ((), {"x": 1}),
    ((), {"y": 3, "x": 1}),
    ((), {}),
    ((), {"y": 3}),
    ((1, 2, (), 4), {}),
    ((1,), {"z": 3}),
    ((1,), {"x": 3}),
    ((1, 2), {"y": 2}),
)


def outcome(call: Callable[[], Any]) -> Any:
    """Return what `call` gives, or the type of its error; a frozen value's is an AttributeError."""
    try:
        return call()
    except AttributeError:
        return AttributeError
    except Exception as error:  # noqa: BLE001  (whichever it is, both must raise it)
        return type(error)


@pytest.mark.parametrize(("args", "kwargs"), CALLS)
def test_both_are_made_alike(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """The same fields, or the same kind of error."""
    assert outcome(lambda: vars(Theirs(*args, **kwargs))) == outcome(lambda: vars(Ours(*args, **kwargs)))


@BOUNDED
@given(INTS, INTS, INTS, INTS)
def test_both_are_equal_alike(a: int, b: int, c: int, d: int) -> None:
    ours, theirs = ((cls(a, b) == cls(c, d), cls(a, b) != cls(c, d)) for cls in BOTH)
    assert theirs == ours
    assert ours == (((a, b) == (c, d)), ((a, b) != (c, d)))


@BOUNDED
@given(INTS, INTS)
def test_both_are_hashed_alike(a: int, b: int) -> None:
    assert hash(Theirs(a, b)) == hash(Ours(a, b))


def test_a_value_equals_none_of_another_class() -> None:
    assert Ours(1) != Theirs(1)
    assert Ours(1) != (1, 2, ())
    assert Ours(1) is not None


def test_a_value_that_holds_something_unhashable_is_unhashable() -> None:
    for cls in BOTH:
        with pytest.raises(TypeError, match="unhashable"):
            hash(cls(1, names=[]))


@pytest.mark.parametrize("args", [(1,), (1, 2, ("a", "\n"))])
def test_both_show_themselves_alike(args: tuple[Any, ...]) -> None:
    """As the text by which the value is made."""
    assert repr(Theirs(*args)) == repr(Ours(*args))


@pytest.mark.parametrize("name", ["x", "y", "new"])
def test_nothing_can_be_assigned(name: str) -> None:
    for cls in BOTH:
        value = cls(1)
        with pytest.raises(AttributeError, match=name):
            setattr(value, name, 5)
        assert cls(1) == value


@pytest.mark.parametrize("name", ["x", "y"])
def test_nothing_can_be_deleted(name: str) -> None:
    for cls in BOTH:
        value = cls(1)
        with pytest.raises(AttributeError):
            delattr(value, name)
        assert cls(1) == value


def test_replace_makes_a_new_one_and_leaves_the_old() -> None:
    old = Ours(1, 3)
    assert Ours(5, 3) == values.replace(old, x=5)
    assert Ours(1, 3) == old


def test_replace_refuses_a_field_that_is_not_there() -> None:
    assert outcome(lambda: dataclasses.replace(Theirs(1), z=5)) == outcome(
        lambda: values.replace(Ours(1), z=5)
    )


def test_methods_and_properties_stay() -> None:
    assert 3 == Ours(1).total
    assert Ours(4) == Ours(2).shifted(2)


def test_a_value_can_be_copied_and_stored() -> None:
    edit = model.Edit(model.File("/x"), None, "text")
    assert edit == copy.copy(edit) == copy.deepcopy(edit) == pickle.loads(pickle.dumps(edit))  # noqa: S301


CLASSES = [
    cls
    for module in (arguments, detect, fence, model, shells, startup)
    for _, cls in inspect.getmembers(module, inspect.isclass)
    if cls.__module__ == module.__name__ and hasattr(cls, "_fields")
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: str(cls.__name__))
def test_every_value_of_this_package_would_be_the_same_as_a_dataclass(cls: Any) -> None:
    """The same fields in the same order, with the same defaults; and those without come first."""
    fields = list(cls.__annotations__)
    signature = [(name, getattr(cls, name, None)) for name in fields if hasattr(cls, name)]
    assert [name for name, _ in signature] == fields[len(fields) - len(signature) :]
    samples = dict.fromkeys(fields, "a")
    made = cls(**samples)
    assert samples == vars(made)
    assert made == cls(*samples.values())
    shown = ", ".join(f"{name}='a'" for name in fields)
    assert f"{cls.__name__}({shown})" == repr(made)


def test_nothing_of_this_package_was_missed() -> None:
    assert {"Host", "Edit", "Plan", "Probe", "Report", "Shell", "Block", "Process", "Looks"} <= {
        cls.__name__ for cls in CLASSES
    }


def test_a_default_that_values_share_is_still_empty() -> None:
    """`{}` is the default of some fields: nobody may have written to it."""
    assert {} == model.Probe("sh", "login", "missing").places
    assert ((), ()) == (receipt.EMPTY.files, receipt.EMPTY.folders)
