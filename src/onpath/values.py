"""Frozen values with named fields, made without importing `dataclasses`.

`dataclasses` costs 1.5 times what a bare Python start costs, `typing` and `enum` nearly as much: more
than all the rest of a run. Type checkers see the real decorator; at run time this small one serves.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not from `typing`, for the same reason; type checkers know the name
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  (re-exported)
    from dataclasses import replace as replace  # noqa: PLC0414
    from typing import Any
else:

    def dataclass(*, frozen: bool) -> Callable[[type], type]:
        """Return a class decorator: fields from the annotations, equality, repr, no assignment."""

        def decorate(cls: type) -> type:
            names = tuple(cls.__annotations__)
            cls._fields = names
            cls._blank = {name: cls.__dict__.get(name) for name in names}
            cls._needed = sum(name not in cls.__dict__ for name in names)  # the first ones, by position
            for name, default in cls._blank.items():
                if type(default).__hash__ is None:  # all instances would share it
                    raise ValueError(f"mutable default {type(default)} for field {name} is not allowed")
            cls.__init__, cls.__eq__, cls.__hash__, cls.__repr__ = _init, _eq, _hash, _repr
            if frozen:
                cls.__setattr__ = cls.__delattr__ = _refuse_change
            return cls

        return decorate

    def replace(obj: Any, **changes: Any) -> Any:
        """Return a copy of `obj` with some fields changed."""
        copy = object.__new__(type(obj))
        fields = vars(copy)
        fields.update(vars(obj))
        fields.update(changes)
        if len(fields) != len(obj._fields):
            raise TypeError(f"{type(obj).__name__}: unknown: {set(fields) - set(obj._fields)}")
        return copy

    # The methods of all the classes: made once, since making them per class costs time at every start.
    def _init(self: Any, *args: Any, **kwargs: Any) -> None:
        names, fields, given = self._fields, self.__dict__, len(args)
        fields.update(self._blank)  # the order of the fields, for the hash and the text
        fields.update(zip(names, args))
        fields.update(kwargs)
        wrong = {*names[given : self._needed]} - kwargs.keys() if given < self._needed else set()
        if args and kwargs:
            wrong |= kwargs.keys() & names[:given]
        if wrong or given > len(names) or len(fields) != len(names):
            wrong |= fields.keys() - names
            raise TypeError(
                f"{type(self).__name__}: missing, unknown or doubled: {sorted(wrong) or args}"
            )

    def _eq(self: Any, other: object) -> Any:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def _hash(self: Any) -> int:
        return hash(tuple(vars(self).values()))

    def _repr(self: Any) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({fields})"

    def _refuse_change(self: Any, name: str, _value: object = None) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot change {name}")
