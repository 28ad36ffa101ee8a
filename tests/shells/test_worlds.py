"""A proof is made where people stand: in a new session, and inside a login. The judge stands there too.

What the calling session alone has decides nothing, and is named. Inside a login is what the login shell
of this user, bash here, hands to what it starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import logins
import worlds
from commands import (
    HELLO,
    PROGRAM,
    changed,
    ensure_path,
    environment,
    option,
    own_files,
    put_tools,
    snapshot,
)
from judging import report as document_of
from judging import verdicts, write
from namespaces import Asked, ask_within, enter_machine, why_not
from systems import SYSTEMS
from terminals import COMMAND, INTERACTIVE, LOGIN, SESSION, ask

if TYPE_CHECKING:
    from commands import Run
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

TERMINAL_MODES = (LOGIN, INTERACTIVE)
RESET = "PATH=/usr/bin:/bin"
ONCE = '[ -n "$DONE" ] && return\nexport DONE=1\nPATH="$HOME/.local/bin:$PATH"\n'
XDG_SHELLS = ("fish", "nu", "nu-0.98", "xonsh", "xonsh-0.14", "elvish", "pwsh")
ENV_SHELLS = ("dash", "ash", "ksh93", "mksh")
ONLY_LOGIN = ("dash", "ash")  # at a plain prompt they read no file


@pytest.fixture(autouse=True)
def _bash_login() -> None:
    """Skip where other files make the world inside a login."""
    worlds.need_bash_login()


def blocks(home: Path) -> set[str]:
    """Return the files in `home` that carry a block."""
    return {name for name, entry in snapshot(home).items() if b"# --- onpath: " in entry.content}


def assert_named(run: Run, name: str, value: str) -> None:
    """Check that a run says that this session alone has the variable `name`."""
    assert f"note: {name} is {value} in this session only; " in run.stdout


# What the calling session alone has.


@pytest.mark.parametrize(
    ("shell", "variable", "file"),
    [
        ("zsh", "ZDOTDIR", "elsewhere/.zshrc"),
        *((name, "XDG_CONFIG_HOME", "elsewhere/fish/config.fish") for name in XDG_SHELLS),
        *((name, "ENV", "elsewhere") for name in ENV_SHELLS),
    ],
)
def test_a_variable_of_the_calling_session_alone_changes_nothing_and_is_named(
    home: Path, tools: Path, require: Require, shell: str, variable: str, file: str
) -> None:
    require(shell)
    write(home, file, "")
    own = own_files(shell, home)
    run = ensure_path(home, tools, "--shell", option(shell))
    without = snapshot(home, without=(*own, ".local"))
    ensure_path(home, "--undo")
    env = {variable: str(home / "elsewhere")}

    run = ensure_path(home, tools, "--shell", option(shell), env=env)

    assert run.code == (3 if shell in ONLY_LOGIN else 0), run
    assert_named(run, variable, f"{home}/elsewhere")
    assert {} == changed(without, snapshot(home, without=(*own, ".local")))
    for mode in required_of(shell):
        answer = ask(shell, mode, home, command=HELLO)
        assert str(tools / HELLO) == answer.ran, (mode, answer)
    ensure_path(home, "--undo", env=env)
    assert set() == blocks(home)


@pytest.mark.parametrize(
    ("given", "seen"), [({}, ""), ({"LANG": "C"}, ""), ({"LC_CTYPE": "C.UTF-8"}, "LC_CTYPE=C.UTF-8\n")]
)
def test_a_shell_has_no_locale_that_python_alone_has_put_there(
    home: Path, tools: Path, given: dict[str, str], seen: str
) -> None:
    """In the C locale a shell may not find what it does in the one that Python makes of it (PEP 538)."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("nothing tells there what a program was started with")
    write(home, ".bashrc", "env | grep ^LC_ >~/seen\n")
    environ = {name: value for name, value in environment(home).items() if name != "LANG"}
    subprocess.run([PROGRAM, tools, "--check", "--shell", "bash"], env={**environ, **given}, check=False)
    assert seen == (home / "seen").read_text()


def test_an_edit_that_helps_inside_a_login_alone_is_told(home: Path, tools: Path) -> None:
    """Every line of the report said that the directory is missing, and none that files were edited."""
    once = '[ -n "$DONE" ] || { export DONE=1; PATH=/usr/bin:/bin; }'
    write(home, ".bashrc", f"PROMPT_COMMAND='{once}'\n")
    write(home, ".profile", ". ~/.bashrc\n")
    before = snapshot(home)
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 3, run
    for file, mode in ((".profile", "login"), (".bashrc", "interactive")):
        helps = f"since with it bash {mode} inside a login has the directory; ensure-path "
        assert f"note: {home}/{file} was edited, {helps}" in run.stdout
    again = ensure_path(home, tools, "--shell", "bash")
    assert "no longer helps" not in again.stdout
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home))


def required_of(shell: str) -> tuple[str, ...]:
    """Return the modes of `shell` on a terminal in which it reads a file."""
    return tuple(mode for mode in TERMINAL_MODES if mode == LOGIN or shell not in ONLY_LOGIN)


