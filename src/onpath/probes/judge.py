"""From what a fresh program said to a verdict. Pure, and the same for every system."""

from __future__ import annotations

from onpath.model import EFFECTIVE, MISSING, SHADOWED
from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onpath.model import Probe

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
