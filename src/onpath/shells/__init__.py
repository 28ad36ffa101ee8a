"""The table: one row a shell, for all systems. It is data and has no effect; what it says was measured.

A file is named by a template: `{home}`, `{config}`, `{data}` and the like (the XDG folders), a variable
of the session such as `{ENV}`, or a folder that the shell itself tells (`folder_queries`).
"""

from __future__ import annotations

from onpath.model import (
    COMMAND,
    DESKTOP,
    EDITOR,
    INTERACTIVE,
    LOGIN,
    MET,
    QUESTION,
    SESSION,
    SHELL_MODES,
    SSH,
    TERMINAL_MODES,
    Ask,
)
from onpath.values import TYPE_CHECKING, dataclass, replace

from . import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Startup:
    """One startup file that can carry the snippet.

    `candidates` are in the order in which the shell looks for them, and it reads only the first that
    exists. We edit that one; when none exists we create the last, which shadows no other. It counts
    only where all its variables are set, the shell's version is one of `versions`, what it `needs` is
    there, and a file before it names it, if it `is_named`: no shell looks for it by itself.
    """

    def __init__(
        self,
        *candidates: str,
        versions: str = "",
        snippet: str = "",
        preamble: str = "",
        needs: str = "",
        has_lines: bool = False,
        is_named: bool = False,
        is_barrier: bool = False,
    ) -> None:
        self.candidates = candidates
        self.versions = versions  # `>=` or `<` and a version; empty: every version
        self.needs = needs  # a template: a folder or a file without which nothing would read it
        self.has_lines = has_lines  # it holds directories, each on a line, and nothing else
        self.is_named = is_named
        # Of candidates one that is there and cannot be read keeps the shell from those after it.
        self.is_barrier = is_barrier
        self.snippet = snippet  # in place of the row's own
        self.preamble = preamble  # a line that a file which we create needs too


@dataclass(frozen=True)
class FolderQuery:
    """A folder or a file whose place only the shell knows."""

    name: str  # in templates
    expression: str  # by which the shell prints it
    default: str = ""  # a template, where the shell was not asked or printed nothing


@dataclass(frozen=True)
class WindowsAsk:
    """How a shell is found and asked on Windows, where PATH comes from the registry."""

    program_paths: tuple[str, ...]  # with `%NAME%`, or a name on PATH
    arguments: str  # its command line, with {text}
    shared_arguments: str  # the same without what is one user's own; with {text} and {autorun}
    report: str  # a command that runs the report, with {name}
    command_separator: str
    snippet: str  # in shells/, for the line for this session
    # What marks with a file {name}.told that one of the user's files may tell a question from a prompt.
    tells: str = ""
    pairs_quotes: bool = False  # it pairs the quotes in PATH; otherwise it skips entries that have some
    longest_path: int = 0  # with more characters it finds no program at all; 0: there is no such limit


@dataclass(frozen=True)
class Shell:
    """What a shell is: its programs, its language, what it reads, and how to ask it."""

    name: str
    programs: tuple[str, ...]  # file names of its executable, the most telling first
    snippet: str  # in shells/
    quote: Callable[[str, str], str]
    startup: Mapping[str, tuple[Startup, ...]]  # mode -> alternatives, the first that counts; or AS
    asks: Mapping[str, Ask]  # mode -> how it is asked on Unix; or as another mode, by AS
    assigns: tuple[str, ...]  # regular expressions: a statement by which PATH gets a new value, or none
    others: tuple[tuple[str, Startup], ...] = ()  # (mode, a further file), in the order of trying
    # mode -> files that it reads for every user, in the order of trying; or as another mode, by AS.
    system: Mapping[str, tuple[Startup, ...]] | None = None
    evidence: tuple[str, ...] = ()  # files that show that somebody uses the shell
    folder_queries: tuple[FolderQuery, ...] = ()
    steered_by: tuple[str, ...] = ()  # variables that decide what it reads
    environ: tuple[tuple[str, str], ...] = ()  # variables that keep a probe out of the user's history
    # Whether it throws away the history that HISTFILE names, if that is in another shell's form.
    wipes_history: bool = False
    # mode -> files in the order in which it reads them, or as another mode, by AS: those after ours may
    # set PATH again.
    reads: Mapping[str, tuple[str, ...]] | None = None
    makes: tuple[str, ...] = ()  # folders that it makes at its first start, and not beside another one
    # What it has done in the background at its first start, for up to a minute: the end of the script's
    # name, which reads no terminal, and the folders that are filled if they are missing.
    helper: str = ""
    fills: tuple[str, ...] = ()
    prompt_hooks: str = ""  # runs what the shell runs before its first prompt; a question follows
    # The same where a startup file may have a hook keep a log: one that cannot change PATH is left out.
    careful_hooks: str = ""
    # The question in its own words: it reports which PATH its children get without starting a program,
    # or runs {report} where it cannot be sure, and ends at once. Also with {out}, {proof}, and
    # {exports}, which tells what else they get.
    own_question: str = ""
    # What is asked in place of that where a startup file has a trap run before each command: it runs for
    # none of {hooks} and {question}, but once, if it could change PATH.
    trapped_question: str = ""
    # What {name} means to it in place of a program: one of MEANINGS and, as far as it can tell, the
    # definition, written to {file}; a question follows.
    meaning: str = ""
    # With which a script whose lines begin with a blank gets into no history, where one would.
    script_options: tuple[str, ...] = ()
    reads_whole: bool = False  # an error in a startup file keeps all of it from being run
    edits_lines: bool = True  # by itself, where it is not told to: so its prompt takes no whole lines
    takes_enter: bool = True  # as a key, and not as the end of a line: by that its prompt is known
    asks_place: bool = False  # its line editor asks the terminal first where the cursor is
    compiled: str = ""  # suffix of a compiled startup file, which runs in place of one that is not newer
    # Of a text in its language: the offset of the first line that may be another's, where not every line
    # may be the first.
    find_top: Callable[[str], int] | None = None
    windows: WindowsAsk | None = None
    unserved: tuple[tuple[str, str], ...] = ()  # mode -> the cure where it reads no file, with {name}


def _modes(*startups: Startup, modes: tuple[str, ...] = SHELL_MODES) -> dict[str, tuple[Startup, ...]]:
    return dict.fromkeys(modes, startups)


def _others(*startups: Startup, modes: tuple[str, ...] = SHELL_MODES) -> tuple[tuple[str, Startup], ...]:
    return tuple((mode, startup) for mode in modes for startup in startups)


STDIN = "-s"  # it reads its commands from there; beside `-c`, which is run first, it only sets `$-`


def _dash_c(name: str) -> dict[str, Ask]:
    """Return the asks for the shells that take `-l`, `-i` and `-c` together."""
    return {
        LOGIN: Ask((name, "-l", "-i", "-c", QUESTION)),
        INTERACTIVE: Ask((name, "-i", "-c", QUESTION)),
        SESSION: Ask((name, "-l", "-c", QUESTION)),
        COMMAND: Ask((name, "-c", QUESTION)),
    }


def _as_started(name: str, *more: str) -> dict[str, Ask]:
    """Return these asks for a shell whose files can see in `$0` and `$-` how it was started.

    ssh, a console and most terminals tell a login by a `-` before the name; editors give the option.
    `more` is what makes `$-` as it is at a prompt.
    """
    asks = _dash_c(name)
    return {
        **asks,
        LOGIN: Ask((f"-{name}", "-i", *more, "-c", QUESTION)),
        INTERACTIVE: Ask((name, "-i", *more, "-c", QUESTION)),
        EDITOR: asks[LOGIN],
    }


