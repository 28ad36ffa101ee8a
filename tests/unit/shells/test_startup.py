"""One rule chooses the startup file: the first candidate that is there, else the last."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from onpath import stores
from onpath.model import LOGIN, SHELL_MODES, Context, Installed
from onpath.shells import TABLE, UNIX_ROWS, startup
from onpath.shells.startup import candidates, fill, parse_version, startup_files, version_matches
from onpath.values import replace
from samples import BOUNDED, DIRECTORIES, HOME, installed, make_host, make_machine

if TYPE_CHECKING:
    from pathlib import Path

    from onpath.shells import Shell

HOST = make_host()


def chosen(
    shell: str,
    mode: str,
    *there: str,
    environ: dict[str, str] | None = None,
    folders: dict[str, str] | None = None,
    newest: bool = True,
) -> str | None:
    """Return the file of `mode` of `shell`, relative to the home, if the files `there` exist."""
    host = make_host(environ={"HOME": HOME, **(environ or {})})
    machine = make_machine({f"{HOME}/{name}": "" for name in there}, has_version=lambda *_: newest)
    found = startup_files(host, installed(shell), mode, machine, folders or {})
    return found[0][0].replace(f"{HOME}/", "") if found else None


@pytest.mark.parametrize(
    ("there", "file"),
    [
        ((), ".profile"),
        ((".profile",), ".profile"),
        ((".bash_login",), ".bash_login"),
        ((".bash_profile", ".profile"), ".bash_profile"),
        ((".bash_profile", ".bash_login", ".profile"), ".bash_profile"),
        ((".bashrc",), ".profile"),
    ],
)
def test_the_first_that_is_there_is_taken_else_the_last(there: tuple[str, ...], file: str) -> None:
    """The last shadows no other: a new `.bash_profile` would hide the user's `.profile`."""
    assert file == chosen("bash", "login", *there)


@pytest.mark.parametrize("kind", ["folder", "loop", "closed"])
def test_what_bash_finds_first_and_cannot_read_keeps_it_from_the_rest(home: Path, kind: str) -> None:
    """As it does itself: who may not read a file is told so, and no edit of another one helps."""
    first = home / ".bash_profile"
    (home / ".profile").write_text("")
    if kind == "folder":
        first.mkdir()
    elif kind == "loop":
        first.symlink_to(".bash_profile")
    else:
        first.touch(0o000)
    host = make_host(str(home))
    files = startup_files(host, installed("bash"), LOGIN, stores.machine(host), {})
    assert str(first) == files[0][0]


def test_a_file_counts_after_another_that_names_it_alone(home: Path) -> None:
    def files() -> list[str]:
        host = make_host(str(home))
        found = startup_files(host, installed("bash"), LOGIN, stores.machine(host), {})
        return [os.path.basename(path) for path, _ in found]

    (home / ".bashrc").write_text("")
    for text in ("umask 022\n", "# see ~/.bashrc\n", 'for f in ~/.bashrc.d/*; do . "$f"; done\n'):
        (home / ".bash_profile").write_text(text)
        assert [".bash_profile"] == files()
    (home / ".bash_profile").write_text("[ -f ~/.bashrc ] && . ~/.bashrc\n")
    assert [".bash_profile", ".bashrc"] == files()
    (home / ".bash_profile").write_text('. "$HOME/.profile"\n')
    assert [".bash_profile", ".profile"] == files()
    (home / ".profile").write_text(". ~/.bashrc\n")
    assert [".bash_profile", ".profile", ".bashrc"] == files()


