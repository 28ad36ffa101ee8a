"""The record of what was changed and stays, kept in the user's state folder as JSON."""

from __future__ import annotations

import json
import os

from . import stores
from .errors import RefusedError
from .model import APPEND, PREPEND, Edit, Entry, File, Receipt, RegistryValue
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .changes import Applied

NAME = "receipt.json"
VERSION = 1
EMPTY = Receipt()


def load(folder: str) -> Receipt:
    """Return the receipt in `folder`; an empty one where there is none or it cannot be understood."""
    try:
        document = json.loads(stores.read(File(f"{folder}/{NAME}")) or "{}")
        return Receipt(
            files=tuple(map(str, document["files"])),
            folders=tuple(map(str, document["folders"])),
            entries=tuple(_entry(**fields) for fields in document.get("entries", ())),
        )
    except (RefusedError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return EMPTY  # undo works by the fences alone


def add(receipt: Receipt, done: Iterable[Applied], folders: Iterable[str] = ()) -> Receipt:
    """Return `receipt` with what was `done`, and with other folders that were made for it."""
    files, made = list(receipt.files), [*receipt.folders, *folders]
    entries = list(receipt.entries)
    for applied in done:
        if isinstance(applied.edit.target, File):
            files.append(applied.edit.target.path)
            made += applied.folders
        for entry in applied.edit.entries:  # one that was moved stands where it stands now, once
            old = next((e for e in entries if (e.target, e.text) == (entry.target, entry.text)), None)
            if old:
                entries.remove(old)
                entry = replace(entry, created=old.created)  # noqa: PLW2901
            entries.append(entry)
    return Receipt(tuple(dict.fromkeys(files)), tuple(dict.fromkeys(made)), tuple(entries))


def without(receipt: Receipt, undone: Iterable[Edit]) -> Receipt:
    """Return `receipt` without the registry entries that were taken back."""
    from .places import user_registry as user_path  # noqa: PLC0415  (only on Windows)

    gone = tuple(entry for edit in undone for entry in edit.entries)
    return replace(receipt, entries=user_path.left_over(receipt.entries, gone))


def save(folder: str, receipt: Receipt) -> None:
    """Write `receipt` into `folder`, which is made if need be. Raises OSError."""
    change = edit(folder, receipt)
    if change.after != change.before:
        stores.write(change.target, change.after, change.before)


def edit(folder: str, receipt: Receipt) -> Edit:
    """Return the edit that writes `receipt` into `folder`; the folders that it makes are in it too."""
    made = stores.missing_folders(folder)
    document = {
        "version": VERSION,
        "files": list(receipt.files),
        "folders": list(dict.fromkeys((*receipt.folders, *made))),
    }
    if receipt.entries:
        document["entries"] = [
            {
                "key": entry.target.key,
                "name": entry.target.name,
                "text": entry.text,
                "order": entry.order,
                "created": entry.created,
                "replaced": entry.replaced,
            }
            for entry in receipt.entries
        ]
    target = File(f"{folder}/{NAME}")
    return Edit(target, stores.read(target), json.dumps(document, indent=2) + "\n")


def removal(folder: str) -> tuple[Edit, ...]:
    """Return the edit that removes the receipt from `folder`, or none if there is nothing of ours."""
    target = File(f"{folder}/{NAME}")
    stores.sweep(target)
    try:
        before = stores.read(target)
    except RefusedError:
        return ()
    return () if before is None else (Edit(target, before, None),)


def is_there(folder: str) -> bool:
    """Say whether there is a receipt, without reading it."""
    return os.path.exists(f"{folder}/{NAME}")


def _entry(*, key: str, name: str, text: str, order: str, created: bool, replaced: str) -> Entry:
    """Return the entry that one object of the document describes. Raises TypeError, ValueError."""
    if not all(isinstance(word, str) for word in (key, name, text, replaced)) or not text:
        raise TypeError("an entry is not made of strings")
    if order not in {PREPEND, APPEND}:
        raise ValueError(order)
    return Entry(RegistryValue(key, name), text, order, created is True, replaced)
