"""Where a command of the directories stands: one row for each context of this machine.

Made of the outcomes of a look. It starts nothing and writes nothing.
"""

from __future__ import annotations

from . import contexts as table
from . import pathlist
from .beginning import environment
from .errors import OnpathError
from .host.ways import identity
from .model import UNKNOWN, Standing
from .places import fence
from .survey import RANK
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .model import Context, Outcome, Target
    from .survey import Survey

MAX_BYTES = 1 << 20  # of a file that is searched for a directory's name


def standings(survey: Survey) -> tuple[Standing, ...]:
    """Return the row of each context that was asked, those whose sign is here first."""
    found: dict[str, list[Outcome]] = {}
    for context in survey.reported:
        outcome = survey.merged(context)
        if outcome:
            found.setdefault(context.mode, []).append(outcome)
    rows = [_standing(survey, table.ROWS[name], found[name]) for name in table.MODES if name in found]
    return tuple(sorted(rows, key=lambda row: not row.is_here))


def _standing(survey: Survey, row: table.Row, outcomes: list[Outcome]) -> Standing:
    verdicts = {outcome.probe.verdict if outcome.probe else UNKNOWN for outcome in outcomes}
    verdict: Any = next(each for each in RANK if each in verdicts)
    lacking = [outcome for outcome in outcomes if not outcome.is_served]
    by = [
        each for outcome in outcomes if outcome.is_served for each in _sources(survey, outcome.context)
    ]
    reasons = (_reason(each, row.fact, is_one=len(outcomes) == 1) for each in lacking or outcomes)
    cure, line = _cure(survey, row, lacking) if lacking else ("", "")
    return Standing(
        row.name,
        row.title,
        table.is_here(row, survey.host),
        verdict,
        tuple(dict.fromkeys(by)),
        "; ".join(dict.fromkeys(filter(None, reasons))),
        cure,
        line,
    )


def _reason(outcome: Outcome, fact: str, *, is_one: bool) -> str:
    """Return why one context is not effective, with its shell where there are several."""
    probe = outcome.probe
    words = (probe.reason if probe else "") or ("" if outcome.shell or outcome.is_served else fact)
    if is_one or not outcome.shell or (outcome.is_served and not words):
        return words
    return f"{outcome.shell}: {words}" if words else outcome.shell


def _cure(survey: Survey, row: table.Row, lacking: list[Outcome]) -> tuple[str, str]:
    """Return what to do about it, and the part of that which can be pasted."""
    edited = [
        each for each in lacking if survey.has_target(each.context) or survey.is_sayable(each.context)
    ]
    if edited:
        late = [each.probe.cure for each in edited if each.probe and each.probe.is_late]
        if len(late) == len(edited):  # an edit cannot be proven in the time that was too short
            return late[0], late[0].partition(": ")[2]
        command = survey.command(row.name)
        return command, command
    line = table.line(row.name, survey.host, survey.directories)
    if line:
        return table.cure(row.name, survey.host, survey.directories), line
    words = (survey.why_unserved(each.context) for each in lacking)
    probes = (each.probe.cure for each in lacking if each.probe)
    return "; ".join(dict.fromkeys(filter(None, (*words, *probes)))), ""


def _sources(survey: Survey, context: Context) -> Iterator[str]:
    """Yield by what `context` has the directories: a file, or a variable, as far as it can be told."""
    want = survey.want([context])
    targets = survey.places[context].targets(want, context, survey.machine)
    keys = {fence.key(directory, survey.host.home) for directory in survey.directories}
    ours = [target for target in targets if keys & _blocks(survey, target)]
    named = ours or [target for target in targets if _names(survey, target)]
    if named:
        yield str(named[0])
    elif survey.path_source and _is_on(survey, survey.session.get("PATH", "")):
        yield survey.path_source
    elif context.shell == "" and _is_on(survey, environment(survey.request).get("PATH", "")):
        yield "PATH"


def _blocks(survey: Survey, target: Target) -> set[str]:
    try:
        return set(fence.bodies(survey.machine.read(target)))
    except OnpathError:
        return set()


def _names(survey: Survey, target: Target) -> bool:
    """Say whether the text of `target` has the name of each directory, as people write it."""
    try:
        text = survey.machine.read(target) or ""
    except OnpathError:
        return False
    home = survey.host.home
    tails = (d[len(home) :] if d.startswith(f"{home}/") else d for d in survey.directories)
    return all(tail in text[:MAX_BYTES] for tail in tails)


def _is_on(survey: Survey, path: str) -> bool:
    entries = pathlist.entries(path)
    return all(pathlist.indices_of(entries, d, identity) for d in survey.directories)
