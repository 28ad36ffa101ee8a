"""One program that was started and has a question to answer: on a terminal or without one. Unix only.

Every shell is given the same text:
`/bin/sh FOLDER/report FOLDER/out; onpath-probe-<nonce> FOLDER/out`. The first part reports the PATH that
the shell hands to its children, so no shell's own syntax is ever parsed; the second is the proof. bash
does the first part itself where it can be sure (`own_question`): /bin/sh takes a third as long as bash.
Answers go to files, never to stdout: banners do not matter, and a pipe would wait for every
background child of a startup file.
"""

from __future__ import annotations

import errno
import os
import sys
import time

from onpath import pathlist
from onpath.host.ways import identity
from onpath.model import (
    CRASHED,
    EFFECTIVE,
    LATE,
    MET,
    PREPEND,
    PROGRAM,
    QUESTION,
    SHADOWED,
    TERMINAL_MODES,
    UNKNOWN,
    Bench,
    Probe,
)
from onpath.shells import HISTORY, OWN_PATHS, PRIVATE_HISTORY, ROWS, STDIN, UNALIASED
from onpath.values import TYPE_CHECKING, dataclass, replace

from . import judge, sights, spawn
from .bench import EXPORT_NAME, REPORT_NAME, write
from .inside import MARK
from .worlds import OF_A_PROBE, SH, environment, kept_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from onpath.host.running import Process
    from onpath.model import Ask, Context, Installed
    from onpath.shells import Shell

    from .readers import Watched
    from .successors import Successor

CRASHES = (4, 6, 8, 11)  # SIGILL, SIGABRT, SIGFPE, SIGSEGV: no program sends one of them to end a shell
NO_END = "see whether its startup files read each other without end, and start it by hand"
IDLE_SHARE = 0.02  # of the time: what uses less of the processor only waits
IDLE_S = 10.0  # how long a shell may wait without working, itself or its children
IDLE_PART = 3  # of a longer time that somebody asks for, a shell may wait this part: as of the 30 s
TERMINAL_TIMEOUT_S = 2.0  # before it is asked without one too: a file may want a passphrase there
PROOF_GRACE = 0.2  # of the time limit: between the report, or one proof, and the next
LINGER_S = 8.0  # more of it while a program works there that asks nobody for anything
TICK_S = 0.002
FIRST_LINE_S = 0.4  # on a terminal, how long a shell may take before the question is typed
NEXT_LINE_S = 0.6  # and typed again: line editors throw away what came too early
NEXT_LOOK_S = 0.05  # at who reads there
STILL_LOOKS = 6  # in a row at which nothing may work there: between two programs it looks so too
MET_LOOKS = 3  # in a row at which another shell has the terminal, before one like it is started
WINDOW_SIZE = (24, 80, 0, 0)  # a struct winsize (ioctl_tty(2)): rows, columns, and what nobody uses
# The call that sets it, where Linux has the usual numbers (asm-generic/ioctls.h). `termios`, which has
# it for all, takes as long to import as a shell to be started.
SET_WINDOW_SIZE = 0x5414
OF_USUAL_NUMBERS = frozenset(
    ("aarch64", "armv6l", "armv7l", "i686", "loongarch64", "riscv64", "s390x", "x86_64")
)
NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)  # a limit that all else would meet as well
MAX_DEPTH = 3  # of shells in each other's place
MAX_SAID = 1 << 16  # bytes of what a shell says that are looked at
SERVED = {EFFECTIVE, SHADOWED}
FILE_CLOCK_S = 0.004  # how far a file's time may lie behind the clock, at Linux's usual 250 Hz

QUIET = "-quiet"  # no terminal; the question in the arguments
SPOKEN = "-spoken"  # on standard input as well: this reaches into a shell that a startup file execs
TERMINAL = "-terminal"  # on a pseudo-terminal, typed if need be
# What fish, nushell and others ask a terminal, and wait for: its kind, and where the cursor is.
ASKS_PLACE = b"\x1b[6n"
TERMINAL_REPLIES = ((b"\x1b[c", b"\x1b[?62;c"), (ASKS_PLACE, b"\x1b[1;1R"))

