"""The nouns that travel between the rooms. All frozen; none reads or writes anything."""

from __future__ import annotations

from .errors import OnpathError
from .values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager
    from typing import Literal, Protocol, Union

    Order = Literal["prepend", "append"]
    Scheme = Literal["user", "unversioned"]
    Verdict = Literal["effective", "shadowed", "missing", "unknown"]
    Status = Literal["effective", "changed", "unchanged", "partial", "missing", "refused"]

LOGIN = "login"  # an interactive login shell: ssh, a console, a terminal window of macOS
INTERACTIVE = "interactive"  # a terminal window on Linux
SESSION = "session"  # a login shell without a terminal: a display manager, `bash -lc`
COMMAND = "command"  # `sh -c`: a program that starts a shell
SSH = "ssh"  # `ssh HOST COMMAND`: sshd starts the login shell with `-c`
EDITOR = "editor"  # `SHELL -ilc` without a terminal, by which editors ask for the environment
SHELL_MODES = (LOGIN, INTERACTIVE, SESSION, COMMAND)
TERMINAL_MODES = (LOGIN, INTERACTIVE)
LOGIN_SHELL_MODES = (SSH, EDITOR)  # in which only the login shell is started
DESKTOP = "desktop"  # programs of the desktop session, and what user units start

ASKED_FOR = "asked for"  # Installed.reason of a shell that was named

PREPEND = "prepend"
APPEND = "append"
ORDERS = (PREPEND, APPEND)

USER = "user"  # the directory that `pip install --user` of one Python uses
UNVERSIONED = "unversioned"  # the one that installers such as poetry's use
SCHEMES = (USER, UNVERSIONED)

TOP = "top"
END = "end"

UNIX = "unix"  # families of systems: which places there are, and how fresh programs are started
WINDOWS = "windows"
EVERY_USER = "every user"  # of a Unix: the files of the system, which the shells of all users read
MACHINE = "machine"  # every user of a Windows machine: its value in the registry

EFFECTIVE = "effective"  # a program in the directory ran by its bare name
SHADOWED = "shadowed"  # so it did, yet commands of the directory are hidden by others of the same name
MISSING = "missing"  # the answer came, and the directory is not on that PATH
UNKNOWN = "unknown"  # no answer: timed out, handed over, crashed, or nothing here can be asked

LATE = "no answer"  # prefix of Probe.reason after a timeout
# How the reason begins where a shell could not be started, and where it came to no good end.
UNSTARTED, CRASHED = "was not started", "crashed"
PROGRAM = "onpath-probe-"  # prefix of the names of the proof programs
INSIDE = "inside"  # the world inside a login: what the user's own login shell exports

# The variable of a shell that is started beside one that was found: "|" and the process id of that one.
MET = "ONPATH_MET"
QUESTION = "<question>"  # in an argv: the command text that every shell understands

# Why a context of a run that was all or nothing has lost its edit.
GIVEN_UP = "it was all or nothing, and another context could not be served; see there"

# What a caller of the command line sees of a report's status.
EXIT_CODES = {"effective": 0, "changed": 0, "unchanged": 0, "missing": 1, "refused": 1, "partial": 3}


@dataclass(frozen=True)
class File:
    """A file that can be changed."""

    path: str
    """Absolute."""
    medium = "file"  # no field: which store reads and writes it

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class RegistryValue:
    """A value of the Windows registry that can be changed."""

    key: str
    """The whole name of its key."""
    name: str
    medium = "registry"  # as above

    def __str__(self) -> str:
        return f"{self.key}\\{self.name}"


if TYPE_CHECKING:
    Target = Union[File, RegistryValue]


@dataclass(frozen=True)
class Value:
    """A string of the registry, and whether Windows expands the `%NAME%` in it."""

    text: str
    expands: bool


@dataclass(frozen=True)
class Installed:
    """A shell that is on this machine."""

    name: str
    """The name of its row in the table of shells."""
    program: str
    """Its absolute path; empty where it is outside of the sandbox in which this runs."""
    reason: str = ""
    """Why it is served: running, login shell, in use, asked for, installed, outside."""


