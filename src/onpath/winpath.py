"""The entries of a Windows PATH string: split, compare, add, remove; `pathlist` does it on Unix. Pure.

`;` separates entries, case and the kind of slash make no difference, `%NAME%` is a variable.
"""

from __future__ import annotations

import ntpath

from .model import APPEND
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SEPARATOR = ";"
DEVICES = ("\\\\?\\", "\\\\.\\")  # how a name of a device begins


def entries(path: str) -> tuple[str, ...]:
    """Return the entries of the Windows PATH string `path`, exactly as they are spelled.

    Between a pair of quotes `;` belongs to the entry, as cmd has it. The last of an odd number of
    quotes has no pair, and counts for nothing.
    """
    pairs_left = path.count('"') // 2
    found: list[str] = []
    parts: list[str] = []  # of the entry that is being read: each added to a text would copy it whole
    is_open = False
    for piece in plain_entries(path):
        parts.append(piece)
        for _ in range(piece.count('"')):
            if is_open:
                pairs_left -= 1
                is_open = False
            else:
                is_open = pairs_left > 0
        if not is_open:
            found.append(SEPARATOR.join(parts))
            parts = []
    return tuple(found)


def plain_entries(path: str) -> tuple[str, ...]:
    """Return the entries of `path` for whom quotes mean nothing: the loader and PowerShell."""
    return tuple(path.split(SEPARATOR)) if path else ()


def is_whole(entry: str) -> bool:
    r"""Say whether an expanded `entry` names the same folder wherever a program runs.

    `.`, `bin`, `C:bin` and `\bin` depend on the current folder. With a blank at its end, or by the name
    of a device (`\\?\C:\bin`), no shell finds all the programs in it.
    """
    bare = entry.replace('"', "").replace("/", "\\")
    if bare.endswith(" ") or bare.startswith(DEVICES):
        return False
    drive, rest = ntpath.splitdrive(bare)
    return bool(drive) and (rest.startswith("\\") or drive.startswith("\\"))


def searched(path: str, *, pairs_quotes: bool) -> tuple[str, ...]:
    """Return the entries of `path` in which a shell finds programs.

    One that `pairs_quotes` (cmd) finds none from an unpaired quote on; another (PowerShell) none in an
    entry with quotes. Measured with Wine's cmd and with PowerShell 7.
    """
    if not pairs_quotes:
        return tuple(entry for entry in plain_entries(path) if '"' not in entry)
    found = entries(path)
    if path.count('"') % 2:
        found = found[: max(i for i, entry in enumerate(found) if '"' in entry)]
    return found


def unpaired(path: str) -> str | None:
    r"""Return the entry of `path` whose quote has no pair, or None where all have one.

    A pair is `"C:\a;b"`. Where a whole path stands before the second quote, as in `C:\a";"C:\b`, that
    one belongs to another entry, and the first lacks its pair.
    """
    odd = [entry for entry in plain_entries(path) if entry.count('"') % 2]
    if not len(odd) % 2:
        return None
    following = iter(odd)
    for entry in following:
        second = next(following, None)
        if second is None or ntpath.splitdrive(second.replace('"', ""))[0]:
            return entry
    return odd[-1]


def hiding(path: str, directory: str) -> str | None:
    """Return the entry whose quote hides `directory` from cmd in the expanded `path`, or None.

    None also where `directory` is not there, or is found.
    """
    wanted = normal(directory)
    pieces = plain_entries(path)
    last = quotes = 0
    for number, entry in enumerate(pieces, 1):
        quotes += entry.count('"')
        if normal(entry) == wanted:
            if not quotes % 2:
                return None
            last = number
    return unpaired(SEPARATOR.join(pieces[:last]))


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` with each `%NAME%` of `environ` (upper-case names) replaced; others stay.

    Not `os.path.expandvars`: that knows `$NAME` and quotes too, and only this process's environment.
    """
    pieces = text.split("%")  # each second one is a name; the last of them may lack its closing %
    for i in range(1, len(pieces), 2):
        name, closing = pieces[i], "%" if i + 1 < len(pieces) else ""
        value = environ.get(name.upper()) if closing and name else None
        pieces[i] = f"%{name}{closing}" if value is None else value
    return "".join(pieces)


def normal(entry: str) -> str:
    r"""Return the expanded `entry` in the one spelling that stands for all that Windows treats alike.

    Without quotes, in lower case, with `\`, without `..` and a trailing slash. Blanks stay: with one
    before its name no program in the directory is found.
    """
    bare = entry.replace('"', "")
    return ntpath.normcase(ntpath.normpath(bare)) if bare else ""


def indices_of(
    path: str,
    directory: str,
    environ: Mapping[str, str],
    same: Callable[[str, str], bool] = lambda _one, _other: False,
) -> tuple[int, ...]:
    """Return the indices of the entries of `path` that are `directory`.

    `environ` (upper-case names; empty where the value does not expand) serves `%NAME%`. `same` says
    whether two different spellings are the same directory: it is asked about 8.3 names and links, and
    never about an entry that depends on the current folder.
    Nothing counts after an unpaired quote: cmd finds no program there.
    """
    wanted = normal(directory)
    found: list[int] = []
    for i, entry in enumerate(searched(path, pairs_quotes=True)):
        parts = entries(expand(entry, environ))  # a variable may hold several
        if any(normal(p) == wanted or (is_whole(p) and same(p, directory)) for p in parts):
            found.append(i)
    return tuple(found)


def join(machine: str, user: str) -> str:
    """Return the PATH that Windows makes of the machine's and the user's, both expanded."""
    if not machine or not user:
        return machine or user
    return machine + ("" if machine.endswith(SEPARATOR) else SEPARATOR) + user


def insert(path: str, entry: str, order: str) -> str:
    """Return `path` with `entry` as its first or last; all else stays as it is.

    After a trailing `;` the entry gets one too, so that `remove` gives back the same text.
    """
    if not path:
        return entry
    if order != APPEND:
        return f"{entry};{path}"
    return f"{path}{entry};" if path.endswith(";") else f"{path};{entry}"


def remove(path: str, index: int) -> str:
    """Return `path` without the entry at `index` and one separator."""
    pieces = list(entries(path))
    del pieces[index]
    return SEPARATOR.join(pieces)


def replace(path: str, index: int, entry: str) -> str:
    """Return `path` with `entry` at `index`."""
    pieces = list(entries(path))
    pieces[index] = entry
    return SEPARATOR.join(pieces)


def with_variable(directory: str, environ: Mapping[str, str]) -> str:
    r"""Return `directory` as `%APPDATA%\...` or the like, which survives a renamed profile."""
    for name in ("APPDATA", "LOCALAPPDATA", "USERPROFILE"):
        base = environ.get(name, "").rstrip("\\")
        if base and normal(directory).startswith(normal(base) + "\\"):
            return f"%{name}%{directory[len(base) :]}"
    return directory
