"""The loop that keeps the promise: probe, plan, change, probe again; keep what is proven.

Without verification it is the same loop without its second half.
"""

from __future__ import annotations

import os

from . import pathlist, planning, receipts, stores
from .changes import UNCHANGED, Changes
from .errors import OnpathError, UnspellableError
from .host.folders import spelled
from .host.ways import identity
from .model import APPEND, END, GIVEN_UP, TOP, UNKNOWN, Edit, File, Outcome, Pending, Plan
from .places import fence
from .probes import judge
from .shells import ROWS, UNIX_ROWS
from .shells.startup import candidates
from .stores.folder import A_DEVICE, missing_folders
from .survey import quoted, told
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .model import Bench, Context, Host, Probe, Report, Target
    from .survey import Survey


CHANGE_IT = "change that line, and run this again"
UNREAD = "as it says, it may not have run its startup file; repair that, and run this again"
WITHOUT_DIGITS = dict.fromkeys(map(ord, "0123456789"))
ALIKE = "have that file set PATH in the same way for both, and run this again"
LATER = "the next run does it, or ensure-path --undo"


def diff(survey: Survey) -> Report:
    """Report the edits that `ensure` would try first, by a look that was made."""
    planned = _of_changes(planning.first_plan(survey))
    survey.report_before()
    if not all(map(os.path.isdir, survey.directories)):
        survey.notes.append(
            "the directory does not exist yet: a real run makes it first, which may spare an edit"
        )
    _note(survey, planned, planned.edits)
    missing = (f for d in survey.directories for f in missing_folders(os.path.realpath(d)))
    return replace(
        survey.report(planned=planned),
        edits=tuple(map(told, planned.edits)),
        made=tuple(dict.fromkeys(missing)),
    )


def ensure(survey: Survey) -> Report:
    """Edit what serves the missing contexts, and keep what fresh programs prove."""
    if survey.request.is_for_every_user and survey.danger:
        return _look_alone(survey)
    is_verified = survey.request.is_verified
    intent = _intent(survey)
    with Changes(lambda: survey.state_folder, survey.host, intent) as changes:
        trial = Trial(survey, changes, intent)
        try:
            changes.make_folders(survey.directories, _possible_targets(survey))
            planned = trial.run() if is_verified else trial.run_unverified()
            if survey.request.is_whole and trial.lacking():
                trial.give_up()
            served = (*survey.before.values(), *trial.after.values())
            is_served = any(probe.is_served for probe in served)
            if not changes.edits and (trial.is_given_up or not is_served):
                changes.unmake_folders()
            _keep_receipt(survey, changes)
            stores.announce(edit.target for edit in changes.edits)
            survey.has_announced = bool(planned.announcements)
            for context in survey.contexts:
                survey.report_outcome(trial.outcome(context, planned))
            withdrawn = tuple(edit for edit, _ in trial.withdrawn)
            _note(survey, planned, changes.edits, withdrawn, answers=trial.after.values())
            host, order = survey.host, survey.request.order
            report = survey.report(
                edits=changes.edits,
                planned=planned,
                put_back=trial.put_back(),
                activate=_activation(host, survey.directories, order),
                has_made=bool(changes.folders) or changes.has_strays,
                announcements=planned.announcements,
            )
            report = replace(report, made=changes.folders)
            named = {*survey.directories, *map(os.path.realpath, survey.directories)}
            made = [folder for folder in changes.folders if folder in named]
            notes = [f"{f} was made" for f in made if report.exit_code and f not in changes.unwanted]
            notes += (f"{folder} could not be removed; {LATER}" for folder in changes.unwanted)
            if notes:
                report = replace(report, notes=(*report.notes, *notes))
        except BaseException:  # wherever it was that the run was stopped
            prober = survey.beginning.prober
            prober.sweep(survey.host, intent.nonce, survey.directories, intent.private)
            raise
        return report


def _look_alone(survey: Survey) -> Report:
    """Report what is so already; refuse where an edit would be needed. Root writes nothing there.

    Whoever can write to a directory can have a path in it lead elsewhere at any moment.
    """
    with survey.beginning.bench() as held:
        survey.probe(held.open(survey.directories))
    planning.plan(survey, TOP)
    survey.report_before()
    return survey.report()


