"""Questions that are asked side by side, each in one way after another until an answer counts.

Unix only.
"""

from __future__ import annotations

import errno
import os
import time

from onpath.model import INSIDE, LOGIN, MISSING, QUESTION, TERMINAL_MODES, UNKNOWN, Probe
from onpath.shells import ROWS
from onpath.shells.startup import BY_SSH, has_files, is_stale, signs, unfilled, words_of_terminal
from onpath.values import TYPE_CHECKING, replace

from . import orphans, spawn
from .attempts import QUIET, SPOKEN, TERMINAL, TICK_S, Answer, Attempt, NoTerminalError, Task
from .worlds import PANES, is_same_world

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from onpath.model import Ask, Bench, Context, Host, Installed
    from onpath.shells import Shell
    from onpath.shells.startup import Signs

    from .agents import Agent

    OnAnswer = Callable[[Probe], None]

NO_TERMINAL = "no pseudo-terminal can be opened"
MOUNT_IT = (
    "run mount -t devpts -o ptmxmode=666 devpts /dev/pts && ln -sf pts/ptmx /dev/ptmx as root, "
    "then run this again"
)
END_SOME = "end programs that hold terminals, or raise kernel.pty.max, then run this again"
SLOW_MS = 2000.0  # of a shell for which others may have waited: two must not do the same at a time
MAX_MAKERS = 3  # shells that start alone, since they may make folders that are missing
ALL_DONE = object()  # after the last step of what is done meanwhile
HOMES_OF_FILES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME")  # by which the folders of another shell are found


