"""The nouns that travel between the modules. All frozen; none reads or writes anything."""

from __future__ import annotations

from .values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Union

LOGIN = "login"  # an interactive login shell: ssh, a console, a terminal window of macOS
INTERACTIVE = "interactive"  # a terminal window on Linux
SESSION = "session"  # a login shell without a terminal: a display manager, `bash -lc`, CI
COMMAND = "command"  # `sh -c`: cron, Docker's RUN, an editor
MODES = (LOGIN, INTERACTIVE, SESSION, COMMAND)
REQUIRED_MODES = (LOGIN, INTERACTIVE)

PREPEND = "prepend"
APPEND = "append"

USER = "user"  # the directory that `pip install --user` of one Python uses
UNVERSIONED = "unversioned"  # the one that installers such as poetry's use
SCHEMES = (USER, UNVERSIONED)

TOP = "top"
END = "end"

WINDOWS = "windows"  # the system on which the registry holds PATH for every shell

EFFECTIVE = "effective"  # a program in the directory ran by its bare name
SHADOWED = "shadowed"  # so it did, yet commands of the directory are hidden by others of the same name
MISSING = "missing"  # the shell answered, and the directory is not on its PATH
UNKNOWN = "unknown"  # no answer: timed out, handed over, crashed


LATE = "no answer"  # how the reason of an unknown begins where the time was up
PROGRAM = "onpath-probe-"  # how the names of the proof programs begin


@dataclass(frozen=True)
class File:
    """A file that can be changed."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class RegistryValue:
    """A value of the Windows registry that can be changed."""

    key: str
    name: str

    def __str__(self) -> str:
        return f"{self.key}\\{self.name}"


if TYPE_CHECKING:
    Target = Union[File, RegistryValue]


@dataclass(frozen=True)
class Installed:
    """A shell that is on this machine."""

    name: str  # of its row in the table
    program: str  # absolute path
    reason: str = ""  # why it is served: running, login shell, in use, asked for


@dataclass(frozen=True)
class Host:
    """What was seen of this machine, looked at once."""

    system: str  # linux, darwin, windows, cygwin, msys
    home: str
    user: str
    uid: int
    environ: Mapping[str, str]
    running: Installed | None = None
    login: Installed | None = None
    surroundings: tuple[str, ...] = ()  # wsl, container, termux, ci


@dataclass(frozen=True)
class Bench:
    """What the probes of one run share: the directories, and a private folder for the answers."""

    host: Host
    directories: tuple[str, ...]
    safe: str
    nonce: str
    proofs: tuple[str, ...]  # the directories that hold a proof program
    timeout_s: float


@dataclass(frozen=True)
class Probe:
    """What one fresh shell said."""

    shell: str
    mode: str
    verdict: str
    reason: str = ""  # why the verdict is unknown or shadowed, in words
    path: tuple[str, ...] | None = None  # the entries that the shell hands to its children
    places: Mapping[str, str] = {}  # what the shell told of its own folders
    duration_ms: float = 0.0

    @property
    def served(self) -> bool:
        """Whether commands of the directory run by name."""
        return self.verdict in {EFFECTIVE, SHADOWED}


@dataclass(frozen=True)
class Entry:
    """An entry that we put into a registry value: enough to find it again and to take it out."""

    target: RegistryValue
    text: str  # as it stands there
    order: str  # PREPEND or APPEND
    created: bool = False  # there was no value before
    replaced: str = ""  # the left-over entry in whose place it stands


@dataclass(frozen=True)
class Edit:
    """One target's change. `None` stands for a target that does not exist."""

    target: Target
    before: str | None
    after: str | None
    serves: tuple[tuple[str, str], ...] = ()  # the (shell, mode) pairs that need it
    position: str = TOP
    entries: tuple[Entry, ...] = ()  # what it puts into a registry value


@dataclass(frozen=True)
class Refusal:
    """A target that is left alone although a mode needs it, with the reason."""

    target: Target
    reason: str
    serves: tuple[tuple[str, str], ...]
    snippet: str = ""  # what to paste instead


@dataclass(frozen=True)
class Plan:
    """What shall be changed, and what may not be."""

    edits: tuple[Edit, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What was changed and stays: enough to take it back, never the user's text."""

    files: tuple[str, ...] = ()  # those that hold a block of ours
    folders: tuple[str, ...] = ()  # folders that did not exist before, outermost first
    entries: tuple[Entry, ...] = ()  # of registry values


@dataclass(frozen=True)
class Outcome:
    """One mode of one shell: as it was, as it is, and what made the difference."""

    shell: str
    mode: str
    before: Probe | None
    after: Probe | None = None
    edit: Edit | None = None  # kept, and proven by `after`
    is_required: bool = True
    note: str = ""

    @property
    def probe(self) -> Probe | None:
        """The newest answer."""
        return self.after or self.before


@dataclass(frozen=True)
class Report:
    """The whole of a run."""

    status: str  # effective, missing, partial, changed, unchanged
    exit_code: int
    directories: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = ()
    edits: tuple[Edit, ...] = ()  # those that stay (or, for a dry run, would be tried)
    refusals: tuple[Refusal, ...] = ()
    put_back: tuple[tuple[Edit, str], ...] = ()  # edits that were taken back, and why
    notes: tuple[str, ...] = ()
    activate: str = ""
