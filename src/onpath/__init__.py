"""Put the commands of `pip install --user` on PATH in every shell, and prove it in fresh ones.

`ensure`, `check`, `diff` and `undo` take what the options of `ensure-path` say and return a `Report`.
They raise `OnpathError`, and neither print nor exit.
"""

from __future__ import annotations

from .errors import OnpathError
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from .model import Report

__all__ = ["OnpathError", "check", "diff", "ensure", "undo"]


def ensure(*directories: str, **options: Any) -> Report:
    """Make `directories` effective, proven, or change nothing; see `look.Request` for the options."""
    return _call("ensure", directories, options)


def check(*directories: str, **options: Any) -> Report:
    """Look only."""
    return _call("check", directories, options)


def diff(*directories: str, **options: Any) -> Report:
    """Return the edits that `ensure` would try, in `Report.edits`."""
    return _call("diff", directories, options)


def undo(*directories: str, **options: Any) -> Report:
    """Take back what `ensure` put: all, or the blocks of `directories`."""
    return _call("undo", directories, options)


def _call(name: str, directories: tuple[str, ...], options: dict[str, Any]) -> Report:
    from . import survey as look
    from . import verbs as api  # noqa: PLC0415

    report: Report = getattr(api, name)(look.Request(directories=directories, **options))
    return report
