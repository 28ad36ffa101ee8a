"""Take back what `ensure` put: all of it, or what was put for the directories that are named."""

from __future__ import annotations

import contextlib
import os

from . import changes, homes, places, probes, receipts, recovery, stores, winpath
from .beginning import find_directories
from .contexts import DEFAULT_MODES
from .errors import OnpathError, RefusedError
from .host import directories
from .host.folders import spelled
from .host.installed import find_shell, own_folders
from .model import File, Plan, Refusal, Report, Want
from .places import blocks, fence
from .receipts import RECEIPT
from .shells import UNIX_ROWS, startup
from .stores.files import dangling_reason
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from .model import Context, Edit, Entry, Host, Machine, Receipt, Status, Target
    from .request import Request

ASKING_S = 5.0  # for which a shell may work that is asked where its files are


def undo(host: Host, request: Request, left: tuple[str, ...] = ()) -> Report:
    """Take it back on this machine, whose lock is held, or say what would be taken back.

    A run that was killed has worked in the directories `left`.
    """
    folder = directories.state_folder(host)
    notes = () if request.is_dry else recovery.finish_killed(host)
    record = receipts.load(folder, host.home)
    pending, record = record.pending, replace(record, pending=None)
    is_named = request.directories or request.python
    named = find_directories(host, request) if is_named else ()
    want = Want(host, (), find_receipt=lambda: record)
    stays = _stays(host, request, record)
    machine = _machine_of_this_home(want, stays)
    lost = blocks.moved_on(record.files, machine)
    # A file may have been moved to where only its shell finds it.
    told = _told_folders(host, request, lost) if lost or not record.files else ()
    want = replace(want, told_folders=told)
    whole = _plan_undo(want, machine)
    wanted = _by_every_name(named, host.home)
    planned = _plan_undo(replace(want, directories=wanted), machine) if named else whole
    if request.targets:
        planned = _of_targets(planned, request.targets, host.home)
    is_all = planned.edits == whole.edits and not planned.refusals and not pending
    if request.is_dry:
        has_receipt = receipts.has_receipt(folder) and not receipts.foreign_reason(folder, host.home)
        is_less = is_all or receipts.without(record, planned.edits) != record
        has_changed = bool(planned.edits or pending) or (has_receipt and is_less)
    else:
        for target in whole.looked_at:
            if not stays(str(target)):
                stores.sweep(target, has_spares=not pending)  # else one is needed still
        made = (each for each in record.folders if not stays(each))
        known = _known_directories(host, record, whole.edits, machine)
        recovery.sweep(host, (*left, *known, *made, *_usual_directories(host, request)))
        with changes.Changes(lambda: folder, host) as done:
            done.apply(planned.edits)
            if is_all:
                done.remove_receipt(each for each in record.folders if not stays(each))
            else:
                kept = receipts.without(record, planned.edits)
                others = {*_known_directories(host, kept, whole.edits, machine)} - {*wanted}
                gone = () if planned.refusals else wanted
                done.settle(replace(_remove_folders(done, kept, gone, others, stays), pending=pending))
            stores.announce(edit.target for edit in planned.edits)
            has_changed = bool(planned.edits or notes) or done.has_changed_receipt
    status: Status = "changed" if has_changed else "unchanged"
    if planned.refusals or (pending and not request.is_dry):
        status = "partial" if has_changed else "refused"
    is_known = {str(edit.target) for edit in planned.edits} <= {*record.files}
    if not named and not planned.refusals and is_known:  # what is refused may have it still
        notes += _note_moved(lost)
    if record == receipts.EMPTY:
        why = receipts.foreign_reason(folder, host.home)
        notes += (f"{folder}/{RECEIPT} {why}",) if why else ()
        notes += tuple(_note_folders(host, planned.edits))
    return Report(status, named, edits=planned.edits, refusals=planned.refusals, notes=notes)


def _stays(host: Host, request: Request, record: Receipt) -> Callable[[str], str]:
    """Return what says why a path is not for this undo, or nothing."""

    def stays(path: str) -> str:
        return "" if request.is_forced else receipts.outside_reason(path, record, host.home)

    return stays


