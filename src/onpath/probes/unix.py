"""Start fresh shells as a new terminal would, and ask them, side by side. Unix only.

The proof is that a program in the directory runs by its bare name: see `attempts`.
"""

from __future__ import annotations

import os
import time

from onpath.values import TYPE_CHECKING

from . import spawn
from .attempts import TICK_S
from .bench import close_bench, new_nonce, open_bench, private_folders, sweep
from .inside import MARK
from .questions import Round

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onpath.model import Ask, Bench, Context, Installed, Probe

    from .questions import OnAnswer

# What every prober has: `protocols.Prober`.
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

LEAVING_S = 0.02  # how long a shell that has answered, and ends by itself, may take for that
FORK_S = 0.05  # after which a child that was just forked has become its program, and carries the mark


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
    if round_.histories:
        from . import histories  # noqa: PLC0415  (as above)

        for path, before in round_.histories.items():
            histories.give_back(path, before)
    if round_.agents:
        from . import agents  # noqa: PLC0415  (as above)

        agents.restore(round_.agents)
    return left
