"""What a run that was killed has left: found by the receipt, and put back before anything else is done.

Every run that may change something, an undo too, begins so, with the lock held: whatever is pending
then is of a run that is dead. Only what has a name of ours and is what we put there is touched, since
anybody may have edited the receipt: a text by the blocks in it, a program by its own text, a folder if
it is empty.
"""

from __future__ import annotations

import os
import stat

from . import changes, homes, places, probes, receipts, stores
from .errors import ChangedError, LeftError, OnpathError, RefusedError
from .host import directories
from .model import Edit, File, Receipt, Want
from .places import fence
from .receipts import RECEIPT
from .shells import startup
from .stores import trees
from .stores.folder import drop, remove_folders
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Host, Pending, Target
    from .protocols import Prober

PUT_BACK = "what an earlier run had begun, and had not finished, was put back"


def finish_killed(host: Host) -> tuple[str, ...]:
    """Put back what a run that was killed has left, and return what is to be told of it."""
    folder = directories.state_folder(host)
    is_own = not host.system.STATE_FOLDER
    paths = startup.candidates(host, ()) if is_own else startup.system_candidates()
    torn = stores.recover(folder, paths, host.uid)  # what is half written, first
    told = tuple(
        f"{path} was half written by a run that was killed; its old text is back" for path in torn
    )
    return (*told, *finish(host, probes.of(host), folder))


def sweep(host: Host, named: Iterable[str]) -> None:
    """Remove from directories the proof programs of a run that was killed before it recorded them."""
    prober = probes.of(host)
    prober.sweep(host, prober.new_nonce(), filter(os.path.isdir, dict.fromkeys(named)))


def check_finished(host: Host, notes: tuple[str, ...]) -> None:
    """Raise if something of a killed run is still to be put back: a new record would replace its own."""
    folder = directories.state_folder(host)
    if not receipts.is_pending(folder):
        return
    if notes:
        told = ", ".join(notes)  # a block that others have changed has a cure of its own
        cure = (
            "run this again then"
            if "; " in told
            else "make room or make it writable, and run this again"
        )
        raise LeftError(f"{told}; {cure}")
    raise LeftError(
        f"{folder}/{RECEIPT} says that a run was killed, and nothing of what it had begun that can be "
        "understood; run ensure-path --undo, and then this again"
    )


def finish(host: Host, prober: Prober, folder: str) -> tuple[str, ...]:
    """Put back what is pending in the receipt of `folder`; return what is to be told of it.

    What cannot be put back stays pending, and is told. Raises `OnpathError` or OSError if the receipt
    cannot be written.
    """
    path = f"{folder}/{RECEIPT}"
    trees.sweep(os.path.realpath(path), host.home)
    if os.path.isdir(folder):
        stores.sweep(File(path), is_own=True, has_spares=True)
    if not receipts.is_pending(folder):
        return ()
    record = receipts.load(folder, host.home)
    pending = record.pending
    if pending is None:
        return ()
    prober.sweep(host, pending.nonce, pending.directories, pending.private)
    held = {target: _mark(target) for target, _ in pending.targets}
    written = {target for target, was in pending.targets if held[target] != was}
    told = [PUT_BACK]
    reasons = {target: _put_back(target, was, pending, folder, told) for target, was in pending.targets}
    for edit in _plan_entries(host, pending, written):
        reasons[edit.target] = _write(edit.target, edit.after, edit.before, folder)
    remove_folders(pending.folders)
    open_ = tuple(pair for pair in pending.targets if reasons[pair[0]])
    left = replace(
        record,
        pending=replace(pending, targets=open_) if open_ else None,
        entries=tuple(e for e in record.entries if not (e in pending.entries and e.target in written)),
    )
    with changes.Changes(lambda: folder, host, is_recorded=False) as done:
        if left.pending or left.files or left.entries or not _is_of_state(left, path):
            done.save(left)
        else:
            done.remove_receipt(left.folders)
    told += [f"{target} holds still what it put there: {reasons[target]}" for target, _ in open_]
    return tuple(told)


