"""Where the preferred file may not be written or does not help, the next one serves, and is proven."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import worlds
from commands import HELLO, changed, ensure_path, option, own_files, snapshot
from judging import run_behind, scripts, within, write
from terminals import COMMAND, INTERACTIVE, LOGIN, SESSION, ask

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

RESET = "PATH=/usr/bin:/bin\n"
CSH_RESET = "set path = (/usr/bin /bin)\n"
FISH_RESET = "set -gx PATH /usr/bin /bin\n"
FISH, CONF_D = ".config/fish/config.fish", ".config/fish/conf.d"
NUSHELL, XONSH = ".config/nushell/autoload", ".config/xonsh/rc.d"
POWERSHELL = ".config/powershell"
# A global fish_user_paths hides the universal one, by which some programs add themselves.
USER_PATHS = "set -g fish_user_paths /usr/bin\n"

# A shell, what is in the home, and the file that serves it in the end.
CHAINS = (
    ("fish", {FISH: FISH_RESET}, FISH),
    ("fish", {f"{CONF_D}/z.fish": FISH_RESET}, FISH),
    ("fish", {FISH: USER_PATHS}, f"{CONF_D}/onpath.fish"),
    ("fish", {f"{CONF_D}/z.fish": FISH_RESET, FISH: "return\n"}, FISH),
    ("fish", {f"{CONF_D}/z.fish": FISH_RESET, FISH: f"{USER_PATHS}set -e PATH[1]"}, FISH),
    ("nu", {f"{NUSHELL}/z.nu": "$env.PATH = [/usr/bin /bin]\n"}, f"{NUSHELL}/zzz-onpath.nu"),
    (
        "nu",
        {f"{NUSHELL}/p.nu": "$env.PATH = [/usr/bin /bin]\n"},
        f"{NUSHELL}/zzz-onpath.nu",
    ),
    ("xonsh", {f"{XONSH}/z.xsh": "$PATH = ['/usr/bin', '/bin']\n"}, f"{XONSH}/zzz-onpath.xsh"),
    (
        "xonsh-0.14",
        {f"{XONSH}/z.xsh": "$PATH = ['/usr/bin', '/bin']\n"},
        f"{XONSH}/zzz-onpath.xsh",
    ),
    (
        "pwsh",
        {f"{POWERSHELL}/Microsoft.PowerShell_profile.ps1": "$env:PATH = '/usr/bin:/bin'\n"},
        f"{POWERSHELL}/Microsoft.PowerShell_profile.ps1",
    ),
    ("tcsh", {".login": CSH_RESET}, ".login"),
    ("tcsh", {".login": "setenv PATH /usr/bin:/bin", ".tcshrc": "umask 022\n"}, ".login"),
    ("csh", {".login": CSH_RESET}, ".login"),
    ("csh", {".login": "# mine\nsetenv PATH /usr/bin:/bin\n", ".cshrc": "umask 022\n"}, ".login"),
    ("zsh", {".zlogin": RESET}, ".zlogin"),
    ("zsh", {".zlogin": "path=(/usr/bin /bin)\n. ~/other", "other": "true\n"}, ".zlogin"),
)


@pytest.fixture(autouse=True)
def _bash_login() -> None:
    """Skip where other files make the world inside a login."""
    worlds.need_bash_login()


@pytest.mark.parametrize(
    ("name", "files", "file"),
    CHAINS,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_a_later_file_takes_it_away_that_one_serves(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str], file: str
) -> None:
    require(name)
    for each, text in files.items():
        write(home, each, text)
    run = worlds.keep_the_promise(name, home, tools)
    assert f"added by ~/{file}" in run.stdout


def test_a_global_list_of_fish_that_hides_the_universal_one_is_outlived(
    home: Path, tools: Path, require: Require
) -> None:
    """fish_add_path has put it into the universal list, and config.fish hides that for good."""
    fish = require("fish")
    words = [str(fish), "-c", "set -U fish_user_paths $HOME/tools"]
    subprocess.run(words, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=True)
    assert str(tools / HELLO) == ask("fish", INTERACTIVE, home, command=HELLO).ran
    write(home, FISH, "set -g fish_user_paths /usr/bin\n")
    assert "" == ask("fish", INTERACTIVE, home, command=HELLO).ran
    worlds.keep_the_promise("fish", home, tools)


# What may not be written.


def make_unwritable(home: Path, what: str) -> None:
    """Put in the place of `.zshrc` what cannot be edited."""
    place = home / ".zshrc"
    if what == "read-only":
        write(home, ".zshrc", "# mine\n").chmod(0o444)
    elif what == "dangling":
        place.symlink_to("/nix/store/gone/zshrc")
    elif what == "folder":
        place.mkdir()
    elif what == "device":
        place.symlink_to("/dev/null")
    else:
        write(home, ".zshrc", "true\n# --- onpath end ---\n")


@pytest.mark.parametrize("what", ["read-only", "dangling", "folder", "device", "unpaired"])
def test_where_zshrc_may_not_be_edited_zshenv_serves(
    home: Path, tools: Path, require: Require, what: str
) -> None:
    """And the run says why."""
    require("zsh")
    make_unwritable(home, what)
    own = own_files("zsh", home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", "zsh")
    assert run.code == 0, run
    assert f"note: {home}/.zshrc " in run.stdout
    assert ", so another file serves in its place; " in run.stdout
    worlds.check_in_both("zsh", home, tools)
    after = snapshot(home, without=own)
    again = ensure_path(home, tools, "--shell", "zsh")
    assert again.code == 0, again
    assert {} == changed(after, snapshot(home, without=own))
    undone = ensure_path(home, "--undo")
    assert undone.code == (3 if what == "unpaired" else 0), undone
    assert {} == changed(before, snapshot(home, without=(*own, *LEFT[what == "unpaired"])))


# A receipt stays as long as a file could not be taken back.
LEFT = ((), (".local",))


def test_where_zdotdir_cannot_be_written_zshenv_serves(
    home: Path, tools: Path, require: Require
) -> None:
    require("zsh")
    write(home, ".zshenv", "ZDOTDIR=$HOME/zsh\n")
    write(home, "zsh/.zshrc", "# mine\n").chmod(0o444)
    (home / "zsh").chmod(0o555)
    worlds.keep_the_promise("zsh", home, tools)
    (home / "zsh").chmod(0o755)


READS_BASHRC = f"{RESET}. ~/.bashrc\n"
IN_ITS_PLACE = (
    ("bash", {".bash_profile": READS_BASHRC}, ".bashrc"),
    ("bash", {".bash_profile": ". ~/.profile\n"}, ".profile"),
    ("bash", {".profile": '[ -r "$HOME/.bashrc" ] && . "$HOME/.bashrc"\n'}, ".bashrc"),
    ("xonsh", {XONSH: "", ".config/xonsh/rc.xsh": "# mine\n"}, ".xonshrc"),
    ("xonsh-0.14", {XONSH: "", ".config/xonsh/rc.xsh": "# mine\n"}, ".xonshrc"),
)


@pytest.mark.parametrize(
    ("name", "files", "file"), IN_ITS_PLACE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_where_no_file_before_it_may_be_edited_the_last_one_that_a_shell_reads_serves(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str], file: str
) -> None:
    require(name)
    for each, text in files.items():
        write(home, each, text).chmod(0o444)
    run = worlds.keep_the_promise(name, home, tools)
    assert f"added by ~/{file}" in run.stdout
    assert ", so another file serves in its place; " in run.stdout


def test_a_login_whose_own_file_undoes_what_bashrc_says_has_that_line_named(
    home: Path, tools: Path, require: Require
) -> None:
    """What serves the prompt stays, and leaves the login alone as ever."""
    require("bash")
    write(home, ".bash_profile", f". ~/.bashrc\n{RESET}").chmod(0o444)
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 3, run
    assert f"{home}/.bash_profile:2: {RESET.strip()}" in run.stdout
    assert "shopt -q login_shell" in (home / ".bashrc").read_text()
    assert str(tools / HELLO) == ask("bash", INTERACTIVE, home, command=HELLO).ran


# What another run has proven, and the words of a later run that wants the block elsewhere.
GUARD = "case $- in *i*) ;; *) return ;; esac\n"
MOVERS = (
    ("bash", {".bash_profile": "umask 022\n", ".bashrc": GUARD + RESET}, ("--for", "ssh")),
    ("bash", {".bash_profile": ". ~/.bashrc\n", ".bashrc": GUARD + RESET}, ("--mode", SESSION)),
    ("tcsh", {".tcshrc": f"if (! $?prompt) exit\n{CSH_RESET}"}, ("--for", COMMAND)),
    (
        "bash",
        {".bash_profile": ". ~/.bashrc\n", ".bashrc": "PATH=$HOME/opt:$PATH\n"},
        ("--mode", INTERACTIVE, "--append"),
    ),
    ("zsh", {".zshenv": "[[ -o interactive ]] || return\n", ".zshrc": ""}, ("--for", COMMAND)),
)


@pytest.mark.parametrize(
    ("name", "files", "words"), MOVERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_run_for_another_mode_takes_nothing_from_those_that_one_before_it_has_served(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str], words: tuple[str, ...]
) -> None:
    """One block stands in a file: where all cannot be served, those that are served stay so."""
    require(name)
    for each, text in files.items():
        write(home, each, text).chmod(0o444 if text.startswith(". ") else 0o644)
    first = ensure_path(home, tools, "--shell", name)
    assert first.code == 0, first
    run = ensure_path(home, tools, "--shell", name, *words)
    for mode in (LOGIN, INTERACTIVE):
        assert str(tools / HELLO) == ask(name, mode, home, command=HELLO).ran, run
    assert 0 == ensure_path(home, tools, "--shell", name, "--check").code
    assert run.code == 0 or "would lack the directory" in run.stderr, run


def test_a_run_for_another_shell_takes_nothing_from_the_one_that_has_the_block(
    home: Path, tools: Path, require: Require
) -> None:
    """Nobody has asked for the first: it reads the same file, so it is asked where it is in use."""
    require("dash")
    write(home, ".profile", f'[ -n "$BASH_VERSION" ] && return\n{RESET}')
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 0, run
    ensure_path(home, tools, "--shell", "dash", "--for", SESSION)
    assert str(tools / HELLO) == ask("bash", LOGIN, home, command=HELLO).ran
    assert 0 == ensure_path(home, tools, "--shell", "bash", "--check").code


@pytest.mark.parametrize(
    ("first", "second", "files"),
    [
        # The one reads the top alone, the other undoes what stands there.
        ("tcsh", "csh", {".cshrc": f"if (! $?tcsh) exit\n{CSH_RESET}"}),
        ("csh", "tcsh", {".cshrc": f"if ($?tcsh) exit\n{CSH_RESET}"}),
        ("ksh93", "dash", {".profile": f'[ -z "$KSH_VERSION" ] && return\n{RESET}'}),
        ("dash", "yash", {".profile": f'[ -n "$YASH_VERSION" ] && return\n{RESET}'}),
    ],
)
def test_a_run_for_another_shell_takes_nothing_from_one_that_was_merely_named(
    home: Path, tools: Path, require: Require, first: str, second: str, files: dict[str, str]
) -> None:
    """Neither is in use; the first has been served by the run before."""
    for name in (first, second):
        require(name)
    for each, text in files.items():
        write(home, each, text)
    assert 0 == ensure_path(home, tools, "--mode", LOGIN, "--shell", first).code
    run = ensure_path(home, tools, "--mode", LOGIN, "--shell", second)
    assert str(tools / HELLO) == ask(first, LOGIN, home, command=HELLO).ran
    assert 0 == ensure_path(home, tools, "--mode", LOGIN, "--shell", first, "--check").code
    if run.code:
        assert f"takes the directory from {first}; have that file set PATH in the same way" in run.stdout
        assert f"with it, {first} would lack the directory" in run.stderr


@pytest.mark.parametrize("name", ["dash", "ash", "posh"])
def test_a_shell_that_an_earlier_run_has_served_is_in_no_later_runs_way(
    home: Path, tools: Path, require: Require, name: str
) -> None:
    """It reads nothing in a new session, so it is asked inside of a login alone."""
    require(name)
    ensure_path(home, tools, "--shell", name)
    for words in (["--append"], ["--shell", "bash", "--prepend"], []):
        run = ensure_path(home, tools, *words)
        assert run.code == 0, run


def test_a_shell_that_nobody_uses_is_not_started_for_a_block_that_moves(
    home: Path, tools: Path, require: Require
) -> None:
    """Here each of these two would throw the history of bash away."""
    for name in ("bash", "mksh", "ksh93"):
        require(name)
    write(home, ".history", "ls\n" * 500)
    write(home, ".profile", "export HISTFILE=~/.history\n")
    assert 0 == ensure_path(home, tools, "--shell", "bash").code
    assert 0 == ensure_path(home, tools, "--shell", "bash", "--append").code
    assert "ls\n" * 500 == (home / ".history").read_text()


def test_a_later_default_run_leaves_what_ssh_has(home: Path, tools: Path) -> None:
    write(home, ".profile", ". ~/.bashrc\n").chmod(0o444)
    write(home, ".bashrc", GUARD)
    first = ensure_path(home, tools, "--shell", "bash", "--for", "ssh")
    assert first.code == 0, first
    run = ensure_path(home, tools, "--shell", "bash")
    assert 0 == ensure_path(home, tools, "--shell", "bash", "--for", "ssh", "--check").code, run


@pytest.mark.parametrize("has_receipt", [True, False])
def test_a_block_that_may_serve_another_shell_is_not_taken_out(
    home: Path, tools: Path, require: Require, *, has_receipt: bool
) -> None:
    """Nor is it said of it that it no longer helps: nobody has asked the shell that it serves."""
    require("ksh93")
    text = f'if [ -z "$BASH_VERSION" ]; then {RESET.strip()}; export PATH; return; fi\n'
    write(home, ".profile", text)
    first = ensure_path(home, tools, "--shell", "bash")
    assert first.code == 0, first
    if not has_receipt:
        shutil.rmtree(home / ".local/state")
    run = ensure_path(home, tools, "--shell", "ksh93", "--for", SESSION)
    assert "taken out" not in run.stdout
    assert "no longer helps" not in run.stdout
    assert str(tools / HELLO) == ask("bash", LOGIN, home, command=HELLO).ran, run


def test_a_file_that_two_shells_share_is_not_moved_to_and_fro(
    home: Path, tools: Path, require: Require
) -> None:
    """Where one place for the block cannot serve both, the one that is served keeps it."""
    require("zsh")
    write(home, "dots/shrc", f'[ -n "$ZSH_VERSION" ] && return\n{RESET}')
    for name in (".bashrc", ".zshrc"):
        (home / name).symlink_to("dots/shrc")
    write(home, ".bash_profile", ". ~/.bashrc\n")
    words = ("--shell", "bash", "--shell", "zsh")
    first = ensure_path(home, tools, *words)
    text = (home / "dots/shrc").read_bytes()
    again = ensure_path(home, tools, *words)
    assert (3, 1, text) == (first.code, again.code, (home / "dots/shrc").read_bytes()), again
    for mode in (LOGIN, INTERACTIVE):
        assert str(tools / HELLO) == ask("zsh", mode, home, command=HELLO).ran, again


def test_only_the_edit_that_takes_something_away_is_put_back(home: Path, tools: Path) -> None:
    write(home, ".bashrc", f"{GUARD}export {RESET}")
    write(home, ".bash_profile", ". ~/.bashrc\n")
    first = ensure_path(home, tools, "--shell", "bash", "--for", "ssh")
    assert first.code == 0, first
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 3, run
    assert str(tools / HELLO) == ask("bash", LOGIN, home, command=HELLO).ran, run
    assert 0 == ensure_path(home, tools, "--shell", "bash", "--for", "ssh", "--check").code


def test_unverified_a_run_leaves_a_block_where_it_was_proven(home: Path, tools: Path) -> None:
    write(home, ".bashrc", RESET)
    first = ensure_path(home, tools, "--shell", "bash", "--for", INTERACTIVE)
    assert first.code == 0, first
    text = (home / ".bashrc").read_bytes()
    ensure_path(home, tools, "--shell", "bash", "--for", INTERACTIVE, "--no-verify")
    assert text == (home / ".bashrc").read_bytes()


def test_a_block_that_serves_a_mode_that_was_not_asked_for_is_not_taken_out(
    home: Path, tools: Path
) -> None:
    """Though nothing tells that it was ever proven, as in a home of a repository of dotfiles."""
    write(home, ".bash_profile", "umask 022\n").chmod(0o444)
    write(home, ".bashrc", "alias a=b\n")
    first = ensure_path(home, tools, "--shell", "bash")
    assert first.code == 3, first
    assert "sets PATH again" not in first.stdout
    before = (home / ".bashrc").read_bytes()
    for words in (("--mode", LOGIN), ("--for", SESSION), ("--for", "editor")):
        run = ensure_path(home, tools, "--shell", "bash", *words)
        assert run.code == 1, run
        assert "was put back" not in run.stderr
        assert "no longer helps" not in run.stdout
        shutil.rmtree(home / ".local/state", ignore_errors=True)
        assert before == (home / ".bashrc").read_bytes()


def test_where_zlogin_takes_it_away_and_may_not_be_written_the_line_is_named(
    home: Path, tools: Path, require: Require
) -> None:
    """No file is read after it, so no file can help."""
    require("zsh")
    write(home, ".zlogin", f"# mine\n{RESET}").chmod(0o444)
    before = snapshot(home)
    run = ensure_path(home, tools, "--shell", "zsh", "--mode", LOGIN)
    assert run.code == 1, run
    assert f"{home}/.zlogin:2: {RESET.strip()}" in run.stdout + run.stderr
    assert f"{home}/.zlogin is read-only" in run.stdout
    assert {} == changed(before, snapshot(home))


# Modes without a terminal.


@pytest.mark.parametrize("word", ["export ", ""])
def test_the_zshenv_that_was_read_is_edited_for_commands_whatever_it_says_of_zdotdir(
    home: Path, tools: Path, require: Require, word: str
) -> None:
    require("zsh")
    write(home, ".zshenv", f"{word}ZDOTDIR=$HOME/zsh\n")
    write(home, "zsh/.zshenv", "# not read\n")
    run = worlds.keep_the_promise("zsh", home, tools, "--for", COMMAND, modes=(COMMAND,))
    assert "added by ~/.zshenv" in run.stdout


@pytest.mark.parametrize("name", ["nu", "nu-0.98"])
@pytest.mark.parametrize("text", [None, "$env.PATH = [/usr/bin /bin]\n"])
def test_nushell_as_a_login_shell_without_a_terminal_is_served(
    home: Path, tools: Path, require: Require, name: str, text: str | None
) -> None:
    """`nu -l -c` reads no folder of drop-ins."""
    require(name)
    if text:
        write(home, ".config/nushell/config.nu", text)
    run = worlds.keep_the_promise(name, home, tools, "--mode", SESSION, modes=(SESSION,))
    assert "added by ~/.config/nushell/config.nu" in run.stdout


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("zsh", {".zlogin": RESET}),
        ("tcsh", {".login": CSH_RESET}),
        ("csh", {".login": CSH_RESET}),
        ("fish", {FISH: FISH_RESET}),
        ("fish", {f"{CONF_D}/zz.fish": FISH_RESET}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_login_without_a_terminal_goes_down_the_chain_too(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str]
) -> None:
    require(name)
    for each, text in files.items():
        write(home, each, text)
    worlds.keep_the_promise(name, home, tools, "--mode", SESSION, modes=(SESSION,))


def test_what_was_tried_on_the_way_is_gone(home: Path, tools: Path, require: Require) -> None:
    """Of three files only the last stays."""
    require("xonsh")
    write(home, f"{XONSH}/z.xsh", "$PATH = ['/usr/bin', '/bin']\n")
    own = own_files("xonsh", home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", option("xonsh"))
    assert run.code == 0, run
    new = changed(before, snapshot(home, without=(*own, ".local")))
    assert {f"{XONSH}/zzz-onpath.xsh"} == set(new)


def test_the_line_of_a_file_that_may_not_be_edited_is_blamed_too(
    home: Path, tools: Path, require: Require
) -> None:
    require("zsh")
    write(home, ".zshrc", RESET).chmod(0o444)
    run = ensure_path(home, tools, "--shell", "zsh", "--mode", INTERACTIVE)
    assert run.code == 1, run
    assert f"{home}/.zshrc is read-only; run chmod u+w ~/.zshrc; see {home}/.zshrc:1: " in run.stdout


@pytest.mark.parametrize("mode", [LOGIN, SESSION])
def test_a_nushell_whose_login_file_undoes_the_rest_is_served_by_that(
    home: Path, tools: Path, require: Require, mode: str
) -> None:
    """It reads login.nu behind config.nu; for a prompt, the folders of autoload come behind that."""
    require("nu")
    config = home / ".config/nushell"
    write(home, ".config/nushell/login.nu", "$env.PATH = [/usr/bin /bin]\n")
    write(home, ".config/nushell/autoload", "no folder\n")
    run = ensure_path(home, tools, "--shell", "nu", "--for", mode)
    assert run.code == 0, run
    assert str(tools / HELLO) == ask("nu", mode, home, command=HELLO).ran
    assert "# --- onpath" in (config / "login.nu").read_text()
    assert 0 == ensure_path(home, "--undo").code
    assert "$env.PATH = [/usr/bin /bin]\n" == (config / "login.nu").read_text()
    assert not (config / "config.nu").exists()


def test_the_file_that_a_prompt_reads_is_named_and_no_file_of_a_login(
    home: Path, tools: Path, require: Require
) -> None:
    require("zsh")
    write(home, ".zshrc", RESET).chmod(0o444)
    write(home, ".zlogin", RESET)
    run = ensure_path(home, tools, "--shell", "zsh", "--mode", INTERACTIVE)
    assert run.code == 1, run
    assert f"{home}/.zshrc:1: {RESET.strip()}" in run.stdout
    assert ".zlogin" not in run.stdout + run.stderr


def test_a_mode_that_an_edit_for_another_does_not_help_has_its_line_named(
    home: Path, tools: Path, require: Require
) -> None:
    """That of .kshrc stays, since it serves the other mode."""
    require("ksh93")
    write(home, ".profile", f"{RESET}typeset -r PATH\n")
    run = ensure_path(home, tools, "--shell", "ksh93")
    assert run.code == 3, run
    assert f"missing: see {home}/.profile:2: typeset -r PATH; change that line" in run.stdout


def test_the_line_that_is_blamed_is_one_that_the_shell_reads(
    home: Path, tools: Path, require: Require
) -> None:
    """Not one of the folder that this session alone has."""
    require("fish")
    write(home, FISH, f"true\n{FISH_RESET}").chmod(0o444)
    write(home, "elsewhere/fish/config.fish", f"{FISH_RESET}")
    env = {"XDG_CONFIG_HOME": str(home / "elsewhere")}
    run = ensure_path(home, tools, "--shell", "fish", "--mode", LOGIN, env=env)
    assert run.code == 1, run
    assert f"{home}/{FISH}:2: {FISH_RESET.strip()}" in run.stdout + run.stderr
    assert "elsewhere/fish/config.fish:1" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("name", "file", "line"),
    [
        ("bash", ".bash_profile", "exec -l bash"),
        ("bash", ".bash_profile", "set -r"),
        ("zsh", ".zlogin", "kill -9 $$"),
        ("fish", FISH, "while true; end"),
    ],
)
def test_the_line_that_keeps_a_shell_from_answering_is_named_though_nothing_was_tried(
    home: Path, tools: Path, require: Require, name: str, file: str, line: str
) -> None:
    require(name)
    write(home, file, f"{line}\n")
    run = ensure_path(home, tools, "--shell", name, "--mode", LOGIN, "--timeout", "5")
    assert run.code == 3, run
    cure = "change that line, and run this again"
    if "no answer in 5 s" in run.stdout:
        cure = "if it is only slow: ensure-path"
    assert f"see {home}/{file}:1: {line}; {cure}" in run.stdout


# An order that is asked for.


@pytest.mark.parametrize(
    ("name", "file", "text", "order"),
    [
        ("zsh", ".zshrc", "path=($HOME/tools $path)\n", "--append"),
        ("fish", FISH, "fish_add_path -pP --move /usr/local/bin\n", "--prepend"),
        ("ksh93", ".kshrc", 'PATH="$HOME/tools:$PATH"\n', "--append"),
    ],
)
def test_what_is_in_its_order_is_left_as_it_is_when_that_is_asked_for_again(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str, order: str
) -> None:
    require(name)
    write(home, file, text)
    worlds.keep_the_promise(name, home, tools, order)


# As macOS's: the folders of the system in front, and each entry once.
PATH_HELPER = """
PATH=$(printf %s "/usr/local/bin:/usr/bin:/bin:$PATH" | awk -v RS=: '!a[$1]++{printf s $1; s=":"}')
export PATH
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".zshrc", "typeset -U path\npath=(/usr/local/bin $path)\n"),
        (".zshrc", "typeset -U path\npath=(/usr/local/bin /usr/bin /bin $path)\n"),
        (".zprofile", PATH_HELPER),
    ],
)
def test_an_order_holds_inside_a_login_that_was_as_a_new_session_before(
    home: Path, tmp_path: Path, require: Require, file: str, text: str
) -> None:
    """There the directory is on PATH when the files are read once more, and they put others in front."""
    require("zsh")
    user = pwd.getpwuid(os.getuid()).pw_name
    entry = f"{user}:x:{os.getuid()}:{os.getgid()}:{user}:{home}:{shutil.which('zsh')}\n"
    etc = write(tmp_path, "etc/passwd", entry).parent
    write(home, file, text)
    run = run_behind(within(etc), home, "--shell", "zsh", "--prepend")
    assert run.code == 0, run
    path = ask("zsh", LOGIN, home).path
    for mode in (LOGIN, INTERACTIVE):
        assert str(scripts(home)) == ask("zsh", mode, home, path=":".join(path)).path[0]