# Bash hands functions to the programs that it starts as well, and another bash has them.
EXPORTS = "\\builtin export -p >{out}.env && \\builtin export -pf >{out}.functions && "
# What comes after the question waits to be killed, if there is an answer: a shell that ends writes its
# history, and loses it if it is killed then; and it runs what the user has it do when he leaves.
WAIT = '[ -s "$1" ] || exit 0\nPATH=${PATH-}:/usr/bin:/bin:/run/current-system/sw/bin\nexec sleep 60\n'


@dataclass(frozen=True)
class Task:
    """What is asked, of whom, and where."""

    context: Context
    shell: Installed | None
    ask: Ask
    world: Mapping[str, str]
    prefix: str  # of the paths of all files that belong to it
    is_script: bool  # the question is a file: one of the user's could see it in `-c`
    pane: tuple[str, ...] = ()  # in which of worlds.PANES it is asked
    is_trapped: bool = False  # the question is hidden from a trap that one of the user's files sets
    is_logged: bool = False  # a hook of the prompt may keep a log
    # Of a shell as it was found: the world is all that it has, this is where it starts, and how many
    # there were before it.
    folder: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Answer:
    """What one way of asking brought."""

    probe: Probe
    is_late: bool = False  # the time was up
    is_handed_over: bool = False  # the shell ended, or became another program, without an answer


class NoTerminalError(OSError):
    """No pseudo-terminal can be opened."""


