"""The table: one row a shell. It is data and can have no effect; what it says was measured.

A startup file is named by a template: `{home}`, `{config}` and `{data}` (the XDG folders), a variable
of the session such as `{ENV}`, or a place that the shell itself tells (`tells`).
"""

from __future__ import annotations

from onpath.model import COMMAND, INTERACTIVE, LOGIN, MODES, SESSION
from onpath.values import TYPE_CHECKING, dataclass

from . import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

QUESTION = "<question>"  # stands in an argv for the command text that every shell understands


class Startup:
    """One startup file that can carry the snippet.

    `candidates` are in the order in which the shell looks for them, and it reads only the first that
    exists. We edit that one; when none exists we create the last, which shadows no other. It counts
    only where all its variables are set and the shell's version is one of `versions`.
    """

    def __init__(
        self, *candidates: str, versions: str = "", snippet: str = "", preamble: str = ""
    ) -> None:
        self.candidates = candidates
        self.versions = versions  # a specifier of `packaging`; empty: every version
        self.snippet = snippet  # in place of the row's own
        self.preamble = preamble  # a line that a file which we create needs besides


@dataclass(frozen=True)
class Ask:
    """How to put a question to a fresh shell. Without QUESTION in `argv` it goes to standard input."""

    argv: tuple[str, ...]
    terminal: bool = False  # the shell starts as a user's would only on a terminal


@dataclass(frozen=True)
class Shell:
    """What a shell is: its programs, its language, what it reads, and how to ask it."""

    name: str
    programs: tuple[str, ...]  # file names of its executable, the most telling first
    snippet: str  # in shells/
    quote: Callable[[str, str], str]
    startup: Mapping[str, tuple[Startup, ...]]  # mode -> alternatives, the first that counts
    asks: Mapping[str, Ask]
    signs: tuple[str, ...] = ()  # files that show that somebody uses the shell
    tells: Mapping[str, str] = {}  # place -> an expression by which the shell tells it
    inherits: tuple[str, ...] = ()  # variables of the session that decide what it reads
    environ: Mapping[str, str] = {}  # variables that keep a probe out of the user's history
    later: tuple[str, ...] = ()  # files that it reads after those, in which PATH may be reset


def _modes(*startups: Startup, modes: tuple[str, ...] = MODES) -> dict[str, tuple[Startup, ...]]:
    return dict.fromkeys(modes, startups)


def _dash_c(name: str) -> dict[str, Ask]:
    """Asks for the shells that take `-l`, `-i` and `-c` together."""
    return {
        LOGIN: Ask((name, "-l", "-i", "-c", QUESTION)),
        INTERACTIVE: Ask((name, "-i", "-c", QUESTION)),
        SESSION: Ask((name, "-l", "-c", QUESTION)),
        COMMAND: Ask((name, "-c", QUESTION)),
    }


PROFILE = (Startup("{home}/.profile"),)
TERMINAL_MODES = (LOGIN, INTERACTIVE)
YASHRC = ". --autoload initialization/sample"

# A login shell reads .profile; any other reads only what ENV names, and only if interactive.
PROFILE_AND_ENV = {LOGIN: PROFILE, INTERACTIVE: (Startup("{ENV}"),), SESSION: PROFILE}

