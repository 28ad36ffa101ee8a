"""`--for desktop`, judged by the real scripts by which display managers start a session.

The scripts are of Debian's packages, unpacked and never installed; in the place of the desktop they
start a program that looks for the command.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import pytest

from commands import HELLO, changed, ensure_path, put_tools, snapshot
from judging import write
from namespaces import TIMEOUT_S, enter, why_not
from terminals import PATH
from unpacked import unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

    Script = Callable[[Path], list[str]]

if sys.platform == "win32":
    pytest.skip("desktops of Unix", allow_module_level=True)

LOG = ".xsession-errors"  # of Debian's Xsession
DESKTOP = ("--for", "desktop")


def gnome(folder: Path) -> list[str]:
    """GNOME on Wayland: a script that starts itself again by the login shell."""
    script = folder / "gnome-session"
    text = unpacked("gnome-session-bin", "usr/bin/gnome-session").read_text()
    assert "/usr/libexec/gnome-session-binary" in text
    script.write_text(text.replace("/usr/libexec/gnome-session-binary", str(folder / "session")))
    script.chmod(0o755)
    return ["env", "XDG_SESSION_TYPE=wayland", str(script)]


def gdm_x11(folder: Path) -> list[str]:
    """A session on X11 by gdm."""
    return ["/bin/sh", "/etc/gdm3/Xsession", str(folder / "session")]


def sddm(folder: Path) -> list[str]:
    """A session on Wayland by SDDM."""
    script = unpacked("sddm", "usr/share/sddm/scripts/wayland-session")
    return ["/bin/sh", str(script), str(folder / "session")]


def sddm_x11(folder: Path) -> list[str]:
    """A session on X11 by SDDM."""
    return ["/bin/sh", "/etc/sddm/Xsession", str(folder / "session")]


def xsession(folder: Path) -> list[str]:
    """A session by LightDM or xdm on Debian."""
    return ["/bin/sh", "/etc/X11/Xsession", str(folder / "session")]


MANAGERS: dict[str, tuple[str, tuple[Script, ...]]] = {
    "gdm": ("/usr/sbin/gdm3\n", (gnome, gdm_x11)),
    "sddm": ("/usr/bin/sddm\n", (sddm, sddm_x11)),
    "lightdm": ("/usr/sbin/lightdm\n", (xsession,)),
    "xdm": ("/usr/bin/xdm\n", (xsession,)),
}
SHELLS = ("bash", "zsh", "fish", "dash", "tcsh", "ksh93", "mksh", "yash")


def make_etc(folder: Path, manager: str) -> Path:
    """Make the files in /etc of a Debian with this display manager."""
    etc = folder / "etc"
    for package in ("x11-common", "gdm3", "sddm", "lightdm"):
        shutil.copytree(unpacked(package, "etc"), etc, dirs_exist_ok=True)
    conf = unpacked("lightdm", "usr/share/lightdm/lightdm.conf.d")
    shutil.copytree(conf, etc / "lightdm/lightdm.conf.d", dirs_exist_ok=True)
    write(etc, "X11/default-display-manager", MANAGERS[manager][0])
    shells = "".join(f"{shutil.which(name)}\n/bin/{name}\n" for name in SHELLS)
    write(etc, "shells", shells)
    if reason := why_not(etc):
        pytest.skip(reason)
    return etc


def found(home: Path, etc: Path, shell: Path, script: Script) -> str:
    """Start a session as the display manager does; return what the command is there, if it is."""
    folder = home.parent
    out = folder / "out"
    out.unlink(missing_ok=True)
    program = write(folder, "session", f"#!/bin/sh\ncommand -v {HELLO} >{out}\n")
    program.chmod(0o755)
    env = {"HOME": str(home), "USER": "root", "LOGNAME": "root", "SHELL": str(shell), "PATH": PATH}
    subprocess.run(
        [*enter(etc), *script(folder)],
        env=env,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert out.exists(), "the session was not started"
    return out.read_text().strip()


@pytest.mark.parametrize("manager", MANAGERS)
@pytest.mark.parametrize("name", SHELLS)
def test_every_session_finds_the_command_and_undo_is_exact(
    home: Path, tmp_path: Path, require: Require, manager: str, name: str
) -> None:
    shell, tools, etc = require(name), put_tools(home), make_etc(tmp_path, manager)
    scripts = MANAGERS[manager][1]
    assert [""] * len(scripts) == [found(home, etc, shell, script) for script in scripts]
    own = (LOG, ".config/fish", ".local/share/fish", ".cache") if name == "fish" else (LOG,)
    before = snapshot(home, without=own)

    run = ensure_path(home, tools, "--shell", name, *DESKTOP, within=enter(etc))
    assert 0 == run.code, run
    assert 1 == run.stdout.count("from the next login on")
    for script in scripts:
        assert str(tools / HELLO) == found(home, etc, shell, script), (script, run)

    between = snapshot(home, without=own)
    again = ensure_path(home, tools, "--shell", name, *DESKTOP, within=enter(etc))
    assert (0, {}) == (again.code, changed(between, snapshot(home, without=own))), again
    assert 0 == ensure_path(home, "--undo", within=enter(etc)).code
    assert {} == changed(before, snapshot(home, without=own))


def test_debians_xsession_needs_its_own_file_alone(home: Path, tools: Path, tmp_path: Path) -> None:
    etc = make_etc(tmp_path, "lightdm")
    run = ensure_path(home, tools, "--shell", "bash", *DESKTOP, within=enter(etc))
    assert 0 == run.code, run
    assert (home / ".xsessionrc").exists()
    assert not (home / ".profile").exists()


def test_a_wrapper_of_another_kind_reads_the_profile(home: Path, tools: Path, tmp_path: Path) -> None:
    """As Ubuntu's lightdm-session does."""
    etc = make_etc(tmp_path, "lightdm")
    write(
        etc, "lightdm/lightdm.conf.d/50-x.conf", "[Seat:*]\nsession-wrapper=/usr/sbin/lightdm-session\n"
    )
    run = ensure_path(home, tools, "--shell", "bash", *DESKTOP, within=enter(etc))
    assert 0 == run.code, run
    assert (home / ".profile").exists()
    assert not (home / ".xsessionrc").exists()


def test_an_xsessionrc_that_sets_path_gets_the_block_at_its_end(
    home: Path, tools: Path, tmp_path: Path, require: Require
) -> None:
    etc, bash = make_etc(tmp_path, "xdm"), require("bash")
    write(home, ".xsessionrc", "PATH=/usr/bin:/bin\nexport PATH\n")
    assert 0 == ensure_path(home, tools, "--shell", "bash", *DESKTOP, within=enter(etc)).code
    assert str(tools / HELLO) == found(home, etc, bash, xsession)


def test_the_table_tells_of_the_desktop_where_there_is_one(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    etc = make_etc(tmp_path, "lightdm")
    words = (tools, "--shell", "bash")
    run = ensure_path(home, *words, "--where", within=enter(etc))
    assert "  desktop      no   programs of the desktop" in run.stdout
    assert re.search(f"ensure-path {tools} --shell bash .*--for desktop\n", run.stdout)
    ensure_path(home, *words, *DESKTOP, within=enter(etc))
    run = ensure_path(home, *words, "--where", within=enter(etc))
    assert "  desktop      yes  programs of the desktop" in run.stdout
    assert "~/.xsessionrc, ~/.config/environment.d/99-onpath.conf" in run.stdout
