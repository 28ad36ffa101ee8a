"""What a program that is asked has for an environment, and whether two worlds differ. Unix only."""

from __future__ import annotations

import os

from onpath.model import MET
from onpath.shells import BY_SSHD, ROWS
from onpath.shells.startup import BY_SSH
from onpath.values import TYPE_CHECKING

from .inside import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onpath.model import Ask, Bench, Installed

TERM = "xterm-256color"  # which most terminals set, and startup files test for; xonsh gives up on dumb
SH = next((sh for sh in ("/bin/sh", "/system/bin/sh") if os.path.exists(sh)), "/bin/sh")

# What shells change by being started, and what is a probe's own: no difference between two worlds.
PASSING = ("PWD", "OLDPWD", "_", "SHLVL", "SHELL")
# What keeps shells from writing what is the user's: all of them, since a startup file may start any.
OF_SHELLS = {name: value for row in ROWS.values() for name, value in row.environ}
OF_A_PROBE = (
    *("TMPDIR", "HISTFILE", "SSH_ASKPASS_REQUIRE", "TMUX_TMPDIR", "SCREENDIR", "ZELLIJ_SOCKET_DIR"),
    *("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "TERM", "XONSH_DATA_DIR", MARK, MET),
    *OF_SHELLS,
)
# What a shell in a pane has besides, or one that ssh starts, by the variable that startup files ask for;
# the socket is nobody's.
PANES = {
    "TMUX": {
        "TMUX": "/nonexistent/tmux,1,0",
        "TMUX_PANE": "%0",
        "TERM": "tmux-256color",
        "TERM_PROGRAM": "tmux",
    },
    "STY": {"STY": "1.onpath", "WINDOW": "0", "TERM": "screen-256color"},
    "ZELLIJ": {"ZELLIJ": "0", "ZELLIJ_PANE_ID": "0", "ZELLIJ_SESSION_NAME": "onpath"},
    BY_SSH: {**dict(BY_SSHD), "SSH_TTY": "/dev/pts/0"},
}
# For what else a terminal sets, what this one has stands; but nothing may come up on the user's screen.
OF_NOBODY = {"DISPLAY": ":65000", "WAYLAND_DISPLAY": "onpath"}


def environment(
    bench: Bench,
    shell: Installed | None,
    ask: Ask,
    world: Mapping[str, str],
    folder: str,
    *,
    is_at_terminal: bool = False,
    pane: tuple[str, ...] = (),
) -> dict[str, str]:
    """Return the environment of a program that is started in `world`, with `folder` as its own.

    `is_at_terminal` says that it stands for one that a terminal starts, wherever it is asked; `pane` by
    which of PANES the terminal is one inside another, or which variables it has as the one here.
    """
    login = bench.host.login
    level = {"SHLVL": "1"} if world.get("SHLVL") == "0" else {}  # zsh execs the last command of -c
    return {
        # A terminal gives none. For a mere -c, 0 and an ssh socket make bash read .bashrc.
        **({} if is_at_terminal else {"SHLVL": "1"}),
        **world,
        **level,
        # As that of a user who has this shell: tmux and others start what it names.
        "SHELL": shell.program if shell else login.program if login else SH,
        "PATH": ":".join((*ask.entries, *filter(None, [world.get("PATH")]))),
        "TERM": TERM,
        **kept_apart(bench, folder),
        **dict(ask.environ),
        **{name: value for each in pane for name, value in _of_pane(each, bench.host.environ).items()},
    }


def _of_pane(name: str, here: Mapping[str, str]) -> Mapping[str, str]:
    return PANES.get(name) or {name: OF_NOBODY.get(name, here.get(name, ""))}


def kept_apart(bench: Bench, folder: str) -> dict[str, str]:
    """Return what keeps a program from what is the user's, or another probe's, and the mark of ours."""
    return {
        "TMPDIR": folder,  # a killed PowerShell leaves its pipes there
        "HISTFILE": f"{folder}/history",
        "SSH_ASKPASS_REQUIRE": "never",
        # A startup file's tmux or screen must meet neither the user's own nor that of another probe.
        "TMUX_TMPDIR": folder,
        "SCREENDIR": f"{folder}/screen",
        "ZELLIJ_SOCKET_DIR": f"{folder}/zellij",
        # Where xonsh keeps its history, in whatever way a startup file may choose.
        "XONSH_DATA_DIR": f"{folder}/xonsh",
        **OF_SHELLS,
        **_without_bus(bench, folder),
        MARK: bench.nonce,
    }


def _without_bus(bench: Bench, folder: str) -> dict[str, str]:
    """Return what keeps a startup file off the user's bus and service manager, where he has them.

    It may tell them its environment (dbus-update-activation-environment, `systemctl --user
    import-environment`), and all that they start would have that of a probe.
    """
    if "XDG_RUNTIME_DIR" not in bench.session:
        return {}
    return {"XDG_RUNTIME_DIR": folder, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"}


def is_same_world(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Say whether two environments differ in nothing that a startup file could see."""
    return all(one.get(name) == other.get(name) for name in {*one, *other} - {*PASSING, *OF_A_PROBE})