class Round:
    """Questions that are asked side by side, and the answers so far."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.adoption, self.watch = bench, orphans.Adoption(), spawn.Watch()
        self.is_over = self.is_ended = False
        self.inside: Mapping[str, str] | None = None
        self.on_answer: OnAnswer | None = None
        self.held: list[tuple[Context, Installed | None, Ask]] = []  # until it is known what is inside
        self.exporter: Context | None = None
        self.asked: dict[tuple[object, ...], Question] = {}
        self.waiting: list[tuple[Context, Question]] = []
        self.answers: dict[Context, Probe] = {}
        self.makers: dict[tuple[str, ...], list[Question]] = {}
        self.agents = _agents(bench.host)
        self.unfilled = unfilled(bench.host)
        self.here = words_of_terminal(bench.host.environ)
        self.histories: dict[str, tuple[bytes, int] | None] = {}  # as they were
        self.seen: dict[tuple[str | None, ...], Signs] = {}
        self.clients: dict[str, bool] = {}  # by the variable of a pane: whether such a program may run

    @property
    def questions(self) -> Iterable[Question]:
        """All that were begun."""
        return self.asked.values()

    def signs(self, row: Shell, host: Host) -> Signs:
        """Return what the user's files for a shell show; look once for each row and home of files."""
        key = (row.name, *(host.environ.get(name) for name in (*row.steered_by, *HOMES_OF_FILES)))
        if key not in self.seen:
            self.seen[key] = signs(row, host, self.here)
        return self.seen[key]

    def joined(self, found: Signs) -> tuple[str, ...]:
        """Return in which panes a shell must be asked, as its files would take the user's windows away.

        In a pane they start no client; and his new terminals show him that of his session.
        """
        for name in found.detaches:
            if name not in self.clients:
                from . import multiplexers  # noqa: PLC0415  (few startup files are such)

                self.clients[name] = multiplexers.may_run(name)
        return tuple(name for name in found.detaches if self.clients[name])

    def keep_history(self, path: str) -> None:
        """Keep in mind what is in a history that a shell may throw away; `end` gives it back."""
        from . import histories  # noqa: PLC0415  (few users have one)

        if path not in self.histories:
            self.histories[path] = histories.content(path)

    def may_begin(self, question: Question) -> bool:
        """Say whether its shell may start: not while another one makes what it would make too."""
        makers = self.makers.setdefault((*question.makes, *question.stale), [])
        is_free = all(maker.answer is not None for maker in makers)
        # What is compiled at once may be followed by more: what antigen has made of all plugins.
        if not question.is_alone() and (is_free or not question.stale):
            return True
        # One may have answered without them: a login shell reads another file. Or none ever makes them.
        if len(makers) < MAX_MAKERS and is_free:
            makers.append(question)
        return question in makers or (len(makers) == MAX_MAKERS and makers[-1].answer is not None)

    def start(
        self,
        asks: tuple[tuple[Context, Installed | None, Ask], ...],
        inside: Mapping[str, str] | None,
        on_answer: OnAnswer | None,
    ) -> None:
        """Ask in a new session; and inside a login, where that world is known already."""
        self.inside, self.on_answer, self.waiting = inside, on_answer, []
        self.held = [each for each in asks if each[0].world]
        self.exporter = next((context for context, _, ask in asks if ask.is_exporter), None)
        self.ask((each for each in asks if not each[0].world), self.bench.session)
        if self.exporter is None:
            self._enter(self.inside)
        else:
            from . import exports  # noqa: F401, PLC0415  (while the shells start: there is time)

    def wait(self, meanwhile: Iterator[object]) -> None:
        """Look at every question in turn until all have an answer; tell each as it arrives.

        Between two looks there is a step of `meanwhile`, all of which is done in the end.
        """
        while self.waiting:
            done = self._poll()
            if not done and next(meanwhile, ALL_DONE) is ALL_DONE:
                self.watch.wait(TICK_S)
        for _ in meanwhile:
            pass

    def _poll(self) -> bool:
        """Look at every question once, and return whether there was an answer."""
        for question in {id(question): question for _, question in self.waiting}.values():
            for each in (question, *question.besides):
                if not each.answer:
                    each.poll()
        answers = [(context, question.whole_answer()) for context, question in self.waiting]
        self.waiting = [each for each, (_, answer) in zip(self.waiting, answers) if not answer]
        for context, answer in answers:
            if answer:
                self._take(replace(answer, context=context))
        if any(answer and not answer.is_late and answer.duration_ms > SLOW_MS for _, answer in answers):
            for _, question in self.waiting:
                question.wait_anew()
        return any(answer for _, answer in answers)

    def _take(self, probe: Probe) -> None:
        self.answers[probe.context] = probe
        if probe.context == self.exporter:
            self._enter(dict(probe.exported))
        if self.on_answer:
            self.on_answer(probe)

    def _enter(self, inside: Mapping[str, str] | None) -> None:
        """Ask what is to be asked inside a login, if that differs from a new session."""
        held, self.held = self.held, []
        if inside and (
            not is_same_world(inside, self.bench.session) or self._tells_inside(held, inside)
        ):
            self.ask(held, inside)

    def _tells_inside(
        self, asks: Iterable[tuple[Context, Installed | None, Ask]], inside: Mapping[str, str]
    ) -> bool:
        """Say whether a startup file may tell that it is inside a login, whatever that exports."""
        host = replace(self.bench.host, environ=inside)
        found = (self.signs(ROWS[shell.name], host).inside for _, shell, _ in asks if shell)
        return any({*names} - {BY_SSH} for names in found)

    def ask(
        self, asks: Iterable[tuple[Context, Installed | None, Ask]], world: Mapping[str, str]
    ) -> None:
        """Begin with each that has not begun."""
        for context, shell, ask in asks:
            # elvish has one way for two modes
            is_terminal = context.mode in TERMINAL_MODES
            same = (context.world, shell.program if shell else ask.program, ask, is_terminal)
            if same not in self.asked:
                self.asked[same] = question = Question(self, context, shell, ask, world)
                question.start()
                for pane in question.panes:
                    beside = Question(self, context, shell, ask, world, pane=pane)
                    self.asked[(*same, *pane)] = beside
                    question.besides.append(beside)
                    beside.start()
            self.waiting.append((context, self.asked[same]))


