"""userpath's functions on onpath's engine: what they say was proven in fresh shells."""

from __future__ import annotations

from .core import append, in_new_path, need_shell_restart, prepend
from .utils import in_current_path

__version__ = "1.9.2+onpath0.1.0"

__all__ = ["append", "in_current_path", "in_new_path", "need_shell_restart", "prepend"]