def test_a_variable_that_every_session_has_is_not_named(
    home: Path, tools: Path, require: Require
) -> None:
    require("zsh")
    write(home, ".profile", 'export ZDOTDIR="$HOME/zsh"\n')
    run = ensure_path(home, tools, "--shell", "zsh", env={"ZDOTDIR": str(home / "zsh")})
    assert run.code == 0, run
    assert "in this session only" not in run.stdout


def test_fish_in_a_bash_whose_bashrc_exports_xdg_config_home_is_told_so(
    home: Path, tools: Path, require: Require
) -> None:
    """A login reads no .bashrc here, so a new fish has ~/.config, and that is where the block goes."""
    require("fish")
    text = 'export XDG_CONFIG_HOME="$HOME/settings"\n'
    write(home, ".bashrc", text)
    env = logins.exported(home, "bash", mode=INTERACTIVE)
    run = worlds.keep_the_promise("fish", home, tools, env=env)
    assert_named(run, "XDG_CONFIG_HOME", f"{home}/settings")
    assert not (home / "settings/fish/conf.d").exists()


def test_fish_of_a_bashrc_that_the_login_reads_too_is_served_in_both_places(
    home: Path, tools: Path, require: Require
) -> None:
    require("fish")
    write(home, ".bashrc", 'export XDG_CONFIG_HOME="$HOME/settings"\n')
    write(home, ".profile", '[ -z "$BASH_VERSION" ] || . ~/.bashrc\n')
    run = worlds.keep_the_promise("fish", home, tools, own=("settings/fish",))
    assert f"added by ~/.config/fish/conf.d/onpath.fish, inside a login by {home}/settings" in run.stdout


def test_the_shim_of_an_editor_is_left_alone(home: Path, tools: Path, require: Require) -> None:
    """VS Code's terminal sets ZDOTDIR to a folder whose .zshrc reads the user's own."""
    require("zsh")
    shim = write(home, "editor/.zshrc", '. "$USER_ZDOTDIR/.zshrc"\n')
    write(home, ".zshrc", "# mine\n")
    env = {"ZDOTDIR": str(shim.parent), "USER_ZDOTDIR": str(home)}
    run = ensure_path(home, tools, "--shell", "zsh", env=env)
    assert run.code == 0, run
    assert {".zshrc"} == blocks(home)
    assert_named(run, "ZDOTDIR", str(shim.parent))
    for where in ({}, env):
        assert str(tools / HELLO) == ask("zsh", INTERACTIVE, home, command=HELLO, env=where).ran


@pytest.mark.parametrize("variable", ["ZDOTDIR", "XDG_CONFIG_HOME", "ENV"])
def test_an_empty_variable_is_no_variable(
    home: Path, tools: Path, require: Require, variable: str
) -> None:
    for name in ("zsh", "fish", "ksh93"):
        require(name)
    shells = ("--shell", "zsh", "--shell", "fish", "--shell", "ksh93")
    run = ensure_path(home, tools, *shells, env={variable: ""})
    assert run.code == 0, run
    assert "in this session only" not in run.stdout


def test_zdotdir_that_is_exported_does_not_lead_a_command_elsewhere(
    home: Path, tools: Path, require: Require
) -> None:
    """cron and services have none."""
    require("zsh")
    env = {"ZDOTDIR": str(home / "zsh")}
    run = ensure_path(home, tools, "--shell", "zsh", "--for", COMMAND, env=env)
    assert run.code == 0, run
    assert {".zshenv"} == blocks(home)
    assert_named(run, "ZDOTDIR", f"{home}/zsh")
    assert str(tools / HELLO) == ask("zsh", COMMAND, home, command=HELLO).ran


# What the login shell exports.


def test_zdotdir_that_the_login_exports_is_followed_inside_it(
    home: Path, tools: Path, require: Require
) -> None:
    require("zsh")
    write(home, ".profile", 'export ZDOTDIR="$HOME/z dots"\n')
    write(home, "z dots/.zshrc", "# mine\n")
    run = worlds.keep_the_promise("zsh", home, tools)
    assert f"added by ~/.zshrc, inside a login by {home}/z dots/.zshrc" in run.stdout


@pytest.mark.parametrize("name", XDG_SHELLS)
def test_xdg_config_home_that_the_login_exports_is_followed_inside_it(
    home: Path, tools: Path, require: Require, name: str
) -> None:
    require(name)
    write(home, ".profile", 'export XDG_CONFIG_HOME="$HOME/my config"\n')
    run = ensure_path(home, tools, "--shell", option(name))
    assert run.code == 0, run
    places = {file.partition("/")[0] for file in blocks(home)}
    assert {".config", "my config"} == places
    worlds.check_in_both(name, home, tools)
    ensure_path(home, "--undo")
    assert set() == blocks(home)


@pytest.mark.parametrize("value", ["$HOME/.shinit", "'$HOME/.shinit'"])
@pytest.mark.parametrize("name", ["ksh93", "mksh"])
def test_the_file_that_env_names_is_edited_where_the_login_exports_it(
    home: Path, tools: Path, require: Require, name: str, value: str
) -> None:
    """mksh expands no variable in ENV, so it reads no file there: what the login has reaches it."""
    require(name)
    write(home, ".profile", f"export ENV={value}\n")
    write(home, ".shinit", "# mine")
    worlds.keep_the_promise(name, home, tools)