def _intent(survey: Survey) -> Pending:
    """Return what the run will leave while it works, by names that are known before."""
    prober = survey.beginning.prober
    nonce = prober.new_nonce()
    return Pending(
        nonce,
        keys=tuple(fence.key(directory, survey.host.home) for directory in survey.directories),
        directories=survey.directories if survey.request.is_verified else (),
        private=prober.private_folders(survey.host, nonce),
    )


def _possible_targets(survey: Survey) -> Iterator[Target]:
    """Yield what may be edited, as far as it is known before any shell is asked."""
    for context in survey.contexts:
        if context in survey.wanted and not context.world:
            yield from survey.targets(context)


def _of_changes(planned: Plan) -> Plan:
    """Return `planned` without the edits that find their target as they want it."""
    return replace(planned, edits=tuple(e for e in planned.edits if e.after != e.before))


class Trial:
    """The edits that are in place at the moment, and what fresh programs say of them."""

    def __init__(self, survey: Survey, changes: Changes, intent: Pending) -> None:
        self.survey, self.changes = survey, changes
        self.nonce, self.keys = intent.nonce, intent.keys
        self.after: dict[Context, Probe] = {}
        self.withdrawn: list[tuple[Edit, str]] = []
        self.said: dict[Context, Probe] = {}  # the last answer in which a shell said what went wrong
        self.read_by: dict[Context, set[str]] = {}  # the real names of what can serve each
        self.is_given_up = False  # whether all was put back, since not all could be served
        self.given_up: set[Context] = set()  # the contexts that could be
        self.robbing: dict[Context, str] = {}  # those that only an edit serves that robs others: why

    def run(self) -> Plan:
        """Probe, and try what is planned; return the plan."""
        survey = self.survey
        with survey.beginning.bench(has_proofs=True, nonce=self.nonce) as held:
            bench = held.open(survey.directories)
            survey.notes += [
                f"{d} took no program for the proof, as you may not write there: judged by PATH alone"
                for d in bench.directories
                if d not in bench.proofs
            ]
            survey.probe(bench, meanwhile=self._import_ahead(), seen=survey.request.seen)
            planned = planning.first_plan(survey)
            self._watch(bench)
            if planned.edits:
                self._try(bench, planned)
            planned = self._try_for_followers(bench, planned)
            planned = self._try_others(bench, planned)
            self._take_out_useless(bench)
            self._ask_what_was_only_seen(bench)
            self._note_what_helps_in_part()
            return planned

    def _watch(self, bench: Bench) -> None:
        """Have all asked who read a file that has a block of ours by now, as an edit moves it."""
        open_ = [context for context in self.survey.wanted if context.shell and self._is_open(context)]
        files = planning.blocked(self.survey, open_)
        if files:
            self.survey.watch(bench, files)

    def _ask_what_was_only_seen(self, bench: Bench) -> None:
        """Ask for what a look of the caller's alone calls effective, as no edit had it asked again."""
        survey = self.survey
        rest = [c for c, probe in survey.before.items() if probe.is_served and c not in self.after]
        if survey.is_seen and rest:
            self.after.update({probe.context: probe for probe in survey.ask(bench, rest)})

    def run_unverified(self) -> Plan:
        """Apply what is planned for every context that is wanted, without starting anything."""
        self.survey.start()
        planned = _of_changes(planning.plan(self.survey, TOP))
        if not self.survey.request.order:  # a block that is there stays where it may have been proven
            edits = tuple(edit for edit in planned.edits if not self._is_put(edit))
            planned = replace(planned, edits=edits)
        self.changes.apply(planned.edits)
        return planned

    def _is_put(self, edit: Edit) -> bool:
        return isinstance(edit.target, File) and set(self.keys) <= set(fence.bodies(edit.before))

    def lacking(self) -> tuple[Context, ...]:
        """Return the required contexts that nothing has made effective."""
        survey = self.survey
        answers = {**survey.before, **self.after}
        unserved = {context for context, probe in answers.items() if not probe.is_served}
        required = filter(survey.is_required, survey.reported)
        return tuple(context for context in required if unserved.intersection(survey.worlds(context)))

    def give_up(self) -> None:
        """Put back every edit: what some contexts have of it is not all that was asked for."""
        for applied in tuple(self.changes.current.values()):
            self.changes.put_back(applied.edit)
        before = self.survey.before
        self.given_up = {c for c, p in self.after.items() if p.is_served and not before[c].is_served}
        self.after = {context: probe for context, probe in self.after.items() if not probe.is_served}
        self.is_given_up = True

    def put_back(self) -> tuple[tuple[Edit, str], ...]:
        """Return the edits that did not help, one a file, with the reason of the first.

        Not of a file that serves after all.
        """
        kept = {edit.target for edit in self.changes.edits}
        found: dict[Target, tuple[Edit, str]] = {}
        for edit, reason in self.withdrawn:
            if edit.target not in kept and edit.after != edit.before:  # else nothing was put back
                found.setdefault(edit.target, (edit, reason))
        return tuple(found.values())

    def _try(self, bench: Bench, planned: Plan) -> None:
        """Apply the edits at the top of their files; where a later line undoes one, at the end.

        The probes decide, not guesses. An edit that no context needs in the end is put back.
        """
        changes = self.changes
        changes.apply(planned.edits)
        if changes.edits:
            self._probe(bench)
        else:  # the blocks are there already, so this has been asked
            self.after.update({c: self.survey.before[c] for c in self._touched()})
        at_top = self.after
        missing = [edit for edit in planned.edits if self._is_to_move(edit)]
        if missing:
            contexts = {context for edit in missing for context in edit.serves}
            moved = changes.move(planning.plan(self.survey, END, contexts).edits)
            if moved:
                self._probe(bench)
                targets = {edit.target for edit in moved}
                self._move_back(bench, [edit for edit in missing if edit.target in targets], at_top)
        self._withdraw_useless(bench)

    def _try_for_followers(self, bench: Bench, planned: Plan) -> Plan:
        """Try what serves those that no edit for the shell that they become has served."""
        open_ = {context for context in planning.followers(self.survey) if self._is_open(context)}
        if not open_:
            return planned
        further = planning.plan(self.survey, TOP, open_ & self.survey.wanted)
        if further.edits:
            self._try(bench, further)
        refusals = planning.merged((*planned.refusals, *further.refusals))
        return replace(planned, edits=(*planned.edits, *further.edits), refusals=refusals)

    def _try_others(self, bench: Bench, planned: Plan) -> Plan:
        """Try further targets for what is missing still; return the plan with what was refused at last.

        Each is tried at its end, since a line of an earlier one did not last, and then at its top: its
        end may never be reached.
        """
        refusals, notes = list(planned.refusals), self.survey.notes
        is_ordered = self.survey.request.proven_order is not None
        moves = (False, True) if is_ordered else (False,)
        ways = [
            (attempt, position, is_moved)
            for attempt in range(planning.MAX_ATTEMPTS)
            for position in (END, TOP)
            for is_moved in moves
        ]
        for attempt, position, is_moved in ways:
            if attempt == 0 and not is_moved:
                continue  # it was tried already
            missing = {context for context in self.survey.wanted if self._is_open(context)}
            if not missing:
                break
            further = planning.plan(self.survey, position, missing, attempt, is_moved=is_moved)
            refusals += further.refusals
            tried = {(edit.target, edit.after) for edit, _ in self.withdrawn}
            edits = tuple(e for e in further.edits if (e.target, e.after) not in tried)
            if edits:
                earlier = {edit.target: edit for edit in self.changes.edits}
                served = self.after
                self._put(edits)
                self._probe(bench)
                self._move_back(bench, [earlier[e.target] for e in edits if e.target in earlier], served)
                self._withdraw_useless(bench)
        open_ = {context for context in self.survey.wanted if self._is_open(context)}
        merged = planning.merged(refusals)
        kept = tuple(each for each in merged if open_.intersection(each.serves))
        notes += [
            "; ".join(
                (f"{each.target} {fact}, so another file serves in its place", *filter(None, [cure]))
            )
            for each in merged
            if each not in kept and not each.reason.startswith(A_DEVICE)  # which is meant to be nothing
            for fact, _, cure in [each.reason.partition("; ")]
        ]
        return replace(planned, refusals=kept)

    def _move_back(self, bench: Bench, edits: list[Edit], served: Mapping[Context, Probe]) -> None:
        """Have those of the earlier `edits` again by which no less was `served`."""
        now = {edit.target: edit for edit in self.changes.tried}
        as_good = [e for e in edits if self._gain(now[e.target], self.after) <= self._gain(e, served)]
        if as_good and self.changes.move(as_good):
            self._probe(bench)

    def _take_out_useless(self, bench: Bench) -> None:
        """Take out our blocks that were there before, and help nowhere in their files.

        Those that were never proven as far as is known; of one that was, the user decides.
        """
        survey, keys = self.survey, set(self.keys)
        tried = {edit.target: edit for edit, _ in self.withdrawn if isinstance(edit.target, File)}
        useless: list[Edit] = []
        for target, edit in tried.items():
            bare = fence.remove(edit.before, *keys)
            if target in self.changes.current or bare == edit.before:
                continue
            if self._may_help(target) or self._may_help_others(target):
                continue
            if {str(target), os.path.realpath(str(target))} & set(survey.want().receipt.files):
                survey.notes.append(
                    f"{target} has a block of onpath that no longer helps; "
                    "ensure-path --undo takes it out"
                )
            else:
                useless.append(Edit(target, edit.before, bare))
        if not useless:
            return
        answers = {**survey.before, **self.after}
        self.changes.take_out(useless)
        self._probe(bench)
        lost = [
            c for c, probe in self.after.items() if self._has(c, answers[c]) and not self._has(c, probe)
        ]
        for edit in useless:
            if lost:
                self.changes.put_back(edit)
            else:
                survey.notes.append(
                    f"{edit.target} had a block of onpath that did not help; it was taken out"
                )
        if lost:
            self._probe(bench)

    def _may_help(self, target: File) -> bool:
        """Say whether a context that reads `target` is served as it is, as one inside a login may be."""
        served = (c for c, probe in self.survey.before.items() if self._has(c, probe))
        return any(self._reads(context, target) for context in served)

    def _may_help_others(self, target: File) -> bool:
        """Say whether a shell that nobody has asked, as it is not in use, reads `target`."""
        survey = self.survey
        asked = {context.shell for context in survey.contexts}
        paths = candidates(
            survey.host, (), (row for name, row in UNIX_ROWS.items() if name not in asked)
        )
        return os.path.realpath(str(target)) in map(os.path.realpath, paths)

    def _reads(self, context: Context, target: Target) -> bool:
        """Say whether a target can serve `context`, by whatever name: two shells may share a file."""
        survey = self.survey
        if context not in self.read_by:
            self.read_by[context] = {os.path.realpath(str(each)) for each in survey.targets(context)}
        return os.path.realpath(str(target)) in self.read_by[context]

    def _note_what_helps_in_part(self) -> None:
        """Tell of the edits that no line of the report names: of what must help, they help a part."""
        for edit in self.changes.edits:
            helped = [c for c in edit.serves if c in self.after and self.after[c].is_served]
            before = self.survey.before
            gained = (c for c, p in self.after.items() if p.is_served and not before[c].is_served)
            told = [*helped, *(c for c in gained if self._reads(c, edit.target))]
            is_told = any(not context.world and self._is_whole(context) for context in told)
            if helped and not is_told:
                names = dict.fromkeys(f"{c}{'' if c.world else ' in a new session'}" for c in helped)
                where = f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'}"
                self.survey.notes.append(
                    f"{edit.target} was edited, since with it {where} the directory; "
                    "ensure-path --undo takes that out"
                )

    def _is_whole(self, context: Context) -> bool:
        """Say whether `context` is effective in each world in which it must be."""
        answers = {**self.survey.before, **self.after}
        return all(answers[each].is_served for each in self.survey.worlds(context))

    def _put(self, edits: Iterable[Edit]) -> None:
        """Apply `edits`; a target that holds an edit already is moved on to the new one."""
        current, edits = set(self.changes.current), tuple(edits)
        self.changes.move(edit for edit in edits if edit.target in current)
        self.changes.apply(edit for edit in edits if edit.target not in current)

    def _is_open(self, context: Context) -> bool:
        """Say whether `context` could be asked, and is not effective yet."""
        probe = self.after.get(context) or self.survey.before[context]
        can_answer = probe.is_worth_a_trial and not self.survey.why_not_asked(context)
        return can_answer and not probe.is_served

    def _withdraw_useless(self, bench: Bench) -> None:
        """Put back every edit that makes no context effective, until none is left of that kind."""
        changes = self.changes
        while True:  # ends: each round has fewer edits
            not_helping = [edit for edit in changes.tried if self._gain(edit, self.after) <= 0]
            was_changed = any(edit.after != edit.before for edit in not_helping)
            # All that is asked was answered with all of them in place.
            reasons = [self._why_not_helping(edit, not_helping) for edit in not_helping]
            for edit in not_helping:
                robbed = _names(self._robbed(edit, self.after), edit)
                served = [c for c in edit.serves if robbed and self.after[c].is_served]
                why = f"what serves it in {edit.target} takes the directory from {robbed}; {ALIKE}"
                self.robbing.update(dict.fromkeys(served, why))
            for edit, reason in zip(not_helping, reasons):
                changes.put_back(edit)
                self.withdrawn.append((edit, reason))
                if edit.after == edit.before:
                    continue
                # A yes that was measured with the edit in place no longer counts.
                touched = {context.shell for context in edit.serves}
                touched |= {c.shell for c in self.after if self._reads(c, edit.target)}
                self.after = {
                    context: probe
                    for context, probe in self.after.items()
                    if context.shell not in touched or not probe.is_served
                }
            if not was_changed or not changes.current:
                return
            self._probe(bench)

    def _probe(self, bench: Bench) -> None:
        """Ask every context of the shells that an edit touches or touched, unless it was late before."""
        answers = self.survey.ask(bench, self._touched(), meanwhile=_import_for_notes())
        self.after = {**self.after, **{probe.context: probe for probe in answers}}
        self.said.update({probe.context: probe for probe in answers if quoted(probe)})

    def _touched(self) -> list[Context]:
        """Return the contexts of the shells that an edit touches or touched, unless they were late."""
        edits = (*self.changes.tried, *(edit for edit, _ in self.withdrawn))
        before = self.survey.before
        touched = {context.shell for edit in edits for context in edit.serves}
        touched |= {c.shell for c in before for t in {e.target for e in edits} if self._reads(c, t)}
        touched |= {c.shell for c, p in before.items() if p.became and p.became.name in touched}
        return [c for c in self.survey.contexts if c.shell in touched and not before[c].is_late]

    def _import_ahead(self) -> Iterator[None]:
        """Import what an edit needs, step by step, while shells start.

        Where there is a receipt, there will mostly be nothing to edit.
        """
        if receipts.has_receipt(self.survey.state_folder):
            return
        from .places import blocks, lines  # noqa: F401, PLC0415

        yield
        from .shells import render  # noqa: F401, PLC0415

        yield
        stores.import_ahead()

    def _is_to_move(self, edit: Edit) -> bool:
        """Say whether a context of `edit` has answered, and is not effective, or has lost something."""
        answers = (self.after[context] for context in edit.serves)
        is_missing = any(not probe.is_served and not probe.is_late for probe in answers)
        return is_missing or (isinstance(edit.target, File) and bool(self._losses(edit, self.after)))

    def _gain(self, edit: Edit, answers: Mapping[Context, Probe]) -> int:
        """Return how many contexts `edit` makes effective; negative if its shells have lost one."""
        if self._robbed(edit, answers) or self._losses(edit, answers):
            return -1
        return sum(answers[context].is_served for context in edit.serves)

    def _robbed(self, edit: Edit, answers: Mapping[Context, Probe]) -> list[Context]:
        """Return the contexts that had the directory, and have it no more since `edit`.

        That is those that can read its file; one that can read none of those edited, of the same shell.
        """
        lost = [
            context
            for context, probe in self.survey.before.items()
            if context in answers and self._has(context, probe)
            if not self._has(context, answers[context])
        ]
        shells = {context.shell for context in edit.serves}
        targets = {each.target for each in self.changes.tried}
        return [
            context
            for context in lost
            if self._reads(context, edit.target)
            or (context.shell in shells and not any(self._reads(context, t) for t in targets))
        ]

    def _has(self, context: Context, probe: Probe) -> bool:
        """Say whether `context` is as it should be; one that is watched need not have it in an order."""
        return probe.is_served or (context in self.survey.watched and self.survey.is_on_path(probe))

    def _losses(self, edit: Edit, answers: Mapping[Context, Probe]) -> dict[Context, tuple[str, ...]]:
        """Return what the shells of `edit` found before it, and do not find with it."""
        survey = self.survey
        ours = (*survey.directories, *(survey.stale if survey.request.replaces_stale else ()))
        shells = {context.shell for context in edit.serves}
        found = {
            context: judge.losses(survey.before[context], answers[context], ours)
            for context in answers
            if context.shell in shells and context in survey.before
        }
        return {context: names for context, names in found.items() if names}

    def _why_not_helping(self, edit: Edit, put_back: Iterable[Edit]) -> str:
        for context, names in self._losses(edit, self.after).items():
            return f"with it, {context} no longer finds {', '.join(names)}"
        for context in edit.serves:
            probe = self.after[context]
            if not probe.is_served:
                reason = probe.reason or f"{context} still lacks it"
                blamed = self._blame(probe, edit.target, put_back)
                said = quoted(self._as_it_was(context, probe))
                return "; ".join(filter(None, [reason, blamed and f"see {blamed}", said]))
        robbed = _names(self._robbed(edit, self.after), edit)
        return f"with it, {robbed or 'another mode'} would lack the directory"

    def outcome(self, context: Context, planned: Plan) -> Outcome:
        """Return what became of `context`: the edit that serves it, or why nothing does."""
        kept = self.changes.edits
        # What was tried last.
        own = next((edit for edit in reversed(kept) if context in edit.serves), None)
        if not self.survey.request.is_verified:
            return Outcome(context, None, edit=own, note="" if own else "not verified")
        before, after = self.survey.before[context], self.after.get(context)
        if after and after.is_served:
            # A context that was not asked for may be served by what was put for another.
            edit = own or (None if before.is_served else self._edit_for_another(context))
            return Outcome(context, before, after, edit)
        if context in self.given_up:
            return Outcome(context, before, note=GIVEN_UP)
        if context in self.robbing:
            return Outcome(context, before, after, note=self.robbing[context])
        refusals = [refusal for refusal in planned.refusals if context in refusal.serves]
        notes = [f"{refusal.target!s} {refusal.reason}" for refusal in refusals]
        edits = (*kept, *(edit for edit, _ in self.withdrawn))
        tried = [edit.target for edit in edits if context in edit.serves]
        # A file that may not be edited is read all the same.
        targets = dict.fromkeys((*tried, *(refusal.target for refusal in refusals)))
        probe = after or before
        is_misplaced = probe.cure == judge.MOVE_IT
        has_ended = not after and probe.verdict == UNKNOWN and probe.duration_ms > 0  # without an answer
        is_there = is_misplaced or has_ended  # the line, whatever was tried
        looked: Iterable[Target | str] = targets if (after and tried) or not is_there else [""]
        looks = (self._blame(probe, target) for target in looked) if tried or is_there else ()
        blamed = next(filter(None, looks), None)
        is_slow = bool(blamed) and probe.is_late  # else the line is the better cure
        if probe.reason and (after or is_misplaced or is_slow):
            notes.insert(0, probe.reason if blamed else probe.words)
        if blamed:
            notes.append(f"see {blamed}" if is_slow else f"see {blamed}; {CHANGE_IT}")
        heard: tuple[Probe, ...] = (after or before, self.said.get(context, before))
        if not any(context.shell == each.shell for edit in kept for each in edit.serves):
            heard = tuple(self._as_it_was(context, each) for each in heard)
        said = next(filter(None, map(quoted, heard)), "")
        if not blamed and (tried or self._has_tried(context)) and not (after and after.reason):
            notes.append(self._why_lost(context, said))
        notes += (said, probe.cure if is_slow else "")
        return Outcome(context, before, after, note="; ".join(filter(None, notes)))

    def _why_lost(self, context: Context, said: str) -> str:
        """Return what becomes of an edit that no line undoes; a context may have no shell."""
        row = ROWS.get(context.shell)
        is_unread = said and row is not None and row.reads_whole
        return UNREAD if is_unread else self.survey.host.system.SETS_PATH_LATER

    def _as_it_was(self, context: Context, probe: Probe) -> Probe:
        """Return the first answer in place of a later one, if the shell said the same but for numbers.

        Those are of lines, counted with a block of ours that is gone by the time somebody looks. What it
        said with that block alone has none.
        """
        before = self.survey.before.get(context, probe)
        if before.said.translate(WITHOUT_DIGITS) == probe.said.translate(WITHOUT_DIGITS):
            return replace(probe, said=before.said)
        from . import blame  # noqa: PLC0415  (as in `_blame`)

        return replace(probe, said=blame.without_lines(probe.said))

    def _edit_for_another(self, context: Context) -> Edit | None:
        """Return the edit of its shell that serves `context` too: of a file that it reads, if any.

        Where it becomes another shell, the edit is that one's.
        """
        survey = self.survey
        became = self.after[context].became
        follower = replace(context, shell=became.name) if became else context
        context = follower if follower in survey.places else context
        found = [e for e in self.changes.edits if context.shell in {each.shell for each in e.serves}]
        read = survey.targets(context)
        return next((edit for edit in found if edit.target in read), found[0] if found else None)

    def _has_tried(self, context: Context) -> bool:
        """Say whether an edit that could serve `context`, in whatever world, was put back."""
        if not self.survey.has_target(context):
            return False  # it reads nothing, so nothing can come later
        serves = {c.outside for edit, _ in self.withdrawn for c in edit.serves}
        files = (edit.target for edit, _ in self.withdrawn)
        return context.outside in serves or any(self._reads(context, f) for f in files)

    def _blame(self, probe: Probe, target: Target | str, put_back: Iterable[Edit] = ()) -> str | None:
        """Return the line that keeps `probe` from a yes, as `file:line: text`, or None.

        It is counted as the file will be when the edits that are to be `put_back` are.
        """
        if not probe.context.shell:
            return None
        from . import blame  # noqa: PLC0415  (imports re; only a run that failed needs it)

        survey = self.survey
        before = {edit.target: edit.before for edit in put_back}

        def read(file: Target) -> str | None:
            return before[file] if file in before else stores.read(file)

        return blame.culprit(survey.host_of(probe.context), probe, str(target), read, survey.directories)


