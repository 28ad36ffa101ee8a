"""What a receipt is: what runs have changed and what one is about to, as JSON in the state folder.

It says what stays: enough to take it back, and never the user's text. Before a run changes anything,
it says as `pending` what that will be; the next run, or an undo, puts back what is still pending. In
the home it names files by their place there (`~/.bashrc`), so that it is true of the home under any
name, and of a copy. It may have been edited by anybody: what is no name in it is left out, and nothing
that it says is enough to change a file that has no block of ours. Reads, and writes nothing.
"""

from __future__ import annotations

import os
import stat

from . import homes, stores
from .errors import RefusedError
from .host.directories import state_folder
from .model import ORDERS, Edit, Entry, File, Pending, Receipt, RegistryValue
from .places import fence
from .shells import ROWS
from .stores.folder import missing_folders
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, TypeVar

    from .model import Host, Target

    Value = TypeVar("Value")

RECEIPT = "receipt.json"
VERSION = 2  # of a receipt with nothing pending
OF_PENDING = 3  # so that an earlier release leaves alone what it would not finish
OF_FULL_PATHS = 1  # the version that did not know `~`
EMPTY = Receipt()
ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n"})  # in a text of JSON
PENDING = '"pending"'  # in the text of a receipt in which something is
INCOMPREHENSIBLE = (RefusedError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def load(folder: str, home: str) -> Receipt:
    """Return the receipt in `folder`; an empty one where there is none or it cannot be understood."""
    if not has_receipt(folder) or _file_reason(f"{folder}/{RECEIPT}"):
        return EMPTY
    try:
        document = _document(_text(folder))
        if _foreign_reason(document, folder, home):
            return EMPTY
    except INCOMPREHENSIBLE:
        return EMPTY  # undo works by the fences alone
    if _others_reason(f"{folder}/{RECEIPT}", was_read=True):
        return EMPTY
    files, folders = (tuple(_names(document.get(name))) for name in ("files", "folders"))
    entries = tuple(_understood(_entry, document.get("entries")))
    here = _Here(home)
    found: Mapping[str, tuple[str, ...]] | _Here
    if document.get("version") == OF_FULL_PATHS:
        places = tuple(entry.target.path for entry in entries if isinstance(entry.target, File))
        found = homes.carry_over((*files, *folders, *places), home, folder)
    else:
        found = here
    return Receipt(
        files=_all_of(files, found),
        folders=_all_of(folders, found),
        entries=tuple(_carried(entries, found)),
        pending=_pending(document.get("pending"), here),
        linked=_all_of(_names(document["linked"]), here) if "linked" in document else None,
        shells=tuple(name for name in _names(document.get("shells")) if name in ROWS),
    )


def is_pending(folder: str) -> bool:
    """Say whether something may be pending in the receipt of `folder`, without understanding it."""
    if not has_receipt(folder):
        return False
    try:
        return PENDING in (stores.read(File(f"{folder}/{RECEIPT}")) or "")
    except RefusedError:
        return False


def foreign_reason(folder: str, home: str, written: str | None = None) -> str:
    """Return why the receipt in `folder` is neither understood nor changed; an empty text if it is ours.

    The rest of a sentence that begins with its name. `written` is what this run has put there, which
    needs no second look.
    """
    path = f"{folder}/{RECEIPT}"
    reason = _file_reason(path) or _others_reason(path)
    if reason:
        return reason
    try:
        text = _text(folder)
        return _foreign_reason(_document(text), folder, home) if text and text != written else ""
    except INCOMPREHENSIBLE:
        return ""


def _foreign_reason(document: Any, folder: str, home: str) -> str:
    """Return why `document` is not of this version or this home. Raises INCOMPREHENSIBLE."""
    if document.get("version", VERSION) not in {OF_FULL_PATHS, VERSION, OF_PENDING}:
        return "is of another version of onpath; use that version, or remove the file"
    if str(document.get("receipt", "")).startswith("~") and not homes.is_inside(folder, home):
        return (
            "is the receipt of another home; "
            "let XDG_STATE_HOME name a folder of this home, or remove the file"
        )
    return ""


def _file_reason(path: str) -> str:
    """Return why what lies at `path` can be no receipt of ours: we make a file, and no link."""
    try:
        info = os.lstat(path)
    except OSError:
        return ""
    if not stat.S_ISREG(info.st_mode):
        what = "a link" if stat.S_ISLNK(info.st_mode) else "not a regular file"
        return f"is {what}; move it away"
    if os.access(path, os.W_OK):
        return ""
    own = os.geteuid() if hasattr(os, "geteuid") else 0
    return "" if info.st_uid in {0, own} else "is another user's; move it away"


def _others_reason(path: str, *, was_read: bool = False) -> str:
    """Return why others could have made the receipt of every user on Windows; else an empty text.

    Anybody may make files in ProgramData; on Unix nobody but root may where it lies.
    """
    if hasattr(os, "geteuid"):
        return ""
    from .host import machine, rights  # noqa: PLC0415  (few runs)

    folder, name = os.path.split(path)
    if folder != machine.STATE_FOLDER:
        return ""
    return rights.others_reason(f"{folder}\\{name}", was_read=was_read)


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


def add(receipt: Receipt, done: Iterable[Edit], made: Iterable[str] = ()) -> Receipt:
    """Return `receipt` with what was `done`, and with the folders that were `made` for it."""
    files, entries, shells = list(receipt.files), list(receipt.entries), list(receipt.shells)
    linked = [] if not files else None if receipt.linked is None else [*receipt.linked]
    for edit in done:
        if not (edit.entries or edit.settled):
            # And where a link leads, so that this is found when the link is not.
            real = os.path.realpath(str(edit.target))
            files += [str(edit.target), real]
            shells += (context.shell for context in edit.serves if context.shell)
            if linked is not None and has_names(real):
                linked.append(real)
        entries = _after(entries, edit)
    folders = dict.fromkeys((*receipt.folders, *made))
    return replace(
        receipt,
        files=tuple(dict.fromkeys(files)),
        folders=tuple(folders),
        entries=tuple(entries),
        linked=None if linked is None or not files else tuple(dict.fromkeys(linked)),
        shells=tuple(dict.fromkeys(shells)),
    )


def has_names(path: str) -> bool:
    """Say whether a file has more than one name."""
    try:
        return os.stat(path).st_nlink > 1
    except OSError:  # it is gone
        return False


def had_one_name(receipt: Receipt, path: str) -> bool:
    """Say whether a file with the real `path` was edited when it had no other name.

    What has one since is a copy's, made of hard links (`cp -al`): that is another file to its user.
    """
    is_known = receipt.linked is not None and path not in receipt.linked
    return is_known and path in {*receipt.files, *map(os.path.realpath, receipt.files)}


def without(receipt: Receipt, undone: Iterable[Edit]) -> Receipt:
    """Return `receipt` without what was taken back, and with the entries that were put anew.

    A file that has nothing of ours any more is none in which that is to be looked for.
    """
    entries, undone = list(receipt.entries), tuple(undone)
    for edit in undone:
        entries = _after(entries, edit)
    holding = {entry.target for entry in entries}
    changed = (edit for edit in undone if isinstance(edit.target, File))
    bare = [str(e.target) for e in changed if not fence.bodies(e.after) and e.target not in holding]
    gone = {name for path in bare for name in (path, os.path.realpath(path))}
    files = tuple(path for path in receipt.files if path not in gone)
    return replace(receipt, files=files, entries=tuple(entries))


def _after(entries: list[Entry], edit: Edit) -> list[Entry]:
    """Return what is to be recorded after `edit`; `created` passes on to one that stays."""
    again = {(entry.target, entry.text) for entry in edit.entries}  # recorded as it is now
    gone = [e for e in entries if e in edit.settled or (e.target, e.text) in again]
    kept = [*(e for e in entries if e not in gone), *edit.entries]
    has_created = any(entry.created for entry in gone)
    heir = next((i for i, e in enumerate(kept) if has_created and e.target == edit.target), None)
    if heir is not None:
        kept[heir] = replace(kept[heir], created=True)
    return kept


def mark(text: str | None) -> str:
    """Return what tells a text from others without keeping it: its length and a sum; None has none."""
    if text is None:
        return ""
    import zlib  # noqa: PLC0415  (only runs that change something)

    raw = text.encode("utf-8", "surrogatepass")
    return f"{len(raw)}:{zlib.crc32(raw):08x}"


def receipt_edit(folder: str, receipt: Receipt, home: str) -> Edit:
    """Return the edit that writes `receipt` into `folder`; the folders that it makes are in it too."""

    def names(paths: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(homes.to_name(path, home) for path in paths))

    made = missing_folders(os.path.realpath(folder))
    document: dict[str, Any] = {
        "version": OF_PENDING if receipt.pending else VERSION,
        "receipt": homes.to_name(os.path.realpath(f"{folder}/{RECEIPT}"), home),
        "files": names(receipt.files),
        "folders": names((*receipt.folders, *made)),
    }
    if receipt.linked is not None:
        document["linked"] = names(receipt.linked)
    if receipt.shells:
        document["shells"] = list(receipt.shells)
    if receipt.entries:
        document["entries"] = [_entry_fields(entry, home) for entry in receipt.entries]
    pending = receipt.pending
    if pending:
        document["pending"] = {
            "nonce": pending.nonce,
            "keys": list(pending.keys),
            "targets": [
                {
                    **_target_fields(target, home),
                    "real": homes.to_name(os.path.realpath(str(target)), home),
                    "was": was,
                }
                if isinstance(target, File)
                else {**_target_fields(target, home), "was": was}
                for target, was in pending.targets
            ],
            "folders": names(pending.folders),
            "directories": names(pending.directories),
            "private": list(pending.private),
            "entries": [_entry_fields(entry, home) for entry in pending.entries],
        }
    target = File(f"{folder}/{RECEIPT}")
    return Edit(target, stores.read(target), json_text(document) + "\n")


def json_text(value: object, start: str = "\n") -> str:
    """Return what `json.dumps` makes of `value` with an indent of 2, after the whitespace `start`.

    Most runs write nothing but plain text, lists and mappings; `json` would cost 7 ms to import.
    """
    inner, comma = start + "  ", f",{start}  "
    if isinstance(value, dict):
        pairs = (f"{json_text(name)}: {json_text(each, inner)}" for name, each in value.items())
        return f"{{{inner}{comma.join(pairs)}{start}}}" if value else "{}"
    if isinstance(value, list):
        texts = (json_text(each, inner) for each in value)
        return f"[{inner}{comma.join(texts)}{start}]" if value else "[]"
    if value is None or isinstance(value, int):
        return "null" if value is None else str(value).lower()  # true and false are numbers as well
    if isinstance(value, str) and value.isascii() and value.replace("\n", "").isprintable():
        return f'"{value.translate(ESCAPES)}"'
    import json  # noqa: PLC0415  (as above)

    return json.dumps(value)


def made_for(host: Host, directory: str) -> tuple[str, ...]:
    """Return the folders that were made to have `directory`, the inner ones first.

    For who puts more into it, and so is the last to leave.
    """
    known = load(state_folder(host), host.home).folders
    above = (each for each in known if os.path.join(directory, "").startswith(os.path.join(each, "")))
    return tuple(sorted(above, key=len, reverse=True))


def has_receipt(folder: str) -> bool:
    """Say whether there is a receipt in `folder`, without reading it."""
    return os.path.exists(f"{folder}/{RECEIPT}")


def _text(folder: str) -> str | None:
    """Return what is in the receipt in `folder`, or None. Raises `RefusedError`."""
    return stores.read(File(f"{folder}/{RECEIPT}"))


def _document(text: str | None) -> Any:
    """Return the document of a receipt. Raises INCOMPREHENSIBLE."""
    import json  # noqa: PLC0415  (most runs find none)

    return json.loads(text or "{}")


class _Here:
    """What a name in a receipt is called in this home, in the form of `homes.carry_over`."""

    def __init__(self, home: str) -> None:
        self.home = home

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return (homes.from_name(name, self.home),)


def _all_of(names: Iterable[str], found: Mapping[str, tuple[str, ...]] | _Here) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for name in names for path in found[name] if _is_whole(path)))