@pytest.mark.parametrize("name", ["dash", "ash"])
@pytest.mark.parametrize(("reset", "edited"), [(RESET, ".shinit"), ("alias ll='ls -l'\n", ".profile")])
def test_the_file_that_env_names_serves_a_prompt_inside_the_login_alone(
    home: Path, tools: Path, require: Require, name: str, reset: str, edited: str
) -> None:
    """`docker exec -it NAME sh` is no login, so whoever names the shell is told that it lacks there.

    What undoes the edit of .profile is edited in its place, and nothing where nothing does.
    """
    require(name)
    write(home, ".profile", "export ENV=$HOME/.shinit\n")
    write(home, ".shinit", reset)
    run = ensure_path(home, tools, "--shell", name)
    assert run.code == 3, run
    assert f"reads no startup file unless a login has set ENV; start it as {name} -l" in run.stdout
    for mode, where, ran in (
        (LOGIN, ask, str(tools / HELLO)),
        (INTERACTIVE, logins.ask_inside, str(tools / HELLO)),
        (INTERACTIVE, ask, ""),
    ):
        assert ran == where(name, mode, home, command=HELLO).ran, (mode, where)
    look = ensure_path(home, tools, "--shell", name, "--check", "--json")
    assert {"effective", "missing"} == {verdicts(document_of(look), name)[m] for m in TERMINAL_MODES}
    assert {edited} == blocks(home)
    assert "was edited, since with it" not in run.stdout
    ensure_path(home, "--undo")
    assert set() == blocks(home)


def test_a_profile_that_does_its_work_once_is_served_inside_a_login_too(home: Path) -> None:
    """Debian's /etc/profile sets PATH anew each time, and what the first login did is not done again."""
    write(home, ".profile", ONCE)
    tools = put_tools(home, ".local/bin")
    assert str(tools / HELLO) == ask("bash", LOGIN, home, command=HELLO).ran
    run = worlds.keep_the_promise("bash", home, tools, is_once=False)
    assert "added by ~/.profile" in run.stdout


def test_another_bash_than_the_login_shell_is_proven_inside_a_login_too(
    home: Path, tmp_path: Path, require: Require
) -> None:
    other = tmp_path / "bash"
    shutil.copy(require("bash"), other)
    write(home, ".profile", ONCE)
    (home / ".local" / "bin").mkdir(parents=True)
    check = ensure_path(home, "--check", "--shell", other)
    assert "missing: inside a login" in check.stdout, check
    run = ensure_path(home, "--shell", other)
    assert 0 == run.code, run
    worlds.check_in_both("bash", home, home / ".local" / "bin", is_once=False)


INNER_RESETS = {
    "bash": (".bashrc", 'if [ "$SHLVL" -gt 1 ]; then PATH=/usr/bin:/bin; fi\n'),
    "zsh": (".zshrc", "(( SHLVL > 1 )) && PATH=/usr/bin:/bin\n:\n"),
    "ksh93": (".kshrc", '[ "${SHLVL:-1}" -gt 1 ] && PATH=/usr/bin:/bin\n'),
    "fish": (".config/fish/config.fish", "test $SHLVL -gt 1; and set -gx PATH /usr/bin /bin\n"),
    "tcsh": (".tcshrc", "if ($SHLVL > 1) set path = (/usr/bin /bin)\n"),
}


@pytest.mark.parametrize("name", INNER_RESETS)
def test_a_file_that_asks_how_deep_its_shell_is_is_outlived(
    home: Path, tools: Path, require: Require, name: str
) -> None:
    """Whatever a login exports, one shell in another is told by SHLVL."""
    require(name)
    write(home, *INNER_RESETS[name])
    worlds.keep_the_promise(name, home, tools)


