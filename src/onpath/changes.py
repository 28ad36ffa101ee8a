"""One transaction: folders, edits and the receipt. All of it stays, or none.

    with Changes(find_state_folder) as changes:
        changes.make_folders(directories)
        changes.apply(edits)
        ...
        changes.keep_receipt()

An exception inside `with` puts back everything that was changed so far, and goes on. Each change is
recorded before it is made, so that no interrupt can lose it. The receipt says what stays, as JSON in the
user's state folder: enough to take it back, and never the user's text.
"""

from __future__ import annotations

import os

from . import stores
from .errors import ChangedError, OnpathError, RefusedError
from .model import ORDERS, Edit, Entry, File, Receipt, RegistryValue
from .values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Any

    from .model import Target

RECEIPT = "receipt.json"
VERSION = 1  # a receipt of a later version is not understood, and left alone
EMPTY = Receipt()
INCOMPREHENSIBLE = (RefusedError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


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


class Changes:
    """What one run has changed so far."""

    def __init__(self, find_state_folder: Callable[[], str]) -> None:
        self._find_state_folder = find_state_folder  # it costs time, and most runs change nothing
        self.current: dict[Target, Applied] = {}  # in place at the moment
        self.folders: tuple[str, ...] = ()  # made for the directories themselves
        self._receipt: list[Applied] = []
        self._removed: tuple[str, ...] = ()

    def __enter__(self) -> Changes:  # noqa: PYI034  (`Self` is of 3.11)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        try:
            if kind is not None:
                self.put_all_back()
        except BaseException:  # an interrupt; no second one comes
            self.put_all_back()
            raise

    @property
    def state_folder(self) -> str:
        """The folder of the receipt."""
        return self._find_state_folder()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits that are in place."""
        return tuple(applied.edit for applied in self.current.values())

    def make_folders(self, folders: Iterable[str]) -> None:
        """Make those of `folders`, and those above them, that do not exist."""
        folders = tuple(folders)
        missing = (path for folder in folders for path in stores.missing_folders(folder))
        self.folders = tuple(dict.fromkeys((*self.folders, *missing)))
        try:
            for folder in folders:
                stores.make_folders(folder)
        except OSError as error:
            raise OnpathError(
                f"{error.filename} cannot be made ({_words(error)}); "
                "make it yourself, or name another directory"
            ) from None

    def unmake_folders(self) -> None:
        """Remove the folders that were made for the directories, as far as they are empty."""
        stores.remove_folders(self.folders)
        self.folders = ()

    def apply(self, edits: Iterable[Edit]) -> None:
        """Write every edit; all of them are recorded before the first write."""
        fresh = {edit.target: Applied.before(edit) for edit in edits}
        self.current = {**self.current, **fresh}
        for applied in fresh.values():
            self._write(applied.edit.target, applied.edit.after, applied.edit.before)

    def move(self, edits: Iterable[Edit]) -> list[Edit]:
        """Bring each target to what its edit says, wherever it is now; return what was written."""
        moved = []
        for edit in edits:
            old = self.current[edit.target]
            if edit.after == old.edit.after:
                continue
            serves = tuple(dict.fromkeys((*old.edit.serves, *edit.serves)))
            new = replace(old.edit, after=edit.after, position=edit.position, serves=serves)
            earlier = (*old.earlier, old.edit.after)
            self.current[edit.target] = replace(old, edit=new, earlier=earlier)
            self._write(edit.target, edit.after, old.edit.after)
            moved.append(new)
        return moved

    def put_back(self, edit: Edit) -> None:
        """Take back one edit that is in place."""
        _put_back(self.current[edit.target])
        del self.current[edit.target]  # not sooner, so that no interrupt can lose it

    def put_all_back(self) -> None:
        """Put everything back, the last first."""
        for folder in self._removed:
            stores.make_folders(folder)
        for applied in (*reversed(self._receipt), *reversed(list(self.current.values()))):
            _put_back(applied)
        self.current, self._receipt = {}, []
        self.unmake_folders()

    def keep_receipt(self) -> None:
        """Record what is in place, and the folders that were made for it, for a later undo.

        Raises OSError or `OnpathError`; the edits stay in place.
        """
        self.save(add(load(self.state_folder), self.current.values(), self.folders))

    def save(self, receipt: Receipt) -> None:
        """Write `receipt` as a part of the transaction. Raises if there is one of another version."""
        if is_foreign(self.state_folder):
            raise OnpathError(
                f"{self.state_folder}/{RECEIPT} is of another version of onpath; "
                "use that version, or remove the file"
            )
        edit = receipt_edit(self.state_folder, receipt)
        if edit.after != edit.before:
            self._change_receipt(edit)

    def remove_receipt(self, folders: Iterable[str]) -> None:
        """Remove the receipt, and those of `folders` that are empty then, with its own.

        One of another version stays.
        """
        self._removed = tuple(
            folder for folder in (self.state_folder, *folders) if os.path.isdir(folder)
        )
        target = File(f"{self.state_folder}/{RECEIPT}")
        stores.sweep(target)
        try:
            before = stores.read(target)
        except RefusedError:
            before = None  # nothing of ours
        if before is not None and not is_foreign(self.state_folder):
            self._change_receipt(Edit(target, before, None))
        stores.remove_folders(self._removed)

    @property
    def has_changed_receipt(self) -> bool:
        """Whether the receipt was written or removed."""
        return bool(self._receipt)

    def _change_receipt(self, edit: Edit) -> None:
        self._receipt.append(Applied.before(edit))
        stores.write(edit.target, edit.after, edit.before)

    def _write(self, target: Target, text: str | None, before: str | None) -> None:
        try:
            stores.write(target, text, before)
        except OSError as error:
            self.put_all_back()
            raise OnpathError(
                f"{error.filename or target} could not be written ({_words(error)}); nothing was changed"
            ) from None


def load(folder: str) -> Receipt:
    """Return the receipt in `folder`; an empty one where there is none or it cannot be understood."""
    if not has_receipt(folder) or is_foreign(folder):
        return EMPTY
    try:
        document = _document(folder)
        return Receipt(
            files=tuple(map(str, document["files"])),
            folders=tuple(map(str, document["folders"])),
            entries=tuple(map(_entry, document.get("entries", ()))),
        )
    except INCOMPREHENSIBLE:
        return EMPTY  # undo works by the fences alone


def is_foreign(folder: str) -> bool:
    """Say whether the receipt in `folder` is of another version: neither understood nor changed."""
    try:
        return has_receipt(folder) and _document(folder).get("version", VERSION) != VERSION
    except INCOMPREHENSIBLE:
        return False


def add(receipt: Receipt, done: Iterable[Applied], folders: Iterable[str] = ()) -> Receipt:
    """Return `receipt` with what was `done`, and with other folders that were made for it."""
    files, made = list(receipt.files), [*receipt.folders, *folders]
    entries = list(receipt.entries)
    for applied in done:
        edit = applied.edit
        made += applied.folders
        if not edit.entries:
            files.append(str(edit.target))
        for entry in edit.entries:  # one that was moved is recorded once, with its new place
            old = next((e for e in entries if (e.target, e.text) == (entry.target, entry.text)), None)
            if old:
                entries.remove(old)
                entry = replace(entry, created=old.created)  # noqa: PLW2901
            entries.append(entry)
    return Receipt(tuple(dict.fromkeys(files)), tuple(dict.fromkeys(made)), tuple(entries))


def without(receipt: Receipt, undone: Iterable[Edit]) -> Receipt:
    """Return `receipt` without the entries taken back; `created` passes on to one that stays."""
    gone = [entry for edit in undone for entry in edit.entries]
    kept = [entry for entry in receipt.entries if entry not in gone]
    for entry in gone:
        heir = next((i for i, e in enumerate(kept) if entry.created and e.target == entry.target), None)
        if heir is not None:
            kept[heir] = replace(kept[heir], created=True)
    return replace(receipt, entries=tuple(kept))


def receipt_edit(folder: str, receipt: Receipt) -> Edit:
    """Return the edit that writes `receipt` into `folder`; the folders that it makes are in it too."""
    import json  # noqa: PLC0415  (only runs that change something)

    made = stores.missing_folders(folder)
    document: dict[str, Any] = {
        "version": VERSION,
        "files": list(receipt.files),
        "folders": list(dict.fromkeys((*receipt.folders, *made))),
    }
    if receipt.entries:
        document["entries"] = [
            {
                **_target_fields(entry.target),
                "text": entry.text,
                "order": entry.order,
                "created": entry.created,
                "replaced": entry.replaced,
                **({"joined": True} if entry.joined else {}),
            }
            for entry in receipt.entries
        ]
    target = File(f"{folder}/{RECEIPT}")
    return Edit(target, stores.read(target), json.dumps(document, indent=2) + "\n")


def has_receipt(folder: str) -> bool:
    """Say whether there is a receipt in `folder`, without reading it."""
    return os.path.exists(f"{folder}/{RECEIPT}")


def _document(folder: str) -> Any:
    """Return the document of the receipt in `folder`. Raises INCOMPREHENSIBLE."""
    import json  # noqa: PLC0415  (as above)

    return json.loads(stores.read(File(f"{folder}/{RECEIPT}")) or "{}")


def _put_back(applied: Applied) -> None:
    """Take `applied` back, as far as it was written; what others have changed meanwhile stays."""
    edit = applied.edit
    try:
        now = stores.read(edit.target)
        if now != edit.before and now in {edit.after, *applied.earlier}:
            stores.write(edit.target, edit.before, now)
    except (ChangedError, RefusedError):
        return
    stores.sweep(edit.target)
    stores.remove_folders(applied.folders)


def _target_fields(target: Target) -> dict[str, str]:
    return dict(vars(target))  # path; or key and name


def _entry(fields: dict[str, Any]) -> Entry:
    """Return the entry that an object of the document describes. Raises as `load` expects."""
    words = {name: fields[name] for name in ("text", "order", "replaced")}
    names = ("path",) if "path" in fields else ("key", "name")
    where = [fields[name] for name in names]
    if not all(isinstance(word, str) for word in (*words.values(), *where)) or not words["text"]:
        raise TypeError("an entry is not made of strings")
    if words["order"] not in ORDERS:
        raise ValueError(words["order"])
    target = File(*where) if names == ("path",) else RegistryValue(*where)
    is_created, is_joined = fields["created"] is True, fields.get("joined") is True
    return Entry(target, words["text"], words["order"], is_created, words["replaced"], is_joined)


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