def _carried(entries: Iterable[Entry], found: Mapping[str, tuple[str, ...]] | _Here) -> Iterator[Entry]:
    """Yield `entries` with the files of this home; one whose file has no name here is left out."""
    for entry in entries:
        if not isinstance(entry.target, File):
            yield entry
        elif found[entry.target.path] and _is_whole(found[entry.target.path][0]):
            yield replace(entry, target=File(found[entry.target.path][0]))


def _pending(document: Any, found: _Here) -> Pending | None:
    """Return what is pending by an object of the document, if anything is."""
    if not isinstance(document, dict) or not _is_nonce(document.get("nonce")):
        return None

    def target(fields: Any) -> tuple[Target, str]:
        """Return a target and the mark of what it held; one that leads elsewhere now is none of ours."""
        was = _string(fields["was"])
        if "path" not in fields:
            return RegistryValue(_string(fields["key"]), _string(fields["name"])), was
        path, real = (found[_path(fields[name])][0] for name in ("path", "real"))
        if real != fields["real"]:  # it was in the home
            is_same = homes.is_inside(path, found.home)
        else:
            is_same = os.path.realpath(path) == real
        if not _is_whole(path) or not _is_whole(real) or not is_same:
            raise ValueError(path)
        return File(path), was

    keys, private = (tuple(_names(document.get(name))) for name in ("keys", "private"))
    folders, directories = (
        _all_of(_names(document.get(name)), found) for name in ("folders", "directories")
    )
    return Pending(
        nonce=document["nonce"],
        keys=keys,
        targets=tuple(_understood(target, document.get("targets"))),
        folders=folders,
        directories=directories,
        private=tuple(filter(_is_whole, private)),
        entries=tuple(_carried(_understood(_entry, document.get("entries")), found)),
    )