OH_MY = {  # as oh-my-zsh and its like have it: each file finds the next by a variable
    ".zshrc": "export MINE=$HOME/.oh-mine\nsource $MINE/init.zsh\n",
    ".oh-mine/init.zsh": 'OWN="$MINE/own"\nfor it ("$OWN"/*.zsh); do source $it; done\n',
}
DOTS = {
    ".bashrc": 'DOTS=$HOME/dotfiles\n. "$DOTS/bash/init.sh"\n',
    "dotfiles/bash/init.sh": '. "${DOTS}/path.sh"\n',
}
PANE_RESETS = [
    ("bash", {".bashrc": 'if [ -n "$TMUX" ]; then PATH=/usr/bin:/bin; fi\n'}),
    ("bash", {".bashrc": "case $TERM in screen*|tmux*) PATH=/usr/bin:/bin ;; esac\n"}),
    ("bash", {".bashrc": "[[ -v STY ]] && PATH=/usr/bin:/bin\n"}),
    ("bash", {**DOTS, "dotfiles/path.sh": '[ -z "$TMUX" ] || PATH=/usr/bin:/bin\n'}),
    # For macOS, whose path_helper puts the folders of the system first.
    ("zsh", {".zshrc": 'if [[ -n $TMUX ]]; then\n    PATH=""\n    source /etc/profile\nfi\n'}),
    ("zsh", {".zshrc": "(( $+STY )) && path=(/usr/bin /bin)\n:\n"}),
    ("zsh", {**OH_MY, ".oh-mine/own/path.zsh": "[[ -n $TMUX ]] && path=(/usr/bin /bin)\n:\n"}),
    ("fish", {".config/fish/config.fish": "set -q TMUX; and set -gx PATH /usr/bin /bin\n"}),
    ("mksh", {".mkshrc": 'case "$STY" in ?*) PATH=/usr/bin:/bin ;; esac\n'}),
    ("tcsh", {".tcshrc": "if ($?STY) set path = (/usr/bin /bin)\n"}),
    ("bash", {".bashrc": '[ -n "$ZELLIJ" ] && PATH=/usr/bin:/bin\n'}),
]
TERMINAL_RESETS = [
    ("bash", "DISPLAY", ":0", {".bashrc": '[ -n "$DISPLAY" ] && PATH=/usr/bin:/bin\n'}),
    ("bash", "DISPLAY", ":0", {".bashrc": '[ -z "$DISPLAY" ] && PATH="$HOME/tools:$PATH"\n'}),
    ("bash", "TERM", "linux", {".bashrc": '[ "$TERM" = linux ] && PATH=/usr/bin:/bin\n'}),
    ("bash", "TERM", "xterm-kitty", {".bashrc": "case $TERM in xterm-kitty) PATH=/bin ;; esac\n"}),
    ("zsh", "TERM_PROGRAM", "vscode", {".zshrc": "[[ $TERM_PROGRAM == vscode ]] && path=(/bin)\n:\n"}),
    ("zsh", "VTE_VERSION", "7000", {".zshrc": "(( ${VTE_VERSION:-0} >= 3405 )) && path=(/bin)\n:\n"}),
    (
        "fish",
        "COLORTERM",
        "truecolor",
        {".config/fish/config.fish": "set -q COLORTERM; and set -gx PATH /usr/bin /bin\n"},
    ),
    ("tcsh", "INSIDE_EMACS", "29", {".tcshrc": "if ($?INSIDE_EMACS) set path = (/usr/bin /bin)\n"}),
]


@pytest.mark.parametrize(("name", "files"), PANE_RESETS)
def test_a_file_that_looks_for_a_pane_is_outlived_in_one(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str]
) -> None:
    require(name)
    for file, text in files.items():
        write(home, file, text)
    worlds.keep_the_promise(name, home, tools)
    assert 0 == ensure_path(home, tools, "--shell", option(name)).code
    pane = {"TMUX": f"{home}/none,1,0", "TMUX_PANE": "%0", "STY": "1.x", "TERM": "screen-256color"}
    pane["ZELLIJ"] = "0"
    answer = logins.ask_inside(name, INTERACTIVE, home, command=HELLO, env=pane)
    assert str(tools / HELLO) == answer.ran


@pytest.mark.parametrize(("name", "variable", "value", "files"), TERMINAL_RESETS)
def test_a_file_that_looks_for_what_the_terminal_sets_is_outlived_there_too(
    home: Path,
    tools: Path,
    require: Require,
    name: str,
    variable: str,
    value: str,
    files: dict[str, str],
) -> None:
    """A terminal of the kind in which a run is started counts, besides one that sets nothing."""
    require(name)
    for file, text in files.items():
        write(home, file, text)
    env = {variable: value}
    run = ensure_path(home, tools, "--shell", option(name), env=env)
    assert run.code == 0, run
    for where, found in (({}, "without"), (env, "with")):
        answer = ask(name, INTERACTIVE, home, command=HELLO, env=where)
        assert str(tools / HELLO) == answer.ran, (found, run)


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="there is no /bin/bash here")
def test_functions_that_a_login_exports_are_known_inside_it(home: Path, tools: Path) -> None:
    write(home, ".profile", "use() { PATH=/usr/bin:/bin; }\nexport -f use\n")
    write(home, ".bashrc", "type use >/dev/null 2>&1 && use\n")
    worlds.keep_the_promise("bash", home, tools)
    assert 0 == ensure_path(home, tools, "--shell", "bash").code
    assert str(tools / HELLO) == logins.ask_inside("bash", INTERACTIVE, home, command=HELLO).ran


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="there is no /bin/bash here")
def test_an_edit_that_helps_in_a_new_session_alone_is_told(home: Path, tools: Path) -> None:
    write(home, ".profile", "export X=1\n")
    write(home, ".bashrc", 'if [ -n "$X" ]; then readonly PATH=/usr/bin:/bin; fi\n')
    run = ensure_path(home, tools, "--shell", "bash")
    assert run.code == 3, run
    assert (
        f"note: {home}/.bashrc was edited, since with it bash interactive in a new session has the "
        "directory; ensure-path " in run.stdout
    )


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("bash", ".bash_profile", '[ -n "$SSH_CONNECTION" ] && PATH=/usr/bin:/bin\n. ~/.bashrc\n'),
        ("zsh", ".zprofile", "[[ -n $SSH_TTY ]] && path=(/usr/bin /bin)\n:\n"),
        ("fish", ".config/fish/config.fish", "set -q SSH_CLIENT; and set -gx PATH /usr/bin /bin\n"),
    ],
)
def test_a_file_that_looks_for_ssh_is_outlived_in_a_login_by_it(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str
) -> None:
    require(name)
    write(home, file, text)
    write(home, ".bashrc", "\n")
    worlds.keep_the_promise(name, home, tools)
    assert 0 == ensure_path(home, tools, "--shell", option(name)).code
    by_ssh = {
        "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
        "SSH_CLIENT": "192.0.2.1 50000 22",
        "SSH_TTY": "/dev/pts/0",
    }
    answer = ask(name, LOGIN, home, command=HELLO, env=by_ssh)
    assert str(tools / HELLO) == answer.ran


