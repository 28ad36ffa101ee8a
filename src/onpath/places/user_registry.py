"""What to change in the user's `Path` of the registry. Reads through what it is given; writes nothing.

The counterpart of `plan` with `fence`: a registry value has no room for markers, so what we put there
stands in the receipt.
"""

from __future__ import annotations

from onpath import winpath
from onpath.errors import RefusedError
from onpath.model import APPEND, END, PREPEND, TOP, Edit, Entry, Plan, Refusal
from onpath.values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onpath.model import RegistryValue
    from onpath.stores.registry import Value

DIALOG_LENGTH = 2047  # what the old dialog of Windows keeps (Raymond Chen, 2010-02-03)
LINE_LENGTH = 8191  # a command line of cmd: `set PATH=...;%PATH%` fails beyond
MAX_LENGTH = 32766  # one variable, with its terminator 32,767 (SetEnvironmentVariableW)


def plan(
    target: RegistryValue,
    before: Value | None,
    directories: tuple[str, ...],
    serves: tuple[tuple[str, str], ...],
    environ: Mapping[str, str],
    *,
    same: Callable[[str, str], bool],
    order: str | None = None,
    ours: tuple[Entry, ...] = (),
    stale: tuple[str, ...] = (),
) -> Edit | None:
    """Return the edit after which `target` has `directories`, or None where it has them already.

    `environ` is what Windows expands the value with; `ours` are the entries of the receipt, which
    `order` moves; the first entry that is one of `stale` gives its place to the first directory.
    Raises `RefusedError`.
    """
    text = before.text if before else ""
    expands = before is None or before.expands
    variables = environ if expands else {}
    entries: list[Entry] = []
    # Backwards in front and forwards at the end: the first directory is to be the first.
    for directory in directories if order == APPEND else reversed(directories):
        own = next((e for e in ours if _is(e.text, directory, environ)), None)
        places = winpath.places(text, directory, variables, same) or _own_places(text, own)
        is_moved = _first_place(text, stale, variables) is not None or (
            order is not None and own is not None and own.order != order
        )
        if places and own and is_moved:
            text = _without(text, own, variables)
        elif places:
            continue
        spelled = winpath.short(directory, environ) if expands else directory
        if not _is(winpath.expand(spelled, variables), directory, {}):
            raise RefusedError(f"cannot hold {directory}: Windows would expand the % in it (rename it)")
        left = _first_place(text, stale, variables)
        replaced = "" if left is None else winpath.entries(text)[left]
        entry = Entry(target, spelled, order or PREPEND, before is None, replaced)
        if left is None:
            text = winpath.insert(text, spelled, entry.order)
        else:
            text = winpath.replace(text, left, spelled)
        entries.append(entry)
    if not entries:
        return None
    if len(text) > MAX_LENGTH:
        raise RefusedError(
            f"would have {len(text):,} characters, of which Windows takes {MAX_LENGTH:,} "
            "(remove entries that you do not need)"
        )
    position = END if order == APPEND else TOP
    return Edit(target, before.text if before else None, text, serves, position, tuple(entries))


def undo(
    entries: Iterable[Entry],
    read: Callable[[RegistryValue], Value | None],
    refusal: Callable[[RegistryValue], str | None],
    environ: Mapping[str, str],
) -> Plan:
    """Return the plan that takes `entries` out; what others have changed since stays as they want it."""
    edits: list[Edit] = []
    refusals: list[Refusal] = []
    wanted: dict[RegistryValue, list[Entry]] = {}
    for entry in entries:
        wanted.setdefault(entry.target, []).append(entry)
    for target, ours in wanted.items():
        try:
            value = read(target)
            if value is None:
                continue
            after: str | None = value.text
            for entry in reversed(ours):
                after = _without(after or "", entry, environ if value.expands else {})
            if not after and any(entry.created for entry in ours):
                after = None
            if after == value.text:
                continue
            reason = refusal(target)
            if reason:
                raise RefusedError(reason)
            edits.append(Edit(target, value.text, after, entries=tuple(ours)))
        except RefusedError as error:
            refusals.append(Refusal(target, str(error), ()))
    return Plan(tuple(edits), tuple(refusals))