# A mode of which a row says nothing is as another one.
AS = {SSH: COMMAND, EDITOR: LOGIN, DESKTOP: SESSION}
# What sshd sets. bash reads .bashrc by it, or since its input is a socket: that depends on how it was
# built, and on being the first shell (run_startup_files in shell.c).
BY_SSHD = (("SSH_CLIENT", "192.0.2.1 50000 22"), ("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22"))


# What editors set where they ask a shell for the environment, so that startup files can spare them: VS
# Code, and those of JetBrains.
BY_EDITORS = (("VSCODE_RESOLVING_ENVIRONMENT", "1"), ("INTELLIJ_ENVIRONMENT_READER", "true"))


def startups_of(row: Shell, mode: str) -> tuple[Startup, ...]:
    """Return the alternatives by which `mode` is served, the first that counts."""
    return row.startup.get(mode, row.startup.get(AS.get(mode, mode), ()))


def system_files_of(row: Shell, mode: str) -> tuple[Startup, ...]:
    """Return the files of every user's by which `mode` can be served, in the order of trying."""
    files = row.system or {}
    return files.get(mode, files.get(AS.get(mode, mode), ()))


def others_of(row: Shell, mode: str) -> tuple[Startup, ...]:
    """Return the further files by which `mode` can be served, in the order of trying."""
    mode = mode if mode in row.startup else AS.get(mode, mode)
    return tuple(startup for other, startup in row.others if other == mode)


def reads_of(row: Shell, mode: str) -> tuple[str, ...]:
    """Return the files that are read for `mode`, in that order, where the row has it."""
    reads = row.reads or {}
    return reads.get(mode, reads.get(AS.get(mode, mode), ()))


def all_reads(row: Shell) -> tuple[str, ...]:
    """Return those of all modes."""
    return tuple(dict.fromkeys(file for files in (row.reads or {}).values() for file in files))


def ask_of(row: Shell, mode: str) -> Ask:
    """Return how `mode` is asked on Unix."""
    ask = row.asks.get(mode) or row.asks[AS[mode]]
    if mode == EDITOR:
        return replace(ask, environ=(*ask.environ, *BY_EDITORS))
    if mode != SSH:
        return ask
    return replace(ask, has_socket=True, environ=(*ask.environ, ("SHLVL", "0"), *BY_SSHD))


# What a name may mean to a shell that would else look for a program.
ALIAS, FUNCTION, ABBREVIATION, BUILTIN = "alias", "function", "abbreviation", "builtin"
EITHER = "function or builtin"  # where a shell cannot tell one from the other
MEANINGS = (ALIAS, FUNCTION, ABBREVIATION, BUILTIN, EITHER)
SH_MEANING = (
    "{{ if \\alias '{name}' >/dev/null 2>&1; then \\echo alias; \\alias '{name}'; else "
    "case $(\\command -v '{name}' 2>/dev/null) in '{name}') \\echo 'function or builtin' ;; "
    "esac; fi; }} >{file}; "
)
# Of those that can print a function.
KSH_MEANING = SH_MEANING.replace(
    "\\echo 'function or builtin'",
    "if \\typeset -f '{name}' >/dev/null 2>&1; then \\echo function; \\typeset -f '{name}'; "
    "else \\echo builtin; fi",
)
YASH_MEANING = KSH_MEANING.replace("typeset -f", "typeset -fp")
CSH_MEANING = "alias {name} >{file}; "
FISH_MEANING = (
    "if abbr --query '{name}' 2>/dev/null; begin; echo abbreviation; "
    "abbr --show 2>/dev/null | string match -- '* {name} *'; end >{file}; "
    "else if functions --query '{name}'; begin; echo function; functions '{name}'; end >{file}; "
    "else if builtin --names | string match -q -- '{name}'; echo builtin >{file}; end; "
)
NUSHELL_MEANING = (
    "which '{name}' | where type != external | each {{|it| $it.type | str replace custom function "
    "| str replace built-in builtin | str replace keyword builtin "
    "| append (try {{ view source '{name}' }} catch {{ '' }}) }} "
    "| flatten | str join (char newline) | save --force '{file}'; "
)
POWERSHELL_MEANING = (
    "Get-Command '{name}' -ErrorAction Ignore | Where-Object CommandType -NotIn Application, "
    "ExternalScript | ForEach-Object {{ if ('Alias' -eq $_.CommandType) {{ 'alias' }} "
    "elseif ('Cmdlet' -eq $_.CommandType) {{ 'builtin' }} else {{ 'function' }}; $_.Definition }} "
    "| Set-Content -LiteralPath '{file}'; "
)
# It shows no function, nor does `elvish -c` know `$edit:command-abbr`.
ELVISH_MEANING = (
    "if (not-eq (resolve '{name}') '(external {name})') {{ echo 'function or builtin' >'{file}' }}; "
)
RC_MEANING = (
    "if (~ `{{whatis '{name}' >[2]/dev/null}} fn) {{ echo function; whatis '{name}' }} >{file}; "
)
XONSH_MEANING = (
    # As it is kept: to get one may run it.
    "_onpath = aliases._raw.get('{name}')\n"
    "_onpath = _onpath and open('{file}', 'w').write('alias\\n' + "
    "(str(_onpath) if isinstance(_onpath, (str, list)) else ''))\n"
)


def _top_of_powershell(text: str) -> int:
    from . import powershell  # noqa: PLC0415  (only a run that edits its profile)

    return powershell.offset_after_first(text)


POWERSHELL_HOOKS = "try { $null = prompt } catch { }; "


def _windows_powershell(*program_paths: str) -> WindowsAsk:
    all_users = "$PROFILE.AllUsersAllHosts, $PROFILE.AllUsersCurrentHost"
    return WindowsAsk(
        program_paths,
        # No -NonInteractive, by which many a profile leaves: there is no input to wait for.
        arguments='-NoLogo -Command "{text}"',
        shared_arguments='-NoLogo -NonInteractive -NoProfile -Command "'
        f"foreach ($file in {all_users}) "
        '{{ if ($file -and (Test-Path -LiteralPath $file)) {{ . $file }} }}; {text}"',
        report=POWERSHELL_HOOKS.replace("{", "{{").replace("}", "}}") + "& $env:ONPATH_REPORT {name}",
        tells=f"foreach ($file in {all_users}, "
        "$PROFILE.CurrentUserAllHosts, $PROFILE.CurrentUserCurrentHost) {{ "
        "if ($file -and (Test-Path -LiteralPath $file) -and "
        "(Select-String -LiteralPath $file -Pattern CommandLine -SimpleMatch -Quiet)) "
        "{{ '' > $env:ONPATH_PROBE\\{name}.told }} }}; ",
        command_separator="; ",
        snippet="windows.ps1",
    )


# Of Windows' command processor (Microsoft, "Command prompt line string limitation"): its variables too.
LONGEST_LINE = 8191