def _keep_receipt(survey: Survey, changes: Changes) -> None:
    try:
        changes.keep_receipt()
    except (OSError, OnpathError) as error:
        if not changes.edits and not changes.made:
            raise  # something of it stays, and nothing else
        has_entries = any(edit.entries or edit.settled for edit in changes.edits)
        without = "--undo cannot find it" if has_entries else "--undo works without it"
        made = [spelled(folder) for folder in changes.made]
        if made:
            without += f", but leaves the folders that this run made: rmdir {' '.join(reversed(made))}"
        words = str(error).replace(UNCHANGED, "")
        if isinstance(error, OSError):
            words = f"{error.filename or 'it'}: {(error.strerror or words).lower()}"
        survey.notes.append(f"no receipt could be kept in {changes.state_folder} ({words}); {without}")


def _names(contexts: Iterable[Context], edit: Edit) -> str:
    """Return what to call `contexts`: those of a shell that `edit` is not for by its name alone."""
    own = {context.shell for context in edit.serves}
    return " and ".join(dict.fromkeys(str(c) if c.shell in own else c.shell for c in contexts))


def _activation(host: Host, directories: tuple[str, ...], order: str | None) -> str:
    """Return the line for the running session; none if its shell, unlike others, cannot spell it."""
    try:
        return host.system.activation(host, directories, order, None)
    except UnspellableError:
        return ""


