"""One transaction: folders, edits and the receipt. All of it stays, or none.

    with Changes(find_state_folder, host) as changes:
        changes.make_folders(directories)
        changes.apply(edits)
        ...
        changes.keep_receipt()

An exception inside `with` puts back everything that was changed so far, and goes on. Each change is
recorded before it is made, so that no interrupt can lose it. The receipt says what stays, as JSON in the
user's state folder: enough to take it back, and never the user's text. In the home it names files by
their place there (`~/.bashrc`), so that it is true of the home under any name, and of a copy.
"""

from __future__ import annotations

import os

from . import homes, stores
from .errors import ChangedError, OnpathError, RefusedError
from .host.folders import hindrance
from .model import ORDERS, Edit, Entry, File, Receipt, RegistryValue
from .values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from .model import Host, Target

RECEIPT = "receipt.json"
VERSION = 2  # a receipt of a later version is not understood, and left alone
OF_FULL_PATHS = 1  # the version that did not know `~`
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

    def __init__(self, find_state_folder: Callable[[], str], host: Host) -> None:
        self._find_state_folder = find_state_folder  # it costs time, and most runs change nothing
        self._home, self._uid = host.home, host.uid
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
        """Make those of `folders`, and those above them, that do not exist.

        Raises before the first one is made if it can be told that one cannot be made.
        """
        folders = tuple(folders)
        for folder in folders:
            self._raise_if_hindered(folder, f"{folder} cannot be made: ")
        # By their real names: where a link above them leads may change until they are removed.
        missing = (p for folder in folders for p in stores.missing_folders(os.path.realpath(folder)))
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
        self._put_back(self.current[edit.target])
        del self.current[edit.target]  # not sooner, so that no interrupt can lose it

    def put_all_back(self) -> None:
        """Put everything back, the last first."""
        for folder in self._removed:
            stores.make_folders(folder)
        for applied in (*reversed(self._receipt), *reversed(list(self.current.values()))):
            self._put_back(applied)
        self.current, self._receipt = {}, []
        self.unmake_folders()

    def keep_receipt(self) -> None:
        """Record what is in place, and the folders that were made for it, for a later undo.

        Raises OSError or `OnpathError`; the edits stay in place.
        """
        recorded = load(self.state_folder, self._home)
        self.save(add(recorded, self.current.values(), self.folders))

    def save(self, receipt: Receipt) -> None:
        """Write `receipt` as a part of the transaction. Raises if there is one that is not ours."""
        reason = foreign_reason(self.state_folder, self._home)
        if reason:
            raise OnpathError(f"{self.state_folder}/{RECEIPT} {reason}")
        self._raise_if_hindered(self.state_folder)
        edit = receipt_edit(self.state_folder, receipt, self._home)
        if edit.after != edit.before:
            self._change_receipt(edit)

    def remove_receipt(self, folders: Iterable[str]) -> None:
        """Remove the receipt, and those of `folders` that are empty then, with its own.

        One of another version or another home stays.
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
        if before is not None and not foreign_reason(self.state_folder, self._home):
            self._change_receipt(Edit(target, before, None))
        stores.remove_folders(self._removed)

    @property
    def has_changed_receipt(self) -> bool:
        """Whether the receipt was written or removed."""
        return bool(self._receipt)

    def _raise_if_hindered(self, folder: str, start: str = "") -> None:
        """Raise if something is in the way of `folder`; with the cure, or else what may help."""
        found = None if os.path.isdir(folder) else hindrance(folder, self._uid)
        if found:
            fact, cure = found
            other = "make it yourself, or name another directory" if start else ""
            raise RefusedError("; ".join(filter(None, (start + fact, cure or other))))

    def _change_receipt(self, edit: Edit) -> None:
        self._receipt.append(Applied.before(edit))
        stores.write(edit.target, edit.after, edit.before, self.state_folder)

    def _put_back(self, applied: Applied) -> None:
        """Take `applied` back, as far as it was written; what others have changed meanwhile stays."""
        edit = applied.edit
        try:
            now = stores.read(edit.target)
            if now != edit.before and now in {edit.after, *applied.earlier}:
                stores.write(edit.target, edit.before, now, self.state_folder)
        except (ChangedError, RefusedError):
            return
        stores.sweep(edit.target)
        stores.remove_folders(applied.folders)

    def _write(self, target: Target, text: str | None, before: str | None) -> None:
        try:
            stores.write(target, text, before, self.state_folder)
        except OSError as error:
            self.put_all_back()
            raise OnpathError(
                f"{error.filename or target} could not be written ({_words(error)}); nothing was changed"
            ) from None


def load(folder: str, home: str) -> Receipt:
    """Return the receipt in `folder`; an empty one where there is none or it cannot be understood."""
    if not has_receipt(folder) or foreign_reason(folder, home):
        return EMPTY
    try:
        document = _document(folder)
        files, folders = (tuple(map(_path, document[name])) for name in ("files", "folders"))
        entries = tuple(map(_entry, document.get("entries", ())))
    except INCOMPREHENSIBLE:
        return EMPTY  # undo works by the fences alone
    places = tuple(entry.target.path for entry in entries if isinstance(entry.target, File))
    if document.get("version") == OF_FULL_PATHS:
        found = homes.carry_over((*files, *folders, *places), home, folder)
    else:
        found = {name: (homes.from_name(name, home),) for name in (*files, *folders, *places)}
    return Receipt(
        files=_all_of(files, found),
        folders=_all_of(folders, found),
        entries=tuple(
            replace(entry, target=File(found[entry.target.path][0]))
            if isinstance(entry.target, File)
            else entry
            for entry in entries
            if not isinstance(entry.target, File) or found[entry.target.path]
        ),
    )


def foreign_reason(folder: str, home: str) -> str:
    """Return why the receipt in `folder` is neither understood nor changed; an empty text if it is ours.

    The rest of a sentence that begins with its name.
    """
    try:
        document = _document(folder) if has_receipt(folder) else {}
        if document.get("version", VERSION) not in {OF_FULL_PATHS, VERSION}:
            return "is of another version of onpath; use that version, or remove the file"
        if str(document.get("receipt", "")).startswith("~") and not homes.is_inside(folder, home):
            return (
                "is the receipt of another home; "
                "let XDG_STATE_HOME name a folder of this home, or remove the file"
            )
    except INCOMPREHENSIBLE:
        pass
    return ""


def outside_reason(path: str, receipt: Receipt, home: str) -> str:
    """Return why an undo leaves `path` alone: nothing was put there. An empty text if it may be touched.

    Outside the home that is all that was not outside when it was recorded: a copied home has links into
    the first one. A receipt without files says nothing about it: then the markers alone decide.
    """
    if not receipt.files or homes.is_inside(path, home):
        return ""
    real = os.path.realpath(path)
    places = (entry.target.path for entry in receipt.entries if isinstance(entry.target, File))
    if real in {*receipt.files, *receipt.folders, *map(os.path.realpath, places)}:
        return ""
    return (
        f"leads out of this home to {real}, where nothing was put for this home; "
        "undo it in the home of that file, or insist with --force"
    )


def add(receipt: Receipt, done: Iterable[Applied], folders: Iterable[str] = ()) -> Receipt:
    """Return `receipt` with what was `done`, and with other folders that were made for it."""
    files, made = list(receipt.files), [*receipt.folders, *folders]
    entries = list(receipt.entries)
    for applied in done:
        edit = applied.edit
        made += applied.folders
        if not edit.entries:
            # And where a link leads, so that this is found when the link is not.
            files += [str(edit.target), os.path.realpath(str(edit.target))]
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


def receipt_edit(folder: str, receipt: Receipt, home: str) -> Edit:
    """Return the edit that writes `receipt` into `folder`; the folders that it makes are in it too."""
    import json  # noqa: PLC0415  (only runs that change something)

    def names(paths: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(homes.to_name(path, home) for path in paths))

    made = stores.missing_folders(os.path.realpath(folder))
    document: dict[str, Any] = {
        "version": VERSION,
        "receipt": homes.to_name(os.path.realpath(f"{folder}/{RECEIPT}"), home),
        "files": names(receipt.files),
        "folders": names((*receipt.folders, *made)),
    }
    if receipt.entries:
        document["entries"] = [
            {
                **_target_fields(entry.target, home),
                "text": entry.text,
                "order": entry.order,
                "created": entry.created,
                "replaced": entry.replaced,
                **({"joined": True} if entry.joined else {}),
                **(
                    {"moved_from": entry.moved_from, "moved_after": entry.moved_after}
                    if entry.moved_from >= 0
                    else {}
                ),
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


def _target_fields(target: Target, home: str) -> dict[str, str]:
    if isinstance(target, File):
        return {"path": homes.to_name(target.path, home)}
    return dict(vars(target))  # key and name


def _path(name: Any) -> str:
    """Return a name in the document. Raises ValueError if it cannot be one of a file."""
    if "\0" in str(name):
        raise ValueError(name)
    return str(name)


def _all_of(names: Iterable[str], found: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for name in names for path in found[name]))


def _entry(fields: dict[str, Any]) -> Entry:
    """Return the entry that an object of the document describes. Raises as `load` expects."""
    words = {name: fields[name] for name in ("text", "order", "replaced")}
    names = ("path",) if "path" in fields else ("key", "name")
    where = [fields[name] for name in names]
    if not all(isinstance(word, str) for word in (*words.values(), *where)) or not words["text"]:
        raise TypeError("an entry is not made of strings")
    if words["order"] not in ORDERS:
        raise ValueError(words["order"])
    target = File(_path(where[0])) if names == ("path",) else RegistryValue(*where)
    is_created, is_joined = fields["created"] is True, fields.get("joined") is True
    place, neighbour = fields.get("moved_from", -1), fields.get("moved_after", "")
    if not isinstance(place, int) or not isinstance(neighbour, str):
        raise TypeError("the place of an entry is a number, and the one before it a text")
    of_ours = (words["text"], words["order"], is_created, words["replaced"], is_joined)
    return Entry(target, *of_ours, moved_from=place, moved_after=neighbour)


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
