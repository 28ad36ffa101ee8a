"""What is edited for which contexts: the plans of all places, as one.

Nothing is changed here, and nothing is asked of a shell.
"""

from __future__ import annotations

import os

from . import stores
from .errors import OnpathError, RefusedError
from .model import TOP, Edit, File, Plan
from .places import fence
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .model import Context, Refusal, Target
    from .survey import Survey

MAX_ATTEMPTS = 6  # no context has more targets


def plan(
    survey: Survey,
    position: str,
    contexts: Iterable[Context] | None = None,
    attempt: int = 0,
    *,
    is_moved: bool = False,
) -> Plan:
    """Return the plan for `contexts`, or for all that need an edit, from each place that serves some.

    `attempt` says which of their targets is to be tried, `is_moved` whether the directories are taken
    from where they are on PATH already.
    """
    wanted = set(contexts) if contexts is not None else None
    edits: dict[Target, Edit] = {}
    names: dict[object, Target] = {}
    refusals = []
    announcements: list[str] = []
    for place, served in by_place(survey).items():
        needy = [c for c in served if (c in wanted if wanted is not None else _needs_edit(survey, c))]
        for world in dict.fromkeys(context.world for context in needy):
            there = [context for context in needy if context.world == world]
            want = survey.want(there, position=position, attempt=attempt, is_moved=is_moved)
            planned = place.plan(want, survey.machine)
            for edit in planned.edits:
                # Two places may have two names for one file.
                target = names.setdefault(_identity(edit.target, survey), edit.target)
                old = edits.get(target)
                serves = (*old.serves, *edit.serves) if old else edit.serves
                edits[target] = replace(edit, target=target, serves=serves)
            refusals += planned.refusals
            announcements += planned.announcements
    # One that changes nothing is a trial of another place in its file, where the context is missing.
    given = {c for c, probe in survey.before.items() if probe.is_served}
    edits = {t: e for t, e in edits.items() if e.after != e.before or not given.issuperset(e.serves)}
    if (edits or announcements) and survey.danger:
        insist = "" if survey.request.is_for_every_user else ", or insist with --force"
        raise RefusedError(f"{survey.danger}{insist}")
    return Plan(tuple(edits.values()), merged(refusals), announcements=tuple(announcements))


def first_plan(survey: Survey) -> Plan:
    """Return what is tried first: for all that need an edit, but for those that follow another."""
    return plan(survey, TOP, _first_needy(survey))


def hindered(survey: Survey) -> dict[Context, str]:
    """Return why no edit can serve some that need one, as far as it can be told without a trial."""
    needy = _first_needy(survey)
    refusals: list[Refusal] = []
    for attempt in range(MAX_ATTEMPTS):
        try:
            planned = plan(survey, TOP, needy, attempt)
        except RefusedError:
            return {}  # the directory itself is in the way, of which a note tells
        needy -= {context for edit in planned.edits for context in edit.serves}
        refusals += planned.refusals
    told = {c: [f"{r.target} {r.reason}" for r in merged(refusals) if c in r.serves] for c in needy}
    return {context: "; ".join(why) for context, why in told.items() if why}


def _first_needy(survey: Survey) -> set[Context]:
    needy = {context for context in survey.contexts if _needs_edit(survey, context)}
    return needy - followers(survey)


def followers(survey: Survey) -> set[Context]:
    """Return those that an edit for others may serve: it is tried first.

    Their shell becomes another one that is served; or they read a file only inside a login, whose PATH
    they have.
    """
    served = {shell.name for shell in survey.shells}
    others = {c: probe.became for c, probe in survey.before.items() if probe.became}
    becoming = {c for c, shell in others.items() if shell.name != c.shell and shell.name in served}
    # One that is watched may have no other.
    twins = {c for c in survey.before if c.world and c.outside in survey.places}
    return becoming | {c for c in twins if not survey.has_target(c.outside)}


def _identity(target: Target, survey: Survey) -> object:
    return survey.machine.identity(target.path) if isinstance(target, File) else target


def merged(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Return `refusals` with one for each reason, whatever it would serve: the first target's."""
    found: dict[object, Refusal] = {}
    for each in refusals:
        # What is in the way of a folder is in the way of all files in it.
        key = each.reason if each.reason.startswith("cannot be made") else (each.target, each.reason)
        old = found.setdefault(key, each)
        serves = tuple(dict.fromkeys((*old.serves, *each.serves)))
        found[key] = replace(old, serves=serves)
    return tuple(found.values())


def by_place(survey: Survey) -> dict[Any, list[Context]]:
    """Return the contexts that each place serves."""
    found: dict[Any, list[Context]] = {}
    for context, place in survey.places.items():
        found.setdefault(place, []).append(context)
    return found


def _needs_edit(survey: Survey, context: Context) -> bool:
    """Missing, or not in its order; or there by something of ours that has what it is to replace."""
    if context not in survey.wanted or survey.why_not_asked(context):
        return False  # an edit could not be proven
    probe = survey.before.get(context)
    if probe is None:
        return not survey.request.is_verified
    if not probe.is_served:
        return probe.is_worth_a_trial
    is_to_replace = bool(survey.request.replaces_stale and survey.stale)
    return is_to_replace and _is_served_by_us(survey, context)


def _is_served_by_us(survey: Survey, context: Context) -> bool:
    """Say whether something of ours is in the target that serves `context`."""
    targets = survey.targets(context)
    is_recorded = any(entry.target in targets for entry in survey.want().receipt.entries)
    return is_recorded or bool(blocked(survey, [context]))


def blocked(survey: Survey, contexts: Iterable[Context]) -> set[str]:
    """Return the real names of the files that can serve `contexts`, and have a block of ours by now."""
    keys = {fence.key(directory, survey.host.home) for directory in survey.directories}
    found = set()
    for target in {target for context in contexts for target in survey.targets(context)}:
        try:
            if isinstance(target, File) and keys & set(fence.bodies(stores.read(target))):
                found.add(os.path.realpath(target.path))
        except OnpathError:
            continue
    return found