def _entry_fields(entry: Entry, home: str) -> dict[str, Any]:
    return {
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


def _target_fields(target: Target, home: str) -> dict[str, str]:
    if isinstance(target, File):
        return {"path": homes.to_name(target.path, home)}
    return dict(vars(target))  # key and name


def _understood(read: Callable[[Any], Value], found: Any) -> Iterator[Value]:
    """Yield what `read` makes of each item of a list; what it cannot understand is left out."""
    for each in found if isinstance(found, list) else ():
        try:
            value = read(each)
        except INCOMPREHENSIBLE:
            continue
        yield value


def _names(found: Any) -> Iterator[str]:
    """Yield those of a list that can be names of files."""
    return _understood(_path, found)


def _path(name: Any) -> str:
    """Return a name in the document. Raises ValueError or TypeError if it cannot be one of a file."""
    os.fsencode(_string(name))  # no half of a surrogate pair
    if "\0" in name or not name:
        raise ValueError(name)
    return _string(name)


def _string(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError("not a string")
    return text


def _is_whole(path: str) -> bool:
    """Say whether `path` is one that needs no current folder."""
    return os.path.isabs(path)


def _is_nonce(text: Any) -> bool:
    return isinstance(text, str) and bool(text) and set(text) <= set("0123456789abcdef")


def _entry(fields: Any) -> Entry:
    """Return the entry that an object of the document describes. Raises INCOMPREHENSIBLE."""
    words = {name: _string(fields[name]) for name in ("text", "order", "replaced")}
    names = ("path",) if "path" in fields else ("key", "name")
    where = [_string(fields[name]) for name in names]
    if not words["text"] or words["order"] not in ORDERS:
        raise ValueError(words)
    target = File(_path(where[0])) if names == ("path",) else RegistryValue(*where)
    is_created, is_joined = fields["created"] is True, fields.get("joined") is True
    place, neighbour = fields.get("moved_from", -1), _string(fields.get("moved_after", ""))
    if not isinstance(place, int):
        raise TypeError("the place of an entry is a number")
    of_ours = (words["text"], words["order"], is_created, words["replaced"], is_joined)
    return Entry(target, *of_ours, moved_from=place, moved_after=neighbour)