@dataclass(frozen=True)
class Context:
    """A way in which programs come to be started: a mode of a shell, or a mode without one."""

    mode: str
    """What --for calls it: the name of a row of `contexts.CONTEXTS`."""
    shell: str = ""
    """The name of the shell; empty where no shell is in between."""
    world: str = ""
    """Where it is started: empty, in a new session; "inside", in one where the login shell has run."""

    def __str__(self) -> str:
        return f"{self.shell} {self.mode}".lstrip() + (" inside a login" if self.world else "")

    @property
    def outside(self) -> Context:
        """The same in a new session."""
        return replace(self, world="")


@dataclass(frozen=True)
class Host:
    """What was seen of this machine, looked at once."""

    system: System  # chosen once, by `host.detect`
    home: str
    user: str
    uid: int
    environ: Mapping[str, str]
    running: Installed | None = None
    login: Installed | None = None
    surroundings: tuple[str, ...] = ()  # wsl, sandbox, container, termux, ci, macos
    told_shells: tuple[tuple[str, str], ...] = ()  # who tells of a login shell, and what
    lineage: tuple[tuple[int, bytes], ...] = ()  # this process and those above it: `host.proc.lineage`


@dataclass(frozen=True)
class Ask:
    """How a fresh program of a context is started, so that it answers a question.

    Without QUESTION in `argv` the question goes to standard input.
    """

    argv: tuple[str, ...]
    is_terminal: bool = False  # the program starts as a user's would only on a terminal
    program: str = ""  # absolute path; empty: that of the context's shell
    environ: tuple[tuple[str, str], ...] = ()  # over that of a fresh session
    entries: tuple[str, ...] = ()  # on its PATH, before those of a fresh session
    has_socket: bool = False  # its standard input is a socket, as sshd gives one
    is_exporter: bool = (
        False  # whether it also reports its environment: it makes the world inside a login
    )


@dataclass(frozen=True)
class Want:
    """What a place is asked to plan, or to take back."""

    host: Host
    directories: tuple[str, ...]  # the first is to be the first on PATH
    contexts: tuple[Context, ...] = ()  # those that need an edit
    shells: tuple[Installed, ...] = ()  # of these contexts
    told_folders: tuple[tuple[Context, Mapping[str, str]], ...] = ()  # what shells told of their folders
    order: str | None = None  # PREPEND, APPEND, or None: as it is, else PREPEND
    position: str = TOP  # of a block in its file
    is_moved: bool = False  # whether the directories are taken from where they are on PATH already
    attempt: int = 0  # which of the targets of a context: 0 is the preferred one
    stale: tuple[str, ...] = ()  # directories of Pythons that are gone
    replaces_stale: bool = False  # whether an entry of theirs gives its place
    find_receipt: Callable[[], Receipt] | None = None  # few places need it, and it costs time

    @property
    def receipt(self) -> Receipt:
        """What earlier runs have recorded."""
        return self.find_receipt() if self.find_receipt else Receipt()

    def shell(self, context: Context) -> Installed:
        """Return the shell of `context`."""
        return next(shell for shell in self.shells if shell.name == context.shell)

    def folders(self, context: Context) -> Mapping[str, str]:
        """Return what the shell of `context` told of its own folders."""
        return next((told for each, told in self.told_folders if each == context), {})


@dataclass(frozen=True)
class Bench:
    """What the probes of one run share: the directories, and a private folder for the answers."""

    host: Host
    directories: tuple[str, ...]
    folder: str  # private (0700), with a name that needs no quoting in any language
    nonce: str
    proofs: tuple[str, ...]  # the directories that hold a proof program
    timeout_s: float
    session: Mapping[str, str]  # the environment of a new session, before any file of the user's
    order: str | None = None  # where the directories must be: before or after the session's own entries
    lock: int = -1  # a descriptor: tells other runs that the folder is in use
    commands: tuple[str, ...] = ()  # of which each shell tells whether they mean something else to it


