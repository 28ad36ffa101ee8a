"""What is ours among the entries of a value of the registry: found, moved, taken out, put again. Pure.

Each entry was put where others were by then, so they are taken out in the reverse order.
"""

from __future__ import annotations

from onpath import winpath
from onpath.errors import RefusedError
from onpath.model import APPEND, PREPEND, Entry
from onpath.values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from onpath.model import RegistryValue

# What opens Windows' own dialog for the user's variables.
EDIT_USER = "rundll32 sysdm.cpl,EditEnvironmentVariables"


def select(
    entries: tuple[Entry, ...], directories: tuple[str, ...], environ: Mapping[str, str]
) -> tuple[Entry, ...]:
    """Return those of `entries` that are one of `directories`; all where none is named."""
    if not directories:
        return entries
    return tuple(e for e in entries if any(is_directory(e.text, d, environ) for d in directories))


def is_directory(entry: str, directory: str, environ: Mapping[str, str]) -> bool:
    """Say whether `entry` is a name of `directory`."""
    return bool(winpath.indices_of(entry, directory, environ))


def is_in_place(
    text: str,
    directories: tuple[str, ...],
    order: str | None,
    environ: Mapping[str, str],
    same: Callable[[str, str], bool] = lambda _one, _other: False,
) -> bool:
    """Say whether `directories` are before, or after, all other entries of `text`, as `order` says.

    And among themselves in the order in which they are named.
    """
    if order is None:
        return True
    text = winpath.expand(text, environ)  # a variable may hold several
    found = [winpath.indices_of(text, directory, {}, same) for directory in directories]
    ours = [indices[0] for indices in found if indices]  # what is there again behind it hides nothing
    others = [
        i
        for i, entry in enumerate(winpath.entries(text))
        if entry and not any(i in each for each in found)
    ]
    if ours != sorted(ours):
        return False
    if not ours or not others:
        return True
    return max(ours) < others[0] if order == PREPEND else min(ours) > others[-1]


def put_again(
    target: RegistryValue,
    text: str,
    ours: Sequence[Entry],
    kept: Sequence[Entry],
    environ: Mapping[str, str],
    *,
    expands: bool,
) -> tuple[str, list[Entry]]:
    """Return `text` with those of `ours` alone that are `kept`, and what is to be recorded of them.

    One that somebody else has taken out stays out. Raises `RefusedError`.
    """
    variables = environ if expands else {}
    there = [entry for entry in kept if _indices(text, entry, environ, expands=expands)]
    text = taken_out(text, ours, environ, expands=expands)
    again = []
    for entry in there:
        own, left = own_indices(text, entry), first_index(text, (entry.replaced,), {})
        if entry.moved_from >= 0:
            if not own:
                continue
            text, put = moved(target, text, own[0], entry.order, variables)
        elif entry.replaced and left is not None:
            text, put = winpath.replace(text, left, entry.text), entry
        else:
            text, put = winpath.insert(text, entry.text, entry.order), replace(entry, replaced="")
        again.append(put)
    return text, again


def taken_out(text: str, ours: Sequence[Entry], environ: Mapping[str, str], *, expands: bool) -> str:
    """Return `text` without what is `ours`, which was put in this order."""
    for entry in reversed(ours):
        text = _without(text, entry, environ, expands=expands)
    return text


def moved(
    target: RegistryValue, text: str, index: int, order: str, variables: Mapping[str, str]
) -> tuple[str, Entry]:
    """Return `text` with its entry at `index`, which the user has put there, where `order` wants it.

    Raises `RefusedError` where a `%` without its pair would then find another one.
    """
    pieces = winpath.entries(text)
    before = pieces[index - 1] if index else ""
    entry = Entry(target, pieces[index], order, moved_from=index, moved_after=before)
    after = winpath.insert(winpath.remove(text, index), entry.text, order)
    old, new = (sorted(winpath.entries(winpath.expand(each, variables))) for each in (text, after))
    if list(filter(None, old)) != list(filter(None, new)):
        raise RefusedError(f"has a % without its pair; take it out of that entry ({EDIT_USER})")
    return after, entry


def _moved_back(text: str, entry: Entry) -> str:
    """Return `text` with the user's own `entry` where it was, or else at the end."""
    pieces = list(winpath.entries(text))
    index = entry.moved_from
    if (pieces[index - 1 : index] if index else [""]) != [entry.moved_after]:  # others have changed it
        found = [i for i, piece in enumerate(pieces, 1) if piece == entry.moved_after]
        index = found[0] if found else len(pieces)
    pieces.insert(index, entry.text)
    return winpath.SEPARATOR.join(pieces)


def _without(text: str, entry: Entry, environ: Mapping[str, str], *, expands: bool) -> str:
    """Return `text` without our `entry`: the first of that text, or the last where it was appended."""
    indices = _indices(text, entry, environ, expands=expands)
    if not indices:
        return text
    index = indices[-1 if entry.order == APPEND else 0]
    if entry.replaced:
        return winpath.replace(text, index, entry.replaced)
    left = winpath.remove(text, index)
    return left if entry.moved_from < 0 else _moved_back(left, entry)


def _indices(text: str, entry: Entry, environ: Mapping[str, str], *, expands: bool) -> tuple[int, ...]:
    """Return where our `entry` is. `expands` says whether Windows expands `text` by now."""
    # Somebody may have spelled it in another way, as `setx` spells each variable out; ours was
    # expanded when it was written.
    return own_indices(text, entry) or winpath.indices_of(
        text, winpath.expand(entry.text, environ), environ if expands else {}
    )


def own_indices(text: str, own: Entry | None) -> tuple[int, ...]:
    """Return where `own` is as we wrote it, even after an unpaired quote."""
    if own is None:
        return ()
    return tuple(i for i, e in enumerate(winpath.entries(text)) if e.lower() == own.text.lower())


def first_index(text: str, wanted: tuple[str, ...], environ: Mapping[str, str]) -> int | None:
    """Return where the first of the directories `wanted` is, or None."""
    return min((i for d in wanted for i in winpath.indices_of(text, d, environ)), default=None)