def _import_for_notes() -> Iterator[None]:
    """Import what the notes on edits need, step by step, while shells start."""
    from .host import desktop  # noqa: F401, PLC0415  (a look needs none of it)

    yield
    from .places import managers  # noqa: F401, PLC0415  (as above)

    yield
    from . import listing  # noqa: F401, PLC0415  (as above)

    yield


def _note(
    survey: Survey,
    planned: Plan,
    edits: tuple[Edit, ...],
    put_back: tuple[Edit, ...] = (),
    *,
    answers: Iterable[Probe] = (),
) -> None:
    """Note what the user should know about the targets: who else writes them, what may go wrong.

    By the `answers` after the edits something else may still hide a command.
    """
    for place, served in planning.by_place(survey).items():
        mine = dict.fromkeys(served)
        done = Plan(
            tuple(edit for edit in edits if mine.keys() & set(edit.serves)),
            tuple(refusal for refusal in planned.refusals if mine.keys() & set(refusal.serves)),
            put_back=tuple(edit for edit in put_back if mine.keys() & set(edit.serves)),
            announcements=planned.announcements if survey.is_announced(served[0]) else (),
        )
        survey.notes += place.remarks(survey.want(served), done, survey.machine)
    if edits and survey.session:
        from . import listing  # noqa: PLC0415  (only a run that changed something)

        others = pathlist.entries(survey.session.get("PATH", ""))
        paths = [probe.path for probe in answers if probe.path and survey.is_on_path(probe)]
        reach = frozenset(e for probe in survey.before.values() for e in probe.path or ())
        for directory in survey.directories:
            ahead = [set(path[: pathlist.first_of(path, directory, identity)]) for path in paths]
            if not ahead and survey.request.order == APPEND:  # nothing was asked
                ahead = [set(others)]
            hiding = set.intersection(*ahead) if ahead else ()  # in all shells: what runs in one is told
            survey.notes += listing.notes(directory, others, reach, hiding)
