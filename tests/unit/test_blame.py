"""The line that takes a directory off PATH again is named, in every language, and no other is blamed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from onpath import stores
from onpath.blame import culprit
from onpath.model import (
    COMMAND,
    INTERACTIVE,
    LOGIN,
    MISSING,
    SESSION,
    UNKNOWN,
    Context,
    File,
    Installed,
    Probe,
)
from onpath.places import fence
from onpath.probes import judge
from onpath.shells import UNIX_ROWS
from onpath.values import replace
from samples import make_host

if TYPE_CHECKING:
    from pathlib import Path

    from onpath.model import Target

STARTUP = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "dash": ".profile",
    "tcsh": ".tcshrc",
    "fish": ".config/fish/conf.d/onpath.fish",
    "elvish": ".config/elvish/rc.elv",
    "nushell": ".config/nushell/config.nu",
    "xonsh": ".xonshrc",
    "rc": ".rcrc",
    "pwsh": ".config/powershell/profile.ps1",
}
# The user's own file, where the edit goes to another.
OWN = {"fish": ".config/fish/config.fish"}


def put(home: Path, name: str, text: str) -> None:
    """Write `text` into the file `name` of `home`."""
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def blame(
    home: Path,
    shell: str = "bash",
    *,
    verdict: str = MISSING,
    mode: str = INTERACTIVE,
    reason: str = "",
    became: Installed | None = None,
    system: dict[str, str] | None = None,
) -> str | None:
    """Return what is blamed, with files relative to `home`; `system` are the files elsewhere."""

    def read(target: Target) -> str | None:
        assert isinstance(target, File)
        return (
            stores.read(target)
            if target.path.startswith(f"{home}/")
            else (system or {}).get(target.path)
        )

    probe = Probe(Context(mode, shell), verdict, reason=reason, became=became)
    found = culprit(make_host(str(home)), probe, f"{home}/{STARTUP[shell]}", read)
    return found.replace(f"{home}/", "") if found else None


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "PATH=/usr/bin:/bin"),
        ("bash", 'export PATH="/usr/bin:/bin"'),
        ("bash", "  export EDITOR=vi PATH=/bin"),
        ("bash", "declare -x PATH=/bin"),
        ("bash", "if true; then PATH=/bin; fi"),
        ("bash", "[ -r /x ] && PATH=/bin"),
        ("bash", "PATH=$(getconf PATH)"),
        ("bash", "unset PATH"),
        ("bash", "unset -v PATH"),
        ("zsh", "path=(/usr/bin /bin)"),
        ("zsh", "typeset -x PATH=/bin"),
        ("bash", "PROMPT_COMMAND='export PATH=/usr/bin:/bin EDITOR=vi'"),
        ("bash", "PROMPT_COMMAND='PATH=/usr/bin:/bin LANG=C'"),
        ("bash", 'fix() { export PATH="$(getconf PATH)" TERM=xterm; }; PROMPT_COMMAND=fix'),
        ("zsh", "precmd() { export PATH=/usr/bin:/bin LANG=C; }"),
        ("bash", "declare -x PATH=/bin editor"),
        ("dash", "PATH=/bin; export PATH"),
        ("tcsh", "setenv PATH /usr/bin:/bin"),
        ("tcsh", "set path=(/usr/bin /bin)"),
        ("tcsh", "set path = ( /usr/bin /bin )"),
        ("tcsh", "unsetenv PATH"),
        ("fish", "set -gx PATH /usr/bin /bin"),
        ("fish", "set --global --export PATH /bin"),
        ("fish", "set PATH /bin"),
        ("fish", "set -e PATH"),
        ("elvish", "set paths = [/usr/bin /bin]"),
        ("elvish", "set E:PATH = /bin"),
        ("elvish", "set-env PATH /bin"),
        ("elvish", "unset-env PATH"),
        ("nushell", "$env.PATH = [/usr/bin /bin]"),
        ("nushell", "$env.PATH = '/bin'"),
        ("nushell", "load-env { PATH: [/bin] }"),
        ("nushell", "hide-env PATH"),
        ("xonsh", "$PATH = ['/usr/bin', '/bin']"),
        ("xonsh", "del $PATH"),
        ("rc", "path=(/usr/bin /bin)"),
        ("rc", "PATH=/bin"),
        ("pwsh", "$env:PATH = '/usr/bin:/bin'"),
        ("pwsh", "$Env:Path = '/bin'"),
        ("pwsh", "Remove-Item Env:PATH"),
        ("pwsh", "${env:PATH} = '/bin'"),
        ("pwsh", "function prompt { Set-Item Env:PATH '/usr/bin:/bin'; 'PS> ' }"),
        ("pwsh", "Set-Content -Path Env:/PATH -Value '/bin'"),
        ("pwsh", "New-Item -Path Env: -Name PATH -Value '/bin' -Force"),
        ("pwsh", "[System.Environment]::SetEnvironmentVariable('PATH', '/bin')"),
    ],
)
def test_a_line_that_resets_path_is_blamed(home: Path, shell: str, line: str) -> None:
    name = OWN.get(shell, STARTUP[shell])
    put(home, name, f"# mine\n\n{line}\n")
    assert f"{name}:3: {line.strip()}" == blame(home, shell)


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", 'export PATH="/opt/bin:$PATH"'),
        ("bash", "PATH=$PATH:/opt/bin"),
        ("bash", "PATH=${PATH}:/opt/bin"),
        ("bash", 'PATH="/opt/bin${PATH:+:$PATH}"'),
        ("bash", "PATH+=:/opt/bin"),
        ("bash", "export PATH"),
        ("bash", "# PATH=/bin"),
        ("bash", "  # unset PATH"),
        ("bash", "MANPATH=/usr/share/man"),
        ("bash", "alias mk='PATH=/opt/x/bin make'"),
        ("bash", "PATH=/opt/x/bin LANG=C make"),
        ("bash", "PATH=/usr/bin:/bin command ls"),
        ("bash", 'PATH="/usr/bin" ~/bin/tool --option'),
        ("bash", "export GOPATH=/opt/go"),
        ("bash", "LD_LIBRARY_PATH=/opt/lib"),
        ("bash", "path=/srv/data"),
        ("bash", 'case ":$PATH:" in *:/bin:*) ;; esac'),
        ("zsh", "path=(/opt/bin $path)"),
        ("zsh", "path+=(/opt/bin)"),
        ("zsh", "typeset -U path PATH"),
        ("tcsh", "setenv PATH /opt/bin:${PATH}"),
        ("tcsh", "set path=(/opt/bin $path)"),
        ("fish", "set -gx PATH /opt/bin $PATH"),
        ("fish", "set -gxp PATH /opt/bin"),
        ("fish", "set --append PATH /opt/bin"),
        ("fish", "set -q PATH"),
        ("fish", "fish_add_path /opt/bin"),
        ("elvish", "set paths = [/opt/bin $@paths]"),
        ("elvish", "set E:PATH = /opt/bin:$E:PATH"),
        ("nushell", "$env.PATH = ($env.PATH | prepend /opt/bin)"),
        ("nushell", "$env.PATH ++= [/opt/bin]"),
        ("xonsh", "$PATH.insert(0, '/opt/bin')"),
        ("xonsh", "$PATH = ['/opt/bin'] + $PATH"),
        ("rc", "path=(/opt/bin $path)"),
        ("pwsh", '$env:PATH = "/opt/bin:$env:PATH"'),
        ("pwsh", "$env:PATH += ':/opt/bin'"),
        ("pwsh", 'Set-Item Env:PATH "/opt/bin:$env:PATH"'),
        ("pwsh", "Get-Item Env:PATH"),
    ],
)
def test_a_line_that_keeps_path_is_not_blamed(home: Path, shell: str, line: str) -> None:
    put(home, OWN.get(shell, STARTUP[shell]), f"{line}\n")
    assert blame(home, shell) is None


@pytest.mark.parametrize(
    "line",
    [
        "exec fish",
        "exec tmux new -A",
        "[ -t 0 ] && exec fish",
        "[[ $- == *i* ]] && exec /usr/bin/fish -l",
        "exit",
        "exit 3",
        "set -r",
        "kill -9 $$",
        "kill -KILL ${$}",
        "until false; do :; done",
        "exec -l bash",
        "if true; then exit; fi",
        "logout",
        "set -e",
        "set -eu",
        "read answer",
        "read -r answer </dev/tty",
        "read -r answer < <(sleep 3; echo)",
        "sleep 1000",
        "while true; do :; done",
    ],
)
def test_a_line_that_ends_or_stops_the_shell_is_blamed_where_none_answered(
    home: Path, line: str
) -> None:
    put(home, ".bashrc", f"PATH=/bin\n{line}\n")
    assert f".bashrc:2: {line}" == blame(home, verdict=UNKNOWN)
    assert ".bashrc:1: PATH=/bin" == blame(home)


@pytest.mark.parametrize(
    "line",
    [
        "exec 2>/dev/null",
        "exec >log 2>&1",
        "exec 3<&0",
        "# exit",
        "set -o emacs",
        "alias q=exit",
        "execute",
        'IFS="," read -ra all <<<"a,b"',
        "while IFS= read -r line; do :; done </etc/passwd",
        "while read line; do",
        "uname | read name",
    ],
)
def test_a_line_that_only_looks_like_an_end_is_not_blamed(home: Path, line: str) -> None:
    put(home, ".bashrc", f"{line}\n")
    assert blame(home, verdict=UNKNOWN) is None


def test_a_line_that_reads_a_named_pipe_waits(home: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("there are no such files on Windows")
    os.mkfifo(home / "pipe")
    put(home, ".bashrc", 'read -r x <"$HOME/pipe"\n')
    assert '.bashrc:1: read -r x <"$HOME/pipe"' == blame(home, verdict=UNKNOWN)
    put(home, ".bashrc", "read -r x < ~/file\n")
    assert blame(home, verdict=UNKNOWN) is None


def test_the_last_line_is_blamed(home: Path) -> None:
    """Whatever comes after it did no harm."""
    put(home, ".bashrc", "PATH=/bin\nls\nPATH=/usr/bin\nPATH=/opt:$PATH\n")
    assert ".bashrc:3: PATH=/usr/bin" == blame(home)


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "readonly PATH"),
        ("bash", "declare -r PATH"),
        ("bash", 'readonly PATH="$PATH:/opt/bin"'),
        ("bash", "declare +x PATH"),
        ("bash", "export -n PATH"),
        ("zsh", "typeset -gr PATH"),
        ("zsh", "typeset -r path"),
        ("dash", "readonly PATH"),
        ("tcsh", "set -r path = ( /bin $path )"),
        ("fish", "set -gu PATH $PATH"),
    ],
)
def test_a_line_by_which_path_can_no_longer_change_is_blamed_where_no_other_is(
    home: Path, shell: str, line: str
) -> None:
    name = OWN.get(shell, STARTUP[shell])
    put(home, name, f"# mine\n{line}\n")
    assert f"{name}:2: {line}" == blame(home, shell)
    resets = {"fish": "set PATH /bin", "tcsh": "setenv PATH /bin"}
    reset = resets.get(shell, "PATH=/bin")
    put(home, name, f"{reset}\n{line}\n")
    assert f"{name}:1: {reset}" == blame(home, shell)


def test_a_line_that_locks_the_list_of_a_shell_is_blamed_where_a_program_on_path_did_not_run(
    home: Path,
) -> None:
    """As tcsh, which finds programs by a list of its own; what sets PATH is not the cause."""
    reason, _ = judge.split(judge.DID_NOT_RUN)
    put(home, ".login", "set -r path = (/usr/bin /bin)\nsetenv PATH /bin\n")
    assert ".login:1: set -r path = (/usr/bin /bin)" == blame(home, "tcsh", mode=LOGIN, reason=reason)
    put(home, ".login", "setenv PATH /bin\n")
    assert blame(home, "tcsh", mode=LOGIN, reason=reason) is None


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("zsh", "strip() { zle -F $1; path=(${path:#$HOME/*}) }"),
        ("bash", "PATH=${PATH//$HOME\\/*:/}"),
        ("bash", "PATH=$(printf %s $PATH | tr : '\\n' | grep -v ^/home | paste -sd:)"),
        ("fish", 'function fish_prompt; set -gx PATH (string match -v "$HOME/*" $PATH); end'),
        ("nushell", "$env.PATH = ($env.PATH | where {|it| $it !~ home})"),
        ("xonsh", "$PATH = [it for it in $PATH if 'home' not in it]"),
    ],
)
def test_a_line_that_keeps_a_part_of_path_is_blamed_where_none_sets_it_anew(
    home: Path, shell: str, line: str
) -> None:
    name = OWN.get(shell, STARTUP[shell])
    put(home, name, f"# mine\n{line}\n")
    assert f"{name}:2: {line}" == blame(home, shell)
    resets = {"fish": "set PATH /bin", "nushell": "$env.PATH = []", "xonsh": "$PATH = []"}
    reset = resets.get(shell, "PATH=/bin")
    put(home, name, f"{reset}\n{line}\n")
    assert f"{name}:1: {reset}" == blame(home, shell)


@pytest.mark.parametrize("name", ["fish_greeting", "fish_prompt", "fish_right_prompt", "fish_title"])
def test_a_function_that_fish_calls_from_a_file_of_its_own_is_looked_at(home: Path, name: str) -> None:
    file = f".config/fish/functions/{name}.fish"
    put(home, file, f"function {name}\n    set -gx PATH /bin\nend\n")
    assert f"{file}:2: set -gx PATH /bin" == blame(home, "fish")


def test_what_another_shell_was_started_by_is_blamed_where_nothing_else_is(home: Path) -> None:
    """It may have told that shell which file to read."""
    put(home, ".bashrc", "ls\nexec zsh -o rcs\n")
    other = Installed("zsh", "/bin/zsh", "login shell")
    assert blame(home) is None
    assert ".bashrc:2: exec zsh -o rcs" == blame(home, became=other)
    put(home, ".zshrc", "PATH=/bin\n")
    assert ".zshrc:1: PATH=/bin" == blame(home, became=other)


def test_our_own_blocks_are_not_blamed_and_their_lines_count(home: Path) -> None:
    text = fence.insert("ls\nPATH=/bin\n", "~/x", "PATH=/x\nexit\n")
    put(home, ".bashrc", text)
    assert f".bashrc:{text.splitlines().index('PATH=/bin') + 1}: PATH=/bin" == blame(home)


@pytest.mark.parametrize(
    "line",
    [
        ". ~/.aliases",
        "source ~/.aliases",
        'source "$HOME/.aliases"',
        ". '{home}/.aliases'",
        "[ -f ~/.aliases ] && . ${{HOME}}/.aliases",
        "test -r ~/.aliases && source ~/.aliases; ls",
        'source "$HOME"/.aliases',
        '. "${{ZDOTDIR:-$HOME}}/.aliases"',
        '. "${{ZDOTDIR-${{HOME}}}}/.aliases"',
        ". ~/.nothing; . ~/.aliases",
    ],
)
def test_files_that_are_sourced_are_looked_at(home: Path, line: str) -> None:
    put(home, ".bashrc", "ls\n" + line.format(home=home) + "\n")
    put(home, ".aliases", "alias l=ls\nPATH=/bin\n")
    assert ".aliases:2: PATH=/bin" == blame(home)


def test_rc_and_csh_call_the_home_by_another_name(home: Path) -> None:
    put(home, ".rcrc", ". $home/.two\n")
    put(home, ".two", "fn prompt { path=(/bin) }\n")
    assert ".two:1: fn prompt { path=(/bin) }" == blame(home, "rc", mode=LOGIN)
    put(home, ".tcshrc", "source $home/.three\n")
    put(home, ".three", "setenv PATH /bin\n")
    assert ".three:1: setenv PATH /bin" == blame(home, "tcsh")


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("zsh", "~/.zlogin:4: read-only variable: PATH"),
        ("bash", "~/.bashrc: line 4: PATH: readonly variable"),
        ("dash", "~/.profile: 4: export: PATH: is read only"),
    ],
)
def test_where_the_shell_says_that_path_is_read_only_the_line_is_the_one_that_makes_it_so(
    home: Path, shell: str, said: str
) -> None:
    put(home, STARTUP[shell], "PATH=/bin\nreadonly PATH\n")
    probe = replace(Probe(Context(LOGIN, shell), MISSING), said=said)
    found = culprit(make_host(str(home)), probe, f"{home}/{STARTUP[shell]}", stores.read)
    assert f"{home}/{STARTUP[shell]}:2: readonly PATH" == found


def test_files_that_those_source_are_looked_at(home: Path) -> None:
    put(home, ".bashrc", ". ~/.one\n")
    put(home, ".one", ". ~/.two\n")
    put(home, ".two", "PATH=/bin\n")
    assert ".two:1: PATH=/bin" == blame(home)


@pytest.mark.parametrize(
    "line",
    [
        'for file in ~/.rc.d/*; do . "$file"; done',
        'for file in ${HOME}/.rc.d/*.sh; do . "$file"; done',
        "plugin snippet ~/.rc.d/a.sh",
        'plugin add "$HOME/.rc.d/a.sh" # mine',
    ],
)
def test_files_that_are_sourced_in_a_loop_or_by_a_function_are_looked_at(home: Path, line: str) -> None:
    (home / ".rc.d").mkdir()
    put(home, ".bashrc", f"{line}\n")
    put(home, ".rc.d/a.sh", "ls\nPATH=/bin\n")
    assert ".rc.d/a.sh:2: PATH=/bin" == blame(home)


def test_what_the_hook_of_direnv_reads_where_a_terminal_starts_is_looked_at(home: Path) -> None:
    put(home, ".bashrc", 'eval "$(direnv hook bash)"\n')
    put(home, ".envrc", "export PATH=/usr/bin:/bin\n")
    assert ".envrc:1: export PATH=/usr/bin:/bin" == blame(home)
    put(home, ".bashrc", 'PROMPT_COMMAND="PATH=/bin"\neval "$(direnv hook bash)"\n')
    assert '.bashrc:1: PROMPT_COMMAND="PATH=/bin"' == blame(home)  # nobody may have allowed the other
    put(home, ".bashrc", "alias direnv-off=x\n")
    assert blame(home) is None


def test_a_file_that_is_merely_named_is_blamed_only_where_nothing_else_is(home: Path) -> None:
    put(home, ".bashrc", "PATH=/bin\nalias edit='vi ~/.old ~/.bash_history'\n")
    put(home, ".old", "PATH=/usr/bin\n")
    assert ".bashrc:1: PATH=/bin" == blame(home)
    put(home, ".bashrc", "alias edit='vi ~/.bash_history'\n")
    put(home, ".bash_history", "PATH=/usr/bin\n")
    assert None is blame(home)


def test_the_value_of_another_variable_is_no_part_of_path(home: Path) -> None:
    put(home, ".zshrc", 'path=( "${folder%/}" ${path[@]} )\nload ~/.paths\n')
    put(home, ".paths", "export PATH=/bin\n")
    assert ".paths:1: export PATH=/bin" == blame(home, "zsh")


def test_files_that_source_each_other_come_to_an_end(home: Path) -> None:
    put(home, ".bashrc", ". ~/.bashrc\n. ~/.other\n")
    put(home, ".other", ". ~/.bashrc\nPATH=/bin\n")
    assert ".other:2: PATH=/bin" == blame(home)


@pytest.mark.parametrize("line", [". ~/.nothing", ". $ELSEWHERE/x", ". relative", ". ~", ". ~/folder"])
def test_what_is_sourced_and_cannot_be_found_is_passed_over(home: Path, line: str) -> None:
    (home / "folder").mkdir()
    put(home, ".bashrc", f"{line}\nPATH=/bin\n")
    assert ".bashrc:2: PATH=/bin" == blame(home)


def test_the_file_of_the_edit_comes_before_those_that_are_read_after_it(home: Path) -> None:
    put(home, ".zshrc", "PATH=/bin\n")
    put(home, ".zlogin", "PATH=/usr/bin\n")
    assert ".zshrc:1: PATH=/bin" == blame(home, "zsh", mode=LOGIN)
    put(home, ".zshrc", "ls\n")
    assert ".zlogin:1: PATH=/usr/bin" == blame(home, "zsh", mode=LOGIN)


@pytest.mark.parametrize(
    ("shell", "mode", "edited", "later", "line"),
    [
        ("zsh", INTERACTIVE, ".zshenv", ".zshrc", "PATH=/bin"),
        ("zsh", SESSION, ".zprofile", ".zlogin", "PATH=/bin"),
        ("zsh", COMMAND, ".zshenv", ".zshrc", ""),
        ("zsh", INTERACTIVE, ".zshrc", ".zlogin", ""),
        ("yash", LOGIN, ".yash_profile", ".yashrc", "PATH=/bin"),
        ("yash", INTERACTIVE, ".yashrc", ".yash_profile", ""),
        ("tcsh", INTERACTIVE, ".cshrc", ".login", ""),
        ("nushell", LOGIN, ".config/nushell/config.nu", ".config/nushell/login.nu", "$env.PATH = []"),
        ("nushell", INTERACTIVE, ".config/nushell/config.nu", ".config/nushell/login.nu", ""),
    ],
)
def test_only_what_the_mode_reads_after_the_edited_file_is_blamed(
    home: Path, shell: str, mode: str, edited: str, later: str, line: str
) -> None:
    put(home, edited, "\n")
    put(home, later, (line or ("setenv PATH /bin" if shell == "tcsh" else "PATH=/bin")) + "\n")
    probe = Probe(Context(mode, shell), MISSING)
    found = culprit(make_host(str(home)), probe, f"{home}/{edited}", stores.read)
    assert (f"{home}/{later}:1: {line}" if line else None) == found


def test_a_file_of_the_user_that_runs_before_the_edited_one_is_not_blamed(home: Path) -> None:
    put(home, ".zshrc", "ls\n")
    put(home, ".zshenv", "PATH=/bin\n")
    assert blame(home, "zsh") is None


def test_any_file_of_the_user_may_have_ended_the_shell(home: Path) -> None:
    put(home, ".zshrc", "ls\n")
    put(home, ".zshenv", "exit 3\n")
    assert ".zshenv:1: exit 3" == blame(home, "zsh", verdict=UNKNOWN)


def test_where_the_reason_is_known_no_line_is_blamed(home: Path) -> None:
    """A directory on a file system on which nothing runs, say."""
    put(home, ".bashrc", "PATH=/bin\n")
    probe = Probe(Context(INTERACTIVE, "bash"), MISSING, "the directory does not exist")
    assert culprit(make_host(str(home)), probe, f"{home}/.bashrc", stores.read) is None


MISPLACED = Probe(
    Context(INTERACTIVE, "bash"), MISSING, "it is on PATH, but after /usr/local/bin", judge.MOVE_IT
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ls\nPATH="$PATH:$HOME/tools"\n', '2: PATH="$PATH:$HOME/tools"'),
        ("PATH+=:~/tools # mine\n", "1: PATH+=:~/tools # mine"),
        ("path+=(~/tools)\n", "1: path+=(~/tools)"),
        ("PATH=/usr/local/bin:$PATH\n", "1: PATH=/usr/local/bin:$PATH"),
        ("X='PATH=/usr/local/bin:$PATH'\n", "1: X='PATH=/usr/local/bin:$PATH'"),
        ("PATH=/usr/local/bin:$PATH\nPATH=$PATH:~/tools\n", "2: PATH=$PATH:~/tools"),
        ("PATH=/bin\n", "1: PATH=/bin"),
        ("PATH=$PATH:~/tools\nexport PIP_PATH=~/tools\n", "1: PATH=$PATH:~/tools"),
        ("PATH=$PATH:~/tools/\nalias t='PATH= ~/tools/t'\n", "1: PATH=$PATH:~/tools/"),
        ("fish_add_path ~/tools\nexport MY_PATH=~/tools/x\n", "1: fish_add_path ~/tools"),
        ("PATH=$PATH:~/tools2\nPATH=/usr/local/bin-not:$PATH\nls ~/tools\n", None),
    ],
)
def test_the_line_is_named_that_gives_a_directory_another_place(
    home: Path, text: str, expected: str | None
) -> None:
    put(home, ".bashrc", text)
    found = culprit(make_host(str(home)), MISPLACED, "", stores.read, [f"{home}/tools"])
    assert (f"{home}/.bashrc:{expected}" if expected else None) == found or (
        expected is None and str(found).startswith("/etc/")
    )


@pytest.mark.parametrize(
    ("shell", "name", "line", "is_blamed"),
    [
        ("zsh", ".zshrc", "preexec() { PATH=/bin }; precmd() { PATH=$HOME/tools:$PATH }", True),
        ("zsh", ".zshrc", "precmd() { PATH=/x:$PATH }; preexec() { PATH=/bin }", True),
        ("zsh", ".zshrc", "precmd() { PATH=/x:$PATH; PATH=$PATH:/y }", False),
        ("zsh", ".zshrc", 'PATH="$(echo a; echo $PATH)"', False),
        ("zsh", ".zprofile", "setopt promptsubst; PS1='${PATH::=/bin}'", True),  # read before
        ("zsh", ".zprofile", "precmd() { PATH=/bin }", True),
        ("zsh", ".zprofile", "PATH=/bin", False),
        ("zsh", ".zshrc", "zle-line-init() { path=(${path:#*tools}) }", True),
        ("bash", ".bashrc", "PROMPT_COMMAND='PATH=/x:$PATH; PATH=/bin'", True),
        ("bash", ".profile", "export PROMPT_COMMAND='PATH=/bin'", True),
        ("fish", ".config/fish/config.fish", "set PATH (string match -v '*tools' $PATH)", True),
    ],
)
def test_a_line_that_runs_later_than_its_file_is_blamed(
    home: Path, shell: str, name: str, line: str, *, is_blamed: bool
) -> None:
    put(home, name, f"{line}\n")
    probe = Probe(Context(INTERACTIVE, shell), MISSING)
    found = culprit(
        make_host(str(home)), probe, f"{home}/{STARTUP[shell]}", stores.read, [f"{home}/tools"]
    )
    assert (f"{home}/{name}:1: {line}" if is_blamed else None) == found


def test_a_line_that_takes_the_directory_away_by_its_name_is_blamed(home: Path) -> None:
    """Where none resets PATH."""
    put(home, ".bashrc", "PATH=/x:$PATH\nPROMPT_COMMAND='PATH=${PATH#$HOME/tools:}'\n")
    probe = Probe(Context(INTERACTIVE, "bash"), MISSING)
    found = culprit(make_host(str(home)), probe, f"{home}/.bashrc", stores.read, [f"{home}/tools"])
    assert f"{home}/.bashrc:2: PROMPT_COMMAND='PATH=${{PATH#$HOME/tools:}}'" == found


@pytest.mark.parametrize(
    ("shell", "line", "is_blamed"),
    [
        ("bash", 'export PATH="$HOME/.local/bin:$PATH"', False),
        ("bash", 'if [ -d ~/.local/bin ]; then PATH="$HOME/.local/bin:$PATH"; fi', False),
        ("bash", "PATH+=:$HOME/.local/bin", False),
        ("bash", "path_prepend ~/.local/bin", False),
        ("bash", "path_drop ~/.local/bin", True),
        ("bash", "PATH=${PATH//$HOME\\/.local\\/bin:/}; : $PATH ~/.local/bin", True),
        ("bash", "PATH=$(echo $PATH | sed s,$HOME/.local/bin:,,)", True),
        ("zsh", "path=(~/.local/bin $path)", False),
        ("zsh", "path=(${path:#$HOME/.local/bin})", True),
        ("fish", "fish_add_path -g ~/.local/bin", False),
        ("fish", "set -gx PATH ~/.local/bin $PATH", False),
        ("fish", "set -e PATH[(contains -i ~/.local/bin $PATH)]", True),
        ("tcsh", "set path = (~/.local/bin $path)", False),
        ("nushell", "$env.PATH = ($env.PATH | prepend ~/.local/bin)", False),
        ("nushell", "$env.PATH = ($env.PATH | where $it != ~/.local/bin)", True),
        ("xonsh", "$PATH.insert(0, '~/.local/bin')", False),
        ("xonsh", "$PATH = [x for x in $PATH if x != '~/.local/bin']", True),
        ("xonsh", "$PATH.remove('~/.local/bin')", True),
    ],
)
def test_a_line_that_adds_the_directory_is_not_blamed_for_taking_it_away(
    home: Path, shell: str, line: str, is_blamed: bool
) -> None:
    """Debian's own .profile has one: who follows that cure removes the only line that is right."""
    put(home, STARTUP[shell], f"{line}\n")
    probe = Probe(Context(INTERACTIVE, shell), MISSING)
    path, directories = f"{home}/{STARTUP[shell]}", [f"{home}/.local/bin"]
    found = culprit(make_host(str(home)), probe, path, stores.read, directories)
    assert is_blamed == bool(found), found


