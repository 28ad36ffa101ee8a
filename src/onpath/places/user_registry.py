"""The user's `Path` in the registry: one value, from which every program on Windows gets its PATH.

A registry value has no room for markers, so what we put there is in the receipt. Reads through the
`Machine` that it is given; writes nothing.
"""

from __future__ import annotations

from onpath import winpath
from onpath.errors import RefusedError
from onpath.model import (
    APPEND,
    END,
    INTERACTIVE,
    PREPEND,
    QUESTION,
    TOP,
    Ask,
    Context,
    Edit,
    Entry,
    Plan,
    Refusal,
    RegistryValue,
)
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from onpath.model import Host, Installed, Machine, Value, Want

USER_KEY = r"HKEY_CURRENT_USER\Environment"
MACHINE_KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
USER_PATH = RegistryValue(USER_KEY, "Path")
MACHINE_PATH = RegistryValue(MACHINE_KEY, "Path")

DIALOG_LENGTH = 2047  # what the old dialog of Windows keeps (Raymond Chen, 2010-02-03)
LINE_LENGTH = 8191  # a command line of cmd: `set PATH=...;%PATH%` fails beyond
MAX_LENGTH = 32766  # one variable, with its terminator 32,767 (SetEnvironmentVariableW)
OPEN_PROGRAMS = (
    "what is open now keeps its old PATH: open a new window (of VS Code: close all of them first; "
    "Windows Terminal from 1.18 on: a new tab will do)"
)
# What the registry does not reach, by what `host.surroundings` says.
SURROUNDINGS = {
    "msys2": (
        "MSYS2's own shells leave the PATH of Windows out: start them with MSYS2_PATH_TYPE=inherit, "
        "or put the line for this session into ~/.bash_profile there"
    ),
}


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return each shell as a window has it: Windows knows one way only to start a program."""
    del host
    return tuple(Context(INTERACTIVE, shell.name) for shell in shells) if modes else ()


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how a shell is asked: its row has the command line."""
    del host, context, machine
    return Ask((QUESTION,))


def targets(want: Want, context: Context, machine: Machine) -> tuple[RegistryValue, ...]:
    """Return the value, which serves every shell."""
    del want, context, machine
    return (USER_PATH,)


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edit of the user's Path that serves the contexts, or why it is left alone."""
    if not want.contexts or want.attempt:
        return Plan()
    try:
        reason = machine.refusal(USER_PATH)
        if reason:
            raise RefusedError(reason)
        edit = plan_value(
            *(USER_PATH, machine.value(USER_PATH), want.directories, want.contexts, machine.variables()),
            same=machine.is_same,
            order=want.order,
            ours=_ours(want),
            stale=want.stale if want.replaces_stale else (),
        )
    except RefusedError as error:
        paste = "\n".join(want.directories) + "\n"
        return Plan(refusals=(Refusal(USER_PATH, str(error), want.contexts, paste),))
    return Plan((edit,) if edit else ())


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes out what we put: all, or `want.directories`.

    What others have changed since stays as they want it.
    """
    environ = machine.variables()
    ours = select(_ours(want), want.directories, environ)
    if not ours:
        return Plan()
    try:
        value = machine.value(USER_PATH)
        if value is None:
            return Plan()
        after: str | None = value.text
        for entry in reversed(ours):
            after = _without(after or "", entry, environ if value.expands else {})
        if not after and any(entry.created for entry in ours):
            after = None
        if after == value.text:
            return Plan()
        reason = machine.refusal(USER_PATH)
        if reason:
            raise RefusedError(reason)
    except RefusedError as error:
        return Plan(refusals=(Refusal(USER_PATH, str(error), ()),))
    return Plan((Edit(USER_PATH, value.text, after, entries=ours),))


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return what the user should know about the value, and about programs that are open."""
    environ = machine.variables()
    found: list[str] = []
    machine_text = ""
    try:
        value = machine.value(USER_PATH)
        found.append(unexpanded(value, environ))
        found += stale_remarks(value, want.stale, environ)
        machine_value = machine.value(MACHINE_PATH)
        machine_text = machine_value.text if machine_value else ""
    except RefusedError:
        pass  # told as the refusal that it is
    for edit in plan.edits:
        found += warnings(edit, environ, machine_text)
        found.append(OPEN_PROGRAMS)
    found += (SURROUNDINGS[name] for name in want.host.surroundings if name in SURROUNDINGS)
    return tuple(filter(None, found))


