"""From what a fresh program said to a verdict. Pure, and the same for every system."""

from __future__ import annotations

from onpath.model import EFFECTIVE, MISSING, PROGRAM, SHADOWED
from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DID_NOT_RUN = "it is on PATH, but a program in it did not run"


@dataclass(frozen=True)
class Sight:
    """What an answer says of one directory."""

    is_on_path: bool  # whether the program has it on the PATH that its children get
    ran: bool | None = None  # whether the proof in it ran by its name; None: there was none
    unusable: str = ""  # why no program in the directory can run
    lost: str = ""  # why it is not on PATH although it was given to the program


def verdict(sights: Iterable[Sight], hidden: Iterable[str] = ()) -> tuple[str, str]:
    """Return the verdict and its reason. `hidden` says, in words, which commands others hide."""
    for sight in sights:
        if sight.ran:
            continue  # it ran by its name: nothing else can count
        if not sight.is_on_path:
            return MISSING, sight.lost
        if sight.ran is False or sight.unusable:
            return MISSING, sight.unusable or DID_NOT_RUN
    words = "; ".join(hidden)
    return (SHADOWED, words) if words else (EFFECTIVE, "")


TELLING = (
    *("line ", "rror", "annot ", "denied", "read-only", "readonly", "not found", "No such", "nknown"),
    *("yntax", "unexpected", "nmatched", "nvalid", "arse", "ndefined", "ailed"),
)
# What a shell says because we ask it, and nobody else does: our program, or `-i` without a terminal.
OURS = (PROGRAM, "terminal process group", "job control")
MAX_LINE = 200  # characters


def telling_line(text: str, folder: str) -> str:
    """Return the last line of `text` by which a shell says what went wrong, or an empty text.

    Lines about `folder`, our own, tell nothing to the user.
    """
    lines = [_plain(line) for line in text.replace("\r", "\n").split("\n")]
    theirs = [line for line in lines if not any(word in line for word in (folder, *OURS))]
    told = [line for line in theirs if any(word in line for word in TELLING)]
    return told[-1][:MAX_LINE] if told else ""


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