def test_files_of_the_shell_that_answered_are_looked_at(home: Path) -> None:
    """Where `.bashrc` has become zsh."""
    put(home, ".bashrc", "exec zsh\n")
    put(home, ".zshrc", "PATH=/bin\n")
    probe = replace(Probe(Context(INTERACTIVE, "bash"), MISSING), became=Installed("zsh", "/bin/zsh"))
    found = culprit(make_host(str(home)), probe, f"{home}/.bashrc", stores.read)
    assert f"{home}/.zshrc:1: PATH=/bin" == found


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_a_file_of_the_system_that_runs_before_the_users_is_not_blamed(home: Path, shell: str) -> None:
    """Debian's /etc/profile sets PATH anew, and what the user's file adds comes after that."""
    put(home, STARTUP[shell], "ls\n")
    assert blame(home, shell, mode=LOGIN, system={"/etc/profile": "PATH=/bin\n"}) is None


def test_a_file_of_the_user_that_runs_after_the_edited_one_is_blamed(home: Path) -> None:
    put(home, ".tcshrc", "ls\n")
    put(home, ".login", "setenv PATH /bin\n")
    assert ".login:1: setenv PATH /bin" == blame(home, "tcsh", mode=LOGIN)


def test_a_file_that_cannot_be_read_is_passed_over(home: Path) -> None:
    (home / ".zshrc").mkdir()
    put(home, ".zlogin", "PATH=/bin\n")
    assert ".zlogin:1: PATH=/bin" == blame(home, "zsh", mode=LOGIN)