# What a shell runs between its startup files and the first command that somebody types, in that order,
# by the names that it has there; a question follows. What may write a history (`preexec` of atuin) is
# run only where its text shows that it could change PATH, and with an empty line. A prompt is filled in
# only where its text could: most of it runs in a subshell, and changes nothing. A line of its own keeps
# the user's aliases out of the words of the question, and in the texts that are run by it.
PRIVATE_HISTORY = "ONPATH_HISTORY"  # stands for a file of the probe's own
BASH_PROMPT_COMMANDS = 'for _onpath in "${PROMPT_COMMAND[@]-}"; do eval "$_onpath" || :; done; '
# With the functions that it names, and those that these name, a command shows what it does.
BASH_CAREFUL_COMMANDS = (
    "_onpath_all() { local IFS=' ' word; \\builtin printf '%s\\n' \"$1\"; "
    '(( $2 )) && for word in ${1//[!A-Za-z0-9_:.-]/ }; do \\builtin declare -F -- "$word" >/dev/null && '
    '_onpath_all "$(\\builtin declare -f -- "$word")" $(( $2 - 1 )); done; }; '
    'for _onpath in "${PROMPT_COMMAND[@]-}"; do case "$(_onpath_all "$_onpath" 3)" in '
    """*PATH*|*source*|*eval*|*". "*) ;; *'>>'*|*logger*|*'tee -a'*) continue ;; esac; """
    'eval "$_onpath" || :; done; '
)
BASH_HOOKS = (
    # Of a script, which the question may be, an interactive bash takes each line into its history.
    "\\builtin set +o history; \\builtin history -c 2>/dev/null; "
    # A hook that writes the history would write none of it: it has not been read.
    f"\\builtin printf -v HISTFILE %s {PRIVATE_HISTORY} 2>/dev/null; "
    "\\builtin shopt -u expand_aliases\n\\builtin shopt -s expand_aliases; "
    'function history { case ${1-} in -*[acnrw]*) ;; *) \\builtin history "$@" ;; esac; }; '
    f"{BASH_PROMPT_COMMANDS}"
    # What the user has for a name that is not found looks for packages; the proof may not be found yet.
    "command_not_found_handle() { return 127; }; "
    # `@P` is of 4.4, `${ command; }` of 5.3. The trap DEBUG runs by itself.
    "case ${PS1-}${PS0-} in *PATH*|*'${ '*|*'${|'*|*'(('*|*'@P'*) "
    """(( BASH_VERSINFO[0] * 10 + BASH_VERSINFO[1] < 44 )) || eval ': "${PS1@P}${PS0@P}"' ;; esac; """
    # bash-preexec runs these by that trap too, but only once there is a history.
    "if [[ ${bash_preexec_imported-}${__bp_imported-} ]]; then "
    'for _onpath in preexec "${preexec_functions[@]-}"; do '
    'case "$(\\builtin declare -f -- "$_onpath")" in *PATH*|*source*|*eval*|*". "*) "$_onpath" "" ;; '
    "esac; done; fi; "
    # ble.sh runs these by its own line editor, and what waits for a moment in which nothing is typed.
    "if [[ ${BLE_VERSION-} ]]; then "
    'for _onpath in "${_ble_hook_h_ATTACH[@]}" "${_ble_hook_h_PRECMD[@]}" '
    """"${_ble_util_idle_task[@]#*$'\\034'}" "${_ble_hook_h_PREEXEC[@]}"; do """
    'case "$_onpath $(\\builtin declare -f -- "${_onpath%% *}")" in ble/*|ble-*) ;; '
    '*PATH*|*source*|*eval*|*". "*) eval "$_onpath" ;; esac; done; '
    # As it does when it ends, which it does not here: else its files of this shell would stay in /tmp.
    "\\builtin declare -F ble/base/clean-up-runtime-directory >/dev/null && "
    "ble/base/clean-up-runtime-directory finalize >/dev/null 2>&1; fi; "
)
# With no other attribute than "exported" (and "read-only") it is for children what it is for bash. What
# is written is looked at, since a startup file may have a `builtin` of its own. In the end it kills
# itself: on its way out, and by `exec`, it would write the history that a startup file has begun.
BASH_QUESTION = (
    "(( BASH_VERSINFO[0] * 10 + BASH_VERSINFO[1] >= 44 )) && case ${{PATH+${{PATH@a}}}} in x|rx|xr) "
    '{exports}\\builtin printf \'%s\\0\' "$PATH" {out} "$$" end >{out} && [[ -s {out} ]] ;; '
    '*) false ;; esac || {report}; {proof}\\builtin kill -KILL "$$"'
)
# A subshell has no trap of its own, and knows that of its parent. Whoever logs each command by it would
# find these among his own. A line of its own, as above, would be another command.
BASH_TRAPPED_QUESTION = (
    '( {hooks}_onpath=$(\\builtin trap -p DEBUG); eval "_onpath=(${{_onpath#*trap -- }})"; '
    'case "$_onpath $(\\builtin declare -f -- "${{_onpath%% *}}" 2>/dev/null)" in '
    '*PATH*|*source*|*eval*|*". "*) '
    # Apart, since an error in it (PATH is read-only) would end this.
    """_onpath=$(eval "$_onpath" >/dev/null 2>&1; \\builtin printf 'x%s' "${{PATH-}}"); """
    '[[ $_onpath == x* && $_onpath != "x${{PATH-}}" ]] && PATH=${{_onpath#x}} ;; esac; {question} )'
)
UNALIASED = "\\unalias -a 2>/dev/null || \\true\n"
POSIX_HOOKS = (
    f"{UNALIASED}"
    "case ${PS1-} in *PATH*|*'${ '*|*'${|'*|*'(('*) "
    """eval ": <<_onpath\n$PS1\n_onpath\n" ;; esac; """
)
# Where yash is to be no more than POSIX's sh, it runs no such command, and knows no such word.
YASH_HOOKS = POSIX_HOOKS + (
    # Its own prompts, which count where they are set.
    "case ${YASH_PS1-}${YASH_PS1R-} in *PATH*|*'(('*) "
    """eval ": <<_onpath\n${YASH_PS1-}\n${YASH_PS1R-}\n_onpath\n" ;; esac; """
    "[ -o posixlycorrect ] || "
    """eval 'for _onpath in "${PROMPT_COMMAND[@]-}"; do eval "$_onpath" || :; done'; """
)
_ZSH_HOOKS = (
    "\\builtin setopt aliases; "
    # A hook that writes the history would write none of it, or with other times.
    f"[[ ${{(t)HISTFILE}} == *readonly* ]] || HISTFILE={PRIVATE_HISTORY}; "
    # Says whether a function, or one that it names, could change PATH.
    "_onpath_can() { emulate -L zsh; local text=${functions[$1]-} word; "
    "[[ $text == *autoload\\ -X* ]] && autoload +X $1 2>/dev/null && text=${functions[$1]-}; "
    "for word in PATH path eval source $'\\t. ' '& . '; do [[ $text == *$word* ]] && return; done; "
    # What is called by the name that a variable holds may be anything.
    "[[ $text == *$'\\t'(|\\\")\\$* ]] && return; "
    "(( $2 )) && for word in ${(zu)text}; do "
    "(( ${+functions[$word]} )) && _onpath_can $word $(( $2 - 1 )) && return; done; return 1; }; "
    # powerlevel10k throws the files of its first prompt away in a shell that is given a command.
    "(( ${+functions[_p9k_delete_instant_prompt]} )) && functions[_p9k_delete_instant_prompt]=:; "
    # And its dump where the terminal has another name than the one before.
    # Where a failing builtin would end all of this, it may not be tried.
    "(( ${+__p9k_dump_file} )) && [[ ! -o posixbuiltins ]] && \\builtin typeset -g +r __p9k_dump_file "
    f"&& __p9k_dump_file={PRIVATE_HISTORY}.p9k; "
    '_onpath_list=(precmd "${precmd_functions[@]-}"); '
    '[[ ${PERIOD:-0} == 0 ]] || _onpath_list+=(periodic "${periodic_functions[@]-}"); '
    # One that keeps a log, and cannot change PATH, would log what nobody has entered.
    'for _onpath in "${_onpath_list[@]}"; do (( ${+functions[$_onpath]} )) || continue; '
    "[[ ${functions[$_onpath]} == *('>>'|logger|'tee -a')* ]] && ! _onpath_can $_onpath 3 && continue; "
    '"$_onpath"; done; '
    "if [[ -o promptsubst && ${(L)PS1-}${(L)RPS1-}${(L)RPROMPT-} == *path* ]]; then "
    ': "${(%%)PS1-}${(%%)RPS1-}${(%%)RPROMPT-}"; fi; '
    # Widgets run in a line editor of our own, since they talk to it. Its CONTEXT, which may not be set,
    # is not that of a prompt, so functions that look at it are led to another variable.
    "_onpath_start() { emulate -L zsh; setopt extendedglob noaliases; local it match mbegin mend; "
    "typeset -g _onpath_context=start; for it in ${(k)functions[(R)*CONTEXT*]}; do "
    "functions[$it]=${functions[$it]//(#b)([^[:IDENT:]])CONTEXT([^[:IDENT:]])/"
    "$match[1]_onpath_context$match[2]}; done; }; "
    "_onpath_list=(); if zmodload -e zsh/zle; then "
    "for _onpath in zle-line-init zle-keymap-select zle-line-pre-redraw zle-line-finish self-insert "
    "accept-line "
    # What the two keys are bound to that are typed below.
    """${${(f)"$(bindkey ' '; bindkey '^M')"}##* }; do """
    '_onpath_list+=("${widgets[$_onpath]-}"); '
    'zstyle -a $_onpath widgets _onpath_more && _onpath_list+=("${_onpath_more[@]#*:}"); done; fi; '
    'for _onpath in "${_onpath_list[@]-}"; do '
    '_onpath_can "${_onpath#user:}" 3 || _onpath_can "${${widgets[$_onpath]-}#user:}" 3 || continue; '
    # A third one ends the line where Enter does not.
    "_onpath_type() { zle -U $' \\r\\x1f'; (( ${+widgets[zle-line-init]} )) && zle zle-line-init -w; }; "
    "zle -N _onpath_type; bindkey $'\\x1f' .accept-line; _onpath_start; _onpath_line=; "
    "vared -i _onpath_type _onpath_line || :; break; done; "
    "command_not_found_handler() { return 127 }; "  # as bash's
    # What zsh runs while it waits for the first line: what is due by then, what that has planned, and
    # what waits for a file.
    "if zmodload -e zsh/sched; then _onpath_now='%D{%s}'; _onpath_list=(); repeat 3; do "
    'for _onpath in "${zsh_scheduled_events[@]-}"; do '
    '(( ${_onpath_list[(Ie)$_onpath]} )) && continue; _onpath_list+=("$_onpath"); '
    "[[ ${_onpath%%:*} -le $(( ${(%)_onpath_now} + 2 )) ]] && functions[_onpath_due]=${_onpath#*:*:} "
    "&& _onpath_can _onpath_due 3 && _onpath_due; done; done; fi; "
    # What was called may wait for something new (zsh-defer -t): for a second in all, if nothing comes.
    "_onpath_waiting() { emulate -L zsh; local it what; typeset -gA _onpath_due; _onpath_due=(); "
    'for it in "${(@f)$(zle -F -L)}"; do what=${it##* }; '
    "[[ $it == 'zle -F -w '* ]] && what=${${widgets[$what]-}#user:}; "
    '_onpath_can "$what" 3 && _onpath_due[${${it% *}##* }]=$what; done; (( $#_onpath_due )) }; '
    "if zmodload -e zsh/zle; then _onpath_turns=36; "
    "while (( (_onpath_turns -= 3) >= 0 )) && _onpath_waiting && zmodload zsh/zselect; do "
    "zselect -t 10 -r ${(k)_onpath_due} || continue; (( _onpath_turns += 2 )); "
    "for _onpath in ${(k)_onpath_due}; do "
    'zselect -t 0 -r $_onpath && "${_onpath_due[$_onpath]}" $_onpath; done; done; fi; '
    'for _onpath in zshaddhistory "${zshaddhistory_functions[@]-}" preexec "${preexec_functions[@]-}"; '
    """do _onpath_can "$_onpath" 3 && "$_onpath" '' '' ''; done; """
)
# zsh reads what it is given with `-c` as a whole, so only what is evaluated is read without aliases.
_ZSH_TEXT = _ZSH_HOOKS.replace("'", "'\\''")
ZSH_HOOKS = f"\\builtin unsetopt aliases; \\builtin eval '{_ZSH_TEXT}'; "
FISH_HOOKS = (
    "set -g _onpath_job $last_pid; "  # of a startup file
    "function fish_command_not_found; end; "  # as bash's
    # Not fish's own handler: it sets variables that stay, and fills a folder with completions.
    "functions -q __fish_on_interactive; and functions -e __fish_on_interactive; "
    "function _onpath_can; set -l text (functions $argv[1] 2>/dev/null); "
    "string match -qr 'PATH|_path|source|eval' -- $text; and return 0; "
    "test $argv[2] -gt 0; or return 1; "
    "for word in (string match -ar '[\\w-]+' -- $text); test $word != $argv[1]; "
    "and functions -q -- $word; "
    "and _onpath_can $word (math $argv[2] - 1); and return 0; end; return 1; end; "
    "for _onpath in fish_greeting fish_user_key_bindings; "
    "_onpath_can $_onpath 1; and $_onpath >/dev/null 2>&1; end; emit fish_prompt; "
    "for _onpath in fish_mode_prompt fish_prompt fish_right_prompt; "
    "functions -q $_onpath; and $_onpath >/dev/null 2>&1; end; "
    # fish sets these when it first waits for a line.
    "for _onpath in fish_title (begin; functions --handlers-type variable; "
    "functions --handlers-type generic; end 2>/dev/null "
    "| string replace -fr '^(?:fish_(?:bind_mode|greeting|handle_reflow|key_bindings|preexec)) ' ''); "
    "_onpath_can $_onpath 1; and $_onpath '' >/dev/null 2>&1; end; "
    # What Enter is bound to: `bind \\r TEXT...`, before fish 4, or `bind enter TEXT...`.
    "for _onpath in (bind --user \\r 2>/dev/null | string match -r '(?:\\\\\\\\r|enter) .*'); "
    "eval set _onpath (string replace -r '^\\S+ ' '' -- $_onpath); "
    "for _onpath in $_onpath; string match -qr 'PATH|_path' -- $_onpath; "
    "or _onpath_can (string match -r '^\\S+' -- $_onpath) 1; "
    "and eval $_onpath >/dev/null 2>&1; end; end; "
    # A prompt may be made by a job in the background, as tide's is, which must not be killed while it
    # writes the universal variables; nor may those of this process stay, nor of one that was met before
    # it, since both die without a word.
    'for _onpath in 1 2 3 4 5 6 7 8 9; test "$last_pid" != "$_onpath_job"; '
    "and command kill -0 $last_pid 2>/dev/null; and command sleep 0.05; or break; end; "
    f'for _onpath in (set -nU | string match -r "^.*_(?:$fish_pid${MET})\\$"); set -eU $_onpath; end; '
)
# What fish calls by these names from the first prompt on, often each from a file of its own.
FISH_PROMPTS = (
    *("fish_greeting", "fish_user_key_bindings", "fish_mode_prompt", "fish_prompt"),
    *("fish_right_prompt", "fish_title"),
)
# Hooks that are text, and those that run when a line is entered, are run by the prompt alone: where one
# could change PATH, the question is left to be typed, with a blank that keeps it out of the history.
NUSHELL_HOOKS = (
    "def _onpath_text [hook] { let kind = ($hook | describe); "
    "if $kind == closure { view source $hook } else if $kind == string { $hook } "
    "else if ($kind =~ '^record') { _onpath_text $hook.code? } "
    "else if ($kind =~ '^(list|table)') { $hook | each {|each| _onpath_text $each } | str join ' ' } "
    "else { '' } }; "
    "let _onpath = ([$env.config?.hooks?.pre_execution? $env.config?.hooks?.env_change? "
    "([$env.config?.hooks?.pre_prompt?] | flatten | where {|each| ($each | describe) != closure })] "
    "| each {|each| if ($each | describe) =~ '^record' and $each.code? == null { $each | values } "
    "else { $each } } | each {|each| _onpath_text $each } | str join ' '); "
    "if $_onpath != '' and ($_onpath =~ 'PATH|env|source|overlay' or (scope commands "
    "| where type == custom and name !~ '^_onpath' "
    "| any {|each| $_onpath =~ ('\\b' + $each.name + '\\b') })) { return }; "
    "for _onpath in ([$env.config?.hooks?.pre_prompt?] | flatten) "
    "{ if ($_onpath | describe) == closure { try { do --env $_onpath } } }; "
)
XONSH_HOOKS = """def _onpath_can(it, depth=3):
    code, names = getattr(it, '__code__', None), getattr(it, '__globals__', {})
    return code is not None and ('PATH' in str(code.co_consts) or depth > 0 and any(
        [_onpath_can(names.get(each), depth - 1) for each in code.co_names]))
def _onpath_fire(name, is_line=False, **given):
    for each in list(getattr(events, name)):
        try:
            (not is_line or _onpath_can(each)) and each(**given)
        except Exception:
            pass
_onpath_fire('on_pre_cmdloop')
_onpath_fire('on_pre_prompt_format')
for _onpath in ($PROMPT, *dict($PROMPT_FIELDS).values()):
    try:
        _onpath_can(_onpath) and _onpath()
    except Exception:
        pass
_onpath_fire('on_pre_prompt')
_onpath_fire('on_post_prompt')
_onpath_fire('on_transform_command', True, cmd='')
_onpath_fire('on_precommand', True, cmd='')
"""
# At a prompt xonsh is always a login shell, and its files can see that it is at one.
AT_XONSH = Ask(("xonsh", "-l", "-i", "-DXONSH_MODE=interactive", "-c", QUESTION))