def _of_targets(planned: Plan, names: tuple[str, ...], home: str) -> Plan:
    """Return what of `planned` is about the targets that have these `names` in this home, or others."""
    meant = {os.path.realpath(homes.from_name(name, home)) for name in names}

    def is_meant(each: Edit | Refusal) -> bool:
        return os.path.realpath(str(each.target)) in meant

    return replace(
        planned,
        edits=tuple(filter(is_meant, planned.edits)),
        refusals=tuple(filter(is_meant, planned.refusals)),
    )


def _note_moved(lost: tuple[str, ...]) -> tuple[str, ...]:
    """Say which files have no block any more, each by one of its names."""
    return tuple(
        f"{path} no longer has the block that was put there; if it was moved into another file, take it "
        f"out of that one: it begins with {fence.OPENING.strip()!r}"
        for path in {os.path.realpath(path): path for path in reversed(lost)}.values()
    )


def _by_every_name(named: tuple[str, ...], home: str) -> tuple[str, ...]:
    """Return `named`, and what those are called in `home`: they may be named by a link to it."""
    tails = [homes.below(each, home) for each in named if home]
    here = [os.path.join(home, tail) for tail in tails if tail]
    return tuple(dict.fromkeys((*named, *here)))


def _usual_directories(host: Host, request: Request) -> Iterator[str]:
    """Yield the directories that a run is about that is told the same, or nothing."""
    yield host.system.unversioned_directory(host)
    with contextlib.suppress(OnpathError):  # this Python has none
        yield from find_directories(host, request)


def _known_directories(
    host: Host, record: Receipt, edits: tuple[Edit, ...], machine: Machine
) -> Iterator[str]:
    """Yield the directories that have a block or an entry of ours."""
    keys = [key for edit in edits for key in fence.bodies(edit.before)] if host.home else []
    yield from (fence.directory(key, host.home) for key in keys)
    yield from (_directory_of(entry, machine) for entry in record.entries)


def _remove_folders(
    done: changes.Changes,
    record: Receipt,
    directories: tuple[str, ...],
    others: Iterable[str],
    stays: Callable[[str], str],
) -> Receipt:
    """Remove the folders that were made for `directories` and for none of the `others`.

    Return `record` without them.
    """
    gone, needed = ([*map(os.path.realpath, each)] for each in (directories, others))

    def is_for(folder: str, named: list[str]) -> bool:
        real = os.path.realpath(folder)
        return any(homes.below(each, real) is not None for each in named)

    mine = [f for f in record.folders if is_for(f, gone) and not is_for(f, needed) and not stays(f)]
    done.remove_folders(mine)
    kept = tuple(folder for folder in record.folders if folder not in mine or os.path.lexists(folder))
    return replace(record, folders=kept)


def _directory_of(entry: Entry, machine: Machine) -> str:
    """Return the directory that `entry` is, without what only Windows understands."""
    if isinstance(entry.target, File):
        return entry.text
    return winpath.expand(entry.text, machine.variables()).replace('"', "")


def _note_folders(host: Host, edits: tuple[Edit, ...]) -> Iterator[str]:
    """Say which folders stay, since without a receipt nothing tells who has made them."""
    places = [fence.directory(key, host.home) for edit in edits for key in fence.bodies(edit.before)]
    places += [os.path.dirname(str(edit.target)) for edit in edits if edit.after is None]
    empty: dict[str, None] = {}
    for place in places:
        folder = place
        while folder != host.home and homes.is_inside(folder, host.home) and _holds_only(folder, empty):
            empty[folder] = None
            folder = os.path.dirname(folder)  # which would be empty then
    if empty:
        yield (
            "no receipt tells who has made these empty folders, so they were left: "
            f"rmdir {' '.join(map(spelled, empty))}"
        )


def _holds_only(folder: str, gone: Container[str]) -> bool:
    """Say whether in `folder` there is nothing but what is `gone`."""
    try:
        return all(f"{folder}/{name}" in gone for name in os.listdir(folder))
    except OSError:
        return False


