"""From what a fresh program said to a verdict. Pure, and the same for every system."""

from __future__ import annotations

from onpath.model import APPEND, EFFECTIVE, MISSING, PREPEND, PROGRAM, SHADOWED
from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from onpath.model import Probe

MOVE_ENTRY = "move it there"  # of an entry of the registry
MOVE_IT = "move the line that puts it there, or leave out --prepend and --append"
LONGER_S = 60  # the least that somebody is told to give who has had no answer
DID_NOT_RUN = "it is on PATH, but a program in it did not run; start one by its whole path to see why"


@dataclass(frozen=True)
class Sight:
    """What an answer says of one directory."""

    is_on_path: bool  # whether the program has it on the PATH that its children get
    ran: bool | None = None  # whether the proof in it ran by its name; None: there was none
    unusable: str = ""  # why no program in the directory can run
    lost: str = ""  # why it is not on PATH although it was given to the program
    misplaced: str = ""  # why its place on PATH is not the one that was asked for


def verdict(sights: Iterable[Sight], hidden: Iterable[str] = ()) -> tuple[str, str, str]:
    """Return the verdict, its reason, and the cure. `hidden` says which commands others hide.

    Reasons of a sight have the form "fact; cure".
    """
    for sight in sights:
        if sight.ran and not sight.misplaced:
            continue  # it ran by its name: nothing else can count
        if not sight.is_on_path:
            return (MISSING, *split(sight.lost))
        if sight.ran is False or sight.unusable:
            return (MISSING, *split(sight.unusable or DID_NOT_RUN))
        if sight.misplaced:
            return (MISSING, *split(sight.misplaced))
    words = "; ".join(dict.fromkeys(hidden))
    return (SHADOWED, words, "") if words else (EFFECTIVE, "", "")


def longer_cure(timeout_s: float) -> str:
    """Return the cure for a shell that has not answered in `timeout_s`."""
    return f"if it is only slow: ensure-path --timeout {max(LONGER_S, 2 * round(timeout_s))}"


def split(text: str) -> tuple[str, str]:
    """Return the fact and the cure of `text`."""
    fact, _, cure = text.partition("; ")
    return fact, cure


def misplaced(path: Sequence[str], first: int, own: Iterable[str], order: str | None) -> str:
    """Return why the entry at `first` of `path` is not where `order` wants it, or an empty text.

    That is before, or after, each of the session's `own` entries; others may put theirs where they like.
    """
    indices = {entry: path.index(entry) for entry in own if entry in path}
    wrong = [
        entry
        for entry, index in indices.items()
        if (order == PREPEND and index < first) or (order == APPEND and index > first)
    ]
    word = "after" if order == PREPEND else "before"
    return f"it is on PATH, but {word} {wrong[0]}; {MOVE_IT}" if wrong else ""


TELLING = (
    *(" line ", "(line ", "rror", "annot ", "denied", "read-only", "readonly", "not found"),
    *("No such", "nknown", "yntax", "unexpected", "nmatched", "nvalid", "arse", "ndefined", "ailed"),
)
# What a shell says because we ask it, and nobody else does: our program, or `-i` without a terminal;
# nushell's heading above the lines that name the program, and its banner; yash's welcome.
OURS = (
    *(PROGRAM, "terminal process group", "job control", "controlling tty", "find tty"),
    "cannot open file `/dev/tty'",
    *("External command failed", "nu::shell::external_command", "-unknown-linux"),
    *("Standard input (line", "not found at ~/.yashrc"),
)
# What tells nothing about PATH and is said in many a container: a locale that is not installed there.
BESIDE_THE_POINT = ("setlocale", "etting locale failed", "standard locale")
MAX_LINE = 200  # characters


def telling_line(text: str, folder: str) -> str:
    """Return the last line of `text` by which a shell says what went wrong, or an empty text.

    Lines about `folder` and about the proof programs, which are ours, tell nothing to the user.
    """
    lines = [_plain(line) for line in text.replace("\r", "\n").split("\n")]
    others = (folder, *OURS, *BESIDE_THE_POINT)
    theirs = [line for line in lines if not any(word in line for word in others)]
    told = [line for line in theirs if any(word in line for word in TELLING)]
    whole = [line for line in told if not _is_half(line)] or told
    return whole[-1][:MAX_LINE] if whole else ""


def _is_half(line: str) -> bool:
    """Say whether a line only begins what the next one says, or repeats what bash does not understand.

    That is `FILE: line 25: `fi'`, below the line that says why.
    """
    start, _, end = line.rpartition(": ")
    return line.endswith(":") or (" line " in start and end.startswith("`") and end.endswith("'"))


def _plain(line: str) -> str:
    """Return `line` without what a terminal would not show."""
    while "\x1b" in line:
        before, _, rest = line.partition("\x1b")
        end = next((i for i, c in enumerate(rest[1:], 2) if c.isalpha() or c in "~\x07"), len(rest))
        line = before + rest[end:]
    return "".join(c for c in line if c.isprintable()).strip()


def shadows(ours: Mapping[str, str], earlier: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return, in words, which of the commands `ours` one of an `earlier` entry of PATH hides.

    Each maps a command's name to its path.
    """
    found: dict[str, str] = {}
    for theirs in earlier:
        for name in ours.keys() & theirs.keys():
            found.setdefault(name, theirs[name])
    return tuple(f"{name} is hidden by {other}" for name, other in sorted(found.items()))


def losses(before: Probe, after: Probe, ours: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what a program found `before` an edit and not `after` it.

    `ours` are entries that an edit may take away: the directories themselves, and what they replace.
    An answer that did not come says nothing.
    """
    return () if after.path is None else lost(before.found, after.found, ours)


def lost(before: tuple[str, ...], after: tuple[str, ...], ours: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the entries of PATH, and commands, of `before` that `after` lacks; `ours` do not count.

    Some tools make a directory with a new name at each start (`/run/user/1000/fnm_multishells/7_1/bin`):
    an entry is not lost where a new one differs from it in one name.
    """
    if set(before) <= set(after):  # mostly
        return ()
    mine = {_bare(entry) for entry in ours}
    there = {_bare(entry) for entry in after}
    known = {_bare(entry) for entry in before} | mine
    fresh = [entry for entry in dict.fromkeys(map(_bare, after)) if entry not in known]
    found: list[str] = []
    for entry in dict.fromkeys(before):
        bare = _bare(entry)
        if not bare or bare in there or bare in mine:
            continue
        successor = next((new for new in fresh if _is_renamed(bare, new)), None)
        if successor is None:
            found.append(entry)
        else:
            fresh.remove(successor)
    return tuple(found)


def _bare(entry: str) -> str:
    r"""Return `entry` in one spelling: `/` for `\`, lower case, no quotes, no slash at its end."""
    return entry.replace('"', "").replace("\\", "/").lower().rstrip("/")


def _is_renamed(one: str, other: str) -> bool:
    """Say whether two entries differ in one name below a folder that they share."""
    names, others = one.split("/"), other.split("/")
    if len(names) != len(others):
        return False
    differing = [i for i, name in enumerate(names) if name != others[i]]
    return len(differing) == 1 and differing[0] > 1