TABLE = (
    Shell(
        "bash",
        programs=("bash",),
        snippet="posix.sh",
        quote=quote.posix,
        # A login shell reads the first of three and not .bashrc; any other interactive one only .bashrc.
        startup={
            LOGIN: (Startup("{home}/.bash_profile", "{home}/.bash_login", "{home}/.profile"),),
            INTERACTIVE: (Startup("{home}/.bashrc", snippet="bashrc.sh"),),
            SESSION: (Startup("{home}/.bash_profile", "{home}/.bash_login", "{home}/.profile"),),
        },
        asks=_dash_c("bash"),
        signs=("{home}/.bashrc", "{home}/.bash_profile", "{home}/.bash_login"),
    ),
    Shell(
        "zsh",
        programs=("zsh",),
        snippet="posix.sh",
        quote=quote.posix,
        # Not .zshenv for terminals: where /etc/zprofile sets PATH anew (macOS, Arch), it comes after it.
        startup={
            **_modes(Startup("{zdotdir}/.zshrc"), modes=TERMINAL_MODES),
            SESSION: (Startup("{zdotdir}/.zprofile"),),
            COMMAND: (Startup("{zdotdir}/.zshenv"),),
        },
        asks=_dash_c("zsh"),
        signs=("{zdotdir}/.zshrc", "{zdotdir}/.zprofile", "{home}/.zshenv"),
        # ZDOTDIR is often set in ~/.zshenv alone, without being exported.
        tells={"zdotdir": '"${ZDOTDIR-}"'},
        inherits=("ZDOTDIR",),
        later=("{zdotdir}/.zlogin", "/etc/zsh/zlogin", "/etc/zlogin"),
    ),
    Shell(
        "sh",  # whatever /bin/sh is; dash and busybox, which have rows of their own, are found first
        programs=("sh",),
        snippet="posix.sh",
        quote=quote.posix,
        startup=PROFILE_AND_ENV,
        asks=_dash_c("sh"),
        inherits=("ENV",),
    ),
    Shell(
        "dash",
        programs=("dash",),
        snippet="posix.sh",
        quote=quote.posix,
        startup=PROFILE_AND_ENV,
        asks=_dash_c("dash"),
        inherits=("ENV",),
    ),
    Shell(
        "ash",
        programs=("busybox", "ash"),
        snippet="posix.sh",
        quote=quote.posix,
        startup=PROFILE_AND_ENV,
        asks=_dash_c("ash"),  # busybox looks at argv[0]
        inherits=("ENV",),
    ),
    Shell(
        "posh",
        programs=("posh",),
        snippet="posix.sh",
        quote=quote.posix,
        startup={LOGIN: PROFILE, SESSION: PROFILE},  # it ignores ENV
        asks=_dash_c("posh"),
    ),
    Shell(
        "ksh93",
        programs=("ksh93", "ksh"),
        snippet="posix.sh",
        quote=quote.posix,
        # ENV replaces .kshrc; a login shell on a terminal reads it after .profile.
        startup={
            **_modes(Startup("{ENV}"), Startup("{home}/.kshrc"), modes=TERMINAL_MODES),
            SESSION: PROFILE,
        },
        asks=_dash_c("ksh93"),
        signs=("{home}/.kshrc",),
        tells={"ENV": '"${ENV-}"'},  # .profile may set it
        inherits=("ENV",),
    ),
    Shell(
        "mksh",
        programs=("mksh", "mksh-static", "lksh"),
        snippet="posix.sh",
        quote=quote.posix,
        startup={
            **_modes(Startup("{ENV}"), Startup("{home}/.mkshrc"), modes=TERMINAL_MODES),
            SESSION: PROFILE,
        },
        asks=_dash_c("mksh"),
        signs=("{home}/.mkshrc",),
        tells={"ENV": '"${ENV-}"'},  # .profile may set it
        inherits=("ENV",),
    ),
    Shell(
        "yash",
        programs=("yash",),
        snippet="posix.sh",
        quote=quote.yash,
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
        asks=_dash_c("yash"),
        signs=("{config}/yash/rc", "{home}/.yashrc"),
    ),
    Shell(
        "tcsh",
        programs=("tcsh",),
        snippet="csh.csh",
        quote=quote.csh,
        startup=_modes(Startup("{home}/.tcshrc", "{home}/.cshrc")),
        # `-l` with `-c` is an error, and with `-i -c` there is no $prompt.
        asks={
            LOGIN: Ask(("tcsh", "-l")),
            INTERACTIVE: Ask(("tcsh", "-i")),
            SESSION: Ask(("-tcsh", "-c", QUESTION)),
            COMMAND: Ask(("tcsh", "-c", QUESTION)),
        },
        signs=("{home}/.tcshrc",),
        later=("{home}/.login",),
    ),
    Shell(
        "csh",
        programs=("bsd-csh", "csh"),
        snippet="csh.csh",
        quote=quote.csh,
        startup=_modes(Startup("{home}/.cshrc")),
        asks={  # with -c it is never a login shell
            LOGIN: Ask(("csh", "-l")),
            INTERACTIVE: Ask(("csh", "-i")),
            SESSION: Ask(("csh", "-l")),
            COMMAND: Ask(("csh", "-c", QUESTION)),
        },
        later=("{home}/.login",),
    ),
    Shell(
        "fish",
        programs=("fish",),
        snippet="fish.fish",
        quote=quote.fish,
        startup=_modes(Startup("{config}/fish/conf.d/onpath.fish")),
        asks=_dash_c("fish"),
        signs=("{config}/fish/config.fish", "{config}/fish/conf.d"),
        later=("{config}/fish/config.fish",),
    ),
    Shell(
        "nushell",
        programs=("nu",),
        snippet="nushell.nu",
        quote=quote.nushell,
        # `nu -l -c` reads no autoload folder: only the prompt does, and it needs a terminal.
        startup=_modes(
            Startup("{nushell}/autoload/onpath.nu", versions=">=0.102"),
            Startup("{nushell}/config.nu", versions=">=0.88"),
            modes=TERMINAL_MODES,
        ),
        asks={
            LOGIN: Ask(("nu", "-l", "-e", QUESTION), terminal=True),
            INTERACTIVE: Ask(("nu", "-e", QUESTION), terminal=True),
            SESSION: Ask(("nu", "-l", "-c", QUESTION)),
            COMMAND: Ask(("nu", "-c", QUESTION)),
        },
        signs=("{nushell}/config.nu", "{nushell}/env.nu"),
        tells={"nushell": "$nu.default-config-dir"},
    ),
    Shell(
        "xonsh",
        programs=("xonsh",),
        snippet="xonsh.xsh",
        quote=quote.xonsh,
        startup=_modes(Startup("{config}/xonsh/rc.d/onpath.xsh")),  # .xonshrc: only on a terminal
        asks=_dash_c("xonsh"),
        environ={"XONSH_HISTORY_BACKEND": "dummy"},
        signs=("{home}/.xonshrc", "{config}/xonsh/rc.xsh", "{config}/xonsh/rc.d"),
    ),
    Shell(
        "elvish",
        programs=("elvish",),
        snippet="elvish.elv",
        quote=quote.elvish,
        # `elvish -c` reads nothing, commands on standard input do as a prompt does.
        startup=_modes(
            Startup("{home}/.elvish/rc.elv", versions="<0.16"),
            Startup("{home}/.elvish/rc.elv", "{config}/elvish/rc.elv", versions="<0.20"),
            Startup("{config}/elvish/rc.elv"),
            modes=TERMINAL_MODES,
        ),
        asks={
            LOGIN: Ask(("elvish",)),
            INTERACTIVE: Ask(("elvish",)),
            SESSION: Ask(("elvish", "-c", QUESTION)),  # `-l` is an error before 0.20, and nothing since
            COMMAND: Ask(("elvish", "-c", QUESTION)),
        },
        signs=("{config}/elvish/rc.elv", "{home}/.elvish/rc.elv"),
    ),
    Shell(
        "rc",
        programs=("rc", "rc.byron"),
        snippet="rc.rc",
        quote=quote.rc,
        startup={LOGIN: (Startup("{home}/.rcrc"),), SESSION: (Startup("{home}/.rcrc"),)},
        asks=_dash_c("rc"),
        signs=("{home}/.rcrc",),
    ),
    Shell(
        "powershell",
        programs=("pwsh", "pwsh-preview"),
        snippet="powershell.ps1",
        quote=quote.powershell,
        startup=_modes(Startup("{profile}")),
        asks={
            LOGIN: Ask(("pwsh", "-Login", "-NoLogo", "-Command", QUESTION)),
            INTERACTIVE: Ask(("pwsh", "-NoLogo", "-Command", QUESTION)),
            SESSION: Ask(("pwsh", "-Login", "-NoLogo", "-NonInteractive", "-Command", QUESTION)),
            COMMAND: Ask(("pwsh", "-NoLogo", "-NonInteractive", "-Command", QUESTION)),
        },
        signs=("{config}/powershell/profile.ps1",),
        tells={"profile": "$PROFILE.CurrentUserAllHosts"},
        later=("{config}/powershell/Microsoft.PowerShell_profile.ps1",),
    ),
)