@pytest.mark.parametrize(
    ("shell", "mode", "there", "file"),
    [
        ("bash", "interactive", (), ".bashrc"),
        ("bash", "session", (), ".profile"),
        ("bash", "command", (), None),
        ("zsh", "login", (), ".zshrc"),
        ("zsh", "command", (), ".zshenv"),
        ("dash", "login", (), ".profile"),
        ("dash", "interactive", (), None),
        ("posh", "interactive", (), None),
        ("ksh93", "interactive", (), ".kshrc"),
        ("tcsh", "login", (), ".cshrc"),
        ("tcsh", "login", (".tcshrc", ".cshrc"), ".tcshrc"),
        ("csh", "login", (".tcshrc",), ".cshrc"),
        ("fish", "command", (), ".config/fish/conf.d/onpath.fish"),
        ("xonsh", "login", (".xonshrc",), ".config/xonsh/rc.d/onpath.xsh"),
        ("elvish", "session", (), None),
        ("rc", "interactive", (), None),
        ("nushell", "session", (), ".config/nushell/config.nu"),
        ("pwsh", "login", (), ".config/powershell/profile.ps1"),
    ],
)
def test_each_mode_has_its_file(shell: str, mode: str, there: tuple[str, ...], file: str | None) -> None:
    """`None`: that mode reads no file that could be edited."""
    assert file == chosen(shell, mode, *there)


@pytest.mark.parametrize(
    ("shell", "there", "newest", "file"),
    [
        ("nushell", (), True, ".config/nushell/autoload/onpath.nu"),
        ("nushell", (), False, None),
        ("yash", (), True, ".yashrc"),
        ("yash", (".config/yash/rc",), True, ".config/yash/rc"),
        ("yash", (".config/yash/rc",), False, ".yashrc"),
        ("elvish", (".elvish/rc.elv",), True, ".elvish/rc.elv"),
        ("elvish", (".elvish/rc.elv",), False, ".config/elvish/rc.elv"),
    ],
)
def test_an_alternative_counts_for_its_versions_only(
    shell: str, there: tuple[str, ...], newest: bool, file: str | None
) -> None:
    assert file == chosen(shell, "login", *there, newest=newest)


@pytest.mark.parametrize("shell", ["dash", "ash", "sh", "ksh93", "mksh"])
def test_env_names_a_file_only_if_it_is_set(shell: str) -> None:
    assert ".shrc" == chosen(shell, "interactive", environ={"ENV": f"{HOME}/.shrc"})
    assert ".shrc" == chosen(shell, "interactive", environ={"ENV": "$HOME/.shrc"})
    assert ".shrc" == chosen(shell, "interactive", environ={"ENV": "~/.shrc"})
    for value in ("", "relative", "$OTHER/.shrc", "$(echo /x)"):
        assert ".shrc" != chosen(shell, "interactive", environ={"ENV": value})


def test_posh_ignores_env() -> None:
    assert chosen("posh", "interactive", environ={"ENV": "/etc/shrc"}) is None


@pytest.mark.parametrize(
    ("shell", "environ", "folders", "file"),
    [
        ("zsh", {}, {"zdotdir": f"{HOME}/.zsh"}, ".zsh/.zshrc"),
        ("zsh", {"ZDOTDIR": f"{HOME}/.zsh/"}, {}, ".zsh/.zshrc"),
        ("zsh", {"ZDOTDIR": f"{HOME}/old"}, {"zdotdir": f"{HOME}/new"}, "new/.zshrc"),
        ("fish", {"XDG_CONFIG_HOME": f"{HOME}/etc"}, {}, "etc/fish/conf.d/onpath.fish"),
        ("fish", {"XDG_CONFIG_HOME": "relative"}, {}, ".config/fish/conf.d/onpath.fish"),
        ("nushell", {}, {"nushell": f"{HOME}/Library/nu"}, "Library/nu/autoload/onpath.nu"),
        ("nushell", {"XDG_CONFIG_HOME": f"{HOME}/etc"}, {}, "etc/nushell/autoload/onpath.nu"),
        ("pwsh", {}, {"profile": f"{HOME}/p/profile.ps1"}, "p/profile.ps1"),
    ],
)
def test_a_shell_may_have_its_files_elsewhere(
    shell: str, environ: dict[str, str], folders: dict[str, str], file: str
) -> None:
    """What the shell itself told counts before its environment, and that before the usual place."""
    assert file == chosen(shell, "login", environ=environ, folders=folders)