@pytest.mark.parametrize("order", ["--prepend", "--append"])
def test_of_two_directories_one_may_be_at_the_wrong_end_and_one_absent(
    home: Path, tools: Path, order: str
) -> None:
    own = "$HOME/tools"
    line = f"PATH=$PATH:{own}" if order == "--prepend" else f"PATH={own}:$PATH"
    write(home, ".bashrc", f"{line}\n")
    run = ensure_path(home, tools, home / "more", "--shell", "bash", "--for", INTERACTIVE, order)
    assert run.code == 0, run
    path = ask("bash", INTERACTIVE, home).path
    found = [path.index(str(each)) for each in (tools, home / "more")]
    ends = [0, 1] if order == "--prepend" else [len(path) - 2, len(path) - 1]
    assert ends == sorted(found), path


# An order that cannot be proven: the line is named.


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("bash", ".bashrc", "PROMPT_COMMAND='PATH=/usr/local/bin:$PATH'\n"),
        ("bash", ".bashrc", "trap 'PATH=/usr/local/bin:$PATH' DEBUG\n"),
        ("zsh", ".zshrc", "precmd() { path=(/usr/local/bin $path) }\n"),
        ("zsh", ".zshrc", "preexec() { PATH=/usr/local/bin:$PATH }\n"),
        (
            "fish",
            ".config/fish/config.fish",
            "function mine --on-event fish_prompt; set -gx PATH /usr/local/bin $PATH; end\n",
        ),
    ],
)
def test_the_line_is_named_that_keeps_an_order_from_being_proven(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str
) -> None:
    require(name)
    write(home, file, text)
    without = own_files(name, home)
    before = snapshot(home, without=without)
    run = ensure_path(home, tools, "--shell", name, "--for", INTERACTIVE, "--prepend")
    assert run.code == 1, run
    assert f"it is on PATH, but after /usr/local/bin; see {home}/{file}:1: {text.strip()}; change" in (
        run.stdout
    ), run
    assert {} == changed(before, snapshot(home, without=without))


