"""The user's `Path` in the registry: one value, from which every program on Windows gets its PATH.

A registry value has no room for markers, so what we put there is in the receipt. Reads through the
`Machine` that it is given; writes nothing. The machine's value is a place of its own
(`machine_registry`), which plans by the functions here.
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
from onpath.shells import LONGEST_LINE
from onpath.values import TYPE_CHECKING, dataclass

from .registry_entries import (
    EDIT_USER,
    first_index,
    is_directory,
    is_in_place,
    moved,
    own_indices,
    put_again,
    select,
    taken_out,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from onpath.model import Host, Installed, Machine, Value, Want

USER_KEY = r"HKEY_CURRENT_USER\Environment"
MACHINE_KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
USER_PATH = RegistryValue(USER_KEY, "Path")
MACHINE_PATH = RegistryValue(MACHINE_KEY, "Path")

# The user's own when Windows makes it: behind the machine's.
NEW_USER_PATH = r"%USERPROFILE%\AppData\Local\Microsoft\WindowsApps;"

DIALOG_LENGTH = 2047  # what the old dialog of Windows keeps (Raymond Chen, 2010-02-03)
LINE_LENGTH = LONGEST_LINE  # of PATH: with more, cmd finds no program; `set PATH=...;%PATH%` fails too
MAX_LENGTH = 32766  # one variable, with its terminator 32,767 (SetEnvironmentVariableW)
# Of PATH, and what is so beyond that.
MOST = ((LINE_LENGTH, "cmd finds no program at all"), (MAX_LENGTH, "no shell finds any program"))
# What opens Windows' own dialog for the machine's variables.
EDIT_MACHINE = "SystemPropertiesAdvanced"
# What a program gets is the machine's value and behind it the user's.
MACHINES, USERS = "the machine's Path", "the user's Path"
SHOWN_ENTRIES = 5  # of those that could be removed
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
    return plan_for(OF_USER, want, machine)


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes out what we put: all, or `want.directories`.

    What others have changed since stays as they want it.
    """
    return undo_for(OF_USER, want, machine)


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return what the user should know about the value, and about programs that are open."""
    return remarks_for(OF_USER, want, plan, machine)


@dataclass(frozen=True)
class Part:
    """One of the two values that PATH is made of, and which is edited."""

    target: RegistryValue
    name: str  # in sentences
    dialog: str  # what opens Windows' own dialog for it
    open_programs: str  # what is told of programs that run

    def around(self, machine: Machine, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Return what is before and behind it in the PATH of each user who is thought of, expanded."""
        if self.target == USER_PATH:
            return ((value_text(machine.value, MACHINE_PATH, environ), ""),)
        # A new user's; and the administrator's own, in whose windows cmd is to find programs as well.
        own = value_text(machine.value, USER_PATH, environ)
        return (("", winpath.expand(NEW_USER_PATH, environ)), ("", own))


OF_USER = Part(USER_PATH, USERS, EDIT_USER, OPEN_PROGRAMS)


def plan_for(part: Part, want: Want, machine: Machine) -> Plan:
    """Return the edit of `part` that serves the contexts, or why it is left alone."""
    if not want.contexts or want.attempt:
        return Plan()
    target = part.target
    try:
        reason = machine.refusal(target)
        if reason:
            raise RefusedError(reason)
        value, environ = machine.value(target), machine.variables()
        edit = plan_value(
            *(target, value, _lacking(part, want, machine, environ), want.contexts, environ),
            same=machine.is_same,
            order=want.order,
            ours=_ours(part, want),
            stale=want.stale if want.replaces_stale else (),
        )
    except RefusedError as error:
        paste = "\n".join(want.directories) + "\n"
        return Plan(refusals=(Refusal(target, str(error), want.contexts, paste),))
    if edit is None:
        return Plan()
    variables = environ if value is None or value.expands else {}
    is_folder: Callable[[str], bool] = lambda name: machine.is_same(name, name)  # noqa: E731  (of what is there)
    reasons = (
        too_long(edit, variables, before, behind=behind, part=part, is_folder=is_folder)
        for before, behind in part.around(machine, environ)
    )
    harm = doubled(edit, want.directories, variables, part) or next(filter(None, reasons), "")
    if harm:  # with nothing to paste: by hand it would do the same harm
        return Plan(refusals=(Refusal(target, harm, want.contexts),))
    return Plan((edit,))