def _machine_of_this_home(want: Want, stays: Callable[[str], str]) -> Machine:
    """Return how an undo looks at the machine: as if nothing were outside of this home but ours.

    `stays` says why a path is not ours, or nothing. A link out of the home is seen, and refused. So is
    a recorded file that cannot be reached: it may hold a block when its disk is mounted again.
    """
    machine, home = stores.machine(want.host), want.host.home

    def read(target: Target) -> str | None:
        if not isinstance(target, File):
            return machine.read(target)
        reason = dangling_reason(target)
        if reason and target.path in want.receipt.files:
            raise RefusedError(reason)
        is_hidden = homes.below(target.path, home) is None and stays(target.path)
        return None if is_hidden else machine.read(target)

    def refusal(target: Target) -> str | None:
        reason = stays(target.path) if isinstance(target, File) else ""
        return reason or machine.refusal(target)

    return replace(machine, read=read, refusal=refusal)


def _plan_undo(want: Want, machine: Machine) -> Plan:
    """Return what every place of this system would take back; a file of two places is one edit."""
    edits: dict[object, Edit] = {}  # by what all names of a file share
    refusals: list[Refusal] = []
    looked_at: list[Target] = []
    for row in places.here(want.host):
        planned = places.load(row).undo(want, machine)
        for edit in planned.edits:
            is_file = isinstance(edit.target, File)
            edits[machine.identity(str(edit.target)) if is_file else edit.target] = edit
        refusals += [each for each in planned.refusals if each not in refusals]
        looked_at += planned.looked_at
    found = [(edit, _why_not_removed(edit, machine)) for edit in edits.values()]
    refusals += [Refusal(edit.target, reason, ()) for edit, reason in found if reason]
    free = tuple(edit for edit, reason in found if not reason)
    return Plan(free, tuple(refusals), tuple(dict.fromkeys(looked_at)))


def _why_not_removed(edit: Edit, machine: Machine) -> str | None:
    """Return why the file of an edit that removes it cannot be removed, or None."""
    if edit.after is not None or not isinstance(edit.target, File):
        return None
    return machine.removal_refusal(edit.target)


def _told_folders(
    host: Host, request: Request, lost: tuple[str, ...]
) -> tuple[tuple[Context, Mapping[str, str]], ...]:
    """Ask the shells in use that may have their files elsewhere, where the receipt does not tell.

    Of `lost` files, which have no block any more, only those whose own they are. It is a help alone: who
    gives no answer is not waited for as for a proof.
    """
    if places.STARTUP_FILES not in places.here(host):
        return ()
    known = {shell.name for shell in (host.running, host.login) if shell}
    names = {os.path.basename(path) for path in lost}
    rows = (row for row in UNIX_ROWS.values() if row.folder_queries)
    used = [
        row.name
        for row in rows
        if (not lost or names & set(map(os.path.basename, startup.templates_of(row))))
        and (row.name in known or startup.is_used(row, host))
    ]
    more = own_folders(host, request.directories)
    shells = {name: shell for name in used if (shell := find_shell(name, host.environ, more))}
    place, prober, machine = places.load(places.STARTUP_FILES), probes.of(host), stores.machine(host)
    contexts = place.contexts(host, tuple(shells.values()), DEFAULT_MODES)
    found = ((context, place.ask(host, context, machine)) for context in contexts)
    asks = [(c, shells[c.shell], ask) for c, ask in found if not isinstance(ask, str)]
    if not asks:
        return ()
    timeout_s = request.timeout_s or min(ASKING_S, host.system.TIMEOUT_S)
    session = host.system.new_session(host)[0]
    try:
        bench = prober.open_bench(host, (), timeout_s=timeout_s, has_proofs=False, session=session)
    except OnpathError:  # as where no temporary file can be made
        return ()
    try:
        answers = prober.ask_all(bench, asks)
    finally:
        prober.close_bench(bench)
    return tuple((probe.context, dict(probe.told_folders)) for probe in answers)