def test_a_file_with_damaged_markers_is_passed_over(home: Path) -> None:
    put(home, ".zshrc", f"{fence.CLOSING}\nPATH=/bin\n")
    assert blame(home, "zsh") is None


def test_without_any_such_line_nothing_is_blamed(home: Path) -> None:
    put(home, ".zshrc", "ls\n")
    assert blame(home, "zsh") is None


def test_every_shell_says_how_its_language_assigns() -> None:
    """So that a new row is not forgotten here."""
    assert [] == [name for name, row in UNIX_ROWS.items() if not row.assigns]


def test_a_file_in_a_folder_that_the_shell_told_is_looked_at(home: Path) -> None:
    put(home, "z/.zlogin", "PATH=/bin\n")
    told = (("zdotdir", f"{home}/z"),)
    probe = Probe(Context(LOGIN, "zsh"), MISSING, told_folders=told)
    found = culprit(make_host(str(home)), probe, f"{home}/z/.zshrc", stores.read)
    assert f"{home}/z/.zlogin:1: PATH=/bin" == found


@pytest.mark.parametrize(
    ("name", "is_blamed"), [("zz.fish", True), ("aa.fish", False), ("zz.txt", False)]
)
def test_a_drop_in_that_is_read_after_ours_is_blamed(home: Path, name: str, is_blamed: bool) -> None:
    put(home, STARTUP["fish"], "")
    put(home, f".config/fish/conf.d/{name}", "set -gx PATH /bin\n")
    assert (f".config/fish/conf.d/{name}:1: set -gx PATH /bin" if is_blamed else None) == blame(
        home, "fish"
    )