# The PATH that such a shell has, and exports, where it is given none.
OWN_PATHS = {
    "busybox": "/sbin:/usr/sbin:/bin:/usr/bin",
    "mksh": "/usr/bin:/bin",
    "posh": "/bin:/usr/bin",
}

PROFILE = (Startup("{home}/.profile"),)
# macOS's /etc/profile and /etc/zprofile have path_helper(8) put its lines after the system's entries.
PATHS_D = Startup("/etc/paths.d/onpath", needs="/usr/libexec/path_helper", has_lines=True)
# What login shells of the family read for every user: /etc/profile, which mostly reads all of a folder.
ETC_PROFILE = (
    PATHS_D,
    Startup("/etc/profile.d/onpath.sh", needs="/etc/profile.d"),
    Startup("/etc/profile.d/zzz-onpath.sh", needs="/etc/profile.d"),
    Startup("/etc/profile"),
)
ETC_LOGINS = {LOGIN: ETC_PROFILE, SESSION: ETC_PROFILE}
# Which of these bash reads is compiled in: Debian's, Alpine's. Fedora's is read by what a new home has.
ETC_BASHRC = (
    Startup("/etc/bash.bashrc", needs="/etc/bash.bashrc"),
    Startup("/etc/bash/bashrc", needs="/etc/bash"),
    Startup("/etc/bashrc", needs="/etc/bashrc"),
    Startup("/etc/bash.bashrc"),
)
# Debian's zsh looks in /etc/zsh, others in /etc. Whatever it is started for, it reads zshenv first; the
# others are for where a later file sets PATH again.
ETC_ZSHENV = (Startup("/etc/zsh/zshenv", needs="/etc/zsh"), Startup("/etc/zshenv"))
ETC_ZPROFILE = (Startup("/etc/zsh/zprofile", needs="/etc/zsh"), Startup("/etc/zprofile"))
ETC_ZSHRC = (Startup("/etc/zsh/zshrc", needs="/etc/zsh"), Startup("/etc/zshrc"))
# Not Debian's /etc/csh/cshrc.d: its csh.cshrc fails as soon as there are two files in it.
ETC_CSH = (
    Startup("/etc/csh.cshrc"),
    Startup("/etc/profile.d/onpath.csh", needs="/etc/profile.d"),
    Startup("/etc/csh.login", needs="/etc/csh.login"),
)
HISTORY = "HISTFILE"  # the file in which ksh93 keeps also what it is given as an argument
YASHRC = ". --autoload initialization/sample"

