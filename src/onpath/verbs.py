"""The verbs that the command line and the library share. None of them prints or exits.

And consent: whether edits are wanted, by what the environment says and what an installer was told. What
an installer was told holds for every later run, until it is told otherwise: updates must not edit the
files of a user who once said no.
"""

from __future__ import annotations

import os

from . import places, probes
from .contexts import DEFAULT_MODES
from .errors import LeftError, NoHomeError, RefusedError
from .host import detect, directories
from .model import Edit, File, Plan, Report, Want
from .probes import inside
from .request import repeated
from .survey import Survey, environment, find_directories, host_of
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

    from .model import Context, Host, Machine, Refusal, Status, Target
    from .request import Request

NO_MODIFY = "ONPATH_NO_MODIFY_PATH"
NO_MODIFY_NAME = "no-modify-path"  # of the mark in the state folder; it holds the folders made for it


def ensure(request: Request) -> Report:
    """Make the directories effective in every required context, or change nothing.

    An edit stays only if a fresh program proved that it made a context effective. Raises `OnpathError`
    before anything is written.
    """
    inside.refuse(environment(request))
    from . import prove  # noqa: PLC0415  (a look needs none of it, and this is how fast looks are)

    if _forbids(environment(request)):
        return _look_only(request, f"{NO_MODIFY} is set (unset it to have the files edited)")
    survey = Survey(request)
    if is_refused(survey.host):
        return _look_only(request, f"installed with --no-modify-path ({NO_MODIFY}=0 overrules it)")
    host = survey.host
    _check_home(host, request, survey.directories)
    with host.system.Lock(host.home):
        notes = _finish(host)
        _check_finished(host, notes)
        if notes:  # what it was put back to is another machine
            survey = Survey(request)
        survey.notes += notes
        return prove.ensure(survey)


def check(request: Request) -> Report:
    """Look only. Nothing is written outside a private temporary folder."""
    inside.refuse(environment(request))
    survey = Survey(request, is_look=True)
    survey.report_before()
    return survey.report()


def where(request: Request) -> Report:
    """Look, and return where a command stands in each context of this machine. Nothing is written."""
    from .standings import standings  # noqa: PLC0415  (one verb)

    survey = Survey(request, is_look=True)
    survey.report_before()
    return replace(survey.report(), standings=standings(survey))


def diff(request: Request) -> Report:
    """Look, and return the edits that `ensure` would try first. Nothing is written."""
    inside.refuse(environment(request))
    from . import prove  # noqa: PLC0415  (as above)

    return prove.diff(Survey(request, is_look=True))


def undo(request: Request) -> Report:
    """Take back what `ensure` put: all, or what was put for the directories that are named."""
    inside.refuse(environment(request))
    host = host_of(request)
    _check_home(host, request)
    if request.is_dry:
        return _undo(host, request)
    with host.system.Lock(host.home):
        return _undo(host, request)


def _check_home(host: Host, request: Request, named: tuple[str, ...] = ()) -> None:
    """Raise `NoHomeError` if the home is another user's, unless that is insisted on."""
    try:
        if not request.is_forced:
            host.system.check_home(host, named)
    except NoHomeError as error:
        raise NoHomeError(repeated(request, str(error))) from None


def line(request: Request) -> str:
    """Return the line that makes it true in the running shell, or in the first one of the request."""
    from .host.installed import named_shell, own_folders  # noqa: PLC0415

    host = detect(environment(request), home=request.home)
    named = find_directories(host, request)
    shell = named_shell(request.shells[0], host, own_folders(host, named)) if request.shells else None
    return host.system.activation(host, named, request.order, shell)


def dockerfile(request: Request) -> str:
    """Return the lines by which all that is started in an image has the directories."""
    from .shells import startup  # noqa: PLC0415  (as above)

    host = detect(environment(request), home=request.home)
    return startup.image_lines(find_directories(host, request))