def _lacking(part: Part, want: Want, machine: Machine, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of the directories that the machine's Path does not give to every shell; else all."""
    if part.target == MACHINE_PATH or want.order:
        return want.directories
    path = value_text(machine.value, MACHINE_PATH, environ)
    found = [winpath.searched(path, pairs_quotes=pairs) for pairs in (True, False)]
    given = [{winpath.normal(entry) for entry in entries} for entries in found]
    lacking = (d for d in want.directories if not all(winpath.normal(d) in each for each in given))
    return tuple(lacking) or want.directories


def undo_for(part: Part, want: Want, machine: Machine) -> Plan:
    """Return the plan that takes out of `part` what we put."""
    environ, target = machine.variables(), part.target
    whole = _ours(part, want)
    ours = select(whole, want.directories, environ)
    if not ours:
        return Plan()
    try:
        value = machine.value(target)
        if value is None:
            return Plan()
        kept = tuple(entry for entry in whole if entry not in ours)
        again: list[Entry] = []
        if any(entry.moved_from >= 0 for entry in kept):  # where that was depends on the others
            ours = whole
            left, again = put_again(target, value.text, whole, kept, environ, expands=value.expands)
        else:
            left = taken_out(value.text, ours, environ, expands=value.expands)
        after = None if not left and any(entry.created for entry in ours) else left
        if after == value.text:
            return Plan()
        reason = machine.refusal(target)
        if reason:
            raise RefusedError(reason)
    except RefusedError as error:
        return Plan(refusals=(Refusal(target, str(error), ()),))
    return Plan((Edit(target, value.text, after, entries=tuple(again), settled=ours),))


def remarks_for(part: Part, want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return what is to be known about `part`, and about programs that are open."""
    environ = machine.variables()
    found: list[str] = []
    variables = environ
    try:
        value = machine.value(part.target)
        found.append(unexpanded(value, environ, part))
        found += stale_remarks(value, want, environ, part)
        variables = environ if value is None or value.expands else {}
        found.append(quote_remark(part.name, value.text if value else "", variables))
    except RefusedError:
        pass  # told as the refusal that it is
    around = part.around(machine, environ)
    if part.target != MACHINE_PATH:
        found.append(quote_remark(MACHINES, around[0][0], {}))
    before, behind = max(around, key=lambda pair: len("".join(pair)))
    for edits, has in ((plan.edits, "now has"), (plan.put_back, "would have")):
        for edit in edits:
            found += warnings(edit, variables, before, behind=behind, part=part, has=has)
    if plan.edits:
        found.append(part.open_programs)
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
    settled: tuple[Entry, ...] = ()
    asked = select(ours, directories, environ)
    # Where one is to come among others that are there, these are put again behind or before it.
    is_whole = order is None or all(winpath.indices_of(text, d, variables, same) for d in directories)
    has_to_move = (
        first_index(text, stale, variables) is not None
        or any(entry.order != (order or entry.order) for entry in asked)
        # In the place of a stale one it stays.
        or not (
            (is_whole and is_in_place(text, directories, order, variables, same))
            or any(e.replaced for e in asked)
        )
    )
    # Where an entry was depends on those that were put before it: so all are taken out, and put again.
    if asked and has_to_move:
        kept = tuple(entry for entry in ours if entry not in asked)
        text, entries = put_again(target, text, ours, kept, environ, expands=expands)
        ours, settled = (), ours
    # The first directory is to be the first on PATH: so prepend the last one first.
    for directory in directories if order == APPEND else reversed(directories):
        own = next((e for e in ours if is_directory(e.text, directory, environ)), None)
        written = own if expands or not own or "%" not in own.text else None  # else it means nothing now
        present = winpath.indices_of(text, directory, variables, same) or own_indices(text, written)
        for _ in present if order and own is None else ():  # the user may have it there more than once
            if not is_in_place(text, directories, order, variables, same):
                index = winpath.indices_of(text, directory, variables, same)[0]
                text, entry = moved(target, text, index, order or PREPEND, variables)
                entries.append(entry)
        if present:
            continue
        left = first_index(text, stale, variables)
        replaced = "" if left is None else winpath.entries(text)[left]

        def put(spelled: str, text: str = text, left: int | None = left) -> str:
            if left is None:
                return winpath.insert(text, spelled, order or PREPEND)
            return winpath.replace(text, left, spelled)

        spelled = _spelling(directory, put, environ) if expands else directory
        entries.append(Entry(target, spelled, order or PREPEND, before is None, replaced))
        text = put(spelled)
    if text == (before.text if before else "") and tuple(entries) in {(), settled}:
        return None
    if len(text) > MAX_LENGTH:
        raise RefusedError(
            f"would have {len(text):,} characters, and Windows takes {MAX_LENGTH:,}; "
            f"remove entries that you do not need ({EDIT_USER})"
        )
    position = END if order == APPEND else TOP
    old = before.text if before else None
    return Edit(target, old, text, served, position, tuple(entries), settled)


def _spelling(directory: str, put: Callable[[str], str], environ: Mapping[str, str]) -> str:
    """Return how `directory` is written so that Windows reads it where `put` puts it.

    A `%` before it that has no pair would find one in it. Raises `RefusedError`.
    """
    expected = winpath.expand(put("\0"), environ).replace("\0", directory)
    for spelled in (winpath.with_variable(directory, environ), directory):
        if winpath.expand(put(spelled), environ).lower() == expected.lower():
            return spelled
    raise RefusedError(f"cannot hold {directory}: Windows would expand the % in it; rename it")


def doubled(
    edit: Edit, directories: tuple[str, ...], environ: Mapping[str, str], part: Part = OF_USER
) -> str:
    """Return why `edit` must not be: a directory is there, hidden by a quote without a pair; or nothing.

    Taking the quote out serves every shell; a second entry would stay for ever.
    """
    before, after = (winpath.expand(text or "", environ) for text in (edit.before, edit.after))
    for directory in directories:
        culprit = winpath.hiding(before, directory)
        if culprit and winpath.unpaired(before) and _count(after, directory) > 1:
            return f"has {directory} already, after {unpaired_words(culprit, part.dialog)}"
    return ""


def too_long(
    edit: Edit,
    environ: Mapping[str, str],
    machine: str,
    *,
    is_folder: Callable[[str], bool],
    behind: str = "",
    part: Part = OF_USER,
) -> str:
    """Return why `edit` must not be: with it, a shell would find no program at all; or nothing.

    `machine` is what is before the value in a PATH, `behind` what is behind it, expanded. A PATH that
    was too long before is not made worse.
    """
    before, after = (_length(text, environ, machine, behind) for text in (edit.before, edit.after))
    passed = ((most, loss) for most, loss in MOST if before <= most < after)
    most, loss = next(passed, (0, ""))
    if not loss:
        return ""
    excess = after - most
    own = edit.before or ""
    held = sum(len(winpath.expand(entry, environ)) + 1 for entry in winpath.entries(own))
    if machine and held < excess:  # all that the user could remove is too little
        own = ""
    names = removable(own, environ, machine, excess, is_folder)
    return (
        f"would have {after:,} characters together with {_others(part)}, and with more than "
        f"{most:,} {loss}; remove entries of {excess:,} characters or more, "
        f"such as {', '.join(names)} ({part.dialog if own else EDIT_MACHINE})"
    )


def _length(text: str | None, environ: Mapping[str, str], machine: str, behind: str) -> int:
    """Return how long the PATH is that has `text` between the two."""
    return len(winpath.join(winpath.join(machine, winpath.expand(text or "", environ)), behind))


def _others(part: Part) -> str:
    return MACHINES if part.target == USER_PATH else "a user's own"


def removable(
    text: str,
    environ: Mapping[str, str],
    machine: str,
    excess: int,
    is_folder: Callable[[str], bool],
) -> tuple[str, ...]:
    """Return, in words, the entries whose removal makes `text` shorter by `excess`.

    First those that do nothing (they are there twice, or do not exist), then the longest. They are
    entries of the machine's Path where `text` is empty. One that a variable makes several folders of is
    idle if all of them are; else each of those is told.
    """
    own = winpath.entries(text or machine)
    seen = {winpath.normal(entry) for entry in (winpath.entries(machine) if text else ())}
    idle: list[tuple[str, int]] = []  # in words, and how long
    useful: list[tuple[str, int]] = []
    for entry in filter(None, own):
        full = winpath.expand(entry, environ)
        why: dict[str, str] = {}
        for part in filter(None, winpath.entries(full)):
            is_twice = winpath.normal(part) in seen
            why[part] = " (there twice)" if is_twice else "" if is_folder(part) else " (does not exist)"
            seen.add(winpath.normal(part))
        if all(why.values()):
            idle.append((entry + next(iter(why.values()), ""), len(full)))
            continue
        idle += [(f"{part} in {entry}{told}", len(part)) for part, told in why.items() if told]
        useful.append((entry, len(full)))
    useful.sort(key=lambda pair: pair[1], reverse=True)
    found: list[str] = []
    for words, length in (*idle, *useful)[:SHOWN_ENTRIES]:
        found.append(words)
        excess -= length + 1
        if excess <= 0:
            break
    return tuple(found)


def warnings(
    edit: Edit,
    environ: Mapping[str, str],
    machine: str,
    *,
    behind: str = "",
    part: Part = OF_USER,
    has: str = "now has",
) -> tuple[str, ...]:
    """Return what may go wrong with a value as long as `edit` makes it.

    `machine` and `behind` are as in `too_long`; `has` is said of an edit that stays.
    """
    text = edit.after or ""
    full = winpath.expand(text, environ)
    found: list[str] = []
    length = max(len(text), len(full))
    if length > DIALOG_LENGTH:
        found.append(
            f"{part.name} {has} {length:,} characters; some programs, and the old "
            f"dialog of Windows, cut it at {DIALOG_LENGTH:,}: remove entries that you do not need"
        )
    whole = _length(text, environ, machine, behind)
    if whole > LINE_LENGTH:
        found.append(
            f"PATH {has} {whole:,} characters (the machine's and the user's); cmd finds no program with "
            f"that many, and `set PATH=...;%PATH%` in it fails beyond {LINE_LENGTH:,}: remove entries "
            f"that you do not need ({part.dialog})"
        )
    return tuple(found)


def quote_remark(name: str, text: str, variables: Mapping[str, str]) -> str:
    """Return a remark on the quote without a pair in the `text` of the Path `name`, or none.

    `variables` are those that Windows expands in it; the quote may be in one of them.
    """
    culprit = winpath.unpaired(winpath.expand(text, variables))
    if culprit is None:
        return ""
    for entry in winpath.entries(text):
        full = winpath.expand(entry, variables)
        if full != entry and culprit in winpath.plain_entries(full):
            culprit = f"{entry} (it is {full})"
    cure = EDIT_MACHINE if name == MACHINES else EDIT_USER
    return f"in {name}, cmd finds no program after {unpaired_words(culprit, cure)}"


def unpaired_words(entry: str, cure: str = EDIT_USER) -> str:
    """Return the end of a sentence on `entry`, whose quote has no pair, with the cure."""
    return f"the entry {entry} , whose quote has no pair; take the quote out ({cure})"


def unexpanded(value: Value | None, environ: Mapping[str, str], part: Part = OF_USER) -> str:
    """Return a remark on `%NAME%` in a value of a type that does not expand it, or nothing."""
    if value is None or value.expands:
        return ""
    names = [e for e in winpath.entries(value.text) if winpath.expand(e, environ) != e]
    if not names:
        return ""
    return (
        f"{part.name} is a REG_SZ, so Windows does not expand {names[0]!r} in it: that entry does "
        "not work; it was left as it is (write the folder out, or make the value a REG_EXPAND_SZ)"
    )


def stale_remarks(
    value: Value | None, want: Want, environ: Mapping[str, str], part: Part = OF_USER
) -> tuple[str, ...]:
    """Return a remark on each entry that is in `want.stale`, directories of Pythons that are gone."""
    if value is None:
        return ()
    variables = environ if value.expands else {}
    pieces = winpath.entries(value.text)
    indices = sorted(i for d in want.stale for i in winpath.indices_of(value.text, d, variables))
    is_there = all(winpath.indices_of(value.text, d, variables) for d in want.directories)
    cure = "--replace-stale puts the new directory in its place"
    if is_there:  # the new one stands elsewhere already
        cure = f"remove it ({part.dialog})"
    return tuple(f"{pieces[i]} is left over from a Python that is gone; {cure}" for i in indices)


def _ours(part: Part, want: Want) -> tuple[Entry, ...]:
    """Return what the receipt says of the value."""
    return tuple(entry for entry in want.receipt.entries if entry.target == part.target)


def _count(path: str, directory: str) -> int:
    """Return how often `directory` is in the expanded `path`, whatever quotes do to it."""
    wanted = winpath.normal(directory)
    return [winpath.normal(entry) for entry in winpath.plain_entries(path)].count(wanted)


def value_text(
    read: Callable[[RegistryValue], Value | None], target: RegistryValue, environ: Mapping[str, str]
) -> str:
    """Return the text of a value, expanded where Windows expands it; empty where it is no text."""
    try:
        value = read(target)
    except RefusedError:
        return ""
    if value is None:
        return ""
    return winpath.expand(value.text, environ) if value.expands else value.text