ROWS = {row.name: row for row in TABLE}


@dataclass(frozen=True)
class WindowsShell:
    """A shell of Windows. It takes PATH from the registry, so there is only how to ask it."""

    name: str
    places: tuple[str, ...]  # of its program: paths with `%NAME%`, or a name on PATH
    arguments: str  # its command line, with {text}
    report: str  # a command that runs the report, with {name}
    joint: str  # between two commands
    now: str  # the line for a running session, with {directory}
    separator: str
    quote: Callable[[str], str]


def _powershell(name: str, *places: str) -> WindowsShell:
    return WindowsShell(
        name,
        places,
        arguments='-NoLogo -NonInteractive -Command "{text}"',
        report="& $env:ONPATH_REPORT {name}",
        joint="; ",
        now="$env:Path = {directory} + ';' + $env:Path",
        separator="; ",
        quote=lambda directory: quote.powershell(directory, ""),
    )


WINDOWS_TABLE = (
    WindowsShell(
        "cmd",
        places=("%SYSTEMROOT%\\System32\\cmd.exe",),
        # With AutoRun, as a window has it. /s: the outer quotes go, whatever is inside.
        arguments='/s /c "{text}"',
        report='call "%ONPATH_REPORT%" {name}',
        joint=" & ",
        now='set "PATH={directory};%PATH%"',
        separator=" & ",
        quote=lambda directory: directory,
    ),
    _powershell("powershell", "%SYSTEMROOT%\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"),
    _powershell("pwsh", "%PROGRAMFILES%\\PowerShell\\7\\pwsh.exe", "pwsh.exe"),
)
WINDOWS_ROWS = {row.name: row for row in WINDOWS_TABLE}
ALIASES = {program: row.name for row in reversed(TABLE) for program in (*row.programs, row.name)}

# Places that a shell did not tell.
DEFAULT_PLACES = {
    "zdotdir": "{home}",
    "nushell": "{config}/nushell",
    "profile": "{config}/powershell/profile.ps1",
}
