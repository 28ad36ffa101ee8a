"""Blocks of ours in a file: what all places share that keep PATH in a text with comments. Pure."""

from __future__ import annotations

from onpath.errors import RefusedError
from onpath.model import APPEND, PREPEND, TOP, Edit, File, Plan, Refusal
from onpath.values import TYPE_CHECKING

from . import fence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from onpath.model import Machine, Want

    from .fence import FindTop

    Spell = Callable[[str, str], str]  # (directory, order) -> lines; raises UnspellableError

# In the reason why a file is not edited, where its user could not write to it by hand either: it is
# somebody else's, is none, or is on a disk that takes nothing.
NOBODY_WRITES = ("belongs to ", "is not a regular file", "is a device", "its file system is mounted so")


def put_in(
    before: str | None,
    want: Want,
    spell: Spell,
    preamble: str = "",
    others: tuple[Spell, ...] = (),
    find_top: FindTop | None = None,
) -> str | None:
    """Return the text `before` with a block for each directory of `want`.

    `preamble` is a line that a file which we create needs in front; `others` are other ways in which a
    block may be spelled that is there already; `find_top` is that of the language, if it has one. Raises
    `RefusedError`.
    """
    found = fence.bodies(before)
    keys = {directory: fence.key(directory, want.host.home) for directory in want.directories}
    fence.check_own(before, keys.values())
    spells = (spell, *others)
    orders = {d: want.order or _order_of(found.get(key, ""), spells, d) for d, key in keys.items()}
    # The first directory is to be the first on PATH: of blocks that prepend, the last to run.
    prepended = [d for d in reversed(want.directories) if orders[d] == PREPEND]
    appended = [d for d in want.directories if orders[d] == APPEND]

    def fill(text: str | None) -> str | None:
        is_preamble_due = bool(preamble)
        for runs in (prepended, appended):
            for directory in runs if want.position != TOP else reversed(runs):
                present = found.get(keys[directory], "")
                lines = spell(directory, orders[directory])
                if is_preamble_due and (text is None or present.startswith(preamble)):
                    lines, is_preamble_due = f"{preamble}\n{lines}", False
                text = fence.insert(text, keys[directory], lines, want.position, find_top)
        return text

    def is_in_order(text: str | None) -> bool:
        lie = list(fence.bodies(text))
        each = ([lie.index(keys[directory]) for directory in runs] for runs in (prepended, appended))
        return all(indices == sorted(indices) for indices in each)

    after = fill(before)
    if is_in_order(after):
        return after
    # Blocks that are replaced stay where they are: these must change places.
    return fill(fence.remove(before, *keys.values()))


def plan_file(
    path: str,
    want: Want,
    machine: Machine,
    spell: Spell,
    preamble: str = "",
    others: tuple[Spell, ...] = (),
    find_top: FindTop | None = None,
) -> Plan:
    """Return the plan that puts the blocks into the file `path`, or the refusal with what to paste.

    Where they are there already, the edit changes nothing: it says that they can be tried elsewhere.
    """
    target = File(path)
    reason = machine.refusal(target)
    try:
        if reason:
            raise RefusedError(reason)
        before = machine.read(target)
        after = put_in(before, want, spell, preamble, others, find_top)
    except RefusedError as error:
        # Where there is no file and none can be made, there is nowhere to paste; and what gives back
        # one that cannot be written makes it ours to edit.
        is_own = reason and machine.is_there(path) and not any(e in reason for e in NOBODY_WRITES)
        moves = others[0] if others and want.order and not want.is_moved else spell
        paste = _paste(want, moves) if is_own else ""
        return Plan(refusals=(Refusal(target, str(error), want.contexts, paste),))
    return Plan((Edit(target, before, after, want.contexts, want.position),))


def take_out(paths: Iterable[str], want: Want, machine: Machine) -> Plan:
    """Return the plan that takes our blocks out of the files `paths`: all, or `want.directories`.

    What others wrote since stays. A file that we created and that holds nothing else is removed. A file
    that cannot be read is a refusal only if the receipt names it.
    """
    edits: list[Edit] = []
    refusals: list[Refusal] = []
    keys = [fence.key(directory, want.host.home) for directory in want.directories]
    recorded = want.receipt.files
    names: dict[object, str] = {}
    for path in paths:
        names.setdefault(machine.identity(path), path)
    for path in names.values():
        target = File(path)
        try:
            before = machine.read(target)
        except RefusedError as error:
            if path in recorded:
                refusals.append(Refusal(target, str(error), ()))
            continue
        try:
            after = fence.remove(before, *keys)
        except RefusedError as error:
            refusals.append(Refusal(target, str(error), ()))
            continue
        reason = machine.refusal(target) if after != before else None
        if reason:
            refusals.append(Refusal(target, reason, ()))
        elif after != before:
            edits.append(Edit(target, before, after))
    return Plan(tuple(edits), tuple(refusals), tuple(map(File, names.values())))


def moved_on(paths: Iterable[str], machine: Machine) -> tuple[str, ...]:
    """Return those of `paths`, files that had a block of ours, that have none any more."""

    def has_none(path: str) -> bool:
        try:
            return not fence.bodies(machine.read(File(path)))
        except RefusedError:  # it is told where it is to be edited
            return False

    return tuple(filter(has_none, paths))


def _order_of(present: str, spells: tuple[Spell, ...], directory: str) -> str:
    """Return the order of a block that is `present`; it stays as it is unless another is asked for."""
    is_appended = present and any(present.endswith(spell(directory, APPEND)) for spell in spells)
    return APPEND if is_appended else PREPEND


def _paste(want: Want, spell: Spell) -> str:
    """Return the lines that a user whose file may not be edited can put there.

    With an order, those that take the directory from where it is: what only adds would not help.
    """
    each = want.directories if want.order == APPEND else reversed(want.directories)
    try:
        return "".join(spell(directory, want.order or PREPEND) for directory in each)
    except RefusedError:
        return ""
