"""Start fresh shells as a new terminal would, and ask them. Unix only.

The proof is that a program in the directory runs by its bare name. Every shell is given the same text:
`/bin/sh FOLDER/report FOLDER/out; onpath-probe-<nonce> FOLDER/out`. The first part reports the PATH that
the shell hands to its children, so no shell's own syntax is ever parsed; the second is the proof. bash
does the first part itself where it can be sure (`own_question`): /bin/sh takes a third as long as bash.
Answers go to files, never to stdout: banners do not matter, and a pipe would wait for every
background child of a startup file.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from onpath import pathlist
from onpath.host import proc
from onpath.host.ways import identity, is_noexec, walk
from onpath.model import (
    EFFECTIVE,
    LATE,
    MISSING,
    PROGRAM,
    QUESTION,
    SHADOWED,
    TERMINAL_MODES,
    UNKNOWN,
    Bench,
    Probe,
)
from onpath.shells import POSIX, ROWS, STDIN
from onpath.shells.startup import has_files, signs, unfilled
from onpath.values import TYPE_CHECKING, dataclass, replace

from . import judge, orphans, spawn
from .bench import (
    EXPORT_NAME,
    REPORT_NAME,
    close_bench,
    new_nonce,
    open_bench,
    private_folders,
    sweep,
    write,
)
from .inside import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from onpath.model import Ask, Context, Host, Installed
    from onpath.shells import Shell
    from onpath.shells.startup import Signs

    from .agents import Agent
    from .readers import Watched

# What every prober has: `model.Prober`.
__all__ = (
    "ask_ahead",
    "ask_all",
    "close_bench",
    "end",
    "new_nonce",
    "open_bench",
    "private_folders",
    "sweep",
)

IDLE_SHARE = 0.02  # of the time: what uses less of the processor only waits
LONGER_S = 60
IDLE_S = 10.0  # how long a shell may wait without working, itself or its children
IDLE_PART = 3  # of a longer time that somebody asks for, a shell may wait this part: as of the 30 s
TERMINAL_TIMEOUT_S = 2.0  # before it is asked without one too: a file may want a passphrase there
PROOF_GRACE = 0.2  # of the time limit: between the report, or one proof, and the next
FIRST_LINE_S = 0.4  # on a terminal, how long a shell may take before the question is typed
NEXT_LINE_S = 0.6  # and typed again: line editors throw away what came too early
NEXT_LOOK_S = 0.05  # at who reads there
STILL_LOOKS = 6  # in a row at which nothing may work there: between two programs it looks so too
NOEXEC = (
    "the directory is on a file system that is mounted noexec; "
    "mount it without that, or name another directory"
)
TERM = "xterm-256color"  # which most terminals set, and startup files test for; xonsh gives up on dumb
LEAVING_S = 0.02  # how long a shell that has answered, and ends by itself, may take for that
TICK_S = 0.002
WINDOW_SIZE = (24, 80, 0, 0)  # a struct winsize (ioctl_tty(2)): rows, columns, and what nobody uses
MAX_LOOKS = 64  # names for which a look at each is faster than a list of all that is in a folder
MAX_SAID = 1 << 16  # bytes of what a shell says that are looked at
SERVED = {EFFECTIVE, SHADOWED}
ALL_DONE = object()  # after the last step of what is done meanwhile
FORK_S = 0.05  # after which a child that was just forked has become its program, and carries the mark
FILE_CLOCK_S = 0.004  # how far a file's time may lie behind the clock, at Linux's usual 250 Hz

QUIET = "-quiet"  # no terminal; the question in the arguments
SPOKEN = "-spoken"  # on standard input as well: this reaches into a shell that a startup file execs
TERMINAL = "-terminal"  # on a pseudo-terminal, typed if need be
# What fish, nushell and others ask a terminal, and wait for: its kind, and where the cursor is.
ASKS_PLACE = b"\x1b[6n"
TERMINAL_REPLIES = ((b"\x1b[c", b"\x1b[?62;c"), (ASKS_PLACE, b"\x1b[1;1R"))

SH = next((sh for sh in ("/bin/sh", "/system/bin/sh") if os.path.exists(sh)), "/bin/sh")
# What comes after the question waits to be killed: a shell that ends writes its history, and one that is
# killed while it writes loses it.
WAIT = "PATH=${PATH-}:/usr/bin:/bin:/run/current-system/sw/bin\nexec sleep 60\n"

HOMES_OF_FILES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME")  # by which the folders of another shell are found
# What shells change by being started, and what is a probe's own: no difference between two worlds.
PASSING = ("PWD", "OLDPWD", "_", "SHLVL", "SHELL")
OF_A_PROBE = (
    *("TMPDIR", "HISTFILE", "SSH_ASKPASS_REQUIRE", "TMUX_TMPDIR", "SCREENDIR", "ZELLIJ_SOCKET_DIR"),
    *("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "TERM", MARK),
)

if TYPE_CHECKING:
    OnAnswer = Callable[[Probe], None]


def ask_all(
    bench: Bench,
    asks: Iterable[tuple[Context, Installed | None, Ask]],
    *,
    inside: Mapping[str, str] | None = None,
    on_answer: OnAnswer | None = None,
    meanwhile: Iterable[object] = (),
    on_left: Callable[[str, int], None] | None = None,
    ahead: Round | None = None,
) -> tuple[Probe, ...]:
    """Ask for each context, all side by side, and return the answers in that order.

    The shell is that of the context, if it has one. Contexts inside a login are asked in the environment
    that the exporter, one of `asks`, reports, or else in `inside`. They have no answer if that is not
    known, or is the same as in a new session. `meanwhile` is work in
    steps, done while there is no answer to look at, and to its end; `on_left` is told each program, by
    name and process id, that may not be ended. `ahead` is what `ask_ahead` has begun.
    """
    asks = tuple(asks)
    round_ = ahead or Round(bench)
    round_.bench = bench  # of what was asked ahead it was not known where it is to be found
    try:
        try:
            round_.start(asks, inside, on_answer)
            round_.wait(iter(meanwhile))
            round_.is_over = True
        finally:
            left = end(round_)
    except BaseException:  # an interrupt at the first line of that; no second one comes
        round_.is_over = False
        end(round_)
        raise
    for name, pid in left:
        if on_left:
            on_left(name, pid)
    return tuple(round_.answers[context] for context, _, _ in asks if context in round_.answers)


def ask_ahead(bench: Bench, context: Context, shell: Installed, ask: Ask) -> Round:
    """Start the first program, in a new session, while the caller finds out what else there is to ask.

    `ask_all` takes the round over, or `end` ends it.
    """
    round_ = Round(bench)
    try:
        round_.ask(((context, shell, ask),), bench.session)
    except BaseException:
        end(round_)
        raise
    return round_


def end(round_: Round) -> tuple[tuple[str, int], ...]:
    """End what a round has started, and return what may not be ended: names and process ids."""
    left: tuple[tuple[str, int], ...] = ()
    try:
        if not round_.is_ended:
            left = _end(round_, is_over=round_.is_over)
            round_.is_ended = True
        round_.watch.release()
    except BaseException:  # an interrupt; no second one comes
        _end(round_, is_over=False)
        round_.watch.release()
        raise
    return left


class Round:
    """Questions that are asked side by side, and the answers so far."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.adoption, self.watch = bench, orphans.Adoption(), spawn.Watch()
        self.is_over = self.is_ended = False
        self.inside: Mapping[str, str] | None = None
        self.on_answer: OnAnswer | None = None
        self.held: list[tuple[Context, Installed | None, Ask]] = []  # until it is known what is inside
        self.exporter: Context | None = None
        self.asked: dict[tuple[object, ...], _Question] = {}
        self.waiting: list[tuple[Context, _Question]] = []
        self.answers: dict[Context, Probe] = {}
        self.makers: dict[tuple[str, ...], _Question] = {}
        self.agents = _agents(bench.host)
        self.unfilled = unfilled(bench.host)
        self.seen: dict[tuple[str | None, ...], Signs] = {}

    @property
    def questions(self) -> Iterable[_Question]:
        """All that were begun."""
        return self.asked.values()

    def signs(self, row: Shell, host: Host) -> Signs:
        """Return what the user's files for a shell show; look once for each row and home of files."""
        key = (row.name, *(host.environ.get(name) for name in (*row.steered_by, *HOMES_OF_FILES)))
        if key not in self.seen:
            self.seen[key] = signs(row, host)
        return self.seen[key]

    def may_begin(self, question: _Question) -> bool:
        """Say whether its shell may start: not while another one makes the folders that it needs too."""
        if not question.is_alone():
            return True
        maker = self.makers.setdefault(question.makes, question)
        return maker is question or maker.answer is not None  # with an answer it has them, or never

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
            question.poll()
        done = [(context, question) for context, question in self.waiting if question.answer]
        self.waiting = [(context, q) for context, q in self.waiting if not q.answer]
        for context, question in done:
            if question.answer:
                self._take(replace(question.answer, context=context))
        return bool(done)

    def _take(self, probe: Probe) -> None:
        self.answers[probe.context] = probe
        if probe.context == self.exporter:
            self._enter(dict(probe.exported))
        if self.on_answer:
            self.on_answer(probe)

    def _enter(self, inside: Mapping[str, str] | None) -> None:
        """Ask what is to be asked inside a login, if that differs from a new session."""
        held, self.held = self.held, []
        if inside and not is_same_world(inside, self.bench.session):
            self.ask(held, inside)

    def ask(
        self, asks: Iterable[tuple[Context, Installed | None, Ask]], world: Mapping[str, str]
    ) -> None:
        """Begin with each that has not begun."""
        for context, shell, ask in asks:
            # elvish has one way for two modes
            is_terminal = context.mode in TERMINAL_MODES
            same = (context.world, shell.program if shell else ask.program, ask, is_terminal)
            if same not in self.asked:
                self.asked[same] = question = _Question(self, context, shell, ask, world)
                question.start()
            self.waiting.append((context, self.asked[same]))


