"""What every run begins with: this machine, the shells to serve, and what fresh programs say.

It writes nothing, and imports only what a look needs.
"""

from __future__ import annotations

import os

from . import contexts as context_table
from . import pathlist, places
from . import shells as shell_table
from .beginning import find_directories
from .errors import NoShellError, OnpathError, UsageError
from .host import directories
from .host.ways import identity
from .model import (
    EFFECTIVE,
    INSIDE,
    LOGIN,
    LOGIN_SHELL_MODES,
    MISSING,
    SHADOWED,
    SHELL_MODES,
    TERMINAL_MODES,
    TOP,
    UNKNOWN,
    Context,
    Outcome,
    Probe,
    Report,
    Want,
)
from .probes import judge
from .request import command, repeated
from .shells import startup
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import TypeVar

    from .beginning import Beginning, HeldBench
    from .model import (
        Ask,
        Bench,
        Edit,
        Host,
        Installed,
        Plan,
        Question,
        Receipt,
        Refusal,
        Status,
        Target,
    )
    from .protocols import Place

    Told = TypeVar("Told", Edit, Refusal)
    Given = TypeVar("Given")

RANK = (MISSING, UNKNOWN, SHADOWED, EFFECTIVE)  # the worst first
OWN_FILES_ALONE = "reads no file of the system there"
OUTSIDE = "its program is outside of this sandbox"