def test_the_users_own_line_is_named_where_its_file_may_not_be_edited(home: Path, tools: Path) -> None:
    """Nothing was tried, and the directory is there, at the wrong end."""
    write(home, ".bashrc", 'PATH="$PATH:$HOME/tools"\n').chmod(0o444)
    run = ensure_path(home, tools, "--shell", "bash", "--for", INTERACTIVE, "--prepend")
    assert run.code == 1, run
    assert f'see {home}/.bashrc:1: PATH="$PATH:$HOME/tools"; change that line' in run.stdout, run


# What a shell found before it must find after.


def test_an_edit_that_costs_another_entry_is_moved_to_where_it_does_not(home: Path, tools: Path) -> None:
    """The user's line looks whether the directory is there, and then does something else."""
    line = 'case $PATH in *tools*) PATH=$HOME/tools:/usr/bin:/bin ;; *) PATH="/opt/mine:$PATH" ;; esac\n'
    write(home, ".bashrc", line)
    run = ensure_path(home, tools, "--shell", "bash", "--for", INTERACTIVE)
    assert run.code == 0, run
    assert "added by ~/.bashrc, at its end" in run.stdout
    answer = ask("bash", INTERACTIVE, home, command=HELLO)
    assert str(tools / HELLO) == answer.ran
    assert "/opt/mine" in answer.path