class Question:
    """One question for one context, asked in one way after another."""

    def __init__(
        self,
        round_: Round,
        context: Context,
        shell: Installed | None,
        ask: Ask,
        world: Mapping[str, str],
        pane: tuple[str, ...] = (),
    ) -> None:
        self.round = round_
        row = ROWS[shell.name] if shell else None
        host = replace(round_.bench.host, environ=world)
        found = round_.signs(row, host) if row else None
        self.makes, self.stale = (found.folders, found.stale) if found else ((), ())
        self.limits_waits = found is not None and found.limits_waits
        if row and row.wipes_history and found and found.history:
            round_.keep_history(found.history)
        # Where the user has no startup file yet, nothing can make a difference between the ways.
        has_terminal = row is not None and context.mode in TERMINAL_MODES and has_files(row, host)
        is_script = has_terminal and found is not None and found.tells_questions
        prefix = f"{round_.bench.folder}/{os.urandom(4).hex()}"  # no answer of an earlier round is there
        is_trapped, is_logged = (found.traps_commands, found.keeps_log) if found else (False, False)
        within = (*pane, *(round_.joined(found) if found else ()))
        self.task = Task(context, shell, ask, world, prefix, is_script, within, is_trapped, is_logged)
        self.panes = _panes_of(context, found) if found and not pane else ()
        self.turns = _ask_in_turn(ask, has_terminal=has_terminal)
        self.attempt: Attempt | None = None
        self.slow: Attempt | None = None  # on a terminal, where the short time for it is up
        self.leaving: list[Attempt] = []  # they have answered, and end by themselves
        self.pids: list[int] = []
        self.besides: list[Question] = []  # the same, in each of the panes
        self.has_waited = False  # longer than a terminal has: another shell may not start beside it yet
        self.fallback: Probe | None = None  # without a terminal, while one may still answer
        self.settled: Probe | None = None  # by a terminal, while the shell beside still starts
        self.settled_until = 0.0
        self.answer: Probe | None = None

    def whole_answer(self) -> Probe | None:
        """Return the answer, once it has come from each pane too: a no from one, else that of no pane.

        What cannot be told there may be so for want of the program whose pane it seems to be.
        """
        others = [beside.answer for beside in self.besides]
        if self.answer is None or None in others:
            return None
        if not self.answer.is_served:
            return self.answer
        noes = (each for each in others if each and each.verdict != UNKNOWN and not each.is_served)
        worst = next(noes, None)
        return replace(worst, exported=self.answer.exported) if worst else self.answer

    def is_alone(self) -> bool:
        """Say whether its shell has folders to make or files to compile, as the only one meanwhile."""
        shell = self.task.shell
        has_stale = shell is not None and any(is_stale(ROWS[shell.name], path) for path in self.stale)
        return has_stale or not all(map(os.path.isdir, self.makes))

    def start(self) -> None:
        """Ask in the first way, if its shell may start by now."""
        if self.round.may_begin(self):
            self._begin(next(self.turns))

    def poll(self) -> None:
        """Look once; go on to the next way if this one is through."""
        if not self.pids:
            self.start()
            return
        if self._poll_terminal():
            return
        answer = self.attempt and self.attempt.poll(self.round.bench)
        if not answer or not self.attempt:
            return
        if answer.is_late and not self.has_waited and self.is_alone():
            self.has_waited = True
            self.attempt.wait_longer()
            return
        if answer.is_late and self.attempt.is_second and not self.slow:
            if self.attempt.lingers():
                return
            self.slow, self.attempt = self.attempt, None  # it may answer while another way is tried
            self.slow.wait_longer()
        elif answer.is_late or answer.is_handed_over or not self.attempt.is_leaving:
            self._stop_attempt()
        else:  # to find and end what it has started would take longer than its own end
            self.leaving.append(self.attempt)
            self.attempt = None
        try:
            self._begin(self.turns.send(answer))
        except StopIteration as end:
            # A terminal may say something else, and knows best.
            if self.slow:
                self.fallback = end.value
                return
            self.answer = end.value
            self.attempt, self.slow = self.slow, None
            self._stop_attempt()

    def _poll_terminal(self) -> bool:
        """Look at a terminal that is slow, and return whether it decides.

        Then the shell that was started beside may read its files to their end all the same: it may have
        made something by now that it removes there, as a folder that is a lock.
        """
        slow = self.slow and self.slow.poll(self.round.bench)
        if self.slow and slow and (slow.probe.verdict != UNKNOWN or self.fallback):
            self.settled = slow.probe if slow.probe.verdict != UNKNOWN else self.fallback
            now = time.perf_counter()
            self.settled_until = now + now - self.slow.started  # as long again as the terminal took
            self.slow.stop()
            self.slow = None
        if self.settled:
            is_through = not self.attempt or self.attempt.poll(self.round.bench)
            if is_through or time.perf_counter() > self.settled_until:
                self.stop()
                self.answer = self.settled
            return True
        is_no = self.fallback is not None and self.fallback.verdict == MISSING
        # What comes behind a wait with a limit may be another answer.
        may_stand = not self.limits_waits and self.fallback is not None
        if self.slow and may_stand and self.slow.stands_still(is_no=is_no):
            self.stop()
            self.answer = self.fallback
        return self.answer is not None

    def wait_anew(self) -> None:
        """Give what runs its time from now on, since another shell was slow."""
        for attempt in filter(None, (self.attempt, self.slow)):
            attempt.wait_anew()
        for beside in self.besides:
            beside.wait_anew()

    def stop(self) -> list[int]:
        """End what runs, and return the process ids that there were."""
        for attempt in filter(None, (*self.leaving, self.attempt, self.slow)):
            attempt.stop()
        self.attempt = self.slow = None
        self.leaving.clear()
        return self.pids

    def _stop_attempt(self) -> None:
        if self.attempt:
            self.attempt.stop()
            self.attempt = None

    def _begin(self, way: str) -> None:
        try:
            self.attempt = Attempt(self.task, self.round.bench, way)
        except NoTerminalError as error:
            words = (error.strerror or "").lower()
            cure = END_SOME if error.errno == errno.ENOSPC else MOUNT_IT
            probe = Probe(self.task.context, UNKNOWN, f"{NO_TERMINAL} ({words})", cure)
            try:
                self._begin(self.turns.send(Answer(probe)))
            except StopIteration as end:
                self.answer = end.value
        else:
            self.pids.append(self.attempt.pid)