# A login shell reads .profile; any other reads only what ENV names, and only if interactive.
PROFILE_AND_ENV = {LOGIN: PROFILE, INTERACTIVE: (Startup("{ENV}"),), SESSION: PROFILE}

# Of the first that is there, whether it can be read or not (_evalfile in its builtins/evalfile.c).
BASH_PROFILES = (
    Startup("{home}/.bash_profile", "{home}/.bash_login", "{home}/.profile", is_barrier=True),
)

# A login shell reads after .profile what that has set.
OF_ENV = (FolderQuery("ENV", '"${ENV-}"'),)
AFTER_PROFILE = ((LOGIN, Startup("{ENV}")),)

# What follows "reads no startup file" in a report; where a row says nothing, it is NO_FILE of `startup`.
UNLESS_ENV = (
    INTERACTIVE,
    " unless ENV names one; start it as {name} -l, or inside a login, whose PATH it has then",
)
UNLESS_LOGIN = (INTERACTIVE, " unless it is a login shell; start it as {name} -l")

# How PATH is assigned, for `blame`: what follows is the new value. It begins a command.
SH_ASSIGNS = (r"PATH\s*=(?!=)", r"unset\s+(?:-v\s+)?PATH\b")
LIST_ASSIGNS = (r"path\s*=\s*(?=\()", r"\$\{(?:PATH|path)::=")
CSH_ASSIGNS = (
    r"set\s+(?:-f\s+)?path\s*=",
    r"setenv\s+PATH(?=\s|$)",
    r"unset(?:env)?\s+(?:PATH|path)\b",
)
FISH_ASSIGNS = (
    r"set(?:\s+(?:-[gxlUue]+|--(?:global|export|local|universal|path|erase)))*\s+PATH(?=\s|$)",
)
NUSHELL_ASSIGNS = (
    r"\$env\.PATH\s*=(?!=)",
    r"load-env\s*\{\s*PATH\s*:",
    r"hide-env\s+PATH\b",
)
XONSH_ASSIGNS = (r"\$PATH\s*=(?!=)", r"del\s+\$PATH\b")
ELVISH_ASSIGNS = (
    r"set\s+(?:paths|E:PATH)\s*=",
    r"set-env\s+PATH(?=\s|$)",
    r"unset-env\s+PATH\b",
)
POWERSHELL_ASSIGNS = (
    r"\$(?i:\{env:PATH\}|env:PATH)\s*=(?!=)",
    # A drive's item, by its whole name or by that of its folder; and .NET.
    r"(?i:(?:Remove|Set|New|Clear)-(?:Item|Content)|ri|rm|si|sc|ni|del)\s+(?i:[^;|]*?\bEnv:[\\/]?PATH)\b",
    r"(?i:(?:Remove|Set|New|Clear)-Item\s[^;|]*?\bEnv:\s[^;|]*?\bPATH)\b",
    r"(?i:\[(?:System\.)?Environment\]::SetEnvironmentVariable\(\s*[\"']PATH)\b",
)