def test_an_edit_that_costs_another_entry_wherever_it_is_does_not_stay(home: Path, tools: Path) -> None:
    line = "PROMPT_COMMAND='case $PATH in *tools*) PATH=$HOME/tools:/usr/bin:/bin ;; esac'\n"
    write(home, ".bashrc", line)
    before = snapshot(home)
    run = ensure_path(home, tools, "--shell", "bash", "--for", INTERACTIVE)
    assert run.code == 1, run
    assert "with it, bash interactive no longer finds /usr/local/bin" in run.stderr
    assert {} == changed(before, snapshot(home))


# One file for two shells.


@pytest.mark.parametrize(
    ("name", "file", "line", "shared"),
    [
        ("fish", FISH, "source ~/.profile\n", "export EDITOR=vim\n"),
        ("fish", FISH, "for f in ~/.profile\n  source $f\nend\n", "export EDITOR=vim\n"),
        ("tcsh", ".cshrc", "set rc = ~/.profile\nsource $rc\n", "setenv EDITOR vim\n"),
    ],
)
def test_a_file_that_a_shell_of_another_language_reads_as_well_is_left_to_it(
    home: Path, tools: Path, require: Require, name: str, file: str, line: str, shared: str
) -> None:
    """At a POSIX block it would stop, and have nothing of what comes after it."""
    require(name)
    write(home, ".profile", shared)
    write(home, file, line)
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 3, run
    assert f"~/.profile is read by {name} as well (~/{file}:1), which does not understand" in run.stderr
    assert shared == (home / ".profile").read_text()
    words = [str(shutil.which(name)), "-c", "echo E=$EDITOR"]
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "xterm"}
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False, cwd=home)
    assert ("E=vim\n", "") == (done.stdout, done.stderr)
    assert str(tools) in ask("bash", INTERACTIVE, home).path


