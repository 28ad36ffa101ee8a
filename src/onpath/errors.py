"""What can go wrong in a way that a caller can act on. Every message names the fact and the cure.

OnpathError
 +-- UsageError                 what was asked for cannot be meant (exit code 2)
 +-- NoHomeError                no home directory, or somebody else's
 +-- NoScriptsDirectoryError    the Python has no user scripts directory
 +-- NoShellError               no shell could be found to serve
 +-- NotEffectiveError          raised by `Report.require()` alone (`model`, beside `Report`)
 +-- InsideProbeError           a startup file runs this in a shell that is being asked (exit code 3)
 +-- ChangedError               a target is no longer what it was when the plan was made
 +-- LeftError                  a run failed, and not all of it could be put back (exit code 3)
 |    +-- TornError             a file holds neither its old text nor the new one
 +-- RefusedError               a target may not or cannot be edited
      +-- CorruptFenceError     the markers of a block do not pair up
      +-- UnspellableError      a language cannot spell the directory's name
"""

from __future__ import annotations

from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class OnpathError(Exception):
    """Any error that this package raises on purpose. Nothing was changed, but for `LeftError`."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what a copy is made of: Python's own way calls a class with its message alone."""
        return _copied, (type(self), self.args, vars(self))


def _copied(kind: type[OnpathError], words: tuple[Any, ...], fields: dict[str, Any]) -> OnpathError:
    error = kind.__new__(kind, *words)
    vars(error).update(fields)
    return error


class UsageError(OnpathError):
    """What was asked for cannot be meant: an unknown shell, Python, option, argument or directory."""

    exit_code = 2


class NoHomeError(OnpathError):
    """The user has no home directory to keep startup files in, or it is somebody else's."""


class NoScriptsDirectoryError(OnpathError):
    """The Python that was asked has no directory in which `pip install --user` would put commands."""


class NoShellError(OnpathError):
    """No shell could be found to serve."""


class InsideProbeError(OnpathError):
    """A startup file has called it, in a shell that another run has started to ask."""

    exit_code = 3


class RefusedError(OnpathError):
    """The target may not or cannot be edited."""


class CorruptFenceError(RefusedError):
    """The markers of our blocks in a file do not pair up."""


class UnspellableError(RefusedError):
    """A language has no way to spell this directory's name."""


class ChangedError(OnpathError):
    """A target is no longer what it was when the plan was made."""


class LeftError(OnpathError):
    """A run failed, and not all that it had changed could be put back: the message names what stays."""

    exit_code = 3


class TornError(LeftError):
    """A file written in place holds neither its old text, which lies in `kept`, nor the new one.

    `reason` is why it could not get the old one back.
    """

    def __init__(self, message: str, reason: str, kept: str) -> None:
        super().__init__(message)
        self.reason, self.kept = reason, kept


def is_interrupt(error: BaseException) -> bool:
    """Say whether an error is an interrupt, also in the wrapping that it gets while a class is made.

    Until 3.11 Python has a RuntimeError of what stops a `__set_name__`, with that as its cause.
    """
    return isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__, KeyboardInterrupt)
