"""The names of shells that can be asked for. What each of them reads is in onpath's table."""

from __future__ import annotations

import os

from onpath import SHELLS as NAMES

DEFAULT_SHELLS = (
    "bash",
    "sh",
)  # of the original, where it found no shell; onpath looks for those in use


class Shell:
    """A shell by its name."""

    name = ""

    def __init__(self, home: str | None = None) -> None:
        self.home = home or os.path.expanduser("~")


class Bash(Shell):
    """The GNU shell."""

    name = "bash"


class Fish(Shell):
    """The friendly interactive shell."""

    name = "fish"


class Sh(Shell):
    """Whatever `sh` is here."""

    name = "sh"


class Xonsh(Shell):
    """The shell in Python."""

    name = "xonsh"


class Zsh(Shell):
    """The Z shell."""

    name = "zsh"


# The original has classes for five of them, by which others know them.
CLASSES = {each.name: each for each in (Bash, Fish, Sh, Xonsh, Zsh)}
SHELLS: dict[str, type[Shell]] = {
    name: CLASSES.get(name) or type(name.capitalize(), (Shell,), {"name": name}) for name in NAMES
}