def plan_value(
    target: RegistryValue,
    before: Value | None,
    directories: tuple[str, ...],
    served: tuple[Context, ...],
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
    # The first directory is to be the first on PATH: so prepend the last one first.
    for directory in directories if order == APPEND else reversed(directories):
        own = next((e for e in ours if _is(e.text, directory, environ)), None)
        present = winpath.indices_of(text, directory, variables, same) or _own_indices(text, own)
        is_moved = _first_index(text, stale, variables) is not None or (
            order is not None and own is not None and own.order != order
        )
        if present and own and is_moved:
            text = _without(text, own, variables)
        elif present:
            continue
        spelled = winpath.with_variable(directory, environ) if expands else directory
        if not _is(winpath.expand(spelled, variables), directory, {}):
            raise RefusedError(f"cannot hold {directory}: Windows would expand the % in it (rename it)")
        left = _first_index(text, stale, variables)
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
            f"would have {len(text):,} characters, and Windows takes {MAX_LENGTH:,} "
            "(remove entries that you do not need)"
        )
    position = END if order == APPEND else TOP
    return Edit(target, before.text if before else None, text, served, position, tuple(entries))


def select(
    entries: tuple[Entry, ...], directories: tuple[str, ...], environ: Mapping[str, str]
) -> tuple[Entry, ...]:
    """Return those of `entries` that are one of `directories`; all where none is named."""
    return tuple(
        e for e in entries if not directories or any(_is(e.text, d, environ) for d in directories)
    )


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


def stale_remarks(
    value: Value | None, stale: tuple[str, ...], environ: Mapping[str, str]
) -> tuple[str, ...]:
    """Return a remark on each entry that is one of `stale`, directories of Pythons that are gone."""
    if value is None:
        return ()
    variables = environ if value.expands else {}
    pieces = winpath.entries(value.text)
    indices = sorted(i for d in stale for i in winpath.indices_of(value.text, d, variables))
    return tuple(
        f"{pieces[i]} is left over from a Python that is gone; "
        "--replace-stale puts the new directory in its place"
        for i in indices
    )


def _ours(want: Want) -> tuple[Entry, ...]:
    """Return what the receipt says of the value."""
    return tuple(entry for entry in want.receipt.entries if entry.target == USER_PATH)


def _is(entry: str, directory: str, environ: Mapping[str, str]) -> bool:
    return bool(winpath.indices_of(entry, directory, environ))


def _first_index(text: str, wanted: tuple[str, ...], environ: Mapping[str, str]) -> int | None:
    return min((i for d in wanted for i in winpath.indices_of(text, d, environ)), default=None)


def _own_indices(text: str, own: Entry | None) -> tuple[int, ...]:
    """Return where `own` is as we wrote it, even after an unpaired quote."""
    if own is None:
        return ()
    return tuple(i for i, e in enumerate(winpath.entries(text)) if e.lower() == own.text.lower())


def _without(text: str, entry: Entry, environ: Mapping[str, str]) -> str:
    """Return `text` without our `entry`: the first of that text, or the last where it was appended."""
    indices = _own_indices(text, entry)
    if not indices:  # somebody has spelled it in another way
        indices = winpath.indices_of(text, winpath.expand(entry.text, environ), environ)
    if not indices:
        return text
    index = indices[-1 if entry.order == APPEND else 0]
    if entry.replaced:
        return winpath.replace(text, index, entry.replaced)
    return winpath.remove(text, index)