def test_the_folders_of_one_home_are_not_those_of_another() -> None:
    """With --home, XDG_CONFIG_HOME leads to the files of whoever runs this."""
    host = make_host("/home/other", environ={"HOME": HOME, "XDG_CONFIG_HOME": f"{HOME}/etc"})
    assert "/home/other/.config/x" == fill("{config}/x", host, {})


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/etc/profile", "/etc/profile"),
        ("{home}/.x", f"{HOME}/.x"),
        ("{config}/x", f"{HOME}/.config/x"),
        ("{data}/x", f"{HOME}/.local/share/x"),
        ("{zdotdir}/x", f"{HOME}/x"),
        ("{ENV}", None),
        ("{nonsense}/x", None),
    ],
)
def test_a_template_is_filled_in_or_leads_nowhere(template: str, path: str | None) -> None:
    assert path == fill(template, HOST, {})


def test_every_file_that_could_carry_a_block_is_a_candidate() -> None:
    """Undo without a receipt looks at all of them."""
    found = candidates(HOST, [{"zdotdir": f"{HOME}/.zsh"}])
    machine = make_machine()
    chosen_ones = {
        path
        for name, row in UNIX_ROWS.items()
        for mode in row.asks
        for path, _ in startup_files(HOST, installed(name), mode, machine, {})
    }
    assert chosen_ones <= set(found)
    assert {f"{HOME}/.zsh/.zshrc", f"{HOME}/.zshrc", f"{HOME}/.bash_login"} <= set(found)
    assert len(set(found)) == len(found)


# Who uses a shell.


