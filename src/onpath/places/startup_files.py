"""Decide what to change, and to what. Reads through what it is given; writes nothing."""

from __future__ import annotations

from onpath.errors import RefusedError
from onpath.model import APPEND, PREPEND, TOP, Edit, File, Plan, Refusal
from onpath.shells import render
from onpath.shells.startup import startup_file
from onpath.values import TYPE_CHECKING

from . import fence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onpath.model import Host, Installed, Receipt
    from onpath.shells import Startup
    from onpath.shells.startup import Looks


def plan(
    host: Host,
    directories: tuple[str, ...],
    wanted: Iterable[tuple[Installed, str]],
    looks: Looks,
    *,
    places: Mapping[tuple[str, str], Mapping[str, str]],
    order: str | None = None,
    position: str = TOP,
) -> Plan:
    """Return the edits after which each (shell, mode) of `wanted` has `directories` on its PATH.

    One edit a file, whatever it serves and however many names it has. `places` is what each shell
    told of its folders; `order` is PREPEND, APPEND or None: as the block has it that is there already,
    else PREPEND.
    """
    serves: dict[str, list[tuple[str, str]]] = {}
    firsts: dict[str, tuple[str, Startup]] = {}
    names: dict[object, str] = {}
    for shell, mode in wanted:
        found = startup_file(host, shell, mode, looks, places.get((shell.name, mode), {}))
        if found:
            path, startup = found
            path = names.setdefault(looks.identity(path), path)
            serves.setdefault(path, []).append((shell.name, mode))
            firsts.setdefault(path, (shell.name, startup))
    edits: list[Edit] = []
    refusals: list[Refusal] = []
    for path, pairs in serves.items():
        name, startup = firsts[path]
        target = File(path)
        reason = looks.refusal(target)
        try:
            if reason:
                raise RefusedError(reason)
            before = looks.read(target)
            after = _with_blocks(before, host, directories, name, startup, order, position)
        except RefusedError as error:
            paste = "" if reason is None else _paste(host, directories, name, startup, order)
            refusals.append(Refusal(target, str(error), tuple(pairs), paste))
            continue
        if after != before:
            edits.append(Edit(target, before, after, tuple(pairs), position))
    return Plan(tuple(edits), tuple(refusals))


def undo(
    receipt: Receipt,
    others: Iterable[str],
    looks: Looks,
    keys: Iterable[str] | None = None,
) -> Plan:
    """Return the plan that takes our blocks out: all, or those of `keys` (see `fence.key`).

    It looks at the files of `receipt` and at `others`, and leaves what others wrote since. A file
    that we created and that holds nothing else is removed.
    """
    edits: list[Edit] = []
    refusals: list[Refusal] = []
    names: dict[object, str] = {}
    for path in (*receipt.files, *others):
        names.setdefault(looks.identity(path), path)
    for path in names.values():
        target = File(path)
        try:
            before = looks.read(target)
        except RefusedError as error:
            if path in receipt.files:
                refusals.append(Refusal(target, str(error), ()))
            continue
        try:
            after = before
            for key in keys if keys is not None else (None,):
                after = fence.remove(after, key)
        except RefusedError as error:
            refusals.append(Refusal(target, str(error), ()))
            continue
        reason = looks.refusal(target) if after != before else None
        if reason:
            refusals.append(Refusal(target, reason, ()))
        elif after != before:
            edits.append(Edit(target, before, after))
    return Plan(tuple(edits), tuple(refusals))


def _with_blocks(
    before: str | None,
    host: Host,
    directories: tuple[str, ...],
    shell: str,
    startup: Startup,
    order: str | None,
    position: str,
) -> str | None:
    text = before
    # The first directory is to be the first on PATH. What prepends last stands first there, and what is
    # put at the top of the file last runs first.
    is_forward = (order != APPEND) == (position == TOP)
    for directory in directories if is_forward else reversed(directories):
        name = fence.key(directory, host.home)
        here = order or _order_of(text, name, shell, directory, host, startup)
        lines = render.body(shell, directory, host.home, here, startup)
        present = fence.bodies(text).get(name, "")
        if startup.preamble and (text is None or present.startswith(startup.preamble)):
            lines = f"{startup.preamble}\n{lines}"
        text = fence.insert(text, name, lines, position)
    return text


def _order_of(
    text: str | None, name: str, shell: str, directory: str, host: Host, startup: Startup
) -> str:
    """Return the order that our block in `text` has already, else PREPEND."""
    present = fence.bodies(text).get(name)
    appended = render.body(shell, directory, host.home, APPEND, startup)
    return APPEND if present and present.endswith(appended) else PREPEND


def _paste(
    host: Host, directories: tuple[str, ...], shell: str, startup: Startup, order: str | None
) -> str:
    """Return the lines that a user whose file may not be edited can put there."""
    each = directories if order == APPEND else reversed(directories)
    try:
        parts = (render.body(shell, d, host.home, order or PREPEND, startup) for d in each)
        return "".join(parts)
    except RefusedError:
        return ""