def test_a_file_that_does_without_a_pane_what_it_does_not_in_one_is_outlived_too(
    home: Path, tools: Path
) -> None:
    write(home, ".bashrc", 'if [ -z "$TMUX" ]; then PATH=/usr/bin:/bin; fi\n')
    worlds.keep_the_promise("bash", home, tools)


def test_a_bashrc_that_does_its_work_once_is_served_inside_a_login_too(home: Path, tools: Path) -> None:
    write(home, ".bashrc", '[ -n "$DONE" ] && return\nPATH="$HOME/tools:$PATH"\n')
    write(home, ".profile", "export DONE=1\n")
    worlds.keep_the_promise("bash", home, tools, is_once=False)


def test_a_zshrc_that_looks_for_what_the_login_exports_is_outlived(
    home: Path, tools: Path, require: Require
) -> None:
    require("zsh")
    write(home, ".profile", "export IN_LOGIN=1\n")
    write(home, ".zshrc", f'[ -z "$IN_LOGIN" ] || {RESET}')
    run = worlds.keep_the_promise("zsh", home, tools)
    assert ".zshrc, at its end" in run.stdout


def test_what_only_the_inside_lacks_is_told_as_such(home: Path, tools: Path) -> None:
    """Where nothing can be done about it."""
    text = f'PATH="$HOME/tools:$PATH"\n[ -z "$IN_LOGIN" ] || {{ {RESET}; readonly PATH; return; }}\n'
    write(home, ".bashrc", text).chmod(0o444)
    write(home, ".profile", 'export IN_LOGIN=1\nPATH="$HOME/tools:$PATH"\n')
    before = snapshot(home)
    run = ensure_path(home, tools, "--shell", "bash", "--mode", INTERACTIVE)
    assert run.code in {1, 3}, run
    assert "inside a login (a tmux pane, a desktop's terminal)" in run.stdout
    assert str(tools / HELLO) == ask("bash", INTERACTIVE, home, command=HELLO).ran
    assert "" == logins.ask_inside("bash", INTERACTIVE, home, command=HELLO).ran
    assert {} == changed(before, snapshot(home))


# What a new session has before any file of the user's.


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Make files of /etc in which no shell sets PATH, or skip."""
    folder = tmp_path / "etc"
    write(folder, "profile", "umask 022\n")
    if reason := why_not(folder, enter_machine):
        pytest.skip(reason)
    return folder


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_what_etc_environment_has_on_path_is_already_there(
    home: Path, tools: Path, require: Require, etc: Path, name: str
) -> None:
    require(name)
    path = f"/usr/bin:/bin:{tools}"
    write(etc, "environment", f'PATH="{path}"\n')
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", name, within=enter_machine(etc))
    assert run.code == 0, run
    assert 2 == run.stdout.count("already there, from /etc/environment")
    assert {} == changed(before, snapshot(home, without=own))
    asked = [Asked(name, mode, path) for mode in TERMINAL_MODES]
    for heard in ask_within(etc, home, HELLO, asked, enter_machine):
        assert str(tools / HELLO) == heard.ran


def test_where_a_login_sets_path_anew_what_etc_environment_has_is_not_enough(
    home: Path, tools: Path, require: Require, etc: Path
) -> None:
    """Debian's /etc/profile does, so it is missing in a login, and in every zsh inside one."""
    require("zsh")
    write(etc, "profile", SYSTEMS["Debian"].etc["profile"])
    write(etc, "environment", f'PATH="/usr/bin:/bin:{tools}"\n')
    run = ensure_path(home, tools, "--shell", "zsh", "--shell", "bash", within=enter_machine(etc))
    assert run.code == 0, run
    assert "from /etc/environment" not in run.stdout
    asked = [Asked(name, mode, env={}) for name in ("bash", "zsh") for mode in TERMINAL_MODES]
    for heard in ask_within(etc, home, HELLO, asked, enter_machine):
        assert str(tools / HELLO) == heard.ran


@pytest.mark.parametrize("line", ["ZDOTDIR={}/zsh", 'ZDOTDIR="{}/zsh"', "export ZDOTDIR={}/zsh # mine"])
def test_zdotdir_in_etc_environment_is_followed(
    home: Path, tools: Path, require: Require, etc: Path, line: str
) -> None:
    require("zsh")
    write(etc, "environment", line.format(home) + "\n")
    run = ensure_path(home, tools, "--shell", "zsh", within=enter_machine(etc))
    assert run.code == 0, run
    assert {"zsh/.zshrc"} == blocks(home)
    env = {"ZDOTDIR": f"{home}/zsh"}
    asked = [Asked("zsh", mode, env=env) for mode in TERMINAL_MODES]
    for heard in ask_within(etc, home, HELLO, asked, enter_machine):
        assert str(tools / HELLO) == heard.ran