@pytest.fixture
def skeleton(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder that is copied into every new home."""
    folder = tmp_path / "skeleton"
    folder.mkdir()
    monkeypatch.setattr(startup, "SKELETON", str(folder))
    return folder


def used(home: Path) -> list[str]:
    """Return the shells of which there is a file in `home` that shows that somebody uses them."""
    host = make_host(str(home))
    return [name for name, row in UNIX_ROWS.items() if startup.is_used(row, host)]


@pytest.mark.usefixtures("skeleton")
@pytest.mark.parametrize(
    ("file", "shell"),
    [
        (".bash_login", "bash"),
        (".zshrc", "zsh"),
        (".tcshrc", "tcsh"),
        (".config/fish/conf.d", "fish"),
        (".config/nushell/env.nu", "nushell"),
        (".config/powershell/profile.ps1", "pwsh"),
    ],
)
def test_a_file_of_its_own_shows_that_a_shell_is_used(home: Path, file: str, shell: str) -> None:
    assert [] == used(home)
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).touch()
    assert [shell] == used(home)


@pytest.mark.usefixtures("skeleton")
@pytest.mark.parametrize("file", [".profile", ".login", ".cshrc", ".zlogin"])
def test_a_file_that_several_read_or_few_need_shows_nothing(home: Path, file: str) -> None:
    (home / file).touch()
    assert [] == used(home)


@pytest.mark.parametrize("raw", [b"", b"# of the system\n", b"\xff\0"])
def test_a_file_that_every_new_home_has_shows_nothing(home: Path, skeleton: Path, raw: bytes) -> None:
    """Debian's bash puts a `.bashrc` into each."""
    for name in (".bashrc", ".zshrc"):
        (skeleton / name).write_bytes(raw)
        (home / name).write_bytes(raw)
    assert [] == used(home)


@pytest.mark.parametrize("raw", [b"", b"# of the system", b"# of the system\n\n", b"# of THE system\n"])
def test_a_file_that_differs_from_the_one_of_a_new_home_shows_that_somebody_changed_it(
    home: Path, skeleton: Path, raw: bytes
) -> None:
    """By one byte, too."""
    (skeleton / ".bashrc").write_bytes(b"# of the system\n")
    (home / ".bashrc").write_bytes(raw)
    assert ["bash"] == used(home)


def test_one_file_of_its_own_is_enough(home: Path, skeleton: Path) -> None:
    """Beside another that every new home has."""
    for folder in (home, skeleton):
        (folder / ".bashrc").touch()
    (home / ".bash_profile").touch()
    assert ["bash"] == used(home)


def test_a_file_deeper_in_the_home_is_compared_with_the_one_at_its_place(
    home: Path, skeleton: Path
) -> None:
    for folder in (home, skeleton):
        (folder / ".config/fish").mkdir(parents=True)
        (folder / ".config/fish/config.fish").write_text("set -x A 1\n")
    assert [] == used(home)
    (skeleton / ".config/fish/config.fish").rename(skeleton / "config.fish")
    assert ["fish"] == used(home)


def test_what_cannot_be_compared_shows_that_somebody_uses_the_shell(home: Path, skeleton: Path) -> None:
    """As a folder, or a file that may not be read."""
    for folder in (home, skeleton):
        (folder / ".bashrc").mkdir()
    assert ["bash"] == used(home)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("(( SHLVL > 1 )) && PATH=/bin\n", ("SHLVL",)),
        ('[ -n "$TMUX" ] && PATH=/bin; [ -z "$STY" ] || PATH=/bin\n', ("TMUX", "STY")),
        ("ZSH_HIGHLIGHT_STYLES=()\n", ()),
        ("if ($?STY) set path = (/bin)\n", ("STY",)),
        ("[[ -v STY ]] || (( $+STY ))\n", ("STY",)),
        ("case $TERM in screen*|tmux*) PATH=/bin ;; esac\n", ("TMUX", "STY")),
        ("alias t=tmux s=screen\n", ()),
        ("# if [[ -n $SSH_CONNECTION ]]; then\n", ()),
        ("if [[ -n $SSH_CONNECTION ]]; then PATH=/bin; fi\n", ("SSH_CONNECTION",)),
        ("umask 022\n", ()),
    ],
)
def test_by_what_a_file_can_tell_that_it_is_inside_a_login(
    home: Path, text: str, names: tuple[str, ...]
) -> None:
    (home / ".zshrc").write_text(text)
    assert names == startup.signs(UNIX_ROWS["zsh"], make_host(str(home))).inside


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("exec tmux -S ~/socket new-session -A -D\n", ("TMUX",)),
        ("tmux attach -d -S~/socket\n", ("TMUX",)),
        ("export TMUX_TMPDIR=~/t\nif [ -z $TMUX ]; then\n  tmux new -AD\nfi\n", ("TMUX",)),
        ("SCREENDIR=~/s screen -dRR\n", ("STY",)),
        ("exec tmux new-session -A -D\n", ()),  # at our sockets, where nobody else is
        ("exec tmux -S ~/socket attach\n", ()),  # beside others
        ("# tmux -S ~/socket attach -d\n", ()),
        ("export TMUX_TMPDIR=~/t\nls -d\n", ()),
    ],
)
def test_by_what_a_file_may_take_a_session_from_the_users_terminal(
    home: Path, text: str, names: tuple[str, ...]
) -> None:
    (home / ".zshrc").write_text(text)
    assert names == startup.signs(UNIX_ROWS["zsh"], make_host(str(home))).detaches


@pytest.mark.parametrize(
    "files",
    [
        {".zshrc": "MINE=$HOME/m\n. $MINE/a\n", "m/a": ". ${MINE}/b\n", "m/b": ""},
        {".zshrc": 'export MINE="$HOME/m"\nfor it ("$MINE"/*.zsh) . $it\n', "m/b.zsh": ""},
        {".zshrc": "A=~/m\nB=$A/n\n", ".zprofile": ". $B/c\n", "m/n/c": ""},
        {".zshrc": ". ~/a\n", "a": ". ~/b\n", "b": ". ~/c\n", "c": ". ~/a\n. ~/d\n", "d": ""},
    ],
)
def test_a_file_is_found_that_another_names_by_a_variable_or_that_is_named_by_a_named_one(
    home: Path, files: dict[str, str]
) -> None:
    for file, text in files.items():
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text(text or "TMUX")
    assert ("TMUX",) == startup.signs(UNIX_ROWS["zsh"], make_host(str(home))).inside