def _panes_of(context: Context, found: Signs) -> tuple[tuple[str, ...], ...]:
    """Return in which panes it is to be asked too, since a startup file looks for them.

    That is in PANES in which a terminal may start a shell as `context` has it, and in the terminal here.
    """
    fit = {BY_SSH} if context.mode == LOGIN else set()  # ssh starts a login, in a new session
    fit = {*PANES} - {BY_SSH} if context.world == INSIDE else fit
    inside = tuple(name for name in found.inside if name in fit)
    here = found.here if context.mode in TERMINAL_MODES else ()
    return tuple(filter(None, (inside, here)))


def _agents(host: Host) -> tuple[Agent, ...]:
    """Return the running programs that a startup file may tell of a probe's terminal."""
    if not host.environ.get("GNUPGHOME") and not os.path.isdir(f"{host.home}/.gnupg"):
        return ()
    from . import agents  # noqa: PLC0415  (few users have one)

    return agents.running(host.home, host.environ)


def _ask_in_turn(ask: Ask, *, has_terminal: bool) -> Generator[str, Answer, Probe]:
    """Yield the ways to ask, take the answers, and return the one that counts.

    A terminal knows best: startup files test for one, and what they exec may only run on one. Only if
    nothing comes there, since a file asks for a passphrase, does an answer without one count; a yes
    only when the terminal has had all the time that a shell may wait.
    """
    if ask.is_terminal:
        return (yield TERMINAL).probe
    if has_terminal:
        probe = (yield TERMINAL).probe
        if probe.verdict != UNKNOWN:
            return probe
    answer = yield QUIET
    if answer.is_handed_over and QUESTION in ask.argv:
        answer = yield SPOKEN
    return answer.probe