@pytest.mark.parametrize("name", ENV_SHELLS)
def test_env_in_etc_environment_is_followed(
    home: Path, tools: Path, require: Require, etc: Path, name: str
) -> None:
    require(name)
    write(etc, "environment", f"ENV={home}/.shinit\n")
    run = ensure_path(home, tools, "--shell", name, within=enter_machine(etc))
    assert run.code == 0, run
    assert ".shinit" in blocks(home)
    asked = [Asked(name, mode, env={"ENV": f"{home}/.shinit"}) for mode in TERMINAL_MODES]
    for heard in ask_within(etc, home, HELLO, asked, enter_machine):
        assert (str(tools / HELLO), 1) == (heard.ran, heard.path.count(str(tools)))


def test_without_pam_etc_environment_counts_for_nothing(
    home: Path, tools: Path, require: Require, etc: Path
) -> None:
    require("zsh")
    write(etc, "environment", f'PATH="/usr/bin:/bin:{tools}"\n')
    for name in os.listdir("/etc/pam.d") if os.path.isdir("/etc/pam.d") else ():
        write(etc, f"pam.d/{name}", "")
    run = ensure_path(home, tools, "--shell", "zsh", within=enter_machine(etc))
    assert run.code == 0, run
    assert {".zshrc"} == blocks(home)


# The prompt.


@pytest.mark.parametrize(
    ("name", "file", "text", "history"),
    [
        ("bash", ".bashrc", f"PROMPT_COMMAND='{RESET}'\n", ".bash_history"),
        ("bash", ".bashrc", f"PROMPT_COMMAND=(true '{RESET}')\n", ".bash_history"),
        ("zsh", ".zshrc", f"precmd() {{ {RESET} }}\nHISTFILE=~/.zh SAVEHIST=9\n", ".zh"),
        ("zsh", ".zshrc", f"mine() {{ {RESET} }}\nprecmd_functions+=(mine)\n", ".zh"),
        (
            "fish",
            ".config/fish/config.fish",
            "function mine --on-event fish_prompt; set -gx PATH /usr/bin /bin; end\n",
            ".local/share/fish/fish_history",
        ),
        (
            "tcsh",
            ".tcshrc",
            "alias precmd 'setenv PATH /usr/bin:/bin'\nset savehist = 99\n",
            ".history",
        ),
        ("yash", ".yashrc", f"PROMPT_COMMAND='{RESET}'\n", ".yash_history"),
        ("yash", ".yashrc", "YASH_PS1='$((PATH=0))$ '\n", ".yash_history"),
        ("yash", ".yashrc", "YASH_PS1R='$((PATH=0))'\n", ".yash_history"),
        (
            "fish",
            ".config/fish/functions/fish_prompt.fish",
            "function fish_prompt; set -gx PATH /usr/bin /bin; echo '> '; end\n",
            ".local/share/fish/fish_history",
        ),
        (
            "nu",
            ".config/nushell/config.nu",
            "$env.config.hooks.pre_prompt = [{|| $env.PATH = ['/usr/bin' '/bin'] }]\n",
            ".config/nushell/history.txt",
        ),
        (
            "xonsh",
            ".xonshrc",
            "@events.on_pre_prompt\ndef mine(**_):\n    $PATH = ['/usr/bin', '/bin']\n",
            ".local/share/xonsh/none",
        ),
    ],
)
def test_what_the_prompt_takes_away_is_not_there(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str, history: str
) -> None:
    """Nothing can be done about it, so nothing stays; and no history has a line of ours."""
    require(name)
    write(home, file, text)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE)
    assert run.code == 1, run
    assert {} == changed(before, snapshot(home, without=own))
    assert "" == ask(name, INTERACTIVE, home, command=HELLO).ran
    written = home / history
    assert "onpath" not in (written.read_text(errors="replace") if written.is_file() else "")


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("bash", ".bashrc", "PROMPT_COMMAND='PATH=\"$HOME/tools:$PATH\"; PROMPT_COMMAND='\n"),
        ("zsh", ".zshrc", 'precmd() { PATH="$HOME/tools:$PATH"; unfunction precmd }\n'),
        (
            "fish",
            ".config/fish/config.fish",
            """function mine --on-event fish_prompt
                contains $HOME/tools $PATH; or set -gx PATH $HOME/tools $PATH
            end
            """,
        ),
        (
            "fish",
            ".config/fish/functions/fish_right_prompt.fish",
            "function fish_right_prompt; contains ~/tools $PATH; or set -gxa PATH ~/tools; end\n",
        ),
        (
            "nu",
            ".config/nushell/config.nu",
            "$env.config.hooks.pre_prompt = [{|| $env.PATH = ($env.PATH | append ~/tools) }]\n",
        ),
        (
            "xonsh",
            ".xonshrc",
            "@events.on_pre_prompt\ndef mine(**_):\n    $PATH.insert(0, $HOME + '/tools')\n",
        ),
    ],
)
def test_what_the_prompt_adds_is_already_there(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str
) -> None:
    """As direnv and mise do."""
    require(name)
    write(home, file, text)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE)
    assert run.code == 0, run
    assert "already there" in run.stdout
    assert {} == changed(before, snapshot(home, without=own))
    assert str(tools / HELLO) == ask(name, INTERACTIVE, home, command=HELLO).ran


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("bash", ".bashrc", "PROMPT_COMMAND='false'\n"),
        ("bash", ".bashrc", "PROMPT_COMMAND='nonesuch-command 2>/dev/null'\nset -u\n"),
        ("zsh", ".zshrc", "precmd() { return 1 }\nsetopt nounset\n"),
        ("zsh", ".zshrc", "precmd_functions=(nonesuch)\n"),
        ("fish", ".config/fish/config.fish", "function fish_prompt; false; end\n"),
        ("tcsh", ".tcshrc", "alias precmd 'echo hello'\n"),
        ("xonsh", ".xonshrc", "@events.on_pre_prompt\ndef mine(**_):\n    raise ValueError\n"),
        (
            "nu",
            ".config/nushell/config.nu",
            "$env.config.hooks.pre_prompt = [{|| error make {msg: boo} } 'print hello']\n",
        ),
    ],
)
def test_a_prompt_that_fails_or_talks_is_no_obstacle(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str
) -> None:
    require(name)
    write(home, file, text)
    worlds.keep_the_promise(name, home, tools)