def _undo(host: Host, request: Request) -> Report:
    from . import changes, receipts, stores  # noqa: PLC0415  (as above)

    folder = directories.state_folder(host)
    notes = () if request.is_dry else _finish(host)
    record = receipts.load(folder, host.home)
    pending, record = record.pending, replace(record, pending=None)
    is_named = request.directories or request.python
    named = find_directories(host, request) if is_named else ()
    told = () if record.files else _told_folders(host, request)
    want = Want(host, (), told_folders=told, find_receipt=lambda: record)

    def stays(path: str) -> str:
        return "" if request.is_forced else receipts.outside_reason(path, record, host.home)

    machine = _machine_of_this_home(want, stays)
    whole = _plan_undo(want, machine)
    planned = _plan_undo(replace(want, directories=named), machine) if named else whole
    is_all = planned.edits == whole.edits and not planned.refusals and not pending
    if request.is_dry:
        has_receipt = receipts.has_receipt(folder) and not receipts.foreign_reason(folder, host.home)
        is_less = is_all or receipts.without(record, planned.edits) != record
        has_changed = bool(planned.edits or pending) or (has_receipt and is_less)
    else:
        for target in whole.looked_at:
            if not stays(str(target)):
                stores.sweep(target, has_spares=not pending)  # else one is needed still
        _sweep_proofs(host, request, whole.edits)
        with changes.Changes(lambda: folder, host) as done:
            done.apply(planned.edits)
            if is_all:
                done.remove_receipt(each for each in record.folders if not stays(each))
            else:
                done.settle(replace(receipts.without(record, planned.edits), pending=pending))
            stores.announce(edit.target for edit in planned.edits)
            has_changed = bool(planned.edits or notes) or done.has_changed_receipt
    status: Status = "changed" if has_changed else "unchanged"
    if planned.refusals or (pending and not request.is_dry):
        status = "partial" if has_changed else "refused"
    if record == receipts.EMPTY:
        notes += tuple(_note_folders(host, planned.edits))
    return Report(status, named, edits=planned.edits, refusals=planned.refusals, notes=notes)


def _finish(host: Host) -> tuple[str, ...]:
    """Put back what a run that was killed has left, and return what is to be told of it."""
    from . import recovery, stores  # noqa: PLC0415  (as above)
    from .shells import startup  # noqa: PLC0415  (as above)

    folder = directories.state_folder(host)
    is_own = not host.system.STATE_FOLDER
    paths = startup.candidates(host, ()) if is_own else startup.system_candidates()
    torn = stores.recover(folder, paths, host.uid)  # what is half written, first
    told = tuple(
        f"{path} was half written by a run that was killed; its old text is back" for path in torn
    )
    return (*told, *recovery.finish(host, probes.of(host), folder))


def _check_finished(host: Host, notes: tuple[str, ...]) -> None:
    """Raise if something of a killed run is still to be put back: this one's record would replace it."""
    from . import receipts  # noqa: PLC0415  (as above)

    if receipts.is_pending(directories.state_folder(host)):
        facts = ", ".join(notes)
        raise LeftError(f"{facts}; make room or make it writable, and run ensure-path again")


def _sweep_proofs(host: Host, request: Request, edits: tuple[Edit, ...]) -> None:
    """Remove the proof programs of a run that was killed before it had anything to record.

    From the directories that have a block, that are named, or that are usual.
    """
    from .places import fence  # noqa: PLC0415  (as above)

    keys = [key for edit in edits for key in fence.bodies(edit.before)] if host.home else []
    usual = host.system.unversioned_directory(host)
    named = (host.system.absolute(host, directory) for directory in request.directories)
    found = dict.fromkeys((*(fence.directory(key, host.home) for key in keys), *named, usual))
    prober = probes.of(host)
    prober.sweep(host, prober.new_nonce(), filter(os.path.isdir, found))


def _note_folders(host: Host, edits: tuple[Edit, ...]) -> Iterator[str]:
    """Say which folders stay, since without a receipt nothing tells who has made them."""
    from .host.folders import spelled  # noqa: PLC0415  (as above)
    from .places import fence  # noqa: PLC0415  (as above)

    places = [fence.directory(key, host.home) for edit in edits for key in fence.bodies(edit.before)]
    places += [os.path.dirname(str(edit.target)) for edit in edits if edit.after is None]
    empty: dict[str, None] = {}
    for place in places:
        folder = place
        while folder != host.home and _holds_only(folder, empty):
            empty[folder] = None
            folder = os.path.dirname(folder)  # which would be empty then
    if empty:
        yield (
            "there was no receipt, so these empty folders, which may be of an earlier run, were left: "
            f"rmdir {' '.join(map(spelled, empty))}"
        )


def _holds_only(folder: str, gone: Container[str]) -> bool:
    """Say whether in `folder` there is nothing but what is `gone`."""
    try:
        return all(f"{folder}/{name}" in gone for name in os.listdir(folder))
    except OSError:
        return False


def _machine_of_this_home(want: Want, stays: Callable[[str], str]) -> Machine:
    """Return how an undo looks at the machine: as if nothing were outside of this home but ours.

    `stays` says why a path is not ours, or nothing. A link out of the home is seen, and refused. So is
    a recorded file that cannot be reached: it may hold a block when its disk is mounted again.
    """
    from . import homes, stores  # noqa: PLC0415  (as above)
    from .stores.files import dangling_reason  # noqa: PLC0415

    machine, home = stores.machine(want.host), want.host.home

    def read(target: Target) -> str | None:
        if not isinstance(target, File):
            return machine.read(target)
        reason = dangling_reason(target)
        if reason and target.path in want.receipt.files:
            raise RefusedError(reason)
        is_hidden = homes.below(target.path, home) is None and stays(target.path)
        return None if is_hidden else machine.read(target)

    def refusal(target: Target) -> str | None:
        reason = stays(target.path) if isinstance(target, File) else ""
        return reason or machine.refusal(target)

    return replace(machine, read=read, refusal=refusal)


