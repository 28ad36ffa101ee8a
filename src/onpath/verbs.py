"""The four verbs that the command line and the Python interface share. None of them prints or exits."""

from __future__ import annotations

import os

from . import consent
from . import survey as look
from .errors import NoHomeError
from .host import detect, users
from .host.lock import Lock
from .model import REQUIRED_MODES, WINDOWS, File, Report
from .survey import Look, Request
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Host


check = look.check


def ensure(request: Request) -> Report:
    """Make the directories effective in every required mode of every shell asked, or change nothing.

    An edit stays only if a fresh shell proved that it made a mode effective. Raises `OnpathError`
    before anything is written.
    """
    from . import prove  # noqa: PLC0415  (a look needs none of it, and this is how fast looks are)

    if consent.forbids(request.environ):
        return _look_only(request, f"{consent.NO_MODIFY} is set")
    seen = Look(request)
    if consent.is_refused(seen.host):
        return _look_only(
            request, f"installed with --no-modify-path ({consent.NO_MODIFY}=0 overrules it)"
        )
    _check_home(seen.host, is_forced=request.is_forced)
    with Lock(seen.host.home):
        return prove.ensure(seen) if request.is_verified else prove.ensure_unverified(seen)


def _look_only(request: Request, why: str) -> Report:
    return replace(check(request), notes=(f"{why}: looked only, changed nothing",))


def diff(request: Request) -> Report:
    """Look, and return the edits that `ensure` would try first. Nothing is written."""
    from . import prove  # noqa: PLC0415

    return prove.diff(Look(request))


def undo(request: Request) -> Report:
    """Take back what `ensure` put: all, or the blocks of the directories that are named."""
    host = detect(request.environ, home=request.home)
    _check_home(host, is_forced=request.is_forced)
    with Lock(host.home):
        return _undo(host, request)


def _undo(host: Host, request: Request) -> Report:
    from . import prove, receipt, stores  # noqa: PLC0415
    from .changes import apply, put_back  # noqa: PLC0415
    from .host import directories as locate  # noqa: PLC0415
    from .places import fence  # noqa: PLC0415
    from .places import startup_files as plan
    from .shells import startup  # noqa: PLC0415

    folder = locate.state_folder(host)
    record = receipt.load(folder)
    named = tuple(dict.fromkeys(locate.absolute(host, d) for d in request.directories))
    if host.system == WINDOWS:
        from .probes import windows  # noqa: PLC0415

        whole = windows.undo(host, record, ())
        planned = windows.undo(host, record, named) if named else whole
    else:
        places = [] if record.files else _told_places(host, request.timeout_s)
        files = startup.candidates(host, places)
        for path in (*record.files, *files):
            stores.sweep(File(path))
        looks = prove.looks_of(host)
        whole = plan.undo(record, files, looks)
        keys = [fence.key(d, host.home) for d in named]
        planned = plan.undo(record, files, looks, keys) if named else whole
    is_all = planned == whole and not planned.refusals
    made = tuple(filter(os.path.isdir, (folder, *record.folders)))
    done = apply((*planned.edits, *(receipt.removal(folder) if is_all else ())))
    try:
        if is_all:
            stores.remove_folders(made)
        elif record.entries and planned.edits:
            receipt.save(folder, receipt.without(record, planned.edits))
        stores.announce(edit.target for edit in planned.edits)
    except BaseException:
        put_back(done)
        for each in made:
            stores.make_folders(each)
        raise
    is_partial = bool(planned.refusals)
    return Report(
        status="partial" if is_partial else "changed" if done else "unchanged",
        exit_code=0 if not is_partial else 3 if planned.edits else 1,
        directories=named,
        edits=planned.edits,
        refusals=planned.refusals,
    )


def _told_places(host: Host, timeout_s: float) -> list[Mapping[str, str]]:
    """Ask the shells in use that may have their files elsewhere. Only where there is no receipt."""
    from .host import find_shell  # noqa: PLC0415
    from .probes import unix as verify  # noqa: PLC0415
    from .shells import (
        ROWS,
        startup,
    )

    known = {shell.name for shell in (host.running, host.login) if shell}
    rows = [r for r in ROWS.values() if r.tells and (r.name in known or startup.is_used(r, host))]
    shells = [shell for shell in (find_shell(row.name, host.environ) for row in rows) if shell]
    bench = verify.open_bench(host, (), timeout_s=timeout_s, has_proofs=False)
    try:
        answers = verify.verify(bench, [(s, mode) for s in shells for mode in REQUIRED_MODES])
    finally:
        verify.close_bench(bench)
    return [probe.places for probe in answers]


def _check_home(host: Host, *, is_forced: bool) -> None:
    """Raise if the home is another user's: a root shell that kept HOME would leave root's files."""
    owner = os.stat(host.home).st_uid
    if is_forced or owner == host.uid:
        return
    name = users.user_name(owner)
    if name is None:
        return  # a container's home that belongs to nobody known
    raise NoHomeError(f"{host.home} belongs to {name}; run this as {name}, without sudo, or add --force")