# A terminal.


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("bash", ".bashrc", f"[ -t 0 ] && {RESET}\n"),
        ("bash", ".bashrc", f"tty -s && {RESET}\n"),
        ("zsh", ".zshrc", f"[[ -t 1 ]] && {RESET}\n"),
        ("zsh", ".zshrc", f'[ -n "$TTY" ] && {RESET}\n'),
        ("fish", ".config/fish/config.fish", "isatty stdin; and set -gx PATH /usr/bin /bin\n"),
    ],
)
def test_what_happens_only_on_a_terminal_is_outlived(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str
) -> None:
    require(name)
    write(home, file, text)
    worlds.keep_the_promise(name, home, tools)


# How the shell was started.

AT_A_PROMPT = "case $- in *c*) ;; *) {line};; esac\n"
FROM_LOGIN = "case $0 in -*) {line};; esac\n"  # and from ssh, and from most terminals
WITH_STDIN = "case $- in *s*) {line};; esac\n"
TO_FISH = "if [[ -z ${BASH_EXECUTION_STRING} ]]; then exec fish; fi\n"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("bash", {".bashrc": f"[[ -z $BASH_EXECUTION_STRING ]] && {RESET}\n"}),
        ("bash", {".bashrc": '. "$HOME/.mine"\n', ".mine": AT_A_PROMPT.format(line=RESET)}),
        (
            "bash",
            {
                ".bashrc": "for each in ~/.bashrc.d/*; do . $each; done\n",
                ".bashrc.d/path": f'[ -n "$BASH_EXECUTION_STRING" ] || {RESET}\n',
                ".profile": ". ~/.bashrc\n",
            },
        ),
        ("zsh", {".zshrc": f"[[ -n $ZSH_EXECUTION_STRING ]] || {RESET}\n"}),
        # In a file that is found by a variable of another.
        ("bash", {**DOTS, "dotfiles/path.sh": f"[[ -z $BASH_EXECUTION_STRING ]] && {RESET}\n"}),
        ("zsh", {**OH_MY, ".oh-mine/own/path.zsh": f"[[ -n $ZSH_EXECUTION_STRING ]] || {RESET}\n"}),
        *(
            (name, {file: AT_A_PROMPT.format(line=RESET)})
            for name, file in (("ksh93", ".kshrc"), ("mksh", ".mkshrc"), ("yash", ".yashrc"))
        ),
        ("bash", {".bashrc": f"grep -qsz -e '^-c' /proc/$$/cmdline || {RESET}\n"}),
        ("zsh", {".zshrc": f"case $(ps -o args= -p $$) in *' -c '*) ;; *) {RESET};; esac\n"}),
        ("bash", {".bashrc": f"case $TERM in *-256color) {RESET};; esac\n"}),
        *(
            (name, {file: FROM_LOGIN.format(line=RESET)})
            for name, file in (
                *((name, ".profile") for name in ("bash", "ksh93", "mksh")),
                ("yash", ".yash_profile"),
                ("zsh", ".zlogin"),
            )
        ),
        *(
            (name, {file: WITH_STDIN.format(line=RESET)})
            for name, file in (("ksh93", ".kshrc"), ("mksh", ".mkshrc"))
        ),
        ("zsh", {".zshrc": f"if [[ -o shinstdin ]]; then {RESET}; fi\n"}),
        *(
            ("xonsh", {".xonshrc": f"if {condition}:\n    $PATH = ['/usr/bin', '/bin']\n"})
            for condition in ("${...}.get('XONSH_MODE') == 'interactive'", "$XONSH_LOGIN")
        ),
        ("bash", {".bash_profile": f'if [ "$0" = -bash ]; then {RESET}; fi\n'}),
    ],
)
def test_what_happens_only_at_a_prompt_is_outlived(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str]
) -> None:
    """Also where a file tells a shell that is asked from one at a prompt."""
    require(name)
    for file, text in files.items():
        write(home, file, text)
    worlds.keep_the_promise(name, home, tools)


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        *((name, ".profile", FROM_LOGIN.format(line=RESET)) for name in ("dash", "ash", "posh")),
        *((name, ".profile", WITH_STDIN.format(line=RESET)) for name in ("dash", "ash")),
        # bash counts from none, dash does not count.
        ("bash", ".profile", f'[ "$SHLVL" != 1 ] || {RESET}\n'),
        ("dash", ".profile", f'[ -n "$SHLVL" ] || {RESET}\n'),
        ("rc", ".rcrc", "if (~ $0 -*) path=(/usr/bin /bin)\n"),
    ],
)
def test_a_shell_that_reads_a_file_at_a_login_alone_is_started_as_a_login_starts_it(
    home: Path, tools: Path, require: Require, name: str, file: str, text: str
) -> None:
    require(name)
    write(home, file, text)
    assert 0 == ensure_path(home, tools, "--shell", option(name), "--mode", LOGIN).code
    assert ask(name, LOGIN, home, command=HELLO).ran


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("bash", {".bashrc": TO_FISH, ".config/fish/config.fish": "set -gx PATH /usr/bin /bin\n"}),
        ("bash", {".bashrc": AT_A_PROMPT.format(line=f"PROMPT_COMMAND='{RESET}'")}),
        ("zsh", {".zshrc": f"[[ -n $ZSH_EXECUTION_STRING ]] || precmd() {{ {RESET} }}\n"}),
        ("mksh", {".mkshrc": AT_A_PROMPT.format(line=f"{RESET}; readonly PATH")}),
    ],
)
def test_what_is_taken_away_only_at_a_prompt_is_not_there(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str]
) -> None:
    for each in (name, "fish"):
        require(each)
    for file, text in files.items():
        write(home, file, text)
    own = (*own_files(name, home), *own_files("fish", home))
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", option(name), "--mode", INTERACTIVE)
    assert run.code == 1, run
    assert "missing: see " in run.stdout, run
    assert {} == changed(before, snapshot(home, without=own))
    assert "" == ask(name, INTERACTIVE, home, command=HELLO).ran


