"""The small stand-in for `dataclasses` behaves as the real one, class by class."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onpath
from onpath import model, values
from samples import BOUNDED

if TYPE_CHECKING:
    from types import ModuleType


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


def modules() -> list[ModuleType]:
    """Return every module of this package."""
    names = [found.name for found in pkgutil.walk_packages(onpath.__path__, "onpath.")]
    return [importlib.import_module(name) for name in names if name != "onpath.__main__"]


CLASSES = [
    cls
    for module in modules()
    for _, cls in inspect.getmembers(module, inspect.isclass)
    if cls.__module__ == module.__name__ and hasattr(cls, "_fields")
]
each_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: str(cls.__name__))


def remade(cls: Any, decorator: Any, **defaults: object) -> Any:
    """Return what `decorator` makes of the fields of `cls`, with its defaults or other `defaults`."""
    body = {name: vars(cls)[name] for name in cls.__annotations__ if name in vars(cls)}
    own = {"__annotations__": dict(cls.__annotations__), "__qualname__": cls.__qualname__}
    return decorator(frozen=True)(type(cls.__name__, (), {**own, **body, **defaults}))


@each_class
def test_every_value_of_this_package_would_be_the_same_as_a_dataclass(cls: Any) -> None:
    """The same fields in the same order, with the same defaults; and those without come first."""
    theirs = remade(cls, dataclasses.dataclass)
    fields = [field.name for field in dataclasses.fields(theirs)]
    assert fields == list(cls._fields)
    required = [f.name for f in dataclasses.fields(theirs) if f.default is dataclasses.MISSING]
    assert fields[: len(required)] == required
    for names in (fields, required):
        samples = dict.fromkeys(names, "a")
        made = cls(**samples)
        assert made == cls(*samples.values())
        for show in (vars, repr, hash):
            assert outcome(partial(show, theirs(**samples))) == outcome(partial(show, made))
    for names in ([], ["no field"], fields[1:]):
        sample = dict.fromkeys(names, "a")
        assert outcome(partial(made_with, theirs, sample)) == outcome(partial(made_with, cls, sample))


def made_with(cls: Any, fields: dict[str, str]) -> object:
    """Return the fields of a value of `cls` that is made with `fields`."""
    return vars(cls(**fields))


@each_class
@pytest.mark.parametrize("default", [[], {}, set(), bytearray()], ids=lambda value: type(value).__name__)
def test_no_value_of_this_package_could_have_a_default_that_can_be_changed(
    cls: Any, default: object
) -> None:
    """All values would share it. The real one refuses a bytearray since Python 3.11."""
    name = cls._fields[-1]
    decorators: list[Any] = [values.dataclass, dataclasses.dataclass]
    if isinstance(default, bytearray) and sys.version_info < (3, 11):
        decorators.pop()
    for decorator in decorators:
        with pytest.raises(ValueError, match=f"mutable default .* for field {name} is not allowed"):
            remade(cls, decorator, **{name: default})


def test_a_default_that_cannot_be_changed_is_allowed() -> None:
    """Tuples and frozen sets are, and so is another value."""
    defaults: tuple[object, ...] = ((), frozenset(), "", 0, None, model.File("/x"), len)
    for default in defaults:
        for decorator in (values.dataclass, dataclasses.dataclass):
            assert default == vars(remade(model.File, decorator, path=default)())["path"]


def test_nothing_of_this_package_was_missed() -> None:
    expected = {
        *("Host", "Edit", "Plan", "Probe", "Report", "Shell", "Block", "Process", "Machine", "Want"),
        *("Context", "Outcome", "Request", "Option", "Row", "WindowsAsk", "FolderQuery", "Sight"),
    }
    assert expected <= {cls.__name__ for cls in CLASSES}
