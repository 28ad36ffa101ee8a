"""One transaction: folders, edits and the receipt. All of it stays, or none.

    with Changes(find_state_folder, host) as changes:
        changes.make_folders(directories)
        changes.apply(edits)
        ...
        changes.keep_receipt()

An exception inside `with` puts back everything that was changed so far, and goes on; what cannot be
put back is told by `LeftError`. Each change is recorded before it is made: in memory, so that no
interrupt can lose it, and as pending in the receipt, so that no kill can (`recovery`). The old file
keeps a second name until the end, so that putting it back needs no room.
"""

from __future__ import annotations

import os

from . import homes, receipts, stores
from .errors import ChangedError, LeftError, OnpathError, RefusedError, TornError
from .host import folders as host_folders
from .model import PROGRAM, Edit, File, Pending
from .places import fence
from .receipts import RECEIPT
from .stores import trees
from .stores.folder import drop, make_folders, missing_folders, remove_folders
from .values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from types import TracebackType

    from .model import Entry, Host, Receipt, Target

ATTEMPTS = 20  # to put a file back that somebody else is writing again and again
UNCHANGED = "; nothing was changed"


class StoppedError(OnpathError):
    """A change could not be made, or taken back. Its message holds if all the rest is put back."""


@dataclass(frozen=True)
class Applied:
    """An edit that is or was carried out, and what its target held before and in between."""

    edit: Edit
    folders: tuple[str, ...] = ()  # those that did not exist before
    earlier: tuple[str | None, ...] = ()  # texts of ours that the target held in between

    @staticmethod
    def before(edit: Edit) -> Applied:
        """Return the record of `edit`, made before the write, so that an interrupt cannot lose it."""
        return Applied(edit, stores.folders_to_make(edit.target))

    def then(self, after: str | None) -> Applied:
        """Return the record of one write more."""
        edit = replace(self.edit, after=after)
        return replace(self, edit=edit, earlier=(*self.earlier, self.edit.after))


@dataclass(frozen=True)
class Left:
    """What could not be put back."""

    name: str
    reason: str
    spare: str = ""  # where the old file lies