ZSH_RC = ("/etc/zsh/zshrc", "/etc/zshrc", "{zdotdir}/.zshrc")
ZSH_LOGIN = ("/etc/zsh/zlogin", "/etc/zlogin", "{zdotdir}/.zlogin")
ZSH_ENV = ("/etc/zsh/zshenv", "/etc/zshenv", "{ZDOTDIR}/.zshenv", "{home}/.zshenv")
ZSH_PROFILE = ("/etc/zsh/zprofile", "/etc/zprofile", "{zdotdir}/.zprofile")
ZSH_READS = {
    LOGIN: (*ZSH_ENV, *ZSH_PROFILE, *ZSH_RC, *ZSH_LOGIN),
    INTERACTIVE: (*ZSH_ENV, *ZSH_RC),
    SESSION: (*ZSH_ENV, *ZSH_PROFILE, *ZSH_LOGIN),
    COMMAND: ZSH_ENV,
}
# Of two of which only the first that is there is read, that one comes last.
CSH_READS = dict.fromkeys((LOGIN, SESSION), ("{home}/.cshrc", "{home}/.tcshrc", "{home}/.login"))
YASH_PROFILES = ("{home}/.yash_profile", "{config}/yash/profile")
YASH_RCS = ("{home}/.yashrc", "{config}/yash/rc")
NUSHELL_CONFIGS = ("{nushell}/env.nu", "{nushell}/config.nu")