def test_no_more_files_are_looked_at_than_a_start_can_bear(home: Path) -> None:
    names = [f"m/{number}" for number in range(startup.MOST_NAMED)]
    (home / "m").mkdir()
    for name, following in zip(names, [*names[1:], "last"]):
        (home / name).write_text(f". ~/{following}\n")
    (home / "last").write_text("TMUX")
    (home / ".zshrc").write_text(f". ~/{names[0]}\n")
    assert () == startup.signs(UNIX_ROWS["zsh"], make_host(str(home))).inside
    (home / names[0]).write_text(". ~/last\n")
    assert ("TMUX",) == startup.signs(UNIX_ROWS["zsh"], make_host(str(home))).inside


@pytest.mark.parametrize("row", UNIX_ROWS.values(), ids=UNIX_ROWS)
def test_no_file_of_the_system_makes_a_user_one_with_startup_files(row: Shell) -> None:
    """Debian's zsh has /etc/zsh/zlogin, and asks who has no file of his own what to make, for 2 s."""
    files = startup._files(row, HOST)  # noqa: SLF001
    assert [] == [path for path in files if not path.startswith(f"{HOST.home}/")]


@pytest.mark.parametrize("file", [".profile", ".bash_login", ".bashrc"])
def test_any_file_that_a_shell_reads_is_one_of_its_files(home: Path, file: str) -> None:
    """Also one that shows nothing about its use."""
    host = make_host(str(home))
    assert not startup.has_files(UNIX_ROWS["bash"], host)
    (home / file).touch()
    assert startup.has_files(UNIX_ROWS["bash"], host)


@pytest.mark.parametrize(
    ("files", "is_told"),
    [
        ({".bashrc": "[[ -z $BASH_EXECUTION_STRING ]] && exec fish\n"}, True),
        ({".profile": "case $- in *c*) return;; esac\n"}, True),
        ({".bashrc": "grep -q x /proc/$$/cmdline\n"}, True),
        ({".bashrc": '[ "$(ps -p $$ -o args=)" = bash ] || return\n'}, True),
        ({".bashrc": "while read it; do command echo args; done <~/.mine | xargs ps -A\n"}, False),
        ({".bashrc": "case $- in *i*) ;; *) return;; esac\n"}, False),
        ({".bashrc": '[ -r "$HOME/.mine" ] && . "$HOME/.mine"\n', ".mine": "EXECUTION_STRING"}, True),
        ({".bashrc": "for it in ~/.d/*.sh; do . $it; done\n", ".d/a.sh": "EXECUTION_STRING"}, True),
        ({".bashrc": ". ~/gone; . ~/gone/*; . ~/.d; . /etc/x\n", ".d/a.sh": "EXECUTION_STRING"}, False),
        ({".mine": "EXECUTION_STRING"}, False),  # nobody reads it
        ({}, False),
    ],
)
def test_a_file_may_tell_a_shell_that_is_asked_from_one_at_a_prompt(
    home: Path, files: dict[str, str], *, is_told: bool
) -> None:
    for file, text in files.items():
        (home / file).parent.mkdir(exist_ok=True)
        (home / file).write_text(text)
    assert is_told == startup.signs(UNIX_ROWS["bash"], make_host(str(home))).tells_questions


@pytest.mark.parametrize("line", ["source -- {}", "[[ $- == *i* ]] && . '{}' --attach=none"])
def test_what_a_package_has_put_elsewhere_is_looked_at(home: Path, tmp_path: Path, line: str) -> None:
    """As /usr/share/blesh/ble.sh, which does nothing in a shell with a question."""
    (tmp_path / "ble.sh").write_text("[[ $BASH_EXECUTION_STRING ]] && return\n")
    (home / ".bashrc").write_text(line.format(tmp_path / "ble.sh") + "\n")
    assert startup.signs(UNIX_ROWS["bash"], make_host(str(home))).tells_questions