def _plan_undo(want: Want, machine: Machine) -> Plan:
    """Return what every place of this system would take back; a file of two places is one edit."""
    edits: dict[object, Edit] = {}  # by what all names of a file share
    refusals: list[Refusal] = []
    looked_at: list[Target] = []
    for row in places.here(want.host):
        planned = places.load(row).undo(want, machine)
        for edit in planned.edits:
            is_file = isinstance(edit.target, File)
            edits[machine.identity(str(edit.target)) if is_file else edit.target] = edit
        refusals += [each for each in planned.refusals if each not in refusals]
        looked_at += planned.looked_at
    return Plan(tuple(edits.values()), tuple(refusals), tuple(dict.fromkeys(looked_at)))


def _told_folders(host: Host, request: Request) -> tuple[tuple[Context, Mapping[str, str]], ...]:
    """Ask the shells in use that may have their files elsewhere. Only where there is no receipt."""
    from . import stores  # noqa: PLC0415  (as above)
    from .host.installed import find_shell, own_folders  # noqa: PLC0415
    from .shells import UNIX_ROWS, startup  # noqa: PLC0415

    if places.STARTUP_FILES not in places.here(host):
        return ()
    known = {shell.name for shell in (host.running, host.login) if shell}
    rows = (row for row in UNIX_ROWS.values() if row.folder_queries)
    used = [row.name for row in rows if row.name in known or startup.is_used(row, host)]
    more = own_folders(host, request.directories)
    shells = {name: shell for name in used if (shell := find_shell(name, host.environ, more))}
    place, prober, machine = places.load(places.STARTUP_FILES), probes.of(host), stores.machine(host)
    contexts = place.contexts(host, tuple(shells.values()), DEFAULT_MODES)
    found = ((context, place.ask(host, context, machine)) for context in contexts)
    asks = [(c, shells[c.shell], ask) for c, ask in found if not isinstance(ask, str)]
    timeout_s = request.timeout_s or host.system.TIMEOUT_S
    bench = prober.open_bench(
        host, (), timeout_s=timeout_s, has_proofs=False, session=host.system.new_session(host)[0]
    )
    try:
        answers = prober.ask_all(bench, asks)
    finally:
        prober.close_bench(bench)
    return tuple((probe.context, dict(probe.told_folders)) for probe in answers)


def _look_only(request: Request, why: str) -> Report:
    return replace(check(request), notes=(f"{why}: looked only, changed nothing",))


def _forbids(environ: Mapping[str, str]) -> bool:
    """Say whether the environment forbids edits."""
    return environ.get(NO_MODIFY, "") not in {"", "0"}


def is_refused(host: Host) -> bool:
    """Say whether an installer was told to edit nothing; a 0 in the environment overrules it."""
    return host.environ.get(NO_MODIFY, "") != "0" and os.path.exists(_mark(host).path)


def resolve_and_remember_consent(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether runs may edit, and keep for later ones what the environment says, if anything.

    For installers. Raises `OnpathError` or OSError.
    """
    environ = os.environ if environ is None else environ
    host = detect(environ)
    if environ.get(NO_MODIFY):
        _remember_consent(host, may_edit=not _forbids(environ))
    return not is_refused(host)


def _remember_consent(host: Host, *, may_edit: bool) -> None:
    from . import changes, homes, receipts, stores  # noqa: PLC0415  (as above)
    from .stores.folder import missing_folders, remove_folders  # noqa: PLC0415

    mark, home = _mark(host), host.home
    before = stores.read(mark)
    folder = os.path.dirname(mark.path)
    with changes.Changes(lambda: folder, host, is_recorded=False) as done:
        if may_edit and before is not None:
            names = before.splitlines()
            # A mark of the first release has full paths: those of this home are its own.
            own = (path for path in names if not path.startswith("~"))
            found = homes.carry_over(own, home, folder)
            made = tuple(p for n in names for p in found.get(n, (homes.from_name(n, home),)))
            if receipts.has_receipt(folder):  # it still needs the folders, and sees to them from now on
                done.save(receipts.add(receipts.load(folder, home), (), made))
            done.apply([Edit(mark, before, None)])
            remove_folders(made)
        elif not may_edit and before is None:
            missing = missing_folders(os.path.realpath(folder))
            text = "".join(f"{homes.to_name(each, home)}\n" for each in missing)
            done.apply([Edit(mark, None, text)])


def _mark(host: Host) -> File:
    return File(f"{directories.state_folder(host)}/{NO_MODIFY_NAME}")