class Attempt:
    """A program that was started and has a question to answer."""

    def __init__(self, task: Task, bench: Bench, way: str) -> None:
        self.bench, self.context, self.world, self.way = bench, task.context, task.world, way
        self.out = f"{task.prefix}{way}"
        shell, ask = task.shell, task.ask
        self.program = ask.program or (shell.program if shell else SH)
        self.shell, self.row = shell, ROWS[shell.name] if shell else None
        self.report_name = EXPORT_NAME if ask.is_exporter else REPORT_NAME
        has_question = any(QUESTION in word for word in ask.argv)
        self.plain = ("" if has_question else self._meanings()) + self._question(self._report())
        os.mkdir(f"{self.out}.own", 0o700)
        self.is_open_to_others = way == SPOKEN  # a question that whoever reads there answers
        self.text = self._own_question(self.row, task) if self.row else self.plain
        self.status: int | None = None
        self.master: int | None = None
        self.voice: int | None = None  # by which the question is said, once it is known who listens
        self.started, self.started_at = time.perf_counter(), time.time()
        self.is_second = way == TERMINAL and not ask.is_terminal  # there is another way to ask
        self.has_no_prompt = has_question and not ask.is_terminal  # it ends with the question
        # Whether it ends at once when it has answered. Another one still waits for what reports, and is
        # killed before it can write its history: killed in the middle of that, it would lose it.
        self.is_leaving = bool(self.row and self.row.own_question) and has_question and way != SPOKEN
        self.patience_s = patience_s(self.bench.timeout_s)
        if self.is_second:
            self.patience_s = min(self.patience_s, TERMINAL_TIMEOUT_S)
        self.deadline = self.started + self.patience_s
        self.worked_s, self.has_lingered = 0.0, False
        self.next_line = self.started + (FIRST_LINE_S if has_question else TICK_S)
        self.next_look, self.still_looks = self.started, 0
        self.proofs, self.proof_deadline = 0, 0.0
        self.history = ""  # in which the shell has written its question
        self.shown = bytearray()
        self.successor: Attempt | None = None  # is asked for the shell that is here now
        self.depth = task.depth
        self.may_be_succeeded = has_question and task.depth < MAX_DEPTH
        self.joined: Process | None = None  # a client of the user's own multiplexer
        self.met, self.met_looks, self.missed_looks = 0, 0, 0
        terminal: int | None = None
        if way == TERMINAL:
            self.master, terminal = open_terminal()
        stdin = output = os.open(os.devnull, os.O_RDWR)
        errors = os.open(f"{self.out}.err", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        if way == SPOKEN:
            stdin, self.voice = os.pipe()
        elif not has_question:
            write(f"{self.out}.lines", self._lines())
            stdin = os.open(f"{self.out}.lines", os.O_RDONLY)
        elif ask.has_socket:
            stdin = _ended_socket()
        try:
            self.pid = spawn.spawn(
                self.program,
                self._script(ask.argv) if task.is_script else self._words(ask.argv),
                environ=self._as_found(task)
                if task.folder
                else environment(
                    self.bench,
                    shell,
                    ask,
                    task.world,
                    f"{self.out}.own",
                    is_at_terminal=self.context.mode in TERMINAL_MODES,
                    pane=task.pane,
                ),
                folder=task.folder or self.bench.host.home,
                stdin=stdin,
                output=output,
                errors=errors,
                terminal=terminal,
            )
        finally:
            for descriptor in {stdin, output, errors, *([] if terminal is None else [terminal])}:
                os.close(descriptor)

    def _as_found(self, task: Task) -> dict[str, str]:
        """Return the environment of a shell as it was found, and what it lost that keeps it apart."""
        is_ours = task.world.get(MARK) == self.bench.nonce
        return {
            **task.world,
            **({} if is_ours else kept_apart(self.bench, f"{self.out}.own")),
        }

    def _words(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return `argv` with the question in it."""
        return tuple(word.replace(QUESTION, self.text) for word in argv)

    def _script(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return `argv` with a file of the question in the place of `-c` and the question."""
        if argv[-2:] not in (("-c", QUESTION), ("-Command", QUESTION)):
            return self._words(argv)
        write(f"{self.out}.asked", f"{self.text}\n{self._wait()}\n")
        words = (word for word in argv[:-2] if word != STDIN)
        options = self.row.script_options if self.row else ()
        if not options:
            return (*words, f"{self.out}.asked")
        write(f"{self.out}.begin", f" . {self.out}.asked\n")
        return (*words, *options, f"{self.out}.begin")

    def poll(self, bench: Bench) -> Answer | None:
        """Look once: at the terminal, the process, the answer's file. The bench may be a newer one."""
        self.bench = bench
        if self.master is not None:
            self._tend_terminal(self.master)
        if self.voice is not None and not self.successor:
            self._tend_listener(self.voice)
        if self.successor:
            return self._ask_successor(self.successor)
        self.has_ended()
        now = time.perf_counter()
        words = _read_report(self.out)
        if words:
            probe = self._judge(words, now)
            return Answer(probe) if probe else None
        if self.status is not None:
            reason = self._why_ended()
            return Answer(self._unknown(reason), is_handed_over=True)
        if now < self.deadline or self._has_worked(now):
            return None
        return Answer(self._unknown(self._why_late()), is_late=True)

    def _ask_successor(self, successor: Attempt) -> Answer | None:
        """Return the answer of the shell that is here now, if it has come.

        If there is none, since a shell with a question is not like one without, it is typed to.
        """
        from . import successors  # noqa: PLC0415  (as above)

        answer = successor.poll(self.bench)
        if answer and answer.is_handed_over:
            successor.stop()
            self.successor, self.may_be_succeeded = None, False
            self.deadline = time.perf_counter() + self.patience_s
            return None
        became = successors.other_than(self.row, successor.shell)
        took = answer.probe.duration_ms + (successor.started - self.started) * 1000 if answer else 0.0
        return answer and replace(answer, probe=replace(answer.probe, became=became, duration_ms=took))

    def _why_late(self) -> str:
        """Return why there is no answer in time, with the cure."""
        from onpath.shells.startup import named_pipe  # noqa: PLC0415  (few shells are late)

        from . import successors  # noqa: PLC0415  (as above)

        fact = f"{LATE} in {round(self.deadline - self.started, 1):g} s"
        pipe = named_pipe(self.row, replace(self.bench.host, environ=self.world)) if self.row else ""
        if pipe:
            return f"{fact}: it may wait for {pipe}, a named pipe; put a file in its place"
        other = successors.name(self.pid, self.program)
        handed_over = f", handed over to {other}" if other else ""
        return f"{fact}{handed_over}; {judge.longer_cure(self.bench.timeout_s)}"

    def lingers(self) -> bool:
        """Give a terminal on which a program works some more time, once, and return whether it has it.

        Another shell beside it would have the same work to do, and would be killed in the midst of it.
        """
        from . import readers  # noqa: PLC0415  (few shells are late)

        if self.has_lingered or self.master is None or not readers.is_busy(self._watched(self.master)):
            return False
        self.has_lingered = True
        more_s = min(LINGER_S, patience_s(self.bench.timeout_s) - self.patience_s)
        self.deadline += more_s
        return more_s > 0

    def wait_longer(self) -> None:
        """Give a shell on a terminal the time of one without."""
        self.patience_s = patience_s(self.bench.timeout_s)
        self.deadline = self.started + self.patience_s
        if self.successor:
            self.successor.wait_longer()

    def wait_anew(self) -> None:
        """Give the shell its time from now on: it may have waited for another one, as for a lock."""
        end = max(self.deadline, self.started + self.bench.timeout_s)
        self.deadline = max(self.deadline, min(end, time.perf_counter() + self.patience_s))
        self.has_lingered = False
        if self.successor:
            self.successor.wait_anew()

    def _has_worked(self, now: float) -> bool:
        """Say whether the shell or what it started has used the processor; then it gets more time.

        What it has done in the background does not count: fish reads manual pages for a minute.
        """
        from . import readers  # noqa: PLC0415  (few shells are late)

        worked_s = spawn.processor_time_s(self.pid, readers.HELPERS)
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

        def is_still(watched: Watched) -> bool:
            return readers.waits_for_user(watched) or (is_no and not readers.is_busy(watched))

        return self._stays(is_still)

    def _is_at_next_line(self) -> bool:
        """Say whether the shell waits for another line, and so the rest of ours will not be run.

        A tcsh whose first command fails leaves out those after it.
        """
        from . import readers  # noqa: PLC0415  (as above)

        return self._stays(readers.edits_line)

    def _stays(self, is_so: Callable[[Watched], bool]) -> bool:
        """Look at the terminal, if there is one, and say whether `is_so` was true of it for a while."""
        master = self.master
        return master is not None and self._lasts(lambda: is_so(self._watched(master)))

    def _lasts(self, is_so: Callable[[], bool]) -> bool:
        """Say whether `is_so` was true at each of the last looks."""
        now = time.perf_counter()
        if now < self.next_look:
            return False
        self.next_look = now + NEXT_LOOK_S
        self.still_looks = self.still_looks + 1 if is_so() else 0
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
        if self.successor:
            self.successor.stop()
        if self.joined:
            from . import multiplexers  # noqa: PLC0415  (few startup files join one)

            multiplexers.end_session(self.joined, self.started_at, self.pid)
        if self.voice is not None:
            os.close(self.voice)
        master, self.master, self.voice = self.master, None, None
        spawn.kill_session(self.pid, is_reaped=self.status is not None, terminal=master)
        self.status = self.status or 0
        if self.history:
            from . import histories  # noqa: PLC0415  (few shells write one by themselves)

            histories.take_out(self.history, self.text, self.bench.folder)

    def _question(self, report: str) -> str:
        """Return the text that every shell understands, with what reports in it."""
        return "; ".join(filter(None, (report, self._proof())))

    def _report(self) -> str:
        return f"{SH} {self.bench.folder}/{self.report_name} {self.out}"

    def _proof(self) -> str:
        return f"{PROGRAM}{self.bench.nonce}0 {self.out}" if self.bench.proofs else ""

    def _own_question(self, row: Shell, task: Task) -> str:
        """Return the text for a shell of this row alone: in its own words, and with its folders."""
        hooks = (task.is_logged and row.careful_hooks) or row.prompt_hooks
        hooks = hooks if self.context.mode in TERMINAL_MODES else ""
        hooks = hooks.replace(PRIVATE_HISTORY, f"{self.out}.own/history")
        # After what defines some at the first prompt; before what takes all aliases out of the way.
        hooks = self._meanings() + hooks if hooks.startswith(UNALIASED) else hooks + self._meanings()
        report = " ".join((self._report(), *(query.expression for query in row.folder_queries)))
        if not row.own_question:
            return f"{hooks}{self._question(report)}; {self._wait()}"
        is_exporter = self.report_name == EXPORT_NAME
        exports = EXPORTS.format(out=self.out) if is_exporter else ""
        proof = f"{self._proof()}; " if self.bench.proofs else ""
        question = row.own_question.format(report=report, out=self.out, exports=exports, proof=proof)
        if task.is_trapped and row.trapped_question:
            return row.trapped_question.format(hooks=hooks, question=question)
        return hooks + question

    def _meanings(self) -> str:
        """Return what tells whether the commands of the bench mean something else to this shell."""
        if not self.bench.commands or not self.row:
            return ""
        from . import meanings  # noqa: PLC0415  (only installers ask)

        return meanings.question(self.row, self.bench.commands, self.out)

    def _wait(self) -> str:
        """Return the command with which the shell waits to be killed."""
        write(f"{self.out}.wait", WAIT)
        return f"{SH} {self.out}.wait {self.out}"

    def _lines(self) -> str:
        """Return the question as input. Three times: a startup file may read a line."""
        return f"\n{self.plain}" * 3 + f"\n{self._wait()}\nexit\n"

    def _tend_listener(self, voice: int) -> None:
        """Say the question to what reads there, or start another shell like it.

        Only who is at a prompt keeps what it is told. Before it reads, it may become yet another.
        """
        from . import successors  # noqa: PLC0415  (as above)

        if not self._lasts(lambda: successors.reads_pipe(self.pid)):
            return
        there = successors.others(successors.at(self.pid), self.out)
        found = successors.find(there) if self.may_be_succeeded else None
        self.successor = self._ask_like(found, QUIET) if found else None
        if not self.successor:
            self.voice = None
            try:
                os.write(voice, os.fsencode(self._lines()))
            except OSError:  # it has ended
                return
            finally:
                os.close(voice)

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
        elif not self.successor and time.perf_counter() >= self.next_line:
            from . import readers  # noqa: PLC0415  (as above)

            is_read, there, client = readers.look(self._watched(master))
            self.joined = client or self.joined
            if self.may_be_succeeded:
                is_read = self._meet(there, is_read=is_read)
            self.next_line = time.perf_counter() + (NEXT_LINE_S if is_read else NEXT_LOOK_S)
            if is_read:
                self.is_open_to_others, self.is_leaving = True, False
                reply += b" " + self.plain.encode() + b"\r"  # the blank keeps it out of histories
        if reply:
            try:
                os.write(master, reply)
            except OSError:
                return

    def _meet(self, there: list[Process], *, is_read: bool) -> bool:
        """Ask a shell like one that is there, if that is another than was asked; say whether to type.

        It need not have come to its prompt, only to stay: how it was started is known before.
        """
        from . import successors  # noqa: PLC0415  (as above)

        others = successors.others(there, self.out)
        found = successors.find(others)
        if found:
            self.met_looks = self.met_looks + 1 if found.pid == self.met else 0
            self.met = found.pid
            if is_read or (self.met_looks >= MET_LOOKS and self._has_folders(found)):
                self.successor = self._ask_like(found, self.way)
            return False
        # Of one that has just a child there it may not be told.
        self.missed_looks += bool(others)
        return is_read and (not others or self.missed_looks > STILL_LOOKS)

    def _has_folders(self, found: Successor) -> bool:
        """Say whether another shell like it may start beside it: it has made what both need."""
        from onpath.shells.startup import signs  # noqa: PLC0415  (few questions)

        host = replace(self.bench.host, environ=found.environ)
        return all(map(os.path.isdir, signs(ROWS[found.shell.name], host).folders))

    def _ask_like(self, found: Successor, way: str) -> Attempt:
        """Start another shell like the one that was found, with the question as an argument."""
        from onpath.shells.startup import signs  # noqa: PLC0415  (few questions)

        row, host = ROWS[found.shell.name], replace(self.bench.host, environ=found.environ)
        ask = replace(found.ask, is_exporter=self.report_name == EXPORT_NAME)
        prefix, shown = f"{self.out}-next", signs(row, host)
        environ = {**found.environ, MET: f"|{found.pid}"}
        task = Task(
            *(self.context, found.shell, ask, environ, prefix, shown.tells_questions),
            is_trapped=shown.traps_commands,
            is_logged=shown.keeps_log,
            folder=found.folder,
            depth=self.depth + 1,
        )
        attempt = Attempt(task, self.bench, way)
        if self.patience_s > attempt.patience_s:
            attempt.wait_longer()
        return attempt

    def _judge(self, words: tuple[str, ...], now: float) -> Probe | None:
        """Return the verdict on a report, or None while the proof may still come."""
        path = pathlist.entries(words[0])
        seen = []
        for directory in self.bench.directories:
            sight = self._look_for(directory, path, now)
            if sight is None:
                return None
            seen.append(sight)
            if not sight.is_on_path or sight.ran is False or sight.misplaced:
                break  # decided
        is_there = len(seen) == len(self.bench.directories) and all(s.is_on_path for s in seen)
        hidden = (
            [word for d in self.bench.directories for word in sights.shadows(path, d)]
            if is_there
            else []
        )
        verdict, reason, cure = judge.verdict(seen, hidden)
        queries = self.row.folder_queries if self.row else ()
        told = dict(zip((query.name for query in queries), words[2:-2]))
        self.history = told.get(HISTORY, "")
        return Probe(
            self.context,
            verdict,
            reason,
            cure,
            path=path,
            # Entries in the probe's own folders say nothing about the user's PATH.
            found=()
            if _is_own_path(words[0])
            else tuple(entry for entry in path if not entry.startswith(self.bench.folder)),
            told_folders=tuple((name, folder) for name, folder in told.items() if folder),
            duration_ms=self._took_s(now) * 1000,
            said="" if verdict in SERVED else self._said(),
            exported=tuple(self._exported().items()),
            became=self._became(words[-2]) if self.is_open_to_others else None,
            meanings=self._told_meanings(),
        )

    def _became(self, asker: str) -> Installed | None:
        """Return the shell that has asked for the report, if it is another than was started."""
        from . import successors  # noqa: PLC0415  (few questions)

        return successors.answering(asker, self.row)

    def _told_meanings(self) -> tuple[tuple[str, str, bool], ...]:
        if not self.bench.commands:
            return ()
        from . import meanings  # noqa: PLC0415  (as above)

        return meanings.read(self.bench.commands, self.out)

    def _exported(self) -> dict[str, str]:
        """Return what the shell hands to the programs of its session; nothing where it was not asked."""
        if self.report_name != EXPORT_NAME:
            return {}
        from . import exports  # noqa: PLC0415  (one question in a run; loaded in `start`)

        found = {**exports.parse(self._told("env")), **exports.functions(self._told("functions"))}
        return {name: value for name, value in found.items() if name not in OF_A_PROBE}

    def _told(self, what: str) -> str:
        """Return what the shell wrote into a file of its own, or an empty text."""
        try:
            with open(f"{self.out}.{what}", encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def _look_for(self, directory: str, path: tuple[str, ...], now: float) -> judge.Sight | None:
        """Return what the answer says of `directory`, or None while its proof may still come."""
        if not pathlist.indices_of(path, directory, identity):
            return judge.Sight(is_on_path=False)
        order = self.bench.order
        if order:
            first = pathlist.first_of(path, directory, identity)
            others = (*self._given(), *self._ordered_with(directory, path))
            misplaced = judge.misplaced(path, first, others, order)
            if misplaced:
                return judge.Sight(is_on_path=True, misplaced=misplaced)
        if directory not in self.bench.proofs:
            return judge.Sight(is_on_path=True, unusable=sights.unusable_reason(directory))
        number = self.bench.proofs.index(directory)
        if os.path.exists(f"{self.out}.{number}"):
            return judge.Sight(is_on_path=True, ran=True)
        if number >= self.proofs:  # the report is there, and as many proofs
            self.proofs = number + 1
            self.proof_deadline = now + PROOF_GRACE * self.bench.timeout_s
        if self.status is None and now < self.proof_deadline and not self._is_at_next_line():
            return None
        return judge.Sight(is_on_path=True, ran=False, unusable=sights.unusable_reason(directory))

    def _ordered_with(self, directory: str, path: tuple[str, ...]) -> tuple[str, ...]:
        """Return the entries of `path` for those of the directories that are to be on one side of it.

        They are to be on PATH in the order in which they were named; one that was named twice, by two
        names, as it was named first.
        """
        first: dict[object, str] = {}
        for each in self.bench.directories:
            first.setdefault(identity(each), each)
        named = [*first.values()]
        if directory not in named:
            return ()
        at = named.index(directory)
        others = named[at + 1 :] if self.bench.order == PREPEND else named[:at]
        found = (pathlist.indices_of(path, each, identity) for each in others)
        return tuple(path[indices[0]] for indices in found if indices)

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

    def _why_ended(self) -> str:
        """Return how the shell ended without an answer, or why it was never started."""
        why = ""
        if self.status == spawn.NOT_DONE:
            why = sights.unstarted_reason(self.program, self.bench.host.home)
        if -(self.status or 0) in CRASHES:
            why = f"{CRASHED} with signal {-(self.status or 0)}; {NO_END}"
        return why or f"{self._ended()} before it answered; see what it prints when you start it by hand"

    def _ended(self) -> str:
        status = self.status or 0
        return f"killed by signal {-status}" if status < 0 else f"ended with status {status}"


def _is_own_path(path: str) -> bool:
    """Say whether `path` may be what /bin/sh takes where it is given none."""
    return path in OWN_PATHS.values() and OWN_PATHS.get(os.path.basename(os.path.realpath(SH))) == path


def patience_s(timeout_s: float) -> float:
    """Return for how long a shell that has `timeout_s` may wait without working.

    Who gives it more time than the usual is told to by the report, since it waits.
    """
    return min(timeout_s, max(IDLE_S, timeout_s / IDLE_PART))


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


def open_terminal() -> tuple[int, int]:
    """Return the outer and the inner end of a pseudo-terminal of the usual size.

    Raises `NoTerminalError` where there is none to be had, as in a chroot without /dev/pts.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415

    try:
        master, terminal = os.openpty()
    except OSError as error:
        if error.errno in NO_DESCRIPTORS:
            raise
        raise NoTerminalError(error.errno, error.strerror) from None
    os.set_blocking(master, False)
    size = b"".join(number.to_bytes(2, sys.byteorder) for number in WINDOW_SIZE)
    fcntl.ioctl(terminal, _set_window_size(), size)
    return master, terminal


def _set_window_size() -> int:
    """Return the number of the call that sets the size of a terminal's window."""
    if sys.platform == "win32":
        raise NotImplementedError
    if spawn.GIVES_TERMINAL and os.uname().machine in OF_USUAL_NUMBERS:  # Linux
        return SET_WINDOW_SIZE
    import termios  # noqa: PLC0415  (as above)

    return termios.TIOCSWINSZ


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
