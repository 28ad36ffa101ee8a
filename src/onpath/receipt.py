"""The record of what was changed and stays, kept in the user's state folder as JSON."""

from __future__ import annotations

import json
import os

from . import stores
from .errors import RefusedError
from .model import File, Receipt
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .apply import Applied

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
        )
    except (RefusedError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return EMPTY  # undo works by the fences alone


def add(receipt: Receipt, done: Iterable[Applied], folders: Iterable[str] = ()) -> Receipt:
    """Return `receipt` with what was `done`, and with other folders that were made for it."""
    files, made = list(receipt.files), [*receipt.folders, *folders]
    for applied in done:
        if isinstance(applied.edit.target, File):
            files.append(applied.edit.target.path)
            made += applied.folders
    return Receipt(tuple(dict.fromkeys(files)), tuple(dict.fromkeys(made)))


def save(folder: str, receipt: Receipt) -> None:
    """Write `receipt` into `folder`, which is made if need be. Raises OSError."""
    made = stores.make_folders(folder)
    document = {
        "version": VERSION,
        "files": list(receipt.files),
        "folders": list(dict.fromkeys((*receipt.folders, *made))),
    }
    target = File(f"{folder}/{NAME}")
    text = json.dumps(document, indent=2) + "\n"
    before = stores.read(target)
    if text != before:
        stores.write(target, text, before)


def remove(folder: str) -> None:
    """Remove the receipt, and `folder` if nothing else is in it."""
    target = File(f"{folder}/{NAME}")
    stores.sweep(target)
    try:
        before = stores.read(target)
        if before is not None:
            stores.write(target, None, before)
    except RefusedError:
        return  # nothing of ours can be there
    stores.remove_folders((folder,))


def is_there(folder: str) -> bool:
    """Say whether there is a receipt, without reading it."""
    return os.path.exists(f"{folder}/{NAME}")
