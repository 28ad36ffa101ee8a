"""Call what Python has no word for in the C library, without importing `ctypes`.

`_ctypes` is its private half, which takes a fifth of the time to import. What is used of it here is the
same from Python 3.9 to 3.14.
"""

from __future__ import annotations

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_functions: dict[str, Any] = {}  # those that were called, by name; None: there is none


def call(name: str, *words: Any) -> tuple[int, int] | None:
    """Return what the function `name` returns for `words`, as an int, and the error number.

    None where it cannot be called: another Python, a C library without it.
    """
    if name not in _functions:
        _functions[name] = _find(name)
    function: Callable[..., tuple[int, int]] | None = _functions[name]
    return function(*words) if function else None


def _find(name: str) -> Any:
    try:
        private: Any = __import__("_ctypes")
        number = type("Number", (private._SimpleCData,), {"_type_": "i"})  # noqa: SLF001
        flags = private.FUNCFLAG_CDECL | private.FUNCFLAG_USE_ERRNO
        kind = type("Function", (private.CFuncPtr,), {"_flags_": flags, "_restype_": number})
        function = kind(private.dlsym(private.dlopen(None, 0), name))
    except (ImportError, AttributeError, OSError, TypeError):
        return None
    return lambda *words: (function(*words), private.get_errno())