def _put_back(target: Target, was: str, pending: Pending, state_folder: str, told: list[str]) -> str:
    """Put one file back; return why it could not be, or nothing. What is to be `told` is added there.

    The old file is there under its second name; or under that of the new one, if the run was killed just
    after both had changed names, or while it wrote the old text again. If somebody has written to the
    new one since, or the file system has no such names, our block is taken out of what is there.
    """
    if not isinstance(target, File):
        return ""
    reason = ""
    for _ in range(changes.ATTEMPTS):
        try:
            _put_file_back(target, was, pending, state_folder, told)
        except ChangedError as error:  # at this very moment
            reason = str(error)
        except OSError as error:
            return (error.strerror or str(error)).lower()
        except OnpathError as error:
            return str(error)
        else:
            return ""
    return reason


def _put_file_back(target: File, was: str, pending: Pending, state_folder: str, told: list[str]) -> None:
    spare = stores.spare(target, pending.nonce)
    names = (spare, stores.temporary(target, spare))
    for beside in names:
        told += filter(None, [_bring_back(target, was, beside, is_new=beside != spare)])
    now = stores.read(target)
    texts = {beside: stores.read(File(beside)) for beside in names if _is_file(beside)}
    kept = next((beside for beside, text in texts.items() if receipts.mark(text) == was), "")
    if receipts.mark(now) == was:
        after = now
    elif kept and fence.bare(now) == fence.bare(texts[kept]):
        stores.restore(target, kept, now, is_complete=kept == spare)
        after = now = texts[kept]
    else:
        after = fence.remove(now, *pending.keys) if pending.keys else now
    if after != now:
        stores.write(target, after, now, spare, state_folder=state_folder)
    if _is_file(spare):
        drop(spare)
    stores.sweep(target, spare=spare)


def _bring_back(target: File, was: str, beside: str, *, is_new: bool) -> str:
    """Give a save its place back that came out of it at the moment in which the run was killed.

    It is in the file `beside`, which holds neither what was there before the run, nor that with a block
    of ours. If the file itself has been edited since as well, both stay; what to tell is returned.
    `is_new` says that it may also be our own, and half written.
    """
    saved = stores.read(File(beside)) if _is_file(beside) else None
    now = stores.read(target)
    if not saved or saved == now or (is_new and receipts.mark(now) == was):
        return ""
    if was in {receipts.mark(saved), receipts.mark(fence.bare(saved))}:
        return ""
    if now is None or receipts.mark(fence.bare(now)) == was:
        stores.restore(target, beside, now)
        return ""
    if {*(fence.bare(saved) or "").split("\n")} <= {"", *now.split("\n")}:
        return ""
    kept = stores.set_aside(target, beside)
    return (
        f"{target} was saved while a run was killed, and again since; "
        f"the first save is in {kept}: compare the two"
    )


def _write(target: Target, text: str | None, before: str | None, state_folder: str) -> str:
    try:
        stores.write(target, text, before, state_folder=state_folder)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except OnpathError as error:
        return str(error)
    return ""


def _plan_entries(host: Host, pending: Pending, written: set[Target]) -> tuple[Edit, ...]:
    """Return the edits that take out what was put where no marker can be."""
    entries = tuple(entry for entry in pending.entries if entry.target in written)
    if not entries:
        return ()
    want = Want(host, (), find_receipt=lambda: Receipt(entries=entries))
    plans = (places.load(row).undo(want, stores.machine(host)) for row in places.here(host))
    return tuple(edit for each in plans for edit in each.edits if edit.settled)


def _mark(target: Target) -> str | None:
    try:
        return receipts.mark(stores.read(target))
    except RefusedError:
        return None


def _is_file(path: str) -> bool:
    """Say whether a file of that name is there, and no link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _is_of_state(receipt: Receipt, path: str) -> bool:
    """Say whether nothing is recorded but the folders of the receipt at `path` itself."""
    real = os.path.realpath(path)
    return all(homes.below(real, os.path.realpath(folder)) for folder in receipt.folders)
