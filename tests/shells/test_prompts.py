"""What a shell runs between its startup files and the first command: only what it leaves of PATH counts.

The judge types its command at the real prompt, so it stands behind every hook. No history gets a line of
ours, also none that a hook of the user's own writes.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

import worlds
from commands import HELLO, changed, ensure_path, option, own_files, snapshot
from judging import write
from terminals import INTERACTIVE, LOGIN, PROGRAMS, ask

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

RESET = "PATH=/usr/bin:/bin"
FISH_RESET = "set -gx PATH /usr/bin /bin"
NU_RESET = "$env.PATH = ['/usr/bin' '/bin']"
XONSH_RESET = "$PATH = ['/usr/bin', '/bin']"
XONSH_PROMPT = f"def mine(**_):\n    {XONSH_RESET}\n    return '> '\n"
ADD_HOOK = "autoload -Uz add-zle-hook-widget\nadd-zle-hook-widget zle-line-init mine\n"
# A prompt that is made short when its line has been entered, as many have it.
ZSH_TRANSIENT = f"""mine() {{
    [[ $CONTEXT == start ]] || return 0
    zle .recursive-edit
    local -i ret=$?
    {RESET}
    if (( ret )); then zle .send-break; else zle .accept-line; fi
}}
zle -N zle-line-init mine
"""
FILES = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "dash": ".profile",
    "ash": ".profile",
    "ksh93": ".kshrc",
    "mksh": ".mkshrc",
    "yash": ".yashrc",
    "tcsh": ".tcshrc",
    "fish": ".config/fish/config.fish",
    "nu": ".config/nushell/config.nu",
    "nu-0.98": ".config/nushell/config.nu",
    "xonsh": ".xonshrc",
    "xonsh-0.14": ".xonshrc",
    "elvish": ".config/elvish/rc.elv",
}

# As bash-preexec does it: by the trap DEBUG, once the history has the line that was entered.
BASH_PREEXEC = """bash_preexec_imported=defined
mine() { PATH=/usr/bin:/bin; }
preexec_functions=(other mine)
trap '[[ $(HISTTIMEFORMAT= history 1) ]] && for f in "${preexec_functions[@]}"; do "$f" x; done' DEBUG
"""

TAKES_AWAY = [
    # Prompts that are filled in by the shell itself.
    *((name, "PS1='$((PATH=0))> '\n") for name in ("bash", "dash", "ash", "ksh93", "mksh", "yash")),
    ("bash", "PS0='$((PATH=0))'\n"),
    ("bash", "MINE='$((PATH=0))'; PS1='${MINE@P}> '\n"),
    *((name, "MINE=PATH=0; PS1='$((MINE))> '\n") for name in ("bash", "mksh")),
    ("bash", "PROMPT_COMMAND='PS1=\"\\$((PATH=0))> \"'\n"),
    *((name, f"PS1='${{ {RESET};}}> '\n") for name in ("ksh93", "mksh")),
    ("ksh93", f"mine() {{ {RESET}; }}\nPS1='${{ mine;}}> '\n"),
    ("ksh93", f"function PS1.get {{ {RESET}; }}\n"),
    ("zsh", "setopt promptsubst; PROMPT='${PATH::=/usr/bin:/bin}> '\n"),
    ("zsh", "setopt promptsubst; RPROMPT='${PATH::=/usr/bin:/bin}'\n"),
    ("yash", f"PROMPT_COMMAND=(true '{RESET}')\n"),
    # Hooks of a line that is entered.
    ("bash", f"trap '{RESET}' DEBUG\n"),
    (
        "bash",
        f"mine() {{ [ -z $AT ] || {{ AT=; {RESET}; }}; }}; trap mine DEBUG; PROMPT_COMMAND=AT=1\n",
    ),
    ("bash", BASH_PREEXEC),
    # What keeps a log, and sets PATH as well.
    ("bash", f"PROMPT_COMMAND='echo >>/dev/null; {RESET}'\n"),
    ("bash", f"mine() {{ {RESET}; }}; other() {{ mine; }}; PROMPT_COMMAND='echo >>/dev/null; other'\n"),
    ("zsh", f"mine() {{ {RESET} }}; precmd() {{ echo >>/dev/null; mine }}\n"),
    ("zsh", f"preexec() {{ {RESET} }}\n"),
    ("zsh", f"mine() {{ {RESET} }}; other() {{ mine }}; preexec_functions+=(other)\n"),
    ("zsh", f"MINE={RESET}; preexec() {{ eval $MINE }}\n"),
    ("zsh", f"zshaddhistory() {{ {RESET} }}\n"),
    ("zsh", f"PERIOD=1000; periodic() {{ {RESET} }}\n"),
    ("fish", f"function mine --on-event fish_preexec; {FISH_RESET}; end\n"),
    (
        "fish",
        f"function mine; {FISH_RESET}; end\nfunction other --on-event fish_preexec; mine; end\n",
    ),
    ("tcsh", "alias postcmd 'setenv PATH /usr/bin:/bin'\n"),
    ("xonsh", f"@events.on_precommand\n{XONSH_PROMPT}"),
    ("xonsh", f"{XONSH_PROMPT}@events.on_precommand\ndef other(**_):\n    mine()\n"),
    ("xonsh", f"@events.on_transform_command\ndef mine(cmd, **_):\n    {XONSH_RESET}\n    return cmd\n"),
    ("xonsh-0.14", f"@events.on_precommand\n{XONSH_PROMPT}"),
    ("elvish", "set edit:after-readline = [{|line| set paths = [/usr/bin /bin] }]\n"),
    # What runs while zsh waits for the first line.
    ("zsh", f"sched +0 '{RESET}'\n"),
    ("zsh", f"late() {{ {RESET} }}; again() {{ sched +0 late }}; sched +0 again\n"),
    ("zsh", f"mine() {{ zle -F $1; {RESET} }}\nexec {{at}}</dev/null\nzle -F $at mine\n"),
    (
        "zsh",
        f"mine() {{ zle -F $1; {RESET} }}\nzle -N its mine\nexec {{at}}</dev/null\nzle -Fw $at its\n",
    ),
    # Widgets of zsh's line editor.
    *(
        ("zsh", f"mine() {{ {RESET}{then} }}; zle -N {widget} mine\n")
        for widget, then in (
            ("zle-line-init", ""),
            ("zle-line-pre-redraw", ""),
            ("zle-line-finish", ""),
            ("self-insert", "; zle .self-insert"),
            ("accept-line", "; zle .accept-line"),
        )
    ),
    # What the keys of a line are bound to.
    ("zsh", f"mine() {{ {RESET}; zle accept-line }}; zle -N mine; bindkey '^M' mine\n"),
    ("zsh", f"mine() {{ {RESET}; zle self-insert }}; zle -N mine; bindkey ' ' mine\n"),
    ("fish", f"bind \\r '{FISH_RESET}' 'commandline -f execute'\n"),
    ("fish", f"function mine; {FISH_RESET}; commandline -f execute; end\nbind \\r mine\n"),
    ("zsh", f"mine() {{ {RESET} }}\n{ADD_HOOK}"),
    ("zsh", f"mine() {{ [[ $CONTEXT == start ]] && {RESET} }}\n{ADD_HOOK}"),
    ("zsh", f"other() {{ [[ ${{CONTEXT}} = start ]] && {RESET} }}\nmine() {{ other }}\n{ADD_HOOK}"),
    ("zsh", ZSH_TRANSIENT),
    # What a shell does before its first prompt alone.
    *(
        ("fish", f"function mine --on-variable {name}; {FISH_RESET}; end\n")
        for name in ("fish_bind_mode", "fish_greeting", "fish_handle_reflow", "fish_key_bindings")
    ),
    ("fish", f"function fish_greeting; {FISH_RESET}; end\n"),
    ("fish", f"function fish_user_key_bindings; {FISH_RESET}; end\n"),
    ("fish", f"function fish_title; {FISH_RESET}; end\n"),
    ("xonsh", f"@events.on_pre_cmdloop\n{XONSH_PROMPT}"),
    ("xonsh", f"{XONSH_PROMPT}$PROMPT = mine\n"),
    ("xonsh", f"{XONSH_PROMPT}$PROMPT_FIELDS['mine'] = mine\n$PROMPT = '{{mine}}> '\n"),
    ("xonsh-0.14", f"{XONSH_PROMPT}$PROMPT = mine\n"),
    # Hooks of nushell, of which only the prompt runs those that are text.
    *(
        ("nu", f"$env.config.hooks.{hook}\n")
        for hook in (
            f"pre_execution = [{{|| {NU_RESET} }}]",
            f'pre_execution = ["{NU_RESET}"]',
            f'pre_prompt = ["{NU_RESET}"]',
            f'pre_prompt = [{{code: "{NU_RESET}"}}]',
            f"pre_prompt = [{{condition: {{|| true}}, code: {{|| {NU_RESET} }}}}]",
            f"env_change = {{PWD: [{{|before, after| {NU_RESET} }}]}}",
            f'env_change = {{PWD: [{{code: "{NU_RESET}"}}]}}',
        )
    ),
    (
        "nu",
        f"def --env mine [] {{ {NU_RESET} }}\n$env.config.hooks.pre_execution = [{{|| mine }}]\n",
    ),
    ("nu-0.98", f"$env.config = {{hooks: {{pre_execution: [{{|| {NU_RESET} }}]}}}}\n"),
]


# As zsh-defer does it: what waits for a moment at the prompt may wait for another one.
ZSH_DEFER = """tasks=("${{(@)=${{:-{delays}}}}}")
resume() {{
    zle -F $1; exec {{1}}>&-
    (( $#tasks )) || {{ {reset}; return }}
    zmodload zsh/zselect; exec {{at}}< <(zselect -t $tasks[1]); shift tasks; zle -F $at resume
}}
exec {{at}}</dev/null; zle -F $at resume
"""
# As zsh-async does it: the watcher stays, and calls a function by the name that a variable holds.
ZSH_ASYNC = f"""mine() {{ {RESET} }}
results() {{
    local callback=$1
    $callback
}}
watcher() {{ read -u $1 || zle -F $1; results mine }}
exec {{at}}< <(sleep 0.2; echo; sleep 5)
zle -F $at watcher
"""
BLE = f"BLE_VERSION=0.4; mine() {{ {RESET}; }}\n"
LATER = [
    *(("zsh", ZSH_DEFER.format(delays=delays, reset=RESET)) for delays in ("5", "80", "20 20 20")),
    ("zsh", ZSH_ASYNC),
    # The first widget changes the keymap, as for a cursor that shows which it is.
    (
        "zsh",
        (
            f"zle-keymap-select() {{ {RESET} }}\nzle -N zle-keymap-select\n"
            "zle-line-init() { zle -K viins }\nzle -N zle-line-init\n"
        ),
    ),
    # ble.sh, where its line editor runs.
    *(
        ("bash", f"{BLE}{hook}\n")
        for hook in (
            "_ble_hook_h_PREEXEC=(mine)",
            "_ble_hook_h_PRECMD=('true x' 'mine x')",
            f"_ble_hook_h_ATTACH=('{RESET}')",
            "_ble_util_idle_task=([3]=R$'\\x1c'mine)",
        )
    ),
]


@pytest.mark.parametrize(("name", "text"), LATER)
def test_what_a_framework_runs_a_moment_later_counts(
    home: Path, tools: Path, require: Require, name: str, text: str
) -> None:
    require(name)
    write(home, FILES[name], ADDS["posix"] + text)
    assert ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE, "--check").code == 1
    write(home, FILES[name], ADDS["posix"] + text.replace(RESET, ":"))
    assert ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE, "--check").code == 0


def test_a_framework_that_has_files_for_a_shell_takes_them_away_at_the_end_of_a_look(
    home: Path, tools: Path, require: Require
) -> None:
    require("bash")
    taking = 'ble/base/clean-up-runtime-directory() { [ "$1" != finalize ] || rm ~/run.$$; }\n'
    write(home, ".bashrc", f"{ADDS['posix']}{BLE}: >~/run.$$\n{taking}")
    assert ensure_path(home, tools, "--shell", "bash", "--mode", INTERACTIVE, "--check").code == 0
    assert [] == [each.name for each in home.iterdir() if each.name.startswith("run.")]


@pytest.mark.parametrize(("name", "text"), TAKES_AWAY)
def test_what_is_gone_before_the_first_command_is_not_there(
    home: Path, tools: Path, require: Require, name: str, text: str
) -> None:
    """Nothing can be done about it, so nothing stays; and the line is named, where it is one."""
    require(name)
    write(home, FILES[name], text)
    mode = INTERACTIVE if INTERACTIVE in PROGRAMS[name].served and name not in {"dash", "ash"} else LOGIN
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure_path(home, tools, "--shell", option(name), "--mode", mode)
    assert run.code == 1, run
    assert {} == changed(before, snapshot(home, without=own))
    assert "" == ask(name, mode, home, command=HELLO).ran


ADDS = {"posix": 'PATH="$HOME/tools:$PATH"\n', "fish": "set -gx PATH ~/tools $PATH\n"}
POSIX = ("bash", "zsh", "dash", "ash", "ksh93", "mksh", "yash")
# For words of the question.
ALIASES = "alias for=: eval=: builtin=: setopt=: shopt=: unalias=:\nalias case=:\n"
NU_ADDS = "$env.PATH = ($env.PATH | prepend ($env.HOME + '/tools'))\n"
XONSH_ADDS = "$PATH.insert(0, $HOME + '/tools')\n"

NU_LOGS = "$env.config.history.file_format = 'plaintext'\n"

CHANGES_NOTHING = [
    # In a subshell.
    *(
        (name, ADDS["posix"] + f"PS1='$({RESET})> '\n")
        for name in ("bash", "dash", "ash", "ksh93", "mksh", "yash")
    ),
    ("bash", ADDS["posix"] + f"PS0='$({RESET})'\n"),
    ("bash", ADDS["posix"] + "shopt -u promptvars; PS1='$((PATH=0))> '\n"),
    ("zsh", ADDS["posix"] + f"setopt promptsubst; PROMPT='$({RESET})> '\n"),
    ("zsh", ADDS["posix"] + "PROMPT='${PATH::=/usr/bin:/bin}> '\n"),  # not filled in
    ("tcsh", "setenv PATH $HOME/tools:$PATH\nset prompt='`setenv PATH /bin`> '\n"),
    ("nu", NU_ADDS + f"$env.PROMPT_COMMAND = {{|| {NU_RESET}; '> ' }}\n"),
    # Not before the first command, or never.
    ("zsh", ADDS["posix"] + f"chpwd() {{ {RESET} }}\n"),
    ("zsh", ADDS["posix"] + f"sched +3600 '{RESET}'\n"),
    (
        "zsh",
        ADDS["posix"] + f"mine() {{ {RESET} }}\nexec {{at}}< <(sleep 98765)\nzle -F $at mine\n",
    ),
    ("fish", ADDS["fish"] + f"function mine --on-event fish_postexec; {FISH_RESET}; end\n"),
    # What has odd signs, or ends a shell that is not careful.
    ("bash", ADDS["posix"] + "PS1='${PATH:0:3}\"`echo x`\\[\\e[0m\\]> '\n"),
    ("bash", ADDS["posix"] + "PS1='$PATH $nope> '\nset -u\n"),
    ("dash", ADDS["posix"] + 'PS1=\'$(echo "$PATH" `id -u`)"> \'\n'),
    ("zsh", ADDS["posix"] + "preexec() { : $PATH }; setopt nounset ksharrays\n"),
    ("zsh", ADDS["posix"] + "preexec() { : $PATH }; setopt shglob ignorebraces\n"),
    ("zsh", ADDS["posix"] + "mine() { : $PATH; zle .accept-line }; zle -N accept-line mine\n"),
    # What has other names for the words of the question, or knows fewer.
    *((name, ALIASES + ADDS["posix"]) for name in POSIX),
    ("zsh", ADDS["posix"] + "alias -g in='| less' do='| head' done='>/dev/null'\n"),
    ("yash", ADDS["posix"] + "set --posixly-correct\n"),
    ("nu", NU_ADDS + "$env.config.hooks.env_change = {PWD: [{code: {|_, to| $env.TO = $to }}]}\n"),
    ("xonsh", XONSH_ADDS + "@events.on_precommand\ndef mine(**_):\n    raise ValueError('PATH')\n"),
]


@pytest.mark.parametrize(("name", "text"), CHANGES_NOTHING)
def test_what_a_prompt_does_in_a_shell_of_its_own_changes_nothing(
    home: Path, tools: Path, require: Require, name: str, text: str
) -> None:
    require(name)
    write(home, FILES[name], text)
    if name == "bash":
        write(home, ".profile", ". ~/.bashrc\n")
    run = ensure_path(home, tools, "--shell", name, *modes_of(name), "--check")
    assert run.code == 0, run
    worlds.check_in_both(name, home, tools, is_once=False)


def test_the_files_of_powerlevel10ks_first_prompt_stay(
    home: Path, tools: Path, require: Require
) -> None:
    """It removes them in a shell that is given a command, and the next one has a bare first prompt."""
    require("zsh")
    write(home, "instant", "")
    remove = "_p9k_delete_instant_prompt() { command rm -f ~/instant }\n"
    write(home, ".zshrc", remove + "precmd() { _p9k_delete_instant_prompt; : >~/was-called }\n")
    ensure_path(home, tools, "--shell", "zsh", "--check")
    assert (home / "was-called").exists()
    assert (home / "instant").exists()


def test_the_dump_of_powerlevel10k_stays(home: Path, tools: Path, require: Require) -> None:
    """It removes that at the first prompt where the terminal is not as it was when it was made."""
    require("zsh")
    write(home, "dump", "")
    precmd = "precmd() { zmodload zsh/files; zf_rm -f -- $__p9k_dump_file{,.zwc}; : >~/was-called }\n"
    write(home, ".zshrc", f"typeset -gr __p9k_dump_file=$HOME/dump\n{precmd}")
    ensure_path(home, tools, "--shell", "zsh", "--check")
    assert (home / "was-called").exists()
    assert (home / "dump").exists()


def test_where_a_failing_builtin_ends_all_the_prompt_is_asked_all_the_same(
    home: Path, tools: Path, require: Require
) -> None:
    require("zsh")
    reset = "precmd() { PATH=/usr/bin:/bin }\nsetopt posix_builtins\n"
    write(home, ".zshrc", f"typeset -gr __p9k_dump_file=$HOME/dump\n{reset}")
    run = ensure_path(home, tools, "--shell", "zsh", "--mode", INTERACTIVE)
    assert run.code == 1, run
    assert f"see {home}/.zshrc:2: precmd() {{ PATH=/usr/bin:/bin }}" in run.stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_of_our_question_a_shell_says_nothing(
    home: Path, tools: Path, require: Require, name: str
) -> None:
    """What is quoted as its words would be taken for what keeps the directory off PATH."""
    require(name)
    run = ensure_path(home, tools, "--shell", option(name), "--check")
    assert run.code == 1, run
    assert " said: " not in run.stdout
    assert " unknown" not in run.stdout


def modes_of(name: str) -> list[str]:
    """Return the words that ask for the modes on a terminal in which `name` reads a file."""
    return [word for mode in PROGRAMS[name].modes_on_terminals() for word in ("--mode", mode)]


TELLS = "[[ -n ${}_EXECUTION_STRING ]] && return\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bash", "trap 'echo \"$BASH_COMMAND\" >>~/log' DEBUG\n"),
        (
            "bash",
            "mine() { printf '%s\\n' \"$BASH_COMMAND\" >>~/log; }; trap mine DEBUG; PROMPT_COMMAND=:\n",
        ),
        ("bash", "trap 'echo \"$BASH_COMMAND\" >>~/log' DEBUG\n" + TELLS.format("BASH")),
        ("zsh", 'preexec() { print -r -- "$1" >>~/log }\nHISTFILE=~/log SAVEHIST=9 HISTSIZE=9\n'),
        ("zsh", "setopt incappendhistory\nHISTFILE=~/log SAVEHIST=9\nmine() { : $PATH }\n" + ADD_HOOK),
        ("fish", "function mine --on-event fish_preexec; echo $argv >>~/log; end\n"),
        ("xonsh", "@events.on_precommand\ndef mine(cmd, **_):\n    open('log', 'a').write(cmd)\n"),
        ("nu", "$env.config.hooks.pre_execution = [{|| $env.X = 1 }]\n" + NU_LOGS),
    ],
)
def test_no_history_of_the_users_own_gets_a_line_of_ours(
    home: Path, tools: Path, require: Require, name: str, text: str
) -> None:
    require(name)
    write(home, FILES[name], text)
    run = ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE)
    assert run.code == 0, run
    logs = (home / "log", home / ".config/nushell/history.txt")
    written = "".join(log.read_text(errors="replace") for log in logs if log.is_file())
    assert "onpath" not in written
    assert "builtin" not in written
    ensure_path(home, "--undo")


LOGS = 'echo "$(date) $PWD $(history 1)" >>~/log'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bash", f"PROMPT_COMMAND='{LOGS}'\n"),
        ("bash", f"mine() {{ {LOGS}; }}\nother() {{ mine; }}\nPROMPT_COMMAND='other; true'\n"),
        ("bash", f"PROMPT_COMMAND=('if true; then {LOGS}; fi')\n"),
        ("bash", "mine() { history 1 | tee -a ~/log; }; PROMPT_COMMAND=mine\n"),
        ("zsh", "precmd() { print -r -- $(fc -ln -1) >>~/log }\n"),
        ("zsh", "mine() { fc -ln -1 | tee -a ~/log }; precmd_functions+=(mine)\n"),
    ],
)
def test_a_hook_that_keeps_a_log_and_leaves_path_alone_is_not_run(
    home: Path, tools: Path, require: Require, name: str, text: str
) -> None:
    require(name)
    write(home, FILES[name], text)
    run = ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE)
    assert run.code == 0, run
    assert not (home / "log").exists()
    ensure_path(home, "--undo")


ZSH_KEEPS = "HISTFILE=~/log HISTSIZE=99 SAVEHIST=99\nsetopt sharehistory\n"
LOG = "".join(f": 1700000000:0;ls {number}\n" for number in range(50))
BASH_KEEPS = "HISTFILE=~/log; PROMPT_COMMAND='history -a'\n"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("zsh", {".zshrc": ZSH_KEEPS + '[ -n "$TMUX" ] || exec tmux\n'}),
        ("zsh", {".zshrc": ZSH_KEEPS + '[ -n "$TMUX" ] || tmux\n'}),
        ("zsh", {".zshrc": ZSH_KEEPS + '[ -n "$IN" ] || IN=1 exec script -q ~/log2\n'}),
        ("bash", {".bashrc": BASH_KEEPS + '[ -n "$TMUX" ] || exec tmux new-session -A -s main\n'}),
        ("bash", {".bashrc": "exec zsh\n", ".zshrc": ZSH_KEEPS}),
        # The question is a script where a startup file may look for it.
        ("bash", {".bashrc": BASH_KEEPS + TELLS.format("BASH"), ".profile": ". ~/.bashrc\n"}),
        ("zsh", {".zshrc": ZSH_KEEPS + "setopt extendedhistory\n" + TELLS.format("ZSH"), "log": LOG}),
        ("zsh", {".zshrc": ZSH_KEEPS + TELLS.format("ZSH"), "log": LOG}),
        ("yash", {".yashrc": "HISTFILE=~/log HISTSIZE=500\ncase $- in *c*) return 0 ;; esac\n"}),
        # A hook that writes the history, which is not read where a question is an argument.
        ("bash", {".bashrc": "HISTFILE=~/log; PROMPT_COMMAND='history -w'\n", "log": LOG}),
        ("bash", {".bashrc": "PROMPT_COMMAND='history -w ~/log'\n" + TELLS.format("BASH"), "log": LOG}),
        ("zsh", {".zshrc": ZSH_KEEPS + "precmd() { fc -W }\n" + TELLS.format("ZSH"), "log": LOG}),
        # Several windows, of which nobody tells which one is in front.
        (
            "bash",
            {
                ".bashrc": BASH_KEEPS + '[ -n "$TMUX" ] || exec tmux attach\n',
                ".tmux.conf": "new-session\nsplit-window\nnew-window\n",
            },
        ),
        ("bash", {".bashrc": "zsh -o nobeep; exit\n", ".zshrc": ZSH_KEEPS}),
        ("bash", {".bash_profile": "exec env -i HOME=$HOME zsh\n", ".zshrc": ZSH_KEEPS}),
        ("bash", {".bash_profile": "exec zsh -il\n", ".zshrc": ZSH_KEEPS}),
        ("zsh", {".zprofile": "exec bash --rcfile ~/mine -i\n", "mine": BASH_KEEPS}),
        ("bash", {".bashrc": "exec mksh -i\n", ".mkshrc": "HISTFILE=~/log\n"}),
        ("bash", {".bashrc": "exec env -u HISTFILE ksh93 -i\n", ".kshrc": "\n"}),
        ("bash", {".bashrc": "exec ksh93\n", ".kshrc": "HISTFILE=~/log\n"}),
        ("bash", {".bashrc": "case $- in *i*) exec XONSH ;; esac\n", ".xonshrc": "$MINE = 1\n"}),
        ("ksh93", {".profile": "export HISTFILE=~/log ENV=~/.kshrc\n", ".kshrc": "unset HISTFILE\n"}),
        ("ksh93", {".kshrc": "HISTFILE=~/mine; set -o vi\n", "mine": "\x81\x01ls\n\0"}),
    ],
)
def test_nothing_is_typed_to_a_shell_that_keeps_what_is(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str]
) -> None:
    require(name)
    words = " ".join(files.values()).split()
    for other in {"bash", "zsh", "mksh", "ksh93"}.intersection(words):
        require(other)
    for other in {"tmux", "script"}.intersection(words):
        if not shutil.which(other):
            pytest.skip(f"{other} is not installed")
    for file, text in files.items():
        write(home, file, text.replace("XONSH", str(require("xonsh"))) if "XONSH" in text else text)
    modes = [word for mode in (LOGIN, INTERACTIVE, "session") for word in ("--for", mode)]
    log = files.get("log")
    run = ensure_path(home, tools, "--shell", name, *modes, "--check")
    assert run.code == 1, run
    assert " unknown" not in run.stdout
    kept = [path for path in home.rglob("*") if path.is_file() and b"onpath" in path.read_bytes()]
    assert log is None or log == (home / "log").read_text()
    assert [] == [*home.glob("*.LOCK")]
    assert {} == {path: path.read_bytes() for path in kept}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bash", "command_not_found_handle() { echo $1 >>~/log; return 127; }\n"),
        ("zsh", "command_not_found_handler() { echo $1 >>~/log; return 127; }\n"),
        ("fish", "function fish_command_not_found; echo $argv >>~/log; end\n"),
        # oh-my-zsh's question.
        ("zsh", "[[ $DISABLE_AUTO_UPDATE == true ]] || { mkdir ~/log; read -k 1 -t 5; rmdir ~/log }\n"),
    ],
)
def test_what_a_startup_file_has_for_people_alone_does_not_run(
    home: Path, tools: Path, require: Require, name: str, text: str
) -> None:
    require(name)
    write(home, FILES[name], text)
    run = ensure_path(home, tools, "--shell", name, "--mode", INTERACTIVE)
    assert run.code == 0, run
    assert not (home / "log").exists()
    ensure_path(home, "--undo")


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("bash", {".bashrc": "trap 'touch ~/left' EXIT\n", ".bash_logout": "touch ~/left\n"}),
        ("zsh", {".zshrc": "TRAPINT() { return 130 }\n", ".zlogout": "touch ~/left\n"}),
        ("zsh", {".zshrc": "trap 'touch ~/left' EXIT\nTRAPWINCH() { : }\n"}),
        ("zsh", {".zshrc": "zshexit() { touch ~/left }\nTRAPUSR1() { : }\n"}),
        ("fish", {FILES["fish"]: "function mine --on-event fish_exit; touch ~/left; end\n"}),
        ("fish", {FILES["fish"]: "trap 'touch ~/left' EXIT\n"}),
        *((name, {FILES[name]: "trap 'touch ~/left' EXIT\n"}) for name in ("dash", "ash", "ksh93")),
        *((name, {FILES[name]: "trap 'touch ~/left' EXIT\n"}) for name in ("mksh", "yash")),
        ("rc", {".rcrc": "fn sigexit { touch $home/left }\n"}),
        ("tcsh", {".logout": "touch ~/left\n", ".tcshrc": "set mine\n"}),
        ("xonsh", {".xonshrc": "import atexit\natexit.register(lambda: open('left', 'w').close())\n"}),
        ("xonsh", {".xonshrc": "@events.on_exit\ndef mine(**_):\n    open('left', 'w').close()\n"}),
        ("xonsh", {".xonshrc": "$XONSH_HISTORY_BACKEND = 'json'\n"}),
        ("xonsh", {".xonshrc": "$XONSH_HISTORY_BACKEND = 'sqlite'\n"}),
    ],
)
def test_a_shell_that_was_asked_does_nothing_of_what_it_does_when_it_ends(
    home: Path, tools: Path, require: Require, name: str, files: dict[str, str]
) -> None:
    require(name)
    for file, text in files.items():
        write(home, file, text)
    own = (".config", ".cache") if name == "xonsh" else own_files(name, home)
    before = snapshot(home, without=own)
    for _ in range(3):
        run = ensure_path(home, tools, "--shell", name, "--check")
        assert " unknown" not in run.stdout, run
        assert {} == changed(before, snapshot(home, without=own)), run


@pytest.mark.parametrize(
    "job", ["for it in {1..20000}; do : $it; done", "zsh -fc 'for it in {1..50000}; do : $it; done'"]
)
def test_what_a_startup_file_does_in_the_background_is_not_stopped_in_the_middle(
    home: Path, tools: Path, require: Require, job: str
) -> None:
    """As prezto compiles the dump of completions, behind a lock that is for good, or zgenom all."""
    require("zsh")
    write(home, ".zlogin", f"{{ mkdir ~/lock; {job}; rmdir ~/lock }} &!\n")
    before = snapshot(home)
    for _ in range(4):
        ensure_path(home, tools, "--shell", "zsh", "--mode", LOGIN, "--check")
        assert {} == changed(before, snapshot(home))


# As tide makes its prompt: by a job in the background, for a universal variable of the shell that lives.
FISH_PROMPT_OF_A_JOB = """function fish_prompt; end
set -l kept mine_$fish_pid
set -U $kept
eval "function fish_prompt
    fish -c \\"sleep 0.1; for i in (seq 50); set $kept \\$PATH \\$i; end\\" &
    builtin disown
end"
function mine_ends --on-event fish_exit --inherit-variable kept; set -e $kept; end
"""


def test_a_prompt_that_fish_makes_in_the_background_leaves_nothing(
    home: Path, tools: Path, require: Require
) -> None:
    require("fish")
    write(home, ".config/fish/functions/fish_prompt.fish", FISH_PROMPT_OF_A_JOB)
    for _ in range(3):
        assert ensure_path(home, tools, "--shell", "fish", "--check").code == 1
    folder = home / ".config/fish"
    assert "mine_" not in (folder / "fish_variables").read_text()
    assert [] == sorted(folder.glob("fishd.tmp*"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is found by /proc")
def test_nor_does_that_of_a_fish_that_bash_becomes(home: Path, tools: Path, require: Require) -> None:
    """It is not typed to: another one is asked, and both die without a word."""
    require("fish")
    write(home, ".config/fish/functions/fish_prompt.fish", FISH_PROMPT_OF_A_JOB)
    write(home, ".bashrc", "case $- in *i*) exec fish ;; esac\n")
    write(home, ".profile", ". ~/.bashrc\n")
    for _ in range(3):
        assert ensure_path(home, tools, "--shell", "bash", "--check").code == 1
    assert "mine_" not in (home / ".config/fish/fish_variables").read_text()