# What hides what.


def test_what_lets_hidden_commands_run_is_told_where_it_helps(home: Path) -> None:
    """Commands of the system, which no file of the user's puts in front."""
    put_tac(home / "tools")
    tac = shutil.which("tac", path="/usr/bin:/bin") or pytest.skip("there is no tac")
    write(home, ".bashrc", "PATH=$PATH:$HOME/tools\n")
    words = (home / "tools", "--shell", "bash", "--for", INTERACTIVE)
    run = ensure_path(home, *words)
    assert run.code == 0, run
    assert f"there, but tac is hidden by {tac}" in run.stdout, run
    assert "--prepend lets yours run in place of the system's" in run.stdout, run
    run = ensure_path(home, *words, "--prepend")
    assert (0, False) == (run.code, "is hidden by" in run.stdout), run
    assert "now runs in place of the system's" in run.stdout


def test_nothing_is_said_to_run_that_a_folder_of_ones_own_hides(home: Path) -> None:
    for folder in ("tools", "bin"):
        put_tac(home / folder)
    write(home, ".bashrc", "PATH=$HOME/bin:$PATH\n")
    run = ensure_path(home, home / "tools", "--shell", "bash", "--for", INTERACTIVE)
    assert run.code == 0, run
    assert f"but tac is hidden by {home}/bin/tac" in run.stdout
    assert "in place of" not in run.stdout, run


@pytest.mark.parametrize("order", ["--prepend", "--append"])
def test_commands_that_cannot_start_are_told_whatever_the_order(home: Path, order: str) -> None:
    put_tac(home / "tools")
    (home / "tools" / "cow").write_text("#!/gone/python\n")
    (home / "tools" / "cow").chmod(0o755)
    run = ensure_path(home, home / "tools", "--shell", "bash", order)
    assert run.code == 0, run
    assert "cannot start, as /gone/python is gone" in run.stdout, run
    assert (order == "--prepend") == ("now runs in place of the system's" in run.stdout)


def put_tac(folder: Path) -> None:
    """Put a program into a folder that has the name of one of the system's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tac").write_text("#!/bin/sh\n")
    (folder / "tac").chmod(0o755)