TABLE = (
    Shell(
        "bash",
        programs=("bash",),
        snippet="posix.sh",
        quote=quote.posix,
        assigns=SH_ASSIGNS,
        # A login shell reads the first of three and not .bashrc; any other interactive one only .bashrc.
        startup={
            LOGIN: BASH_PROFILES,
            INTERACTIVE: (Startup("{home}/.bashrc", snippet="bashrc.sh"),),
            SESSION: BASH_PROFILES,
            SSH: (Startup("{home}/.bashrc", snippet="bashrc.sh"),),
        },
        others=_others(
            *(Startup("{home}/.profile", is_named=True), Startup("{home}/.bashrc", is_named=True)),
            modes=(LOGIN, SESSION),
        ),
        system={**ETC_LOGINS, INTERACTIVE: ETC_BASHRC, SSH: ETC_BASHRC},
        asks=_as_started("bash"),
        evidence=("{home}/.bashrc", "{home}/.bash_profile", "{home}/.bash_login"),
        prompt_hooks=BASH_HOOKS,
        careful_hooks=BASH_HOOKS.replace(BASH_PROMPT_COMMANDS, BASH_CAREFUL_COMMANDS),
        own_question=BASH_QUESTION,
        trapped_question=BASH_TRAPPED_QUESTION,
        meaning=KSH_MEANING,
    ),
    Shell(
        "zsh",
        programs=("zsh",),
        snippet="posix.sh",
        quote=quote.posix,
        assigns=(*SH_ASSIGNS, *LIST_ASSIGNS),
        # Not .zshenv for terminals: where /etc/zprofile sets PATH (macOS, Arch), it comes after it.
        startup={
            **_modes(Startup("{zdotdir}/.zshrc"), modes=TERMINAL_MODES),
            SESSION: (Startup("{zdotdir}/.zprofile"),),
            # What ~/.zshenv says of ZDOTDIR comes too late for itself.
            COMMAND: (Startup("{ZDOTDIR}/.zshenv"), Startup("{home}/.zshenv")),
        },
        others=(
            *_others(
                Startup("{zdotdir}/.zlogin"), Startup("{zdotdir}/.zprofile"), modes=(LOGIN, SESSION)
            ),
            *_others(
                *(Startup("{ZDOTDIR}/.zshenv"), Startup("{home}/.zshenv")),
                modes=(LOGIN, INTERACTIVE, SESSION),
            ),
        ),
        system={
            LOGIN: (PATHS_D, *ETC_ZSHENV, *ETC_ZSHRC),
            INTERACTIVE: (*ETC_ZSHENV, *ETC_ZSHRC),
            SESSION: (PATHS_D, *ETC_ZSHENV, *ETC_ZPROFILE),
            COMMAND: ETC_ZSHENV,
        },
        asks=_as_started("zsh", STDIN),
        evidence=("{zdotdir}/.zshrc", "{zdotdir}/.zprofile", "{home}/.zshenv"),
        # ZDOTDIR is often set in ~/.zshenv alone, without being exported.
        folder_queries=(FolderQuery("zdotdir", '"${ZDOTDIR-}"', default="{home}"),),
        steered_by=("ZDOTDIR",),
        # oh-my-zsh (and oh-my-bash) look for an update, and ask about it, unless that is set.
        environ=(("DISABLE_AUTO_UPDATE", "true"),),
        reads=ZSH_READS,
        prompt_hooks=ZSH_HOOKS,
        meaning=KSH_MEANING,
        compiled=".zwc",
    ),
    Shell(
        "sh",  # whatever /bin/sh is; dash and busybox, which have rows of their own, are found first
        programs=("sh",),
        edits_lines=False,
        snippet="posix.sh",
        quote=quote.posix,
        assigns=SH_ASSIGNS,
        startup=PROFILE_AND_ENV,
        others=AFTER_PROFILE,
        folder_queries=OF_ENV,
        unserved=(UNLESS_ENV,),
        system=ETC_LOGINS,
        asks=_as_started("sh"),
        prompt_hooks=POSIX_HOOKS,
        meaning=SH_MEANING,
        steered_by=("ENV",),
    ),
    Shell(
        "dash",
        programs=("dash",),
        edits_lines=False,
        snippet="posix.sh",
        quote=quote.posix,
        assigns=SH_ASSIGNS,
        startup=PROFILE_AND_ENV,
        others=AFTER_PROFILE,
        folder_queries=OF_ENV,
        unserved=(UNLESS_ENV,),
        system=ETC_LOGINS,
        asks=_as_started("dash", STDIN),
        prompt_hooks=POSIX_HOOKS,
        meaning=SH_MEANING,
        steered_by=("ENV",),
    ),
    Shell(
        "ash",
        programs=("busybox", "ash"),
        takes_enter=False,
        snippet="posix.sh",
        quote=quote.posix,
        assigns=SH_ASSIGNS,
        startup=PROFILE_AND_ENV,
        others=AFTER_PROFILE,
        folder_queries=OF_ENV,
        unserved=(UNLESS_ENV,),
        system=ETC_LOGINS,
        asks=_as_started("ash", STDIN),  # busybox looks at argv[0]
        prompt_hooks=POSIX_HOOKS,
        meaning=SH_MEANING,
        steered_by=("ENV",),
    ),
    Shell(
        "posh",
        programs=("posh",),
        edits_lines=False,
        snippet="posix.sh",
        quote=quote.posix,
        assigns=SH_ASSIGNS,
        startup={LOGIN: PROFILE, SESSION: PROFILE},  # it ignores ENV
        unserved=(UNLESS_LOGIN,),
        system=ETC_LOGINS,
        asks=_as_started("posh"),
        meaning=SH_MEANING,
    ),
    Shell(
        "ksh93",
        programs=("ksh93", "ksh"),
        edits_lines=False,
        snippet="posix.sh",
        quote=quote.posix,
        assigns=SH_ASSIGNS,
        # ENV replaces .kshrc; a login shell on a terminal reads it after .profile.
        startup={
            **_modes(Startup("{ENV}"), Startup("{home}/.kshrc"), modes=TERMINAL_MODES),
            SESSION: PROFILE,
        },
        others=((LOGIN, Startup("{home}/.profile")),),
        system={**ETC_LOGINS, INTERACTIVE: (Startup("/etc/ksh.kshrc"),)},
        asks=_as_started("ksh93", STDIN),
        prompt_hooks=POSIX_HOOKS,
        meaning=KSH_MEANING,
        evidence=("{home}/.kshrc",),
        folder_queries=(*OF_ENV, FolderQuery(HISTORY, '"${HISTFILE-$HOME/.sh_history}"')),
        wipes_history=True,
        steered_by=("ENV",),
    ),
    Shell(
        "mksh",
        programs=("mksh", "mksh-static", "lksh"),
        snippet="posix.sh",
        quote=quote.posix,
        assigns=SH_ASSIGNS,
        startup={
            **_modes(Startup("{ENV}"), Startup("{home}/.mkshrc"), modes=TERMINAL_MODES),
            SESSION: PROFILE,
        },
        others=((LOGIN, Startup("{home}/.profile")),),
        system={**ETC_LOGINS, INTERACTIVE: (Startup("/etc/mkshrc", needs="/etc/mkshrc"),)},
        asks=_as_started("mksh", STDIN),
        meaning=KSH_MEANING,
        evidence=("{home}/.mkshrc",),
        wipes_history=True,
        folder_queries=OF_ENV,
        steered_by=("ENV",),
    ),
    Shell(
        "yash",
        programs=("yash",),
        snippet="posix.sh",
        quote=quote.yash,
        assigns=SH_ASSIGNS,
        # Without a .yashrc yash loads its sample; one that we create must go on loading it.
        startup={
            **_modes(
                Startup("{config}/yash/rc", "{home}/.yashrc", versions=">=2.60", preamble=YASHRC),
                Startup("{home}/.yashrc", preamble=YASHRC),
                modes=TERMINAL_MODES,
            ),
            SESSION: (
                Startup("{config}/yash/profile", "{home}/.yash_profile", versions=">=2.60"),
                Startup("{home}/.yash_profile"),
            ),
        },
        others=_others(
            Startup("{config}/yash/profile", "{home}/.yash_profile", versions=">=2.60"),
            Startup("{home}/.yash_profile"),
            modes=(LOGIN,),
        ),
        asks=_as_started("yash"),
        script_options=("-o", "histspace"),
        evidence=("{config}/yash/rc", "{home}/.yashrc"),
        prompt_hooks=YASH_HOOKS,
        meaning=YASH_MEANING,
        reads={LOGIN: (*YASH_PROFILES, *YASH_RCS), INTERACTIVE: YASH_RCS, SESSION: YASH_PROFILES},
    ),
    Shell(
        "tcsh",
        programs=("tcsh",),
        snippet="csh.csh",
        quote=quote.csh,
        assigns=CSH_ASSIGNS,
        startup=_modes(Startup("{home}/.tcshrc", "{home}/.cshrc")),
        others=_others(Startup("{home}/.login"), modes=(LOGIN, SESSION)),
        # `-l` with `-c` is an error, and with `-i -c` there is no $prompt.
        system=_modes(*ETC_CSH),
        asks={
            LOGIN: Ask(("tcsh", "-l")),
            INTERACTIVE: Ask(("tcsh", "-i")),
            SESSION: Ask(("-tcsh", "-c", QUESTION)),
            COMMAND: Ask(("tcsh", "-c", QUESTION)),
            EDITOR: Ask(("tcsh", "-i", "-c", QUESTION)),
        },
        evidence=("{home}/.tcshrc",),
        meaning=CSH_MEANING,
        reads=CSH_READS,
    ),
    Shell(
        "csh",
        programs=("bsd-csh", "csh"),
        edits_lines=False,
        snippet="csh.csh",
        quote=quote.csh,
        assigns=CSH_ASSIGNS,
        startup=_modes(Startup("{home}/.cshrc")),
        others=_others(Startup("{home}/.login"), modes=(LOGIN, SESSION)),
        system=_modes(*ETC_CSH),
        asks={  # with -c it is never a login shell
            LOGIN: Ask(("csh", "-l")),
            INTERACTIVE: Ask(("csh", "-i")),
            SESSION: Ask(("csh", "-l")),
            COMMAND: Ask(("csh", "-c", QUESTION)),
            EDITOR: Ask(("csh", "-i", "-c", QUESTION)),
        },
        meaning=CSH_MEANING,
        reads=CSH_READS,
    ),
    Shell(
        "fish",
        programs=("fish",),
        snippet="fish.fish",
        quote=quote.fish,
        reads_whole=True,
        assigns=FISH_ASSIGNS,
        startup=_modes(Startup("{config}/fish/conf.d/onpath.fish")),
        others=_others(Startup("{config}/fish/config.fish")),
        system=_modes(
            Startup("{prefix}/etc/fish/conf.d/onpath.fish", needs="{prefix}/etc/fish"),
            Startup("/etc/fish/conf.d/onpath.fish"),
            Startup("/etc/fish/config.fish", needs="/etc/fish/config.fish"),
        ),
        asks=_dash_c("fish"),
        evidence=("{config}/fish/config.fish", "{config}/fish/conf.d"),
        # Where another one makes them between its look and its mkdir, fish 3 says "File exists" and goes
        # on without: at a prompt it then makes /conf.d and /functions, if it may (create_directory in
        # wutil.cpp).
        makes=("{config}/fish", "{data}/fish"),
        # Reads every manual page (__fish_config_interactive); fish 4 has the folder with what is cached.
        helper="/create_manpage_completions.py",
        fills=("{data}/fish/generated_completions", "{cache}/fish/generated_completions"),
        prompt_hooks=FISH_HOOKS,
        meaning=FISH_MEANING,
        reads=dict.fromkeys(
            SHELL_MODES,
            (
                "{config}/fish/config.fish",
                *(f"{{config}}/fish/functions/{name}.fish" for name in FISH_PROMPTS),
            ),
        ),
    ),
    Shell(
        "nushell",
        programs=("nu",),
        edits_lines=False,  # 0.98 asks first, for a whole line, whether to write the files that lack
        asks_place=True,  # and `input` does not
        snippet="nushell.nu",
        quote=quote.nushell,
        reads_whole=True,
        assigns=NUSHELL_ASSIGNS,
        # `nu -l -c` reads no autoload folder: only the prompt does, and it needs a terminal.
        startup={
            **_modes(
                Startup("{nushell}/autoload/onpath.nu", versions=">=0.102"),
                Startup("{nushell}/config.nu", versions=">=0.88"),
                modes=TERMINAL_MODES,
            ),
            SESSION: (Startup("{nushell}/config.nu", versions=">=0.88"),),
            EDITOR: (Startup("{nushell}/config.nu", versions=">=0.88"),),
        },
        others=_others(
            Startup("{nushell}/autoload/zzz-onpath.nu", versions=">=0.102"),
            Startup("{nushell}/config.nu", versions=">=0.88"),
            modes=TERMINAL_MODES,
        )
        + _others(Startup("{nushell}/login.nu", versions=">=0.88"), modes=(LOGIN, SESSION, EDITOR)),
        # The folders of XDG_DATA_DIRS; the first is the administrator's, the second of packages.
        system={
            **_modes(
                Startup("/usr/local/share/nushell/vendor/autoload/onpath.nu"),
                Startup("/usr/share/nushell/vendor/autoload/onpath.nu"),
                modes=TERMINAL_MODES,
            ),
            EDITOR: (),
        },
        asks={
            LOGIN: Ask(("nu", "-l", "-e", QUESTION), is_terminal=True),
            INTERACTIVE: Ask(("nu", "-e", QUESTION), is_terminal=True),
            SESSION: Ask(("nu", "-l", "-c", QUESTION)),
            COMMAND: Ask(("nu", "-c", QUESTION)),
            EDITOR: Ask(("nu", "-i", "-l", "-c", QUESTION)),
        },
        evidence=("{nushell}/config.nu", "{nushell}/env.nu"),
        folder_queries=(FolderQuery("nushell", "$nu.default-config-dir", default="{config}/nushell"),),
        reads={
            **dict.fromkeys((LOGIN, SESSION, EDITOR), (*NUSHELL_CONFIGS, "{nushell}/login.nu")),
            INTERACTIVE: NUSHELL_CONFIGS,
        },
        prompt_hooks=NUSHELL_HOOKS,
        meaning=NUSHELL_MEANING,
    ),
    Shell(
        "xonsh",
        programs=("xonsh",),
        snippet="xonsh.xsh",
        quote=quote.xonsh,
        reads_whole=True,
        assigns=XONSH_ASSIGNS,
        startup=_modes(Startup("{config}/xonsh/rc.d/onpath.xsh")),  # .xonshrc: only on a terminal
        others=(
            *_others(Startup("{config}/xonsh/rc.d/zzz-onpath.xsh"), Startup("{config}/xonsh/rc.xsh")),
            *_others(Startup("{home}/.xonshrc"), modes=TERMINAL_MODES),
        ),
        system=_modes(
            Startup("/etc/xonsh/rc.d/onpath.xsh"),
            Startup("/etc/xonsh/rc.d/zzz-onpath.xsh"),
            Startup("/etc/xonsh/xonshrc"),
            Startup("/etc/xonshrc"),  # before 0.10
        ),
        asks={
            **_dash_c("xonsh"),
            **dict.fromkeys(TERMINAL_MODES, AT_XONSH),
            EDITOR: Ask(("xonsh", "-i", "-l", "-c", QUESTION)),
        },
        # What it compiles of a file of ours would stay, and be run where the file is put back.
        environ=(("XONSH_HISTORY_BACKEND", "dummy"), ("XONSH_CACHE_SCRIPTS", "0")),
        # Read before, but what it hooks to the prompt runs after.
        reads=dict.fromkeys(SHELL_MODES, ("{home}/.xonshrc",)),
        # Lines of their own: behind a statement xonsh 0.14 takes the proof's name for a subtraction.
        prompt_hooks=XONSH_HOOKS,
        meaning=XONSH_MEANING,
        evidence=("{home}/.xonshrc", "{config}/xonsh/rc.xsh", "{config}/xonsh/rc.d"),
    ),
    Shell(
        "elvish",
        programs=("elvish",),
        takes_enter=False,
        snippet="elvish.elv",
        quote=quote.elvish,
        reads_whole=True,
        assigns=ELVISH_ASSIGNS,
        # `elvish -c` reads nothing, commands on standard input do as a prompt does.
        startup={
            **_modes(
                Startup("{home}/.elvish/rc.elv", versions="<0.16"),
                Startup("{home}/.elvish/rc.elv", "{config}/elvish/rc.elv", versions="<0.20"),
                Startup("{config}/elvish/rc.elv"),
                modes=TERMINAL_MODES,
            ),
            EDITOR: (),
        },
        asks={
            LOGIN: Ask(("elvish",)),
            INTERACTIVE: Ask(("elvish",)),
            SESSION: Ask(("elvish", "-c", QUESTION)),  # `-l` is an error before 0.20, and nothing since
            COMMAND: Ask(("elvish", "-c", QUESTION)),
            EDITOR: Ask(("elvish", "-c", QUESTION)),  # `-ilc` is an error
        },
        evidence=("{config}/elvish/rc.elv", "{home}/.elvish/rc.elv"),
        meaning=ELVISH_MEANING,
    ),
    Shell(
        "rc",
        programs=("rc", "rc.byron"),
        edits_lines=False,
        snippet="rc.rc",
        quote=quote.rc,
        assigns=(*SH_ASSIGNS, *LIST_ASSIGNS),
        startup={LOGIN: (Startup("{home}/.rcrc"),), SESSION: (Startup("{home}/.rcrc"),)},
        unserved=(UNLESS_LOGIN,),
        asks=_as_started("rc"),  # and no evidence: ~/.rcrc is rcm's as well, which reads it as sh does
        meaning=RC_MEANING,
    ),
    Shell(
        "pwsh",  # PowerShell 7, on every system
        programs=("pwsh", "pwsh-preview"),
        snippet="powershell.ps1",
        quote=quote.powershell,
        assigns=POWERSHELL_ASSIGNS,
        startup=_modes(Startup("{profile}")),
        others=_others(Startup("{host_profile}")),
        system=_modes(Startup("{program}/profile.ps1")),
        asks={
            LOGIN: Ask(("pwsh", "-Login", "-NoLogo", "-Command", QUESTION)),
            INTERACTIVE: Ask(("pwsh", "-NoLogo", "-Command", QUESTION)),
            SESSION: Ask(("pwsh", "-Login", "-NoLogo", "-NonInteractive", "-Command", QUESTION)),
            COMMAND: Ask(("pwsh", "-NoLogo", "-NonInteractive", "-Command", QUESTION)),
        },
        evidence=("{config}/powershell/profile.ps1",),
        folder_queries=(
            FolderQuery(
                "profile",
                "$PROFILE.CurrentUserAllHosts",
                default="{config}/powershell/profile.ps1",
            ),
            FolderQuery(
                "host_profile",
                "$PROFILE.CurrentUserCurrentHost",
                default="{config}/powershell/Microsoft.PowerShell_profile.ps1",
            ),
        ),
        prompt_hooks=POWERSHELL_HOOKS,
        meaning=POWERSHELL_MEANING,
        find_top=_top_of_powershell,
        reads=dict.fromkeys(SHELL_MODES, ("{config}/powershell/Microsoft.PowerShell_profile.ps1",)),
        windows=_windows_powershell("%PROGRAMFILES%\\PowerShell\\7\\pwsh.exe", "pwsh.exe"),
    ),
    Shell(
        "powershell",  # Windows PowerShell 5.1
        programs=("powershell",),
        snippet="windows.ps1",
        quote=quote.powershell,
        assigns=POWERSHELL_ASSIGNS,
        startup={},
        asks={},
        meaning=POWERSHELL_MEANING,
        windows=_windows_powershell("%SYSTEMROOT%\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"),
    ),
    Shell(
        "cmd",
        programs=("cmd",),
        snippet="cmd.cmd",
        quote=quote.cmd,
        assigns=(),
        startup={},
        asks={},
        windows=WindowsAsk(
            ("%SYSTEMROOT%\\System32\\cmd.exe",),
            # With AutoRun, as a window has it. /s: the outer quotes go, whatever is inside.
            arguments='/s /c "{text}"',
            shared_arguments='/d /s /c "{autorun}{text}"',
            report='call "%ONPATH_REPORT%" {name}',
            command_separator=" & ",
            snippet="cmd.cmd",
            pairs_quotes=True,
            longest_path=LONGEST_LINE,
        ),
    ),
)

ROWS = {row.name: row for row in TABLE}
POSIX = ROWS["sh"]  # its language is that of the whole family
POWERSHELL = ROWS["powershell"]  # in whose language a CI takes its commands on Windows
UNIX_ROWS = {row.name: row for row in TABLE if row.asks}
WINDOWS_ROWS = {
    row.name: row for row in reversed(TABLE) if row.windows
}  # cmd first, as on every Windows
ALIASES = {program: row.name for row in reversed(TABLE) for program in (*row.programs, row.name)}
DEFAULT_FOLDERS = {q.name: q.default for row in TABLE for q in row.folder_queries if q.default}


def steering_variables(name: str) -> tuple[str, ...]:
    """Return the variables that decide which files the shell `name` reads."""
    row = ROWS[name]
    startups = (startup for each in row.startup.values() for startup in each)
    templates = [
        *row.evidence,
        *(template for startup in startups for template in startup.candidates),
        *(query.default for query in row.folder_queries),
    ]
    has_config = any(template.startswith("{config}") for template in templates)
    return (*row.steered_by, *(("XDG_CONFIG_HOME",) if has_config else ()))