@pytest.mark.parametrize("name", [".bashrc", ".mine"])
def test_what_cannot_be_read_tells_nothing(home: Path, name: str) -> None:
    """A named pipe would be waited for."""
    if sys.platform == "win32":
        pytest.skip("Windows has no named pipes in folders")
    os.mkfifo(home / name)
    (home / ".profile").write_bytes(b". ~/.bashrc ~/.mine ~/\0/* ~/\0 ~/\xff/*\n")
    assert not startup.signs(UNIX_ROWS["bash"], make_host(str(home))).tells_questions


@pytest.mark.parametrize(
    ("text", "is_trapped"),
    [
        ("trap 'echo $BASH_COMMAND >>~/log' DEBUG\n", True),
        ("DEBUG=1\ntrap 'rm -f x' EXIT\n", True),  # looked at more than needed, and no less
        ("trap 'rm -f x' EXIT\n", False),
        ("export DEBUG=1\n", False),
    ],
)
def test_a_file_may_have_a_trap_run_before_each_command(
    home: Path, text: str, *, is_trapped: bool
) -> None:
    (home / ".mine").write_text(text)
    (home / ".bashrc").write_text(". ~/.mine\n")
    assert is_trapped == startup.signs(UNIX_ROWS["bash"], make_host(str(home))).traps_commands


@pytest.mark.parametrize(
    ("text", "is_logged"),
    [
        ("PROMPT_COMMAND='history 1 >>~/log'\n", True),
        ("PROMPT_COMMAND='logger -p local6.debug \"$(history 1)\"'\n", True),
        ("PROMPT_COMMAND='history 1 | tee -a ~/log'\n", True),
        ("echo x >~/log\n", False),
    ],
)
def test_a_file_may_keep_a_log(home: Path, text: str, *, is_logged: bool) -> None:
    (home / ".bashrc").write_text(text)
    assert is_logged == startup.signs(UNIX_ROWS["bash"], make_host(str(home))).keeps_log


@pytest.mark.parametrize(
    ("text", "is_limited"),
    [
        ("read -t 4 x\n", True),
        ("read -q -t4\n", True),
        ("read -srt 4 x\n", True),
        ("TMOUT=4\nread x\n", True),
        ("dialog --timeout 4 --yesno x 5 20\n", True),
        ("read\t-t 4 c\n", True),
        ("read \\\n -t 4 c\n", True),
        ("read '-t' 4 c\n", True),
        ('opts=(-t 4); read "${opts[@]}" c\n', False),  # not seen
        ("stty -icanon min 0 time 40\n", True),
        ("zselect -t 400 -r 0\n", True),
        ("read -r x\n", False),
        ("read x\n# no timeout\nKEYTIMEOUT=1\n", False),
    ],
)
def test_a_file_may_wait_for_the_user_for_some_time(home: Path, text: str, *, is_limited: bool) -> None:
    (home / ".bashrc").write_text(text)
    assert is_limited == startup.signs(UNIX_ROWS["bash"], make_host(str(home))).limits_waits


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, {}),
        ({"TERM": "xterm-256color", "DISPLAY": ":0"}, {"DISPLAY": b"DISPLAY"}),
        ({"TERM": "linux"}, {"TERM": b"linux"}),
        ({"TERM": "xterm", "SSH_AUTH_SOCK": "/x", "DBUS_SESSION_BUS_ADDRESS": "y"}, {}),
    ],
)
def test_what_the_terminal_has_set_is_looked_for_by_a_word(
    environ: dict[str, str], words: dict[str, bytes]
) -> None:
    assert words == startup.words_of_terminal(environ)


def test_only_the_posix_family_is_looked_at(home: Path) -> None:
    (home / ".tcshrc").write_text("EXECUTION_STRING")
    assert not startup.signs(UNIX_ROWS["tcsh"], make_host(str(home))).tells_questions