def test_a_line_that_a_program_has_packed_takes_no_time(tmp_path: Path) -> None:
    """A look ahead from each of its letters would take hours."""
    put(tmp_path, ".zshrc", f"x={'PS1=' * 100_000}\nprecmd() {{ PATH=/usr/bin:/bin; }}\n")
    assert ".zshrc:2: precmd() { PATH=/usr/bin:/bin; }" == blame(tmp_path, "zsh")


DEBIAN = "case $- in\n    *i*) ;;\n      *) return;;\nesac\n"


@pytest.mark.parametrize(
    ("shell", "mode", "text", "line"),
    [
        ("bash", INTERACTIVE, "PATH=/bin\nreturn\nPATH=/sbin\n", "1: PATH=/bin"),
        ("bash", INTERACTIVE, "PATH=/bin\nif true; then\nreturn\nfi\nPATH=/sbin\n", "5: PATH=/sbin"),
        ("bash", INTERACTIVE, "PATH=/bin\nf() {\nreturn 1\n}\nPATH=/sbin\n", "5: PATH=/sbin"),
        ("bash", INTERACTIVE, f"PATH=/bin\n{DEBIAN}PATH=/sbin\n", "6: PATH=/sbin"),
        ("bash", COMMAND, f"PATH=/bin\n{DEBIAN}PATH=/sbin\n", "1: PATH=/bin"),
        ("bash", COMMAND, "PATH=/bin\n[[ $- != *i* ]] && return\nPATH=/sbin\n", "1: PATH=/bin"),
        ("bash", COMMAND, '[ -z "$PS1" ] && return\nPATH=/sbin\n', "2: PATH=/sbin"),  # all there is
        ("zsh", INTERACTIVE, "path=(/bin)\nreturn 0\npath=(/sbin)\n", "1: path=(/bin)"),
        ("fish", INTERACTIVE, "set PATH /bin\nexit\nset PATH /sbin\n", "1: set PATH /bin"),
        (
            *("fish", COMMAND),
            "set PATH /bin\nstatus is-interactive; or exit\nset PATH /sbin\n",
            "1: set PATH /bin",
        ),
    ],
)
def test_a_line_that_is_never_reached_is_blamed_only_where_no_other_is(
    home: Path, shell: str, mode: str, text: str, line: str
) -> None:
    file = OWN.get(shell, STARTUP[shell])
    put(home, file, text)
    assert f"{file}:{line}" == blame(home, shell, mode=mode)