@dataclass(frozen=True)
class Probe:
    """What one fresh program said."""

    context: Context
    verdict: str
    """effective: a program in the directory runs by its bare name; shadowed: so it does, but other
    commands of the directory are hidden; missing: it is not on PATH; unknown: no answer came."""
    reason: str = ""
    """Why the verdict is not effective, in words."""
    cure: str = ""
    """What to do about it, if the fact alone does not say that."""
    path: tuple[str, ...] | None = None
    """The entries of the PATH that the program hands to its children."""
    told_folders: tuple[tuple[str, str], ...] = ()
    """What a shell told of its own folders."""
    duration_ms: float = 0.0
    """How long the answer took, in milliseconds."""
    said: str = ""
    """The last telling line that the shell wrote to its standard error, if it is not effective."""
    exported: tuple[tuple[str, str], ...] = ()
    """What the user's login shell hands to the programs of its session."""
    found: tuple[str, ...] = ()
    """What it must still find after an edit: commands that it ran by their bare names, and entries of
    PATH. A prober that does not know leaves it empty."""
    became: Installed | None = None
    """The shell that answered in its place: a startup file may `exec` another one."""
    meanings: tuple[tuple[str, str, bool], ...] = ()
    """Commands that were asked about and that it takes for something else than a program: each with
    what that is, such as an alias, and whether that may run the program."""

    @property
    def is_served(self) -> bool:
        """Whether commands of the directory run by name."""
        return self.verdict in {EFFECTIVE, SHADOWED}

    @property
    def words(self) -> str:
        """The reason and the cure."""
        return "; ".join(filter(None, [self.reason, self.cure]))

    @property
    def is_late(self) -> bool:
        """Whether it used up its time. Asking again would cost the same once more."""
        return self.verdict == UNKNOWN and self.reason.startswith(LATE)

    @property
    def was_started(self) -> bool:
        """Whether the shell could be started at all. No line of a startup file is to blame otherwise."""
        return self.verdict != UNKNOWN or not self.reason.startswith(UNSTARTED)

    @property
    def is_worth_a_trial(self) -> bool:
        """Whether an edit could change anything: a shell that is late, or crashes, would do so again."""
        has_crashed = self.verdict == UNKNOWN and self.reason.startswith(CRASHED)
        return self.was_started and not self.is_late and not has_crashed


@dataclass(frozen=True)
class Entry:
    """An entry that we put where no marker can be: enough to find it again and to take it out."""

    target: Target
    text: str  # as it is spelled there
    order: str  # PREPEND or APPEND
    created: bool = False  # there was no value before
    replaced: str = ""  # the stale entry whose place it took
    joined: bool = False  # a newline was added before it
    moved_from: int = -1  # its index, where it is the user's own and was only moved
    moved_after: str = ""  # and the entry before it; empty: there was none


@dataclass(frozen=True)
class Edit:
    """One target's change."""

    target: Target
    """A `File` or a `RegistryValue`."""
    before: str | None
    """Its text as it was; None: it did not exist."""
    after: str | None
    """Its text with the change; None: it is removed."""
    serves: tuple[Context, ...] = ()
    """The contexts that need the edit."""
    position: str = TOP
    """Where a block was put: top or end."""
    entries: tuple[Entry, ...] = ()
    """What was put where no marker can be."""
    settled: tuple[Entry, ...] = ()
    """What earlier runs have put there, and this one has taken back."""


@dataclass(frozen=True)
class Refusal:
    """A target that is left alone although a context needs it."""

    target: Target
    reason: str
    """The rest of a sentence that begins with the target's name."""
    serves: tuple[Context, ...]
    """The contexts that need it."""
    snippet: str = ""
    """What to paste there instead, if that helps."""


