"""userpath's functions on onpath's engine: what they say was proven in fresh shells."""

from __future__ import annotations

from importlib import import_module

from .core import append, in_new_path, need_shell_restart, prepend
from .utils import TYPE_CHECKING, in_current_path

if TYPE_CHECKING:
    from types import ModuleType

__version__ = "1.9.2+onpath0.1.0"

MODULES = ("cli", "core", "interface", "shells", "utils")  # which a plain import of userpath's brings


def __getattr__(name: str) -> ModuleType:
    if name not in MODULES:
        raise AttributeError(f"module 'userpath' has no attribute {name!r}")
    return import_module(f".{name}", __name__)


__all__ = ["append", "in_current_path", "in_new_path", "need_shell_restart", "prepend"]
