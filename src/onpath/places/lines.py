"""Directories of ours in a file that holds directories, each on a line: what places share. Pure.

Such a file has no comments, so what was put there is in the receipt. Each reader takes the lines in an
order of its own.
"""

from __future__ import annotations

from onpath.errors import RefusedError
from onpath.model import APPEND, PREPEND, Edit, Entry, File, Plan, Refusal
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from onpath.model import Machine, Want


def plan(path: str, want: Want, machine: Machine) -> Plan:
    """Return the edit that adds a line for each directory; its reader takes the last line first."""
    before = machine.read(File(path))
    return _plan(path, before, tuple(reversed(want.directories)), PREPEND, want)


def plan_after(path: str, want: Want, machine: Machine) -> Plan:
    """Return the edit that adds a line for each directory; its reader puts them after all others.

    So there is none for who wants them before the others.
    """
    target = File(path)
    if want.order == PREPEND:
        return Plan()
    try:
        reason = machine.refusal(target) or why_no_line(want.directories)
        if reason:
            raise RefusedError(reason)
        before = machine.read(target)
    except RefusedError as error:
        return Plan(refusals=(Refusal(target, str(error), want.contexts),))
    return _plan(path, before, want.directories, APPEND, want)


def take_out(want: Want, machine: Machine, maker: str) -> Plan:
    """Return the plan that takes out the lines that the receipt knows: all, or `want.directories`.

    `maker` makes the file, and makes no link. A file that was made for our lines goes with the last.
    """
    edits: list[Edit] = []
    refusals: list[Refusal] = []
    ours: dict[File, list[Entry]] = {}
    for entry in want.receipt.entries:
        if isinstance(entry.target, File) and entry.text in (want.directories or (entry.text,)):
            ours.setdefault(entry.target, []).append(entry)
    for target, entries in ours.items():
        try:
            before = machine.read(target)
            if before is None:
                continue  # somebody has removed it
            link = f"is a link, which {maker} does not make; remove the link"
            reason = link if machine.is_link(target.path) else machine.refusal(target)
            if reason:
                raise RefusedError(reason)
        except RefusedError as error:
            refusals.append(Refusal(target, str(error), ()))
            continue
        after: str | None = before
        for entry in reversed(entries):
            after = _without(after or "", entry)
        if not after and any(entry.created for entry in entries):
            after = None
        if after != before:
            edits.append(Edit(target, before, after, settled=tuple(entries)))
    return Plan(tuple(edits), tuple(refusals))


def lines_of(text: str | None) -> list[str]:
    """Return the lines of `text`."""
    return [line.removesuffix("\r") for line in (text or "").split("\n")]


def why_no_line(directories: tuple[str, ...]) -> str | None:
    """Return why one of `directories` cannot be a line, or None."""
    for directory in directories:
        if "\r" in directory or any("\udc80" <= character <= "\udcff" for character in directory):
            return f"cannot hold {directory!r}, which is not one line of UTF-8; rename the directory"
    return None


def _plan(path: str, before: str | None, directories: tuple[str, ...], order: str, want: Want) -> Plan:
    target, text = File(path), before or ""
    entries: list[Entry] = []
    settled: tuple[Entry, ...] = ()
    if want.order and not _are_in_order(lines_of(text), directories):
        known = (each for each in want.receipt.entries if each.target == target)
        settled = tuple(each for each in known if each.text in directories)  # ours alone change places
        for entry in reversed(settled):
            text = _without(text, entry)
    for directory in directories:
        if directory in lines_of(text):
            continue
        is_joined = bool(text) and not text.endswith("\n")
        text += ("\n" if is_joined else "") + directory + "\n"
        entries.append(Entry(target, directory, order, created=before is None, joined=is_joined))
    if not entries:
        return Plan()
    edit = Edit(target, before, text, want.contexts, entries=tuple(entries), settled=settled)
    return Plan((edit,))


def _are_in_order(lines: list[str], directories: tuple[str, ...]) -> bool:
    """Say whether the last lines of `directories` come in their order, as far as they are there."""
    last = {line: number for number, line in enumerate(lines)}
    found = [last[each] for each in directories if each in last]
    return found == sorted(found)


def _without(text: str, entry: Entry) -> str:
    """Return `text` without the last line that is `entry`, and the newline that was added for it."""
    pieces = text.split("\n")
    index = next((i for i in reversed(range(len(pieces))) if pieces[i] == entry.text), None)
    if index is None:
        return text
    del pieces[index]
    if entry.joined and pieces[index:] == [""]:
        del pieces[index]
    return "\n".join(pieces)