@dataclass(frozen=True)
class Plan:
    """What shall be changed, and what may not be."""

    edits: tuple[Edit, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    looked_at: tuple[Target, ...] = ()  # of an undo: all that could hold something of ours
    put_back: tuple[Edit, ...] = ()  # for remarks: what was tried and did not stay
    announcements: tuple[str, ...] = ()  # lines that somebody takes from standard output


@dataclass(frozen=True)
class Pending:
    """What a run is about to make and to change: enough for another to put it back."""

    nonce: str  # in the names of all that is there only while it runs
    keys: tuple[str, ...] = ()  # of the blocks that it puts somewhere
    targets: tuple[tuple[Target, str], ...] = ()  # and the marks of what they held
    folders: tuple[str, ...] = ()  # to be made
    directories: tuple[str, ...] = ()  # that hold proof programs
    private: tuple[str, ...] = ()  # where its private folder may be
    entries: tuple[Entry, ...] = ()  # to be put where no marker can be


@dataclass(frozen=True)
class Receipt:
    """What was changed and stays: enough to take it back, never the user's text."""

    files: tuple[str, ...] = ()  # those that hold a block of ours
    folders: tuple[str, ...] = ()  # folders that did not exist before, outermost first
    entries: tuple[Entry, ...] = ()  # where no marker can be
    pending: Pending | None = None  # what a run is about, or was when it was killed
    # Those of `files` that had another name (a hard link) too when they were edited; None: not noted.
    linked: tuple[str, ...] | None = None
    shells: tuple[str, ...] = ()  # those that files were edited for, by their names in the table


@dataclass(frozen=True)
class Outcome:
    """What became of one context."""

    context: Context
    before: Probe | None
    """The first answer; None where nothing was asked."""
    after: Probe | None = None
    """The answer with an edit in place; None where nothing was edited."""
    edit: Edit | None = None
    """The edit that serves the context and was kept, proven by `after`."""
    is_required: bool = True
    """Whether the context counts for the status and the exit code."""
    note: str = ""
    """Why nothing serves the context."""

    @property
    def probe(self) -> Probe | None:
        """The newest answer."""
        return self.after or self.before

    @property
    def is_given_up(self) -> bool:
        """Whether it could be served, and was put back since another could not (`whole`)."""
        return self.note == GIVEN_UP

    @property
    def shell(self) -> str:
        """The name of the context's shell; empty where no shell is in between."""
        return self.context.shell

    @property
    def mode(self) -> str:
        """The mode of the context, as --for calls it."""
        return self.context.mode

    @property
    def is_served(self) -> bool:
        """Whether the newest answer says that commands of the directory run by name."""
        return self.probe is not None and self.probe.is_served


@dataclass(frozen=True)
class Standing:
    """Where a command of the directories stands in one context: a row of `--where`."""

    context: str
    """What --for calls it."""
    title: str
    """What is started so, in few words."""
    is_here: bool
    """Whether its sign is here: this process is in the context, or beside it."""
    verdict: Verdict
    """The worst of its shells."""
    by: tuple[str, ...] = ()
    """The files or variables that give it the directories, as far as they are known."""
    reason: str = ""
    """Why the verdict is not effective, in words."""
    cure: str = ""
    """What to do about it: a command, or where a line belongs, and the line."""
    line: str = ""
    """The command or the line alone, to paste."""

    @property
    def is_served(self) -> bool:
        """Whether commands of the directories run by name there."""
        return self.verdict in {EFFECTIVE, SHADOWED}


@dataclass(frozen=True)
class Question:
    """What the answers of a report are to, besides its directories and contexts."""

    home: str
    user: int
    order: str | None  # that is a part of the proof
    timeout_s: float | None
    is_for_every_user: bool
    environ: int  # a mark of the environment of the session that asked
    shells: tuple[tuple[str, str], ...]  # names and programs
    files: int  # a mark of the state of the report's `startup_files`


@dataclass(frozen=True)
class Report:
    """The whole of a run."""

    status: Status
    """
    - effective: every required context was effective already
    - changed: edits made it so; of an undo, something was taken back
    - unchanged: an undo found nothing to take back
    - partial: not all of it, or a context gave no answer
    - missing: a required context is not effective, and nothing was changed
    - refused: an undo was allowed to change nothing
    """
    directories: tuple[str, ...]
    """Absolute."""
    outcomes: tuple[Outcome, ...] = ()
    """One for each context, shell by shell, login first."""
    edits: tuple[Edit, ...] = ()
    """Those that stay; of a diff, those that `ensure` would try."""
    refusals: tuple[Refusal, ...] = ()
    """The targets that were left alone."""
    put_back: tuple[tuple[Edit, str], ...] = ()
    """The edits that were put back as they proved useless, each with the reason."""
    notes: tuple[str, ...] = ()
    """Sentences for the user."""
    activate: str = ""
    """The line that makes it true in the running shell; empty where it is true already."""
    answers: tuple[Probe, ...] = ()
    """What fresh programs said at first, also inside a login. `ensure(seen=report)` begins with it."""
    question: Question | None = None
    """What the answers are to. `ensure(seen=report)` takes them for no other one."""
    startup_files: tuple[str, ...] = ()
    """The files that the asked shells may read, whether or not they exist."""
    standings: tuple[Standing, ...] = ()
    """Of `where`: one for each context of this machine, those whose sign is here first."""
    made: tuple[str, ...] = ()
    """The folders that were made for the directories; of a diff, those that `ensure` would make."""
    announcements: tuple[str, ...] = ()
    """Lines that a CI takes from standard output: print each alone on its line."""

    @property
    def exit_code(self) -> int:
        """What `ensure-path` ends with: 0 effective, changed, unchanged; 1 missing, refused; 3 partial.

        `EXIT_CODES` is the table.
        """
        return EXIT_CODES[self.status]

    @property
    def ok(self) -> bool:
        """Whether all required contexts are effective, and there is one; of an undo: all is back."""
        return self.exit_code == 0

    def require(self) -> Report:
        """Return the report itself if it is `ok`; raise `NotEffectiveError` with the reasons if not."""
        if self.ok:
            return self
        lacking: dict[str, list[str]] = {}
        for each in self.outcomes:
            if each.is_required and not each.is_served:
                words = each.note or (each.probe and each.probe.words) or "missing"
                lacking.setdefault(words, []).append(str(each.context))
        reasons = [f"{', '.join(contexts)}: {words}" for words, contexts in lacking.items()]
        refused = dict.fromkeys(f"{refusal.target} {refusal.reason}" for refusal in self.refusals)
        reasons += (words for words in refused if not any(words in told for told in lacking))
        raise NotEffectiveError(
            f"{', '.join(self.directories) or 'onpath'}: {self.status}"
            + (f" ({'; '.join(reasons)})" if reasons else ""),
            self,
        )


class NotEffectiveError(OnpathError):
    """What `Report.require` raises. `report` is the report."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report, self.exit_code = report, report.exit_code


@dataclass(frozen=True)
class Machine:
    """How a place looks at the machine. Tests give it files in memory."""

    read: Callable[[Target], str | None]  # raises RefusedError
    refusal: Callable[[Target], str | None]  # why a target may not be edited
    removal_refusal: Callable[[File], str | None]  # why a file that may be edited cannot be removed
    is_there: Callable[[str], bool]  # whether a shell would read that file
    is_link: Callable[[str], bool]
    identity: Callable[[str], object]  # the same for all names of one file
    version_matches: Callable[[Installed, str], bool]
    value: Callable[[RegistryValue], Value | None]  # raises RefusedError
    variables: Callable[[], Mapping[str, str]]  # with which Windows expands a value
    is_same: Callable[[str, str], bool]  # whether two names are one directory


if TYPE_CHECKING:

    class System(Protocol):
        """What differs between systems: `host.unix` and `host.windows` have the same names.

        And so have those for every user, `host.every_user` and `host.machine`.
        """

        FAMILY: str  # UNIX, WINDOWS, EVERY_USER or MACHINE
        HOME_VARIABLE: str
        STATE_FOLDER: str  # of the receipt of every user; empty: the user's own
        TIMEOUT_S: float  # that one shell may take, unless told otherwise
        SEPARATOR: str  # of the entries of PATH
        LETS_OURS_RUN: str  # a note on commands that others hide
        SETS_PATH_LATER: str  # what is to be found where an edit did not help, and nothing is to blame

        def note_session(self, host: Host, source: str) -> tuple[str, ...]:
            """Return what to know about a new session whose PATH comes from `source`."""

        def new_session(self, host: Host) -> tuple[Mapping[str, str], str]:
            """Return the environment of a new session, and where its PATH comes from, if from a file."""

        def own_entry(self) -> tuple[str, str, str] | None:
            """Return name, home and login shell of the user who runs this."""

        def running_shell(self, environ: Mapping[str, str]) -> Installed | None:
            """Return the shell that this program was started from."""

        def find_shells(
            self,
            host: Host,
            names: Iterable[str],
            *,
            is_all: bool,
            variables: Callable[[], Mapping[str, str]],
            directories: tuple[str, ...] = (),
        ) -> tuple[Installed, ...]:
            """Return the shells to serve.

            `variables` gives the environment of a fresh program; a shell may lie in `directories`.
            """

        def shell_called(self, host: Host, name: str, directories: tuple[str, ...]) -> Installed:
            """Return the shell that the user calls `name`, whose language is asked for."""

        def note_absent_shells(
            self, host: Host, found: tuple[Installed, ...], directories: tuple[str, ...]
        ) -> tuple[str, ...]:
            """Return what the user should know of shells that seem to be used and are not here."""

        def absolute(self, host: Host, directory: str) -> str:
            """Return a directory as it will be on PATH."""

        def unversioned_directory(self, host: Host) -> str:
            """Return the scripts directory that no version of Python is part of."""

        def stale_directories(self, directories: tuple[str, ...]) -> tuple[str, ...]:
            """Return the scripts directories of Pythons that are gone."""

        def other_writers(self, directory: str, uid: int, home: str = "") -> tuple[tuple[str, str], ...]:
            """Return who else could put commands into a directory, or another in its place."""

        def shut_out(self, folders: tuple[str, ...], uid: int) -> str:
            """Return what to do so that nobody but their owner can write to `folders`."""

        def why_closed(self, directories: Iterable[str]) -> str:
            """Return why directories are not fit for every user, where the run is for these."""

        def check_home(self, host: Host, directories: tuple[str, ...] = ()) -> None:
            """Raise `NoHomeError` if the home is not one in which this user should edit files."""

        def Lock(  # noqa: N802  (a class)
            self, home: str, kind: str = "", directories: tuple[str, ...] = ()
        ) -> AbstractContextManager[tuple[str, ...]]:
            """Return what keeps two runs for one home apart.

            With `directories` in which this one works; `with` gives those of a run that was killed.
            """

        def activation(
            self, host: Host, directories: tuple[str, ...], order: str | None, shell: Installed | None
        ) -> str:
            """Return the line for the running session. Raises `UnspellableError`."""

        def image_lines(self, host: Host, directories: tuple[str, ...]) -> str:
            """Return the lines for an image. Raises `UsageError` where no image has such directories."""

        def export(self, host: Host, directories: tuple[str, ...]) -> str:
            """Return the line by which what the same shell runs after it has `directories`."""

    class Shared(System, Protocol):
        """A system for every user of it: `host.every_user` and `host.machine`."""

        def why_not_allowed(self) -> str:
            """Return why this process cannot act for every user, or an empty text."""

        def as_allowed(self, line: str) -> str:
            """Return what to do so that the command `line` may act for every user."""

        def look(self, environ: Mapping[str, str], surroundings: tuple[str, ...]) -> Host:
            """Return what this machine is for every user. Raises `OnpathError` if it may not."""