def _agents(host: Host) -> tuple[Agent, ...]:
    """Return the running programs that a startup file may tell of a probe's terminal."""
    if not host.environ.get("GNUPGHOME") and not os.path.isdir(f"{host.home}/.gnupg"):
        return ()
    from . import agents  # noqa: PLC0415  (few users have one)

    return agents.running(host.home, host.environ)


def is_same_world(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Say whether two environments differ in nothing that a startup file could see."""
    return all(one.get(name) == other.get(name) for name in {*one, *other} - {*PASSING, *OF_A_PROBE})


def _end(round_: Round, *, is_over: bool) -> tuple[tuple[str, int], ...]:
    """Kill the shells, and all that they have left; return what may not be killed.

    If it is not `is_over`, but was interrupted, there may be one whose process id is not known.
    """
    adoption, mark = round_.adoption, f"{MARK}={round_.bench.nonce}"
    leaving = [attempt for question in round_.questions for attempt in question.leaving]
    end = time.monotonic() + LEAVING_S
    while is_over and time.monotonic() < end:
        leaving = [attempt for attempt in leaving if not attempt.has_ended()]
        if not leaving:
            break
        round_.watch.wait(TICK_S)
    pids = [pid for question in round_.questions for pid in question.stop()]
    if not is_over and not adoption.is_whole:
        time.sleep(FORK_S)
    left = adoption.end(mark)
    if not adoption.is_whole and (pids or not is_over):
        is_known = is_over and pids[-1] >= pids[0]  # and process ids have not wrapped
        spawn.kill_marked(mark, since=min(pids) - 1 if is_known else 0)
    adoption.close()
    for folder in filter(os.path.isdir, round_.unfilled):
        # What fills it was ended in the middle, and the shell would leave it so, but makes a new one.
        import shutil  # noqa: PLC0415  (few shells have never been started)

        shutil.rmtree(folder, ignore_errors=True)
    if round_.agents:
        from . import agents  # noqa: PLC0415  (as above)

        agents.restore(round_.agents)
    return left


def environment(
    bench: Bench,
    shell: Installed | None,
    ask: Ask,
    world: Mapping[str, str],
    folder: str,
    *,
    is_at_terminal: bool = False,
) -> dict[str, str]:
    """Return the environment of a program that is started in `world`, with `folder` as its own.

    `is_at_terminal` says that it stands for one that a terminal starts, wherever it is asked.
    """
    row, login = ROWS[shell.name] if shell else None, bench.host.login
    return {
        # A terminal gives none. For a mere -c, 0 and an ssh socket make bash read .bashrc.
        **({} if is_at_terminal else {"SHLVL": "1"}),
        **world,
        # As that of a user who has this shell: tmux and others start what it names.
        "SHELL": shell.program if shell else login.program if login else SH,
        "PATH": ":".join((*ask.entries, *filter(None, [world.get("PATH")]))),
        "TERM": TERM,
        "TMPDIR": folder,  # a killed PowerShell leaves its pipes there
        "HISTFILE": f"{folder}/history",
        "SSH_ASKPASS_REQUIRE": "never",
        # A startup file's tmux or screen must meet neither the user's own nor that of another probe.
        "TMUX_TMPDIR": folder,
        "SCREENDIR": f"{folder}/screen",
        "ZELLIJ_SOCKET_DIR": f"{folder}/zellij",
        **_without_bus(bench, folder),
        **dict(row.environ if row else ()),
        **dict(ask.environ),
        MARK: bench.nonce,
    }


def _without_bus(bench: Bench, folder: str) -> dict[str, str]:
    """Return what keeps a startup file off the user's bus and service manager, where he has them.

    It may tell them its environment (dbus-update-activation-environment, `systemctl --user
    import-environment`), and all that they start would have that of a probe.
    """
    if "XDG_RUNTIME_DIR" not in bench.session:
        return {}
    return {"XDG_RUNTIME_DIR": folder, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"}


def _ask_in_turn(ask: Ask, *, has_terminal: bool) -> Generator[str, _Answer, Probe]:
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


@dataclass(frozen=True)
class _Answer:
    """What one way of asking brought."""

    probe: Probe
    is_late: bool = False  # the time was up
    is_handed_over: bool = False  # the shell ended, or became another program, without an answer


class _Question:
    """One question for one context, asked in one way after another."""

    def __init__(
        self,
        round_: Round,
        context: Context,
        shell: Installed | None,
        ask: Ask,
        world: Mapping[str, str],
    ) -> None:
        self.round, self.context, self.shell, self.ask = round_, context, shell, ask
        self.world, bench = world, round_.bench
        self.prefix = f"{bench.folder}/{os.urandom(4).hex()}"  # no answer of an earlier round is there
        row = ROWS[shell.name] if shell else None
        host = replace(bench.host, environ=world)
        found = round_.signs(row, host) if row else None
        self.makes = found.folders if found else ()
        # Where the user has no startup file yet, nothing can make a difference between the ways.
        has_terminal = row is not None and context.mode in TERMINAL_MODES and has_files(row, host)
        # Whether the question is given as a file, since one of the user's files could see it in `-c`.
        self.is_script = has_terminal and found is not None and found.tells_questions
        self.turns = _ask_in_turn(self.ask, has_terminal=has_terminal)
        self.attempt: _Attempt | None = None
        self.slow: _Attempt | None = None  # on a terminal, where the short time for it is up
        self.leaving: list[_Attempt] = []  # they have answered, and end by themselves
        self.pids: list[int] = []
        self.has_waited = False  # longer than a terminal has: another shell may not start beside it yet
        self.fallback: Probe | None = None  # without a terminal, while one may still answer
        self.answer: Probe | None = None

    def is_alone(self) -> bool:
        """Say whether its shell has folders to make, and must be the only one meanwhile."""
        return not all(map(os.path.isdir, self.makes))

    def start(self) -> None:
        """Ask in the first way, if its shell may start by now."""
        if self.round.may_begin(self):
            self._begin(next(self.turns))

    def poll(self) -> None:
        """Look once; go on to the next way if this one is through."""
        if not self.pids:
            self.start()
            return
        slow = self.slow and self.slow.poll()
        if slow and (slow.probe.verdict != UNKNOWN or self.fallback):
            self.stop()
            self.answer = slow.probe if slow.probe.verdict != UNKNOWN else self.fallback
            return
        is_no = self.fallback is not None and self.fallback.verdict == MISSING
        if self.slow and self.fallback and self.slow.stands_still(is_no=is_no):
            self.stop()
            self.answer = self.fallback
            return
        answer = self.attempt and self.attempt.poll()
        if not answer or not self.attempt:
            return
        if answer.is_late and not self.has_waited and self.is_alone():
            self.has_waited = True
            self.attempt.wait_longer()
            return
        if answer.is_late and self.attempt.is_second and not self.slow:
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
        self.attempt = _Attempt(self, way)
        self.pids.append(self.attempt.pid)


class _Attempt:
    """A program that was started and has a question to answer."""

    def __init__(self, question: _Question, way: str) -> None:
        self.round, self.context = question.round, question.context
        self.out = f"{question.prefix}{way}"
        shell, ask = question.shell, question.ask
        self.program = ask.program or (shell.program if shell else SH)
        self.row: Shell | None = ROWS[shell.name] if shell else None
        self.report_name = EXPORT_NAME if ask.is_exporter else REPORT_NAME
        self.plain = self._question(self._report())
        os.mkdir(f"{self.out}.own", 0o700)
        self.is_open_to_others = way == SPOKEN  # a question that whoever reads there answers
        self.text = self._own_question(self.row) if self.row else self.plain
        self.status: int | None = None
        self.master: int | None = None
        self.started, self.started_at = time.perf_counter(), time.time()
        has_question = any(QUESTION in word for word in ask.argv)
        self.is_second = way == TERMINAL and not ask.is_terminal  # there is another way to ask
        self.has_no_prompt = has_question and not ask.is_terminal  # it ends with the question
        # Whether it ends at once when it has answered. Another one still waits for what reports, and is
        # killed before it can write its history: killed in the middle of that, it would lose it.
        self.is_leaving = bool(self.row and self.row.own_question) and has_question and way != SPOKEN
        self.patience_s = patience_s(self.bench.timeout_s)
        if self.is_second:
            self.patience_s = min(self.patience_s, TERMINAL_TIMEOUT_S)
        self.deadline = self.started + self.patience_s
        self.worked_s = 0.0
        self.next_line = self.started + (FIRST_LINE_S if has_question else TICK_S)
        self.next_look, self.still_looks = self.started, 0
        self.proofs, self.proof_deadline = 0, 0.0
        self.shown = bytearray()
        terminal: int | None = None
        stdin = output = os.open(os.devnull, os.O_RDWR)
        errors = os.open(f"{self.out}.err", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        if way == TERMINAL:
            self.master, terminal = _open_terminal()
        elif way == SPOKEN or not has_question:
            stdin = self._lines()
        elif ask.has_socket:
            stdin = _ended_socket()
        try:
            self.pid = spawn.spawn(
                self.program,
                self._script(ask.argv) if question.is_script else self._words(ask.argv),
                environ=environment(
                    self.bench,
                    shell,
                    ask,
                    question.world,
                    f"{self.out}.own",
                    is_at_terminal=self.context.mode in TERMINAL_MODES,
                ),
                folder=self.bench.host.home,
                stdin=stdin,
                output=output,
                errors=errors,
                terminal=terminal,
            )
        finally:
            for descriptor in {stdin, output, errors, *([] if terminal is None else [terminal])}:
                os.close(descriptor)

    @property
    def bench(self) -> Bench:
        """The bench, as it is known by now."""
        return self.round.bench

    def _words(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return `argv` with the question in it."""
        return tuple(word.replace(QUESTION, self.text) for word in argv)

    def _script(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return `argv` with a file of the question in the place of `-c` and the question."""
        if argv[-2:] not in (("-c", QUESTION), ("-Command", QUESTION)):
            return self._words(argv)
        write(f"{self.out}.asked", f"{self.text}\n")
        return (*(word for word in argv[:-2] if word != STDIN), f"{self.out}.asked")

    def poll(self) -> _Answer | None:
        """Look once: at the terminal, the process and the answer's file."""
        if self.master is not None:
            self._tend_terminal(self.master)
        self.has_ended()
        now = time.perf_counter()
        words = _read_report(self.out)
        if words:
            probe = self._judge(words, now)
            return _Answer(probe) if probe else None
        if self.status is not None:
            reason = f"{self._ended()} before it answered; see what it prints when you start it by hand"
            return _Answer(self._unknown(reason), is_handed_over=True)
        if now < self.deadline or self._has_worked(now):
            return None
        other = successor(self.pid, self.program)
        seconds = round(self.deadline - self.started, 1)
        reason = f"{LATE} in {seconds:g} s" + (f", handed over to {other}" if other else "")
        longer = max(LONGER_S, 2 * round(self.bench.timeout_s))
        reason += f"; if it is only slow: ensure-path --timeout {longer}"
        return _Answer(self._unknown(reason), is_late=True)

    def wait_longer(self) -> None:
        """Give a shell on a terminal the time of one without."""
        self.patience_s = patience_s(self.bench.timeout_s)
        self.deadline = self.started + self.patience_s

    def _has_worked(self, now: float) -> bool:
        """Say whether the shell or what it started has used the processor; then it gets more time."""
        worked_s = spawn.processor_time_s(self.pid)
        has_worked = worked_s > self.worked_s + IDLE_SHARE * self.patience_s
        end = self.started + self.bench.timeout_s
        if not has_worked or now >= end:
            return False
        self.worked_s = worked_s
        self.deadline = min(end, now + self.patience_s)
        return True

    def stands_still(self, *, is_no: bool) -> bool:
        """Say whether the terminal is no longer worth waiting for, since nothing moves there.

        Before a yes without one counts, or that there was no answer (tmux needs a terminal), it must be
        seen that the user is asked for something there. A no only waits for what works: a startup file
        may fetch something at its first start (a plugin manager), or sleep.
        """
        from . import readers  # noqa: PLC0415  (few shells have a terminal and do not answer)

        now = time.perf_counter()
        if self.master is None or now < self.next_look:
            return False
        self.next_look = now + NEXT_LOOK_S
        watched = self._watched(self.master)
        is_still = readers.waits_for_user(watched) or (is_no and not readers.is_busy(watched))
        self.still_looks = self.still_looks + 1 if is_still else 0
        return self.still_looks >= STILL_LOOKS

    def _watched(self, master: int) -> Watched:
        """Return the terminal whose outer end is `master`, and by what those there are known."""
        from . import readers  # noqa: PLC0415  (as above)

        return readers.Watched(
            self.pid,
            master,
            mark=f"{self.out}.own".encode(),
            given=self.out if self.has_no_prompt else "",
            was_asked=ASKS_PLACE in self.shown,
        )

    def has_ended(self) -> bool:
        """Say whether the shell has ended."""
        if self.status is None:
            self.status = spawn.reap(self.pid)
        return self.status is not None

    def stop(self) -> None:
        """End the shell and its process group, and close the terminal."""
        master, self.master = self.master, None
        spawn.kill_session(self.pid, is_reaped=self.status is not None, terminal=master)
        self.status = self.status or 0

    def _question(self, report: str) -> str:
        """Return the text that every shell understands, with what reports in it."""
        return "; ".join(filter(None, (report, self._proof())))

    def _report(self) -> str:
        return f"{SH} {self.bench.folder}/{self.report_name} {self.out}"

    def _proof(self) -> str:
        return f"{PROGRAM}{self.bench.nonce}0 {self.out}" if self.bench.proofs else ""

    def _own_question(self, row: Shell) -> str:
        """Return the text for a shell of this row alone: in its own words, and with its folders."""
        hooks = row.prompt_hooks if self.context.mode in TERMINAL_MODES else ""
        report = " ".join((self._report(), *(query.expression for query in row.folder_queries)))
        if not row.own_question:
            return hooks + self._question(report)
        is_exporter = self.report_name == EXPORT_NAME
        exports = f"\\builtin export -p >{self.out}.env && " if is_exporter else ""
        proof = f"{self._proof()}; " if self.bench.proofs else ""
        return hooks + row.own_question.format(report=report, out=self.out, exports=exports, proof=proof)

    def _lines(self) -> int:
        """Return a descriptor of the question as input. Three times: a startup file may read a line."""
        lines, wait = f"{self.out}.lines", f"{self.out}.wait"
        write(wait, WAIT)
        write(lines, f"\n{self.plain}" * 3 + f"\n{SH} {wait}\nexit\n")
        return os.open(lines, os.O_RDONLY)

    def _tend_terminal(self, master: int) -> None:
        """Answer what the shell asks the terminal, and type the question in time."""
        try:
            shown = os.read(master, 65536)
        except OSError:  # nothing there; or EIO: nobody holds the other end any more
            shown = b""
        self.shown += shown
        reply = b"".join(answer for query, answer in TERMINAL_REPLIES if query in shown)
        if reply:  # nushell throws away what comes with it
            self.next_line = max(self.next_line, time.perf_counter() + NEXT_LOOK_S)
        elif time.perf_counter() >= self.next_line:
            from . import readers  # noqa: PLC0415  (as above)

            is_read = readers.is_at_prompt(self._watched(master))
            self.next_line = time.perf_counter() + (NEXT_LINE_S if is_read else NEXT_LOOK_S)
            if is_read:
                self.is_open_to_others, self.is_leaving = True, False
                reply += b" " + self.plain.encode() + b"\r"  # the blank keeps it out of histories
        if reply:
            try:
                os.write(master, reply)
            except OSError:
                return

    def _judge(self, words: tuple[str, ...], now: float) -> Probe | None:
        """Return the verdict on a report, or None while the proof may still come."""
        path = pathlist.entries(words[0])
        sights = []
        for directory in self.bench.directories:
            sight = self._look_for(directory, path, now)
            if sight is None:
                return None
            sights.append(sight)
            if not sight.is_on_path or sight.ran is False or sight.misplaced:
                break  # decided
        is_there = all(sight.is_on_path for sight in sights)
        hidden = [word for d in self.bench.directories for word in shadows(path, d)] if is_there else []
        verdict, reason, cure = judge.verdict(sights, hidden)
        queries = self.row.folder_queries if self.row else ()
        told = zip((query.name for query in queries), words[2:-2])
        return Probe(
            self.context,
            verdict,
            reason,
            cure,
            path=path,
            # Entries in the probe's own folders say nothing about the user's PATH.
            found=tuple(entry for entry in path if not entry.startswith(self.bench.folder)),
            told_folders=tuple((name, folder) for name, folder in told if folder),
            duration_ms=self._took_s(now) * 1000,
            said="" if verdict in SERVED else self._said(),
            exported=tuple(self._exported().items()),
            became=self._successor(words[-2]) if self.is_open_to_others else None,
        )

    def _successor(self, asker: str) -> Installed | None:
        """Return the shell that has asked for the report, if it is another than was started."""
        from onpath.host.running import read_process, shell_of  # noqa: PLC0415  (few questions)

        process = read_process(int(asker)) if asker.isdigit() else None
        found = shell_of(process) if process else None
        is_other = found and self.row and found[0].name not in {self.row.name, POSIX.name}
        return found[0] if found and is_other else None

    def _exported(self) -> dict[str, str]:
        """Return what the shell hands to the programs of its session; nothing where it was not asked."""
        if self.report_name != EXPORT_NAME:
            return {}
        from . import exports  # noqa: PLC0415  (one question in a run; loaded in `start`)

        with open(f"{self.out}.env", encoding="utf-8", errors="surrogateescape") as file:
            found = exports.parse(file.read())
        return {name: value for name, value in found.items() if name not in OF_A_PROBE}

    def _look_for(self, directory: str, path: tuple[str, ...], now: float) -> judge.Sight | None:
        """Return what the answer says of `directory`, or None while its proof may still come."""
        indices = pathlist.indices_of(path, directory, identity)
        if not indices:
            return judge.Sight(is_on_path=False)
        order = self.bench.order
        misplaced = judge.misplaced(path, indices[0], self._given(), order) if order else ""
        if misplaced:
            return judge.Sight(is_on_path=True, misplaced=misplaced)
        if directory not in self.bench.proofs:
            return judge.Sight(is_on_path=True, unusable=_unusable_reason(directory))
        number = self.bench.proofs.index(directory)
        if os.path.exists(f"{self.out}.{number}"):
            return judge.Sight(is_on_path=True, ran=True)
        if number >= self.proofs:  # the report is there, and as many proofs
            self.proofs = number + 1
            self.proof_deadline = now + PROOF_GRACE * self.bench.timeout_s
        if self.status is None and now < self.proof_deadline:
            return None
        return judge.Sight(is_on_path=True, ran=False, unusable=_unusable_reason(directory))

    def _given(self) -> tuple[str, ...]:
        """Return the PATH of a new session without the directories."""
        given = pathlist.entries(self.bench.session.get("PATH", ""))
        for each in self.bench.directories:
            given = pathlist.without(given, each, identity)
        return given

    def _took_s(self, now: float) -> float:
        """Return when the report was written at the latest: it may have lain there for a while."""
        try:
            written = os.stat(self.out).st_mtime - self.started_at + FILE_CLOCK_S
        except OSError:
            return now - self.started
        return min(now - self.started, max(written, FILE_CLOCK_S))

    def _unknown(self, reason: str) -> Probe:
        took = (time.perf_counter() - self.started) * 1000
        fact, cure = judge.split(reason)
        return Probe(self.context, UNKNOWN, fact, cure, duration_ms=took, said=self._said())

    def _said(self) -> str:
        """Return the last telling line of what the shell wrote to standard error, or to the terminal."""
        try:
            with open(f"{self.out}.err", "rb") as file:
                text = file.read(MAX_SAID) or bytes(self.shown[-MAX_SAID:])
        except OSError:
            return ""
        return judge.telling_line(text.decode("utf-8", "replace"), self.bench.folder)

    def _ended(self) -> str:
        status = self.status or 0
        return f"killed by signal {-status}" if status < 0 else f"ended with status {status}"


def patience_s(timeout_s: float) -> float:
    """Return for how long a shell that has `timeout_s` may wait without working.

    Who gives it more time than the usual is told to by the report, since it waits.
    """
    return min(timeout_s, max(IDLE_S, timeout_s / IDLE_PART))


def successor(pid: int, program: str) -> str:
    """Return the name of what a process that was to run `program` has become, or an empty text.

    A child that was just forked is still this program, and has not yet the mark in its environment.
    """
    try:
        is_started = MARK.encode() in proc.read(f"/proc/{pid}/environ")
    except OSError:  # it is another user's by now; or there is no /proc
        is_started = True
    other = proc.name(pid) if is_started else ""
    return "" if other == os.path.basename(os.path.realpath(program)) else other


def shadows(path: tuple[str, ...], directory: str) -> tuple[str, ...]:
    """Return, in words, which commands of `directory` an earlier entry of `path` hides."""
    first = pathlist.indices_of(path, directory, identity)[0]
    earlier = [entry for entry in path[:first] if entry]
    try:
        names = {name for name in os.listdir(directory) if not name.startswith(PROGRAM)}
    except OSError:
        return ()
    ours = _commands(directory, names) if earlier else {}
    return judge.shadows(ours, (_others(entry, ours) for entry in earlier))


def _others(folder: str, ours: Mapping[str, str]) -> dict[str, str]:
    """Return the programs of `folder` that have the name of one of `ours` and are not the same file."""
    theirs = _commands(folder, set(ours))
    return {name: path for name, path in theirs.items() if not _is_same_file(path, ours[name])}


def _is_same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _commands(folder: str, names: set[str]) -> dict[str, str]:
    """Return those of `names` that are programs in `folder`: name -> path."""
    if len(names) > MAX_LOOKS:
        try:
            names = names.intersection(os.listdir(folder))
        except OSError:
            return {}
    paths = ((name, f"{folder}/{name}") for name in names)
    return {name: path for name, path in paths if os.path.isfile(path) and os.access(path, os.X_OK)}


def _unusable_reason(directory: str) -> str:
    """Return why no program in `directory` can run, or an empty text."""
    for each, info in walk(directory):
        if stat.S_ISDIR(info.st_mode) and not os.access(each, os.X_OK):
            return _closed_reason(each, directory, info.st_uid)
    if not os.path.isdir(directory):
        return f"the directory does not exist; make it: mkdir -p {directory}"
    if is_noexec(directory):
        return NOEXEC
    return ""


def _closed_reason(folder: str, directory: str, owner: int) -> str:
    if sys.platform == "win32":
        raise NotImplementedError
    what = "the directory" if folder == directory else folder
    if owner == os.geteuid():
        return f"{what} may not be searched; run chmod u+x {folder}"
    return f"{what} may not be searched by you; have its owner run chmod a+x {folder}"


def _read_report(out: str) -> tuple[str, ...]:
    """Return the words of a complete report, or nothing: PATH, `out`, folders, who asked, `end`."""
    try:
        with open(out, "rb") as file:
            words = file.read().split(b"\0")[:-1]
    except OSError:
        return ()
    if len(words) < 4 or words[-1] != b"end":  # noqa: PLR2004
        return ()
    return tuple(word.decode("utf-8", "surrogateescape") for word in words)


def _open_terminal() -> tuple[int, int]:
    """Return the outer and the inner end of a pseudo-terminal of the usual size."""
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415
    import termios  # noqa: PLC0415

    master, terminal = os.openpty()
    os.set_blocking(master, False)
    size = b"".join(number.to_bytes(2, sys.byteorder) for number in WINDOW_SIZE)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    return master, terminal


def _ended_socket() -> int:
    """Return a socket at whose other end nobody is, as sshd's is when nothing is sent to the command.

    `socket` would cost 8 ms to import.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    import _socket  # noqa: PLC0415  (few questions)

    inner, outer = _socket.socketpair()
    outer.close()
    return int(inner.detach())
