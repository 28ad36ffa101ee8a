"""Where startup files lie elsewhere, or another is read first, the one that is read is edited."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from commands import changed, check_effective, ensure_path, option, own_files, snapshot
from judging import write
from terminals import INTERACTIVE, LOGIN, SESSION, ask

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

TERMINAL_MODES = (LOGIN, INTERACTIVE)
RESET = "PATH=/usr/bin:/bin"

STILL_READ = 'PATH="$PATH:/still-read"\n'

# A shell, what is in the home already, and the one file that is edited for its login.
READ_FIRST = (
    ("bash", {".bash_profile": STILL_READ}, ".bash_profile"),
    ("bash", {".bash_login": STILL_READ}, ".bash_login"),
    ("bash", {".bash_profile": STILL_READ, ".bash_login": "", ".profile": ""}, ".bash_profile"),
    ("bash", {".profile": STILL_READ}, ".profile"),
    ("tcsh", {".tcshrc": "", ".cshrc": ""}, ".tcshrc"),
    ("tcsh", {".cshrc": ""}, ".cshrc"),
    ("csh", {".tcshrc": ""}, ".cshrc"),
    ("zsh", {".zshenv": "", ".zprofile": "", ".zlogin": ""}, ".zshrc"),
    ("yash", {".profile": ""}, ".yashrc"),
    ("ksh93", {".profile": ""}, ".kshrc"),
    ("xonsh", {".xonshrc": "", ".config/xonsh/rc.xsh": ""}, ".config/xonsh/rc.d/onpath.xsh"),
    ("fish", {".config/fish/config.fish": ""}, ".config/fish/conf.d/onpath.fish"),
    ("nu", {".config/nushell/config.nu": ""}, ".config/nushell/autoload/onpath.nu"),
    ("nu-0.98", {".config/nushell/config.nu": ""}, ".config/nushell/config.nu"),
)

# Besides, for a mere terminal window.
OF_OTHER_MODES = {"bash": (".bashrc",)}

# Two startup files that are one, as in repositories of dotfiles: the shell, the file, its other name.
TWO_NAMES = (
    ("bash", ".bashrc", ".bash_profile"),
    ("bash", ".profile", ".bash_profile"),
    ("zsh", ".profile", ".zprofile"),
    ("tcsh", ".cshrc", ".tcshrc"),
)

# A file whose last line, without a newline, takes every other directory off PATH.
RESETS = (
    ("bash", ".bashrc", RESET),
    ("bash", ".profile", RESET),
    ("zsh", ".zshrc", RESET),
    ("zsh", ".zshrc", "path=(/usr/bin /bin)"),
    ("ksh93", ".kshrc", RESET),
    ("mksh", ".mkshrc", RESET),
    ("yash", ".yashrc", RESET),
    ("dash", ".profile", RESET),
    ("ash", ".profile", RESET),
    ("posh", ".profile", RESET),
    ("tcsh", ".cshrc", "set path = (/usr/bin /bin)"),
    ("csh", ".cshrc", "setenv PATH /usr/bin:/bin"),
    ("rc", ".rcrc", "path=(/usr/bin /bin)"),
    ("elvish", ".config/elvish/rc.elv", "set paths = [/usr/bin /bin]"),
    ("nu-0.98", ".config/nushell/config.nu", "$env.PATH = [/usr/bin /bin]"),
    ("pwsh", ".config/powershell/profile.ps1", "$env:PATH = '/usr/bin:/bin'"),
)


def edited(home: Path) -> set[str]:
    """Return the files in `home` that carry a block."""
    files = (name for name, entry in snapshot(home).items() if b"# --- onpath: " in entry.content)
    return set(files)


@pytest.mark.parametrize("row", READ_FIRST, ids=lambda row: "-".join((row[0], *row[1])))
def test_the_file_that_the_shell_reads_first_is_edited(
    home: Path, tools: Path, require: Require, row: tuple[str, dict[str, str], str]
) -> None:
    name, files, file = row
    require(name)
    for each, text in files.items():
        write(home, each, text)
    own = own_files(name, home)
    before = snapshot(home, without=own)

    run = ensure_path(home, tools, "--shell", option(name))

    assert run.code == 0, run
    assert edited(home) == {file, *OF_OTHER_MODES.get(name, ())}
    for mode in TERMINAL_MODES:
        check_effective(name, mode, home, tools)
    if files.get(file):
        assert "/still-read" in ask(name, LOGIN, home).path
    ensure_path(home, "--undo")
    assert changed(before, snapshot(home, without=own)) == {}


@pytest.mark.parametrize("is_hard", [False, True])
@pytest.mark.parametrize("row", TWO_NAMES, ids="-".join)
def test_two_startup_files_that_are_one_are_edited_and_taken_back_once(
    home: Path, tools: Path, require: Require, row: tuple[str, str, str], *, is_hard: bool
) -> None:
    name, file, other = row
    require(name)
    write(home, file, "# mine\n")
    if is_hard:
        os.link(home / file, home / other)
    else:
        (home / other).symlink_to(file)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    modes = (*TERMINAL_MODES, SESSION)

    words = [word for mode in modes for word in ("--mode", mode)]
    run = ensure_path(home, tools, "--shell", name, *words)

    assert run.code == 0, run
    for mode in modes:
        check_effective(name, mode, home, tools)
    assert (home / file).read_text().count("--- onpath: ") == 1
    run = ensure_path(home, "--undo")
    assert run.code == 0, run
    assert changed(before, snapshot(home, without=own)) == {}


def test_a_home_with_two_names_is_one(home: Path, tools: Path) -> None:
    """Edited by one name, taken back by the other."""
    before = snapshot(home)
    assert ensure_path(home, tools, "--shell", "bash").code == 0
    link = home.with_name("link")
    link.symlink_to(home)
    run = ensure_path(link, "--undo")
    assert run.code == 0, run
    assert changed(before, snapshot(home)) == {}


@pytest.mark.parametrize("row", RESETS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_reset_on_a_last_line_without_a_newline_is_outlived(
    home: Path, tools: Path, require: Require, row: tuple[str, str, str]
) -> None:
    name, file, line = row
    require(name)
    write(home, file, f"# mine\n{line}")
    own = own_files(name, home)
    before = snapshot(home, without=own)
    mode = INTERACTIVE if file == ".bashrc" else LOGIN

    run = ensure_path(home, tools, "--shell", option(name), "--mode", mode)

    assert run.code == 0, run
    check_effective(name, mode, home, tools)
    ensure_path(home, "--undo")
    assert changed(before, snapshot(home, without=own)) == {}


@pytest.mark.parametrize("has_receipt", [True, False])
@pytest.mark.parametrize("word", ["export ", ""])
def test_zdotdir_that_only_zshenv_sets_is_followed(
    home: Path, tools: Path, require: Require, word: str, *, has_receipt: bool
) -> None:
    require("zsh")
    write(home, ".zshenv", f"{word}ZDOTDIR=$HOME/.zsh\n")
    write(home, ".zsh/.zshrc", "# mine")
    before = snapshot(home)

    run = ensure_path(home, tools, "--shell", "zsh")

    assert run.code == 0, run
    assert edited(home) == {".zsh/.zshrc"}
    assert not (home / ".zshrc").exists()
    for mode in TERMINAL_MODES:
        check_effective("zsh", mode, home, tools)
    if not has_receipt:
        (home / ".local/state/onpath/receipt.json").unlink()
    ensure_path(home, "--undo")
    assert edited(home) == set()
    if has_receipt:
        assert changed(before, snapshot(home)) == {}


@pytest.mark.parametrize("age_s", [0, 1, -3600])
def test_a_compiled_zshrc_does_not_hide_the_edit(
    home: Path, tools: Path, require: Require, age_s: int
) -> None:
    zsh = require("zsh")
    file = write(home, ".zshrc", "MINE=1\n")
    subprocess.run([zsh, "-fc", f"zcompile {file}"], check=True)
    compiled_at = file.stat().st_mtime - age_s
    os.utime(home / ".zshrc.zwc", (compiled_at, compiled_at))

    run = ensure_path(home, tools, "--shell", "zsh")

    assert run.code == 0, run
    check_effective("zsh", INTERACTIVE, home, tools)
    ensure_path(home, "--undo")
    assert str(tools) not in ask("zsh", INTERACTIVE, home).path
    assert file.read_text() == "MINE=1\n"


COMPILES = "[[ ! ~/.zshrc.zwc -nt ~/.zshrc ]] && zcompile ~/.zshrc\n"


def test_what_a_shell_has_compiled_of_an_edit_that_was_put_back_is_not_run(
    home: Path, require: Require
) -> None:
    require("zsh")
    strict = write(home, "strict.zsh", "_h() { PATH=/usr/bin:/bin }\nprecmd_functions+=(_h)\n")
    file = write(home, ".zshrc", f'PS1="%# "\n{COMPILES}. ~/strict.zsh\n')
    os.utime(file, (1.7e9, 1.7e9))
    text = file.read_text()
    (home / ".local" / "bin").mkdir(parents=True)
    run = ensure_path(home, "--shell", "zsh")
    assert run.code == 1, run
    assert text == file.read_text()
    strict.write_text("")
    assert f"{home}/.local/bin" not in ask("zsh", INTERACTIVE, home).path


def test_xonsh_compiles_nothing_while_it_is_asked(home: Path, require: Require) -> None:
    """It would stay, and be run once a file has its old text and time again."""
    require("xonsh")
    write(home, ".config/xonsh/rc.xsh", "$PROMPT = '> '\n")
    ensure_path(home, "--shell", "xonsh", "--check")
    assert 0 == ensure_path(home, "--shell", "xonsh").code
    assert 0 == ensure_path(home, "--undo").code
    assert [] == [path for path in (home / ".local").rglob("*") if path.is_file()]


def test_what_a_shell_has_compiled_of_a_file_of_ours_goes_with_it(home: Path, require: Require) -> None:
    """zsh runs it though there is no such file any more."""
    require("zsh")
    write(home, ".zshenv", f"[[ -f ~/.zshrc ]] && {COMPILES}")
    before = snapshot(home)
    assert 0 == ensure_path(home, "--shell", "zsh").code
    directory = f"{home}/.local/bin"
    assert directory in ask("zsh", INTERACTIVE, home).path
    assert (home / ".zshrc.zwc").exists()
    assert 0 == ensure_path(home, "--undo").code
    assert before == snapshot(home)
    assert directory not in ask("zsh", INTERACTIVE, home).path


def test_env_that_profile_sets_is_no_obstacle(home: Path, tools: Path, require: Require) -> None:
    require("ksh93")
    write(home, ".profile", "ENV=$HOME/.shinit; export ENV\n")
    run = ensure_path(home, tools, "--shell", "ksh93")
    assert run.code == 0, run
    for mode in TERMINAL_MODES:
        check_effective("ksh93", mode, home, tools)


def test_a_bashrc_that_the_profile_reads_serves_both(home: Path, tools: Path, require: Require) -> None:
    require("bash")
    write(home, ".bash_profile", "[ -r ~/.bashrc ] && . ~/.bashrc\n")
    write(home, ".bashrc", "# mine\n")
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 0, run
    for mode in (*TERMINAL_MODES, SESSION):
        check_effective("bash", mode, home, tools)