class Survey:
    """What one run has seen so far, and what it has reported to its caller.

    Of a look, for which a bench is held, it has seen all when it is made.
    """

    def __init__(self, beginning: Beginning, held: HeldBench | None = None) -> None:
        self.beginning, self.request, self.host = beginning, beginning.request, beginning.host
        self.session, self.path_source = beginning.session, beginning.path_source
        self.inside: Mapping[str, str] = {}  # the world inside a login, once it is known
        self.directories = find_directories(self.host, self.request)
        for directory in self.directories:
            directories.check_directory(directory)
        self.notes: list[str] = []
        self.absent: tuple[str, ...] = ()  # of shells without a program here
        self._find_questions()
        notes = self._find_notes()
        if held:
            bench = held.open(self.directories)
            self.probe(bench, meanwhile=notes, ahead=held.ahead)
        for _ in notes:  # where nothing was asked
            pass

    def _find_questions(self) -> None:
        """Find out what is to be asked."""
        from . import stores  # noqa: PLC0415  (while the first shell starts: there is time)

        self.machine = stores.machine(self.host)
        self.shells = self._find_shells()
        self.stale = self.host.system.stale_directories(self.directories)
        self.told_modes = self._told_unasked()
        self.places: dict[Context, Place] = {}
        self.wanted: set[Context] = set()  # those to be made effective
        self.watched: set[Context] = set()  # those that shall stay so; callers do not hear of them
        self.others: tuple[Installed, ...] = ()  # shells of the watched that this run is not about
        self._choose_contexts()
        # Enough to tell whether anything serves a context, without looking or asking.
        self._blind = replace(self.machine, is_there=lambda _: False, version_matches=lambda *_: True)
        self._has_target: dict[Context, bool] = {}  # by what is known so far
        self.before: dict[Context, Probe] = {}
        self.is_seen = False  # whether these are of a look that the caller has had
        self.outcomes: dict[Context, Outcome] = {}
        self._settled = 0
        self.has_announced = False  # whether a CI is told on standard output what its next steps have
        # What could not be ended: a program's name -> its processes.
        self._left: dict[str, list[int]] = {}

    def _find_notes(self) -> Iterator[None]:
        """Find out, step by step, what there is to tell without asking."""
        request, system = self.request, self.host.system
        # Who else could put programs there: it matters where an edit would put one on PATH.
        self.danger = "" if request.is_forced else directories.danger(self.host, self.directories)
        self.danger = self.danger or system.why_closed(self.directories)
        yield
        self.absent = system.note_absent_shells(self.host, self.shells, self.directories)
        self.notes = [*self._note_session(), *self.notes]

    @property
    def contexts(self) -> tuple[Context, ...]:
        """The contexts that are asked, shell by shell, login first; those inside a login come last."""
        return tuple(self.places)

    def _find_shells(self) -> tuple[Installed, ...]:
        """Return the shells to serve. Where only modes without a shell are named, there may be none."""
        request, system = self.request, self.host.system
        try:
            return system.find_shells(
                self.host,
                request.shells,
                is_all=request.all_shells,
                variables=self.machine.variables,
                directories=self.directories,
            )
        except NoShellError as error:
            has_shells = set(request.modes) & {*SHELL_MODES, *LOGIN_SHELL_MODES}
            if has_shells or not (request.modes or request.asks_everywhere):
                raise NoShellError(repeated(request, str(error))) from None
            return ()
        except UsageError as error:
            raise UsageError(repeated(request, str(error))) from None

    def _choose_contexts(self) -> None:
        """Find the contexts to ask for, and the place that serves each."""
        named = self.request.modes
        asked = named or context_table.DEFAULT_MODES
        more = SHELL_MODES if self.request.asks_all_modes else ()
        last: dict[Context, Place] = {}
        for row in places.here(self.host):
            modes = tuple(m for m in row.modes if m in asked)
            further = tuple(m for m in row.modes if m in self.told_modes and m not in asked)
            is_signed = any(self.host.environ.get(name) for name in row.signs)
            if not modes and not further and not is_signed:
                continue
            place = places.load(row)
            self.wanted.update(place.contexts(self.host, self.shells, modes))
            all_modes = tuple(m for m in row.modes if m in modes or (modes and m in more))
            self.places.update(dict.fromkeys(place.contexts(self.host, self.shells, all_modes), place))
            if further:
                last.update(dict.fromkeys(place.contexts(self.host, self.shells, further), place))
        self.places = {**self.places, **last, **self.places}
        self._check_named()
        if not self.session or self._exporter() is None:
            return
        # Terminals of a desktop, tmux panes and editors start their shells inside a login.
        self.places.update(_twins(self.places))
        self.wanted.update(_twins(dict.fromkeys(self.wanted)))

    def _check_named(self) -> None:
        """Raise `UsageError` if this system lacks a context that was named."""
        for mode in self.request.modes:
            if not any(context.mode == mode for context in self.places):
                whose, where = "this system has", "ensure-path --where lists what it has"
                if self.request.is_for_every_user:
                    whose = "--system serves"
                    where = "leave it out, or let each user run ensure-path --for " + mode
                raise UsageError(f"{mode}: {whose} no such context; {where}")

    def _told_unasked(self) -> tuple[str, ...]:
        """Return the contexts of which this run tells though nobody asked: those whose sign is here.

        None where shells or contexts were named: then it is about these.
        """
        if self.request.asks_everywhere:
            return context_table.possible(self.host)
        is_about = bool(self.request.modes or self.request.shells)
        return () if is_about else context_table.here(self.host)

    def _exporter(self) -> tuple[Context, Installed, Ask] | None:
        """Return how the user's login shell is asked, which makes the world inside a login."""
        login = self.host.login
        if login is None:
            return None
        context = Context(LOGIN, login.name)
        served = self.shell(context)
        if served and not is_same_program(served, login):
            # Another bash than the login shell is to be served: a context that nobody hears of.
            context = Context(LOGIN, login.program)
        place = places.load(places.STARTUP_FILES)
        for each in place.contexts(self.host, (login,), (LOGIN,)):
            ask = place.ask(self.host, each, self.machine)
            if not isinstance(ask, str):
                return context, login, replace(ask, is_exporter=True)
        return None

    def probe(
        self,
        bench: Bench,
        *,
        meanwhile: Iterable[object] = (),
        ahead: object = None,
        seen: Report | None = None,
    ) -> None:
        """Ask every context, and report at once what needs no edit.

        Where the answers that the caller has `seen` will do, nothing is asked yet, nor reported.
        """
        self.start()
        answers = self._answers_of(seen) if seen else ()
        self.is_seen = bool(answers)
        if not answers:
            answers = self.ask(bench, self.contexts, meanwhile=meanwhile, ahead=ahead)
            answers = self._follow(bench, answers)
        self.before = {probe.context: probe for probe in answers}
        self._has_target.clear()
        self._settle_twins()
        self.notes += self._differing_variables()
        for context in self.contexts:
            is_served = self.before[context].is_served and not self.request.proven_order
            if is_served and not self.is_seen:
                self.report_outcome(Outcome(context, self.before[context]))

    def _settle_twins(self) -> None:
        """Leave out those inside a login that are as in a new session, but for the proof of an order.

        What an edit puts on the PATH of the login may be moved when the same files are read again.
        """
        for twin in [context for context in self.places if context not in self.before]:
            outside = self.before.get(twin.outside)
            if outside and self.request.proven_order:
                self.before[twin] = replace(outside, context=twin)
            else:
                del self.places[twin]
                self.wanted.discard(twin)

    def _follow(self, bench: Bench, answers: tuple[Probe, ...]) -> tuple[Probe, ...]:
        """Return `answers` with those of the shells that have answered in the place of the asked ones.

        Whoever has `exec fish` in a startup file uses fish.
        """
        known = {shell.name for shell in self.shells}
        others = {each.became.name: each.became for each in answers if each.became}
        new = [shell for name, shell in others.items() if name not in known]
        if not new or self.request.shells:
            return answers
        asked = set(self.places)
        self.shells = (*self.shells, *(replace(shell, reason="in use") for shell in new))
        self.absent = self.host.system.note_absent_shells(self.host, self.shells, self.directories)
        self._has_target.clear()
        self._choose_contexts()
        return (*answers, *self.ask(bench, [c for c in self.places if c not in asked]))

    def watch(self, bench: Bench, files: Collection[str]) -> None:
        """Ask all that some files can serve, also of shells that this run is not about.

        Those that have the directories are kept, as an edit of these files could take them away. A shell
        that is neither in use nor one that an earlier run has served is not started: some wipe a history
        that is another's (mksh, ksh93).
        """
        known = {shell.name for shell in self.shells}
        self.others = tuple(shell for shell in self._served_shells() if shell.name not in known)
        found: dict[Context, Place] = {}
        for place in dict.fromkeys(place for c, place in self.places.items() if c.shell):
            modes = (*SHELL_MODES, *LOGIN_SHELL_MODES)
            contexts = place.contexts(self.host, (*self.shells, *self.others), modes)
            readers = {each.shell for each in contexts if self._is_served_by(place, each, files)}
            found.update((each, place) for each in contexts if each.shell in readers)
        if self.inside:
            found.update(_twins(found))
        new = {context: place for context, place in found.items() if context not in self.places}
        self.places.update(new)
        answers = {probe.context: probe for probe in self.ask(bench, new)}
        self.watched = {context for context, probe in answers.items() if self.is_on_path(probe)}
        self.before.update((context, answers[context]) for context in self.watched)
        for context in new.keys() - self.watched:
            del self.places[context]

    def _served_shells(self) -> Iterable[Installed]:
        """Return the shells in use, and those that runs before this one have edited files for."""
        system = self.host.system
        found: dict[str, Installed] = {}
        variables, here = self.machine.variables, self.directories
        for names in ((), *((name,) for name in self.want().receipt.shells)):
            try:
                shells = system.find_shells(
                    self.host, names, is_all=False, variables=variables, directories=here
                )
            except OnpathError:  # there are none, or this one is gone
                continue
            for shell in shells:
                found.setdefault(shell.name, shell)
        return found.values()

    def _is_served_by(self, place: Place, context: Context, files: Collection[str]) -> bool:
        """Say whether `place` can serve `context` by one of `files`, which are real names."""
        return any(os.path.realpath(str(target)) in files for target in self.targets(context, place))

    def is_on_path(self, probe: Probe) -> bool:
        """Say whether the PATH of an answer has the directories, in whatever order."""
        path = probe.path or ()
        return all(pathlist.indices_of(path, each, identity) for each in self.directories)

    def _answers_of(self, seen: Report) -> tuple[Probe, ...]:
        """Return the answers of the look that the caller has had, if they will do.

        They are to the same question, and of a yes an edit will make sure: it has all contexts of its
        shells asked again.
        """
        from .seen import is_answered  # noqa: PLC0415  (few runs are handed any)

        answers = {probe.context: probe for probe in seen.answers}
        exported = next((probe.exported for probe in answers.values() if probe.exported), ())
        twins = {context for context in self.contexts if context.world}
        lacking = {c.shell for c in self.wanted if c in answers and not answers[c].is_served}
        known = {shell.name for shell in self.shells}
        if (
            seen.directories != self.directories
            or not set(self.contexts) - twins <= set(answers)
            or (twins and not exported)
            or any(each.is_served and each.context.shell not in lacking for each in answers.values())
            or any(each.became and each.became.name not in known for each in answers.values())
            or not is_answered(seen, self._question(seen.startup_files))
        ):
            return ()
        self.inside = dict(exported)
        return tuple(answers[context] for context in self.contexts if context in answers)

    def _question(self, files: tuple[str, ...]) -> Question:
        from .seen import question  # noqa: PLC0415  (the command line needs none)

        return question(self.request, self.host, self.shells, files)

    def _startup_files(self) -> tuple[str, ...]:
        """Return the files that the shells may read, in a new session and inside a login."""
        from .seen import startup_files  # noqa: PLC0415  (as above)

        worlds = [self.session or self.host.environ, *filter(None, [self.inside])]
        told = (dict(probe.told_folders) for probe in self.before.values() if probe.told_folders)
        return startup_files((replace(self.host, environ=w) for w in worlds), self.shells, told)

    def ask(
        self,
        bench: Bench,
        contexts: Iterable[Context],
        *,
        meanwhile: Iterable[object] = (),
        ahead: object = None,
    ) -> tuple[Probe, ...]:
        """Return an answer for each of `contexts`, in that order; inside a login only if it differs."""
        contexts = tuple(contexts)
        asks, answers = self.asks(contexts)
        exporter = self._exporter() if any(context.world for context in contexts) else None
        if exporter:
            context, shell, ask = exporter
            asks = [each for each in asks if each[0] != context]
            asks.insert(0, (context, shell, ask))
        found = self.beginning.prober.ask_all(
            bench,
            asks,
            inside=self.inside,
            meanwhile=meanwhile,
            on_left=self._note_left,
            ahead=ahead,
        )
        for probe in found:
            answers[probe.context] = self._with_whole_cure(probe)
            if probe.exported:
                self.inside = dict(probe.exported)
                self._has_target.clear()
        for twin in [c for c in contexts if c not in answers and c in self.before]:
            answers[twin] = self._answer_inside(twin, answers, exporter[0] if exporter else twin)
        return tuple(answers[context] for context in contexts if context in answers)

    def _answer_inside(
        self, twin: Context, answers: Mapping[Context, Probe], exporter: Context
    ) -> Probe:
        """Return the answer of `twin`, which could be asked inside a login before, and not this time.

        Either the login shell has not told what it exports, or that is as in a new session by now.
        """
        told, outside = answers.get(exporter), answers.get(twin.outside)
        if told and told.exported and outside:
            return replace(outside, context=twin)
        reason, cure = (told.reason, told.cure) if told else ("", "")
        return Probe(twin, UNKNOWN, reason or "the login shell told nothing of its environment", cure)

    def _with_whole_cure(self, probe: Probe) -> Probe:
        """Return `probe` with a cure that repeats what else was asked for."""
        return replace(probe, cure=repeated(self.request, probe.cure)) if probe.cure else probe

    def _note_left(self, name: str, pid: int) -> None:
        """Note what could not be ended: one note for all processes of a program."""
        self._left.setdefault(name, []).append(pid)
        fact = f"a startup file has left {name} running, which is another user's and could not be ended"
        self.notes = [note for note in self.notes if not note.startswith(fact)]
        self.notes.append(f"{fact}; run sudo kill {' '.join(map(str, self._left[name]))}")

    def asks(
        self, contexts: Iterable[Context]
    ) -> tuple[list[tuple[Context, Installed | None, Ask]], dict[Context, Probe]]:
        """Return how each of `contexts` is asked, and the answers of those that nothing here can ask."""
        asks: list[tuple[Context, Installed | None, Ask]] = []
        answers: dict[Context, Probe] = {}
        for context in contexts:
            ask = self._ask_of(context)
            if isinstance(ask, str):
                answers[context] = Probe(context, UNKNOWN, *judge.split(repeated(self.request, ask)))
            else:
                asks.append((context, self.shell(context), ask))
        return asks, answers

    def why_not_asked(self, context: Context) -> str:
        """Return why nothing here can be asked for `context`, or an empty text."""
        ask = self._ask_of(context)
        return ask if isinstance(ask, str) else ""

    def _ask_of(self, context: Context) -> Ask | str:
        shell = self.shell(context)
        if shell and not shell.program:
            return OUTSIDE
        return self.places[context].ask(self.host, context, self.machine)

    def start(self) -> None:
        """Report that shells will be asked, and which."""
        if self.request.progress:
            self.request.progress.started(self.directories, self.shells)

    def shell(self, context: Context) -> Installed | None:
        """Return the shell of `context`, if it has one."""
        return next((s for s in (*self.shells, *self.others) if s.name == context.shell), None)

    @property
    def state_folder(self) -> str:
        """The folder of the receipt."""
        return directories.state_folder(self.host)

    def want(
        self,
        contexts: Iterable[Context] = (),
        *,
        position: str = TOP,
        attempt: int = 0,
        is_moved: bool = False,
    ) -> Want:
        """Return what a place is asked to plan for `contexts`, which are of one world."""
        contexts = tuple(contexts)
        return Want(
            self.host_of(contexts[0]) if contexts else self.host,
            self.directories,
            contexts,
            (*self.shells, *self.others),
            tuple((context, dict(probe.told_folders)) for context, probe in self.before.items()),
            self.request.order,
            position,
            is_moved,
            attempt,
            self.stale,
            self.request.replaces_stale,
            self._load_receipt,
        )

    def host_of(self, context: Context) -> Host:
        """Return this machine as the shell of `context` finds it: with the environment of its world."""
        if not context.shell or not self.session:
            return self.host
        return replace(self.host, environ=self.inside if context.world else self.session)

    def _load_receipt(self) -> Receipt:
        from . import receipts  # noqa: PLC0415  (a look needs none)

        return receipts.load(self.state_folder, self.host.home)

    def is_required(self, context: Context) -> bool:
        """Say whether `context` counts for the exit code.

        One that was not named counts only where something could serve it, and not where it was merely
        found to be here. Whoever names a shell wants it on a terminal, whatever it reads there.
        """
        if self.is_announced(context):
            return False
        if self.request.modes:
            return context in self.wanted
        is_default = context.mode in context_table.DEFAULT_MODES
        is_named = bool(self.request.shells and context.shell)
        return is_default and context in self.wanted and (is_named or self.has_target(context))

    def is_sayable(self, context: Context) -> bool:
        """Say whether a run could tell the CI of `context` on standard output; a look must not."""
        is_ci = context.mode == context_table.CI
        return is_ci and bool(context_table.said(self.host, self.directories))

    def is_announced(self, context: Context) -> bool:
        """Say whether `context` is told on standard output: nothing here can prove that it was heard."""
        return self.has_announced and context.mode == context_table.CI

    def targets(self, context: Context, place: Place | None = None) -> tuple[Target, ...]:
        """Return what can be edited for `context`, the preferred one first; by its place, or another."""
        place = place or self.places[context]
        return place.targets(self.want([context]), context, self.machine)

    def has_target(self, context: Context) -> bool:
        """Say whether anything could be edited for `context`, without looking whether it is there."""
        found = self._has_target.get(context)
        if found is None:
            targets = self.places[context].targets(self.want([context]), context, self._blind)
            found = self._has_target[context] = bool(targets)
        return found

    def report_outcome(self, outcome: Outcome) -> None:
        """Report one outcome, unless it has been reported. Callers hear of them in a fixed order."""
        context = outcome.context
        if context in self.outcomes:
            return
        if not outcome.is_served and (why := self.why_unserved(context)):
            probe = outcome.probe
            is_bare = probe is not None and probe.verdict == MISSING and not probe.reason
            fact = context_table.ROWS[context.mode].fact if is_bare else ""
            why = "; ".join(filter(None, [fact, why]))
            outcome = replace(outcome, note="; ".join(filter(None, [why, outcome.note])))
        self.outcomes[context] = replace(outcome, is_required=self.is_required(context))
        order = self.reported
        while self._settled < len(order) and (merged := self.merged(order[self._settled])):
            self._settled += 1
            if self.request.progress:
                self.request.progress.settled(merged)

    def why_unserved(self, context: Context) -> str:
        """Return what helps where no edit of this run does: another's line, or another run."""
        if self.is_announced(context):
            return "but the next step has it"
        if self.is_sayable(context):
            return f"the next step has the same PATH; run {self.command(context.mode)}"
        if not self.has_target(context):
            if self.request.is_for_every_user and startup.has_own_file(context):
                return f"{OWN_FILES_ALONE}; each user can run {self._command_of_one(context.mode)}"
            if context.shell:
                twin = replace(context, world=INSIDE)
                is_inside = not context.world and twin in self.places and self.has_target(twin)
                why = startup.why_unserved(self.host, context, self.directories, is_inside=is_inside)
                return repeated(self.request, why)
            return context_table.cure(context.mode, self.host, self.directories)
        is_beside = context.mode not in context_table.DEFAULT_MODES and context not in self.wanted
        is_told = is_beside and context.mode in self.told_modes
        return f"nobody asked for it; run {self.command(context.mode)}" if is_told else ""

    def command(self, mode: str) -> str:
        """Return the command that makes the directories effective in `mode`."""
        is_default = mode in context_table.DEFAULT_MODES and not self.request.modes
        return command(self.request, "ensure", *(() if is_default else ("--for", mode)))

    def _command_of_one(self, mode: str) -> str:
        """Return what a user runs for the files of their own."""
        from .shells import quote  # noqa: PLC0415  (few runs tell it)

        spelled = map(quote.word, self.directories)
        more = () if mode in context_table.DEFAULT_MODES else ("--for", mode)
        return " ".join(("ensure-path", *spelled, *more))

    def _differing_variables(self) -> Iterator[str]:
        """Say which variables of this session alone would lead a shell to other files."""
        for shell in self.shells if self.session else ():
            for name in shell_table.steering_variables(shell.name):
                value = self.host.environ.get(name)
                if value and value not in {self.session.get(name), self.inside.get(name)}:
                    yield (
                        f"{name} is {value} in this session only; a new {shell.name} does not have it, "
                        "so it was left out of account"
                    )

    @property
    def reported(self) -> tuple[Context, ...]:
        """The contexts of which callers hear: what is so in two worlds is one."""
        return tuple(c for c in self.places if not c.world and c not in self.watched)

    def _asked_worlds(self, context: Context) -> list[Context]:
        """Return `context` in each of the worlds in which it is asked."""
        return [each for each in (context, replace(context, world=INSIDE)) if each in self.places]

    def worlds(self, context: Context) -> list[Context]:
        """Return `context` in each of the worlds in which it must be effective."""
        worlds = self._asked_worlds(context)
        # A shell that reads a file only inside a login (ENV, set by .profile) is judged there, unless it
        # was named: then it is wanted where nothing has logged in too (`docker exec -it NAME sh`).
        counted = filter(self.is_required, worlds)
        return list(counted) or list(filter(self.has_target, worlds)) or worlds

    def merged(self, context: Context) -> Outcome | None:
        """Return what became of `context` in all of its worlds, or None while one is not settled.

        Effective means yes in each of them.
        """
        if not all(each in self.outcomes for each in self._asked_worlds(context)):
            return None
        counted = self.worlds(context)
        found = [self.outcomes[each] for each in counted]
        is_inside_only = context not in counted and not self.outcomes[context].is_served
        worst = min(found, key=lambda each: RANK.index(each.probe.verdict) if each.probe else 0)
        is_open = worst.probe is not None and not worst.is_served
        edits = [told(each.edit) for each in found if each.edit and not is_open]
        edit = edits[0] if edits else None
        note = worst.note
        if edit and edits[-1].target != edit.target:
            note = f"inside a login by {edits[-1].target}"
        if worst.context.world and not worst.is_served:
            note = "; ".join(filter(None, ["inside a login (a tmux pane, a desktop's terminal)", note]))
        if worst.is_served and not edit and self.path_source and self._is_given():
            note = f"from {self.path_source}"
        if is_inside_only and worst.is_served:
            note = "; ".join(filter(None, [note, "inside a login only"]))
        before = min((each.before for each in found), key=lambda p: RANK.index(p.verdict) if p else 0)
        if is_open and not worst.after:  # which is told by its first answer
            before = worst.before
        after = worst.after
        if not (after or is_open):  # else its first answer stands
            after = next((each.after for each in found if each.edit), None)
        before = before and replace(before, context=context)
        after = after and replace(after, context=context)
        return replace(worst, context=context, before=before, after=after, edit=edit, note=note)

    def _note_session(self) -> tuple[str, ...]:
        """Return what to know of a new session whose PATH is only supposed, where that decides."""
        found = self.host.system.note_session(self.host, self.path_source)
        return found if found and (self.request.proven_order or self._is_given()) else ()

    def _is_given(self) -> bool:
        """Say whether a new session has the directories before any startup file is read."""
        path = pathlist.entries(self.session.get("PATH", ""))
        return all(pathlist.indices_of(path, d, identity) for d in self.directories)

    def report_before(self, hindered: Mapping[Context, str] | None = None) -> None:
        """Report what was seen, of all that has not been reported; and why some cannot be served.

        What is in another place than is asked for has its cure after a run that has tried to move it.
        """
        for context in self.contexts:
            probe = self.before[context]
            place = probe.reason if probe.cure.startswith((judge.MOVE_IT, judge.MOVE_ENTRY)) else ""
            note = "; ".join(filter(None, (place, (hindered or {}).get(context), quoted(probe))))
            self.report_outcome(Outcome(context, probe, note=note))

    def report(
        self,
        *,
        edits: tuple[Edit, ...] = (),
        planned: Plan | None = None,
        put_back: tuple[tuple[Edit, str], ...] = (),
        activate: str = "",
        has_made: bool = False,
        announcements: tuple[str, ...] = (),
    ) -> Report:
        """Return the report; its status follows from the outcomes, and from what was made."""
        outcomes = tuple(filter(None, map(self.merged, self.reported)))
        is_kept = not self.request.is_shown
        files = self._startup_files() if is_kept else ()
        noted = (*self.absent, *self.notes, *self.beginning.notes)
        return Report(
            status=self._status(outcomes, has_edits=bool(edits), has_made=has_made),
            directories=self.directories,
            outcomes=outcomes,
            edits=tuple(map(told, edits)),
            refusals=tuple(map(told, planned.refusals)) if planned else (),
            put_back=tuple((told(edit), reason) for edit, reason in put_back),
            notes=tuple(
                repeated(self.request, note)
                for note in dict.fromkeys([*noted, self.danger, self._note_hidden(outcomes)])
                if note
            ),
            activate=activate,
            announcements=announcements,
            answers=tuple(probe for c, probe in self.before.items() if c not in self.watched),
            question=self._question(files) if is_kept and not (edits or has_made) else None,
            startup_files=files,
        )

    def _note_hidden(self, outcomes: Iterable[Outcome]) -> str:
        """Note what helps where commands of the system hide those of the directories."""
        reasons = (o.probe.reason for o in outcomes if o.probe and o.probe.verdict == SHADOWED)
        hiders = {
            os.path.dirname(word) for reason in reasons for word in reason.replace(";", "").split()
        }
        is_helping = not hiders.isdisjoint(pathlist.entries(self.session.get("PATH", "")))
        return self.host.system.LETS_OURS_RUN if is_helping and not self.request.order else ""

    def _status(self, outcomes: tuple[Outcome, ...], *, has_edits: bool, has_made: bool) -> Status:
        required = [outcome for outcome in outcomes if outcome.is_required]
        if self.has_announced and not required:
            return "changed"
        if required and all(outcome.is_served for outcome in required):
            return "changed" if has_edits else "effective"
        verdicts = {outcome.probe.verdict for outcome in required if outcome.probe}
        return "partial" if has_edits or has_made or MISSING not in verdicts else "missing"


def _twins(contexts: Mapping[Context, Given]) -> dict[Context, Given]:
    """Return those of `contexts` that a login has inside it too, as they are there."""
    return {
        replace(context, world=INSIDE): given
        for context, given in contexts.items()
        if context.shell and context.mode in TERMINAL_MODES
    }


def is_same_program(one: Installed, other: Installed) -> bool:
    """Say whether two shells are one program, by whatever name: `/bin` is a link to `/usr/bin`."""
    return one.program == other.program or (
        os.path.realpath(one.program) == os.path.realpath(other.program)
    )


def told(each: Told) -> Told:
    """Return an edit or a refusal as callers hear of it: what serves two worlds serves one context."""
    return replace(each, serves=tuple(dict.fromkeys(c.outside for c in each.serves)))


def quoted(probe: Probe) -> str:
    """Return what the shell itself said of it, if it said anything."""
    return f"{probe.context.shell} said: {probe.said}" if probe.said and not probe.is_served else ""