TMUX = """[ -n "$TMUX" ] || {words}\n"""


@pytest.mark.parametrize("words", ["exec tmux new-session -A -s main", "tmux new-session -A -s main"])
@pytest.mark.parametrize("name", ["zsh", "bash"])
def test_a_shell_that_attaches_to_a_session_of_tmux_is_served(
    home: Path, tools: Path, require: Require, name: str, words: str
) -> None:
    """In both modes side by side: neither meets the other's session, nor one of the user's."""
    program = require(name)
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    write(home, ".tmux.conf", f"set -g default-shell {program}\n")
    file = ".zshrc" if name == "zsh" else ".bashrc"
    write(home, file, TMUX.format(words=words))
    if name == "bash":
        write(home, ".profile", ". ~/.bashrc\n")
    sockets = home.parent / "sockets"
    sockets.mkdir()
    run = ensure_path(home, tools, "--shell", name, env={"TMUX_TMPDIR": str(sockets)})
    assert run.code == 0, run
    assert 2 == run.stdout.count("proven in")
    assert [] == os.listdir(sockets)
    for mode in TERMINAL_MODES:
        assert str(tools / HELLO) == ask(name, mode, home, command=HELLO).ran
    ensure_path(home, "--undo")
    assert set() == blocks(home)


# Files that are for a while.


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_nothing_is_written_into_the_folders_for_temporary_files_of_the_calling_session(
    home: Path, tools: Path, require: Require, name: str
) -> None:
    """The private folder of a run is, and it goes with the run."""
    require(name)
    text = 'echo x >"$TMPDIR/mine.$$"; mktemp -t mine.XXXXXX >/dev/null\n'
    write(home, ".config/fish/config.fish" if name == "fish" else f".{name}rc", fish(text, name))
    names = ("TMPDIR", "TMUX_TMPDIR", "SCREENDIR", "ZELLIJ_SOCKET_DIR", "XDG_RUNTIME_DIR")
    env = {}
    for each in names:
        folder = home.parent / each
        folder.mkdir()
        env[each] = str(folder)
    for verb in ("--check", "--diff", "--append"):
        ensure_path(home, tools, "--shell", name, verb, env=env)
    for each in names:
        assert [] == os.listdir(env[each]), each


def fish(text: str, name: str) -> str:
    """Return `text` in the language of the shell `name`: in fish `$$` is `$fish_pid`."""
    return text.replace("$$", "$fish_pid") if name == "fish" else text


def test_a_session_without_a_login_shell_is_proven_in_the_one_world(home: Path, tools: Path) -> None:
    run = ensure_path(home, tools, "--shell", "bash", "--mode", SESSION)
    assert run.code == 0, run
    assert str(tools / HELLO) == ask("bash", SESSION, home, command=HELLO).ran