def named(
    entries: Iterable[Entry], directories: tuple[str, ...], environ: Mapping[str, str]
) -> tuple[Entry, ...]:
    """Return those of `entries` that are one of `directories`; all where none is named."""
    return tuple(
        e for e in entries if not directories or any(_is(e.text, d, environ) for d in directories)
    )


def left_over(entries: tuple[Entry, ...], gone: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return `entries` without those that are `gone`. That there was no value before passes on."""
    kept = [entry for entry in entries if entry not in gone]
    if kept and any(entry.created for entry in gone):
        kept[0] = replace(kept[0], created=True)
    return tuple(kept)


def warnings(edit: Edit, environ: Mapping[str, str], machine: str) -> tuple[str, ...]:
    """Return what may go wrong with a value as long as `edit` makes it, and with its type."""
    text = edit.after or ""
    found: list[str] = []
    full = len(winpath.expand(text, environ))
    if max(len(text), full) > DIALOG_LENGTH:
        found.append(
            f"the user's Path now has {max(len(text), full):,} characters; some programs, and the old "
            f"dialog of Windows, cut it at {DIALOG_LENGTH:,}: remove entries that you do not need"
        )
    if full + len(machine) + 1 > LINE_LENGTH:
        found.append(
            f"the machine's and the user's Path have {full + len(machine) + 1:,} characters together; "
            f"`set PATH=...;%PATH%` in cmd fails beyond {LINE_LENGTH:,}"
        )
    return tuple(found)


def unexpanded(value: Value | None, environ: Mapping[str, str]) -> str:
    """Return a remark on `%NAME%` in a value of a type that does not expand it, or nothing."""
    if value is None or value.expands:
        return ""
    names = [e for e in winpath.entries(value.text) if winpath.expand(e, environ) != e]
    if not names:
        return ""
    return (
        f"the user's Path is a REG_SZ, so Windows does not expand {names[0]!r} in it: that entry does "
        "not work; it was left as it is (write the folder out, or make the value a REG_EXPAND_SZ)"
    )


def left_behind(
    value: Value | None, stale: tuple[str, ...], environ: Mapping[str, str]
) -> tuple[str, ...]:
    """Return a remark on each entry that is one of `stale`, directories of Pythons that are gone."""
    if value is None:
        return ()
    variables = environ if value.expands else {}
    pieces = winpath.entries(value.text)
    places = sorted(i for d in stale for i in winpath.places(value.text, d, variables))
    return tuple(
        f"{pieces[place]} is left over from a Python that is gone; "
        "--replace-stale puts the new directory in its place"
        for place in places
    )


def _is(entry: str, directory: str, environ: Mapping[str, str]) -> bool:
    return bool(winpath.places(entry, directory, environ))


def _first_place(text: str, wanted: tuple[str, ...], environ: Mapping[str, str]) -> int | None:
    places = (place for d in wanted for place in winpath.places(text, d, environ))
    return min(places, default=None)


def _own_places(text: str, own: Entry | None) -> tuple[int, ...]:
    """Return where `own` stands as we wrote it, be it behind a quote without its pair."""
    if own is None:
        return ()
    return tuple(i for i, e in enumerate(winpath.entries(text)) if e.lower() == own.text.lower())


def _without(text: str, entry: Entry, environ: Mapping[str, str]) -> str:
    """Return `text` without our `entry`: the first of that text, or the last where it was appended."""
    places = _own_places(text, entry)
    if not places:  # somebody has spelled it in another way
        places = winpath.places(text, winpath.expand(entry.text, environ), environ)
    if not places:
        return text
    place = places[-1 if entry.order == APPEND else 0]
    if entry.replaced:
        return winpath.replace(text, place, entry.replaced)
    return winpath.remove(text, place)