# Which version a shell is, by what it says of itself.


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0.115.1\n", "0.115.1"),  # nu
        ("0.102.0-nightly.5+abc\n", "0.102.0"),
        ("0.19.2\n", "0.19.2"),  # elvish
        ("0.21.0+official\n", "0.21.0"),
        ("0.22.0-dev.0.20250101000000-abcdef123456\n", "0.22.0"),
        ("v0.18.0\n", "0.18.0"),
        ("Yet another shell, version 2.52\nCopyright (C) 2007-2021 magicant\n", "2.52"),
        ("Yet another shell, version 2.60\n", "2.60"),
        ("fish, version 3.6.0\n", "3.6.0"),
        ("xonsh/0.25.0\n", "0.25.0"),
        ("zsh 5.9 (x86_64-debian-linux-gnu)\n", "5.9"),
        ("PowerShell 7.4.1\n", "7.4.1"),
        ("tcsh 6.24.07 (Astron) 2022-12-28 (x86_64-unknown-linux)", "6.24.07"),
        ("", None),
        ("unknown option --version\n", None),
        ("no. 5\n", None),
        ("1..2\n", None),
        ("5\n", None),
    ],
)
def test_a_shell_says_its_version(text: str, version: str | None) -> None:
    assert version == parse_version(text)


def make_shell(folder: Path, code: str) -> Installed:
    """Return a shell that runs `code` whatever it is asked."""
    program = folder / "shell"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o755)
    return Installed("nushell", str(program))


@pytest.mark.parametrize(
    ("said", "specifier", "matches"),
    [
        ("0.102.0", ">=0.102", True),
        ("0.101.0", ">=0.102", False),
        ("0.115.1", ">=0.102", True),
        ("0.19.2", "<0.20", True),
        ("0.21.0-dev.5", "<0.20", False),
        ("Yet another shell, version 2.60", ">=2.60", True),
        ("Yet another shell, version 2.52", ">=2.60", False),
        ("0.16.0", "<0.16", False),
        ("0.102.0.0", ">=0.102", True),
        ("0.9", ">=0.88", False),
        ("1.0", "<0.20", False),
        ("nothing of the kind", ">=0.102", True),
        ("nothing of the kind", "<0.20", False),
    ],
)
def test_a_version_is_compared_by_its_numbers(
    tmp_path: Path, said: str, specifier: str, matches: bool
) -> None:
    """One that is not told counts as the newest."""
    assert matches == version_matches(make_shell(tmp_path, f"echo '{said}'"), specifier)


@pytest.mark.parametrize("code", ["exit 1", "kill -9 $$", "printf '\\377\\376'", "cat", "echo 0.1 >&2"])
def test_a_shell_that_tells_nothing_is_the_newest(tmp_path: Path, code: str) -> None:
    assert version_matches(make_shell(tmp_path, code), ">=9000")


def test_a_shell_that_does_not_answer_is_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "VERSION_TIMEOUT_S", 0.1)
    start = time.monotonic()
    assert version_matches(make_shell(tmp_path, "exec sleep 30"), ">=9000")
    assert time.monotonic() - start < 25


def test_a_shell_that_is_not_there_is_the_newest() -> None:
    assert version_matches(Installed("nushell", "/nowhere/nu"), ">=9000")


def test_every_specifier_of_the_table_is_one(tmp_path: Path) -> None:
    shell = make_shell(tmp_path, "echo 1.0")
    found = {s.versions for row in TABLE for each in row.startup.values() for s in each} - {""}
    assert found
    for specifier in found:
        assert version_matches(shell, specifier) in {True, False}


# What is said of a mode for which the shell reads nothing.


AFTER_IT = "or after ensure-path --for session start"