class Changes:
    """What one run has changed so far.

    `intent` is what it will leave while it works, for the receipt. Where it is not `is_recorded`, there
    is no receipt of what is pending.
    """

    has_kept = (
        False  # whether a transaction of this process has come to its end, and something of it stays
    )

    def __init__(
        self,
        find_state_folder: Callable[[], str],
        host: Host,
        intent: Pending | None = None,
        *,
        is_recorded: bool = True,
    ) -> None:
        self._find_state_folder = find_state_folder  # it costs time, and most runs change nothing
        self._home, self._uid = host.home, host.uid
        self._is_shared = bool(host.system.STATE_FOLDER)
        self.current: dict[Target, Applied] = {}  # in place at the moment
        self.folders: tuple[str, ...] = ()  # made for the directories themselves
        self.unwanted: tuple[str, ...] = ()  # folders that were to go again, and are there still
        self.has_strays = False  # whether anything at all is
        self.trouble = ""  # why there is no receipt
        self._is_recorded = is_recorded
        self._pending = intent or Pending(os.urandom(6).hex())
        self._recorded: Receipt | None = None  # what is in it but for what is pending
        self._own_folders: tuple[str, ...] = ()  # made for the receipt
        self._has_twin = False  # whether the receipt had a second name: that of a copy of the home
        self._receipt: Applied | None = None
        self._removed: tuple[str, ...] = ()
        self._taken_out: set[Target] = set()
        self._spares: set[str] = set()
        self._torn: dict[Target, TornError] = {}  # what could not be written in place

    def __enter__(self) -> Changes:  # noqa: PYI034  (`Self` is of 3.11)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                Changes.has_kept |= bool(self.edits or self.folders or self.has_changed_receipt)
                return
            left = self.put_all_back()
        except BaseException:  # an interrupt; no second one comes
            left = self.put_all_back()
            _tell(error, left)
            raise
        _tell(error, left)

    @property
    def state_folder(self) -> str:
        """The folder of the receipt."""
        return self._find_state_folder()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits that are in place, but for those that found their target as they want it."""
        return tuple(a.edit for a in self.current.values() if a.edit.after != a.edit.before)

    @property
    def tried(self) -> tuple[Edit, ...]:
        """All edits that are in place, but for those that take something of ours out."""
        return tuple(a.edit for t, a in self.current.items() if t not in self._taken_out)

    @property
    def made(self) -> tuple[str, ...]:
        """The folders that were made, for the directories and for edits that are in place."""
        more = (folder for applied in self.current.values() for folder in applied.folders)
        return tuple(dict.fromkeys((*self.folders, *more)))

    @property
    def has_changed_receipt(self) -> bool:
        """Whether the receipt was written or removed."""
        return self._receipt is not None

    def make_folders(self, folders: Iterable[str], targets: Iterable[Target] = ()) -> None:
        """Make those of `folders`, and those above them, that do not exist.

        `targets` may be edited later: so they are recorded in one write. Raises before the first one is
        made if it can be told that one cannot be made.
        """
        folders = tuple(folders)
        for folder in folders:
            self._raise_if_hindered(folder, f"{folder} cannot be made: ")
        # By their real names: where a link above them leads may change until they are removed.
        missing = _missing(folders)
        if missing:
            self._intend(targets, missing)
            missing = _missing(folders)  # of some the receipt is the owner now
        self.folders = tuple(dict.fromkeys((*self.folders, *missing)))
        try:
            for folder in folders:
                make_folders(folder)
        except OSError as error:
            raise OnpathError(
                f"{error.filename} cannot be made ({_words(error)}); "
                "make it yourself, or name another directory"
            ) from None

    def unmake_folders(self) -> None:
        """Remove the folders that were made for the directories, as far as they are empty."""
        remove_folders(self.folders)
        self.folders = self.unwanted = tuple(filter(os.path.lexists, self.folders))

    def apply(self, edits: Iterable[Edit]) -> None:
        """Write every edit; all of them are recorded before the first write."""
        fresh = {edit.target: Applied.before(edit) for edit in edits}
        to_write = [each.edit for each in fresh.values() if each.edit.after != each.edit.before]
        made = (folder for applied in fresh.values() for folder in applied.folders)
        if to_write:
            self._intend((edit.target for edit in to_write), made, to_write)
        self.current = {**self.current, **fresh}
        for edit in to_write:
            self._write(edit.target, edit.after, edit.before)

    def take_out(self, edits: Iterable[Edit]) -> None:
        """Write `edits`, which take out what is ours: they stay, and need no record."""
        edits = tuple(edits)
        self._taken_out.update(edit.target for edit in edits)
        self.apply(edits)

    def move(self, edits: Iterable[Edit]) -> list[Edit]:
        """Bring each target to what its edit says, wherever it is now; return what was written."""
        moved = []
        for edit in edits:
            old = self.current[edit.target]
            if edit.after == old.edit.after:
                continue
            serves = tuple(dict.fromkeys((*old.edit.serves, *edit.serves)))
            then = old.then(edit.after)
            known = {entry.text for entry in old.edit.entries}
            entries = (*old.edit.entries, *(each for each in edit.entries if each.text not in known))
            new = replace(then.edit, position=edit.position, serves=serves, entries=entries)
            self._intend([edit.target], old.folders, [new])
            self.current[edit.target] = replace(then, edit=new)
            if new.after == new.before:
                self._take_back(old)
            else:
                self._write(edit.target, edit.after, old.edit.after)
            moved.append(new)
        return moved

    def put_back(self, edit: Edit) -> None:
        """Take back one edit that is in place. Raises if it cannot be; then it stays recorded."""
        self._take_back(self.current[edit.target])
        del self.current[edit.target]  # not sooner, so that no interrupt can lose it

    def _take_back(self, applied: Applied) -> None:
        """Have the file be there again that was there before, and not another of the same text."""
        left = self._restore(applied)
        if left:
            raise StoppedError(f"{left.name} could not be put back ({left.reason}){UNCHANGED}")

    def put_all_back(self) -> tuple[Left, ...]:
        """Put everything back, the last first, and return what could not be: all is tried.

        Where something stays, the receipt says so, so that an undo can take it back later.
        """
        left: list[Left] = []
        for folder in self._removed:
            try:
                make_folders(folder)
            except OSError as error:
                left.append(Left(folder, _words(error)))
        if self._receipt and self._receipt.edit.after is None:
            left += filter(None, [self._restore(self._receipt)])  # an undo has removed it at its end
        for applied in reversed(list(self.current.values())):
            found = self._restore(applied)
            if found:
                left.append(found)
            else:
                self.current.pop(applied.edit.target, None)
        self.unmake_folders()
        left += self._strays()
        if self._receipt and not left:
            left += filter(None, [self._restore(self._receipt)])
        if self._receipt or self.trouble:
            left += self._stray_trees()
        if not left:
            self._receipt, self._removed = None, ()
        return tuple(left)

    def keep_receipt(self) -> None:
        """Record what is in place, and the folders that were made for it, for a later undo.

        What could not be removed stays pending, so that the next run does that. Raises OSError or
        `OnpathError`; the edits stay in place.
        """
        edits = (edit for edit in self.edits if edit.target not in self._taken_out)
        kept = tuple(folder for folder in self.made if folder not in self.unwanted)
        self.has_strays = bool(self._strays(kept))
        if not self.has_strays:
            self.unwanted = ()  # what else lies in them is not ours
            self.settle(receipts.add(self._load(), edits, self.made))
            return
        there = filter(os.path.isdir, self._pending.folders)
        self.unwanted = tuple(folder for folder in there if folder not in kept)
        self.folders = tuple(dict.fromkeys((*self.folders, *self.unwanted)))
        pending = replace(self._pending, keys=(), targets=(), folders=self.unwanted, entries=())
        self.settle(replace(receipts.add(self._load(), edits, kept), pending=pending))

    def settle(self, receipt: Receipt) -> None:
        """Have the receipt say what stays, and no more that anything is pending.

        Where that is what it said before, it is as it was, also if there was none. Raises as above.
        """
        self._drop_spares()
        known = self._load()
        is_known = set(receipt.folders) <= set(known.folders)
        if not is_known or replace(receipt, folders=known.folders) != known:
            self.save(receipt)
        elif self._receipt:
            found = self._restore(self._receipt)
            for left in filter(None, (found, *self._stray_trees())):
                raise StoppedError(f"{left.name} could not be put back ({left.reason}){UNCHANGED}")
            self._receipt = None

    def save(self, receipt: Receipt) -> None:
        """Write `receipt` as a part of the transaction. Raises if there is one that is not ours."""
        self._save(receipt)
        self._drop_spares()

    def remove_folders(self, folders: Iterable[str]) -> None:
        """Remove those of `folders` that are empty."""
        self._removed = (*self._removed, *filter(os.path.isdir, folders))
        remove_folders(self._removed)

    def remove_receipt(self, folders: Iterable[str]) -> None:
        """Remove the receipt, and those of `folders` that are empty then, with its own.

        One of another version or another home stays.
        """
        path = f"{self.state_folder}/{RECEIPT}"
        target = File(path)
        self._drop_spares()
        stores.sweep(target, is_own=True, has_spares=True)
        folders = (*folders, *self._own_folders, self.state_folder)
        self._removed = tuple(folder for folder in folders if os.path.isdir(folder))
        remove_folders(self._removed)
        stay = [f for f in self._removed if os.path.isdir(f) and not os.listdir(f)]
        if stay:
            raise self._unremovable(stay[0])
        if receipts.foreign_reason(self.state_folder, self._home) or not receipts.has_receipt(
            self.state_folder
        ):
            return
        try:
            before = stores.read(target)
        except RefusedError:
            return  # nothing of ours
        self._receipt = self._receipt or Applied(Edit(target, before, before))
        self._receipt = self._receipt.then(None)
        real = os.path.realpath(path)
        home = os.path.realpath(self._home)
        made = (os.path.realpath(folder) for folder in self._removed)
        try:
            stores.take(real, tuple(f for f in made if homes.below(home, f) is None))
        except OSError as error:
            raise self._unremovable(error.filename or path) from None
        for left in self._stray_trees():
            raise StoppedError(f"{left.name} could not be removed{UNCHANGED}")

    def _unremovable(self, path: str) -> StoppedError:
        """Return the error that `path` stays, with what is in the way if that is seen."""
        found = host_folders.hindrance(os.path.dirname(path), self._uid)
        why = f", since {found[0]}; {found[1]}, then run ensure-path --undo again" if found else ""
        return StoppedError(f"{path} could not be removed{why}{UNCHANGED}")

    def _drop_spares(self) -> None:
        for spare in self._spares:
            drop(spare)

    def _spare(self, target: Target) -> str:
        """Return the name that the old file gets; nothing where no record would tell of it."""
        name = stores.spare(target, self._pending.nonce) if self._is_recorded else ""
        if name:
            self._spares.add(name)
        return name

    def _intend(
        self, targets: Iterable[Target], folders: Iterable[str] = (), edits: Iterable[Edit] = ()
    ) -> None:
        """Have the receipt say what is about to be made and changed, before any of it is.

        Where it cannot be written, the reason is kept, to be told.
        """
        if not self._is_recorded:
            return
        old = self._pending
        known, edits = dict(old.targets), tuple(edits)
        fresh = {target: _mark_of(target) for target in targets if target not in known}
        # What it holds now may have been saved since the plan was made.
        fresh |= {edit.target: receipts.mark(edit.before) for edit in edits}
        entries = tuple(entry for edit in edits for entry in _to_be_put(edit))
        self._pending = replace(
            old,
            targets=tuple({**known, **fresh}.items()),
            folders=tuple(dict.fromkeys((*old.folders, *folders))),
            entries=tuple(dict.fromkeys((*old.entries, *entries))),
        )
        receipt = self._receipt
        if self.trouble or (receipt and self._pending == old):
            return
        try:
            self._save(replace(self._load(), pending=self._pending))
        except (OSError, OnpathError) as error:
            self._receipt = receipt  # a write that fails leaves what was there
            self.trouble = _words(error) if isinstance(error, OSError) else str(error)

    def _save(self, receipt: Receipt) -> None:
        written = self._receipt.edit.after if self._receipt else None
        reason = receipts.foreign_reason(self.state_folder, self._home, written)
        if reason:
            raise OnpathError(f"{self.state_folder}/{RECEIPT} {reason}")
        self._raise_if_hindered(self.state_folder)
        edit = receipts.receipt_edit(self.state_folder, receipt, self._home)
        if edit.after != edit.before:
            self._change_receipt(edit)

    def _stray_trees(self) -> list[Left]:
        """Return what stays of the folders of a receipt that came, or went, only half."""
        path = os.path.realpath(f"{self.state_folder}/{RECEIPT}")
        return [Left(each, "it could not be removed") for each in trees.sweep(path, self._home)]

    def _strays(self, kept: Container[str] = ()) -> list[Left]:
        """Return the proof programs that are there still, and the empty folders that were made.

        But for those that are `kept`.
        """
        start = PROGRAM + self._pending.nonce
        made = dict.fromkeys(f for f in (*self.folders, *self._pending.folders) if f not in kept)
        names = {d: _names_in(d) for d in (*made, *self._pending.directories)}
        left = [
            Left(f"{folder}/{name}", "it could not be removed")
            for folder, found in names.items()
            for name in found
            if name.startswith(start)
        ]
        empty = (folder for folder in made if os.path.isdir(folder) and not names[folder])
        left += [Left(folder, "it could not be removed") for folder in empty]
        return left

    def _load(self) -> Receipt:
        """Return what earlier runs have recorded, and the folders that were made for the receipt."""
        if self._recorded is None:
            self._has_twin = receipts.has_names(f"{self.state_folder}/{RECEIPT}")
            recorded = receipts.load(self.state_folder, self._home)
            self._own_folders = missing_folders(os.path.realpath(self.state_folder))
            folders = tuple(dict.fromkeys((*recorded.folders, *self._own_folders)))
            self._recorded = replace(recorded, folders=folders, pending=None)
        return self._recorded

    def _raise_if_hindered(self, folder: str, start: str = "") -> None:
        """Raise if something is in the way of `folder`; with the cure, or else what may help."""
        found = None if os.path.isdir(folder) else host_folders.hindrance(folder, self._uid)
        if found:
            fact, cure = found
            other = "name another directory" if start else ""
            if other and cure in {"", host_folders.ASK_OWNER}:
                cure = f"{cure or 'make it yourself'}, or {other}"
            raise RefusedError("; ".join(filter(None, (start + fact, cure))))

    def _change_receipt(self, edit: Edit) -> None:
        self._receipt = self._receipt.then(edit.after) if self._receipt else Applied.before(edit)
        path = os.path.realpath(edit.target.path) if isinstance(edit.target, File) else ""
        if os.path.isdir(os.path.dirname(path)):
            self._store(edit.target, edit.after, edit.before, self._spare(edit.target))
        else:
            stores.put(path, edit.after or "", is_shared=self._is_shared)

    def _store(self, target: Target, text: str | None, before: str | None, spare: str = "") -> None:
        real = os.path.realpath(str(target)) if isinstance(target, File) else ""
        own = os.path.realpath(f"{self.state_folder}/{RECEIPT}")
        is_single = bool(real) and (real == own or self._is_of_a_copy(real))
        stores.write(target, text, before, spare, state_folder=self.state_folder, is_single=is_single)

    def _is_of_a_copy(self, real: str) -> bool:
        """Say whether a file has got its other name by a copy of the home, as the receipt has.

        A user may give one to his startup file alone, as in a repository.
        """
        known = self._load()
        return self._has_twin and receipts.had_one_name(known, real)

    def _write(self, target: Target, text: str | None, before: str | None) -> None:
        spare = self._spare(target)
        path = os.path.realpath(str(target)) if isinstance(target, File) else ""
        try:
            if path and not self._is_recorded and not os.path.isdir(os.path.dirname(path)):
                stores.put(path, text or "")  # no record would tell of its folders after a kill
            else:
                self._store(target, text, before, spare)
        except TornError as error:
            self._torn[target] = error
            raise StoppedError(
                f"{path or target} could not be written ({error.reason}){UNCHANGED}"
            ) from None
        except OSError as error:
            raise StoppedError(
                f"{path or target} could not be written ({_words(error)}){UNCHANGED}"
            ) from None

    def _restore(self, applied: Applied) -> Left | None:
        """Take `applied` back, as far as it was written, and return why not if it cannot be.

        What others have changed meanwhile stays theirs, but for our block in it.
        """
        edit = applied.edit
        spare = stores.spare(edit.target, self._pending.nonce)
        torn = self._torn.get(edit.target)
        if torn:
            stores.recover(os.path.dirname(torn.kept), (), self._uid)
            if os.path.lexists(torn.kept):
                return Left(str(edit.target), torn.reason, torn.kept)
        try:
            self._restore_text(applied, spare)
            if spare:
                drop(spare)
            is_receipt = applied is self._receipt
            stores.sweep(edit.target, spare=spare, is_own=is_receipt, has_spares=is_receipt)
            remove_folders(applied.folders)
        except TornError as error:
            self._torn[edit.target] = error
            return Left(str(edit.target), error.reason, error.kept)
        except (OSError, OnpathError) as error:
            words = _words(error) if isinstance(error, OSError) else str(error)
            return Left(str(edit.target), words, spare if spare and os.path.lexists(spare) else "")
        return None

    def _restore_text(self, applied: Applied, spare: str) -> None:
        edit = applied.edit
        for attempt in range(ATTEMPTS):
            now = stores.read(edit.target)
            if now == edit.before:
                return
            try:
                if now not in {edit.after, *applied.earlier}:
                    self._cut(edit, now, spare)
                elif spare and _is_spare(spare, edit.before):
                    stores.restore(File(str(edit.target)), spare, now)
                elif applied is self._receipt and edit.before is None:
                    stores.take(os.path.realpath(str(edit.target)), applied.folders)
                elif applied is self._receipt and now is None and applied.folders:
                    path = os.path.realpath(str(edit.target))
                    stores.put(path, edit.before or "", is_shared=self._is_shared)
                else:
                    self._store(edit.target, edit.before, now, spare)
            except ChangedError:
                if attempt + 1 == ATTEMPTS:
                    raise
            else:
                return

    def _cut(self, edit: Edit, now: str | None, spare: str) -> None:
        """Take the blocks that `edit` has put out of a text that somebody else has changed since."""
        if not isinstance(edit.target, File) or now is None:
            return
        ours = fence.bodies(edit.after).keys() - fence.bodies(edit.before).keys()
        left = fence.remove(now, *ours) if ours else now
        if left != now:  # None: nothing else is in a file that was not there before
            self._store(edit.target, left, now, spare)


def _missing(folders: Iterable[str]) -> tuple[str, ...]:
    """Return those of `folders` and above them that do not exist, by their real names."""
    found = (p for folder in folders for p in missing_folders(os.path.realpath(folder)))
    return tuple(dict.fromkeys(found))


def _is_spare(spare: str, before: str | None) -> bool:
    """Say whether the file `spare` is there and holds what was before."""
    try:
        return before is not None and not os.path.islink(spare) and stores.read(File(spare)) == before
    except RefusedError:
        return False


def _names_in(folder: str) -> tuple[str, ...]:
    try:
        return tuple(os.listdir(folder))
    except OSError:
        return ()


def _mark_of(target: Target) -> str:
    try:
        return receipts.mark(stores.read(target))
    except RefusedError:
        return ""  # it will be no edit's


def _tell(error: BaseException | None, left: tuple[Left, ...]) -> None:
    """Raise what the caller is to know if something stays, or if it was told half a sentence."""
    if left:
        fact = "interrupted" if isinstance(error, KeyboardInterrupt) else _fact(error)
        stays = ", ".join(
            f"{each.name} ({each.reason}{each.spare and ', its old text is in '}{each.spare})"
            for each in left
        )
        raise LeftError(
            f"{fact}, and this could not be put back: {stays}; "
            "make room or make it writable, and run ensure-path --undo"
        ) from error
    if isinstance(error, StoppedError):
        raise OnpathError(str(error)) from None


def _fact(error: BaseException | None) -> str:
    """Return what happened, without what is to be done about it."""
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'} failed ({_words(error)})"
    return str(error).partition("; ")[0] or type(error).__name__


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _to_be_put(edit: Edit) -> tuple[Entry, ...]:
    """Return the entries that are new with `edit`; or, where it takes some out alone, those."""
    if not edit.entries:
        return edit.settled
    return tuple(entry for entry in edit.entries if entry not in edit.settled)
