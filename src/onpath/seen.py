"""What the answers of a report are to, and whether a run that is handed them asks the same.

What fresh shells say depends on who asks, where and how, and on the files that they read. An answer of
which any of that differs spares no look.
"""

from __future__ import annotations

import os

from .beginning import environment
from .model import Question
from .shells import ROWS, startup
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .model import Host, Installed, Report
    from .request import Request


def question(
    request: Request, host: Host, shells: Iterable[Installed], files: Iterable[str]
) -> Question:
    """Return what fresh shells are asked by `request`, while `files` are as they are now."""
    environ = dict(environment(request)).items()
    return Question(
        home=host.home,
        user=host.uid,
        order=request.proven_order,
        timeout_s=request.timeout_s,
        is_for_every_user=request.is_for_every_user,
        environ=hash(frozenset(environ)),  # not its values: there may be secrets in it
        shells=tuple((shell.name, shell.program) for shell in shells),
        files=hash(tuple(map(_state, files))),
    )


def is_answered(report: Report, mine: Question) -> bool:
    """Say whether the answers of `report` are to `mine`, a question while its files are as now."""
    asked = report.question
    return (
        asked is not None
        and set(mine.shells) <= set(asked.shells)
        and replace(mine, shells=asked.shells) == asked
    )


def startup_files(
    hosts: Iterable[Host], shells: Iterable[Installed], told: Iterable[Mapping[str, str]]
) -> tuple[str, ...]:
    """Return the files that `shells` may read, in each world of `hosts`; `told` of their own folders."""
    rows, told = [ROWS[shell.name] for shell in shells], tuple(told)
    found = (path for host in hosts for row in rows for path in startup.read_files(row, host, told))
    return tuple(dict.fromkeys(found))


def _state(path: str) -> tuple[object, ...]:
    """Return what differs once `path` is written, replaced, removed or closed."""
    try:
        info = os.stat(path)
    except (OSError, ValueError):  # there is none; a NUL in its name
        return (path,)
    return path, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