@pytest.mark.parametrize(
    ("shell", "mode", "words"),
    [
        (
            "dash",
            "interactive",
            " unless ENV names one; start it as dash -l, or inside a login, whose PATH it has then",
        ),
        ("ash", "interactive", " unless ENV names one; start it as ash -l"),
        ("posh", "interactive", " unless it is a login shell; start it as posh -l"),
        ("rc", "interactive", " unless it is a login shell; start it as rc -l"),
        (
            "bash",
            "command",
            f" for a command; what starts `bash -c` must give it the PATH, {AFTER_IT} `bash -l -c`",
        ),
        (
            "ash",
            "command",
            f" for a command; what starts `ash -c` must give it the PATH, {AFTER_IT} `ash -l -c`",
        ),
        (
            "nushell",
            "command",
            f" for a command; what starts `nu -c` must give it the PATH, {AFTER_IT} `nu -l -c`",
        ),
        ("elvish", "session", " for a command; what starts `elvish -c` must give it the PATH"),
        ("elvish", "command", " for a command; what starts `elvish -c` must give it the PATH"),
    ],
)
def test_where_a_shell_reads_nothing_there_is_a_cure(shell: str, mode: str, words: str) -> None:
    said = startup.why_unserved(HOST, Context(mode, shell), (f"{HOME}/.local/bin",))
    assert said.startswith("reads no startup file" + words)
    assert "ENV PATH" not in said
    assert "-l -c" not in said or shell != "elvish"


def test_in_a_container_the_cure_is_a_line_of_the_image_as_well() -> None:
    host = replace(HOST, surroundings=("container",))
    said = startup.why_unserved(host, Context("interactive", "ash"), ("/root/.local/bin",))
    assert said.endswith('; in an image it is the line ENV PATH="/root/.local/bin:$PATH"')


def test_no_mode_that_a_file_may_fail_to_serve_is_without_a_cure() -> None:
    for row in UNIX_ROWS.values():
        for mode in set(SHELL_MODES) & set(row.asks):
            said = startup.why_unserved(HOST, Context(mode, row.name), ())
            assert "; " in said
            assert "{" not in said


@BOUNDED
@given(DIRECTORIES)
def test_the_line_of_an_image_means_the_directory(directory: str) -> None:
    """By the rules of Docker: in double quotes a backslash takes the meaning from the next sign."""
    line = startup.image_line((directory, "/opt/x"))
    quoted = line.removeprefix('ENV PATH="').removesuffix(':/opt/x:$PATH"')
    plain, rest = "", list(quoted)
    while rest:
        sign = rest.pop(0)
        assert sign not in {'"', "$"}
        plain += rest.pop(0) if sign == "\\" else sign
    assert directory == plain


def test_the_line_of_an_image_is_spelled_out() -> None:
    """Docker fills in no `$HOME` that no line has set."""
    assert 'ENV PATH="/root/.local/bin:$PATH"' == startup.image_line(("/root/.local/bin",))


def test_the_folders_that_a_shell_makes_are_those_of_its_environment(home: Path) -> None:
    host = make_host(str(home), environ={"XDG_CONFIG_HOME": "/x"})
    made = ("/x/fish", f"{home}/.local/share/fish")
    assert made == startup.signs(UNIX_ROWS["fish"], host).folders
    assert () == startup.signs(UNIX_ROWS["bash"], host).folders


@pytest.mark.parametrize(
    ("text", "is_made"),
    [
        ("exec fish\n", True),
        ('[ -t 0 ] && exec "$(command -v fish)" -l\n', True),
        ("fish; exit\n", True),
        ("if [ -t 0 ]; then /usr/bin/fish -l; exit; fi\n", True),
        ("alias f=fish\n", False),
        ("# fish\nPATH=~/fish/bin:$PATH\n. ~/.config/fish.sh\necho fish; fish_user=1\n", False),
        ("exec 3>&1\n", False),
    ],
)
def test_a_shell_that_may_become_another_one_makes_the_folders_of_that(
    home: Path, text: str, *, is_made: bool
) -> None:
    (home / ".bashrc").write_text(". ~/.mine\n")
    (home / ".mine").write_text(text)
    found = startup.signs(UNIX_ROWS["bash"], make_host(str(home))).folders
    assert found == ((f"{home}/.config/fish", f"{home}/.local/share/fish") if is_made else ())
