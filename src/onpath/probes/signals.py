"""What stops a run, and what a fresh program heeds.

With the built-in half of `signal`: the other half makes enums, for 0.4 of a bare Python start.
"""

from __future__ import annotations

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_signal: Any = __import__("_signal")

KILL = 9  # SIGKILL, of which no system has another number
STOPS = ("SIGINT", "SIGTERM", "SIGHUP")
# Python ignores the first two, nohup the third, and a shell the others for what it starts with `&`.
USUALLY_HEEDED = ("SIGPIPE", "SIGXFSZ", "SIGHUP", "SIGINT", "SIGQUIT")


def stop_once() -> None:
    """Let a plain kill and a closed terminal raise KeyboardInterrupt, as Ctrl-C does.

    Only the first: a second one must not stop the putting back. What is ignored (nohup) stays so.
    """
    for number in _numbers(STOPS):
        if _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, _stop)


def heed_all() -> None:
    """Let what this process becomes heed signals as what a terminal starts does."""
    for number in _numbers(USUALLY_HEEDED):
        _signal.signal(number, _signal.SIG_DFL)


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in _numbers(STOPS):
        _signal.signal(number, _go_on)
    raise KeyboardInterrupt


def _go_on(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; SIG_IGN would be an error for one that is pending, before 3.9.3 (bpo-43406)."""


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [getattr(_signal, name) for name in names if hasattr(_signal, name)]
