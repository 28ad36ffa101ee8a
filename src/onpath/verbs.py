"""The verbs that the command line and the library share. None of them prints or exits."""

from __future__ import annotations

import os

from .beginning import Beginning, check_home, environment, find_directories, host_of
from .errors import OnpathError
from .model import File
from .probes import inside
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Context, Host, Report
    from .request import Request
    from .survey import Survey

NAME = "onpath"  # in each marker of a block


def ensure(request: Request) -> Report:
    """Make the directories effective in every required context, or change nothing.

    An edit stays only if a fresh program proved that it made a context effective. Raises `OnpathError`
    before anything is written.
    """
    beginning = Beginning(request)
    from . import consent, prove, recovery  # noqa: PLC0415  (a look needs none of it)
    from .survey import Survey  # noqa: PLC0415  (as in `look`)

    reason = consent.why_forbidden(environment(request))
    if reason:
        return _look_only(request, reason)
    survey = Survey(beginning)
    host = survey.host
    reason = consent.why_refused(host)
    if reason:
        return _look_only(request, reason)
    check_home(host, request, survey.directories)
    with host.system.Lock(host.home, directories=survey.directories) as left:
        if left:
            recovery.sweep(host, left)
        notes = recovery.finish_killed(host)
        recovery.check_finished(host, notes)
        if notes:  # what it was put back to is another machine
            survey = Survey(Beginning(request))
        survey.notes += notes
        return prove.ensure(survey)


def refuse(request: Request) -> None:
    """Raise `OnpathError` where `ensure` would, whatever the shells say, before it makes anything."""
    from .host import directories  # noqa: PLC0415  (as in `find_directories`)

    host = host_of(request)
    found = find_directories(host, request)
    for each in found:
        directories.check_directory(each)
    check_home(host, request, found)


def check(request: Request) -> Report:
    """Look only. Nothing is written outside a private temporary folder."""
    survey = look(request)
    survey.report_before(_hindered(survey))
    return survey.report()


def _hindered(survey: Survey) -> Mapping[Context, str]:
    """Return why those that lack the directory cannot be served: a cure that fails is none."""
    lacking = [c for c in survey.wanted if not survey.before[c].is_served and survey.is_required(c)]
    if not lacking:
        return {}
    from .probes.sights import unusable_reason  # noqa: PLC0415  (most looks find nothing missing)

    closed = next(filter(None, map(unusable_reason, filter(os.path.isdir, survey.directories))), "")
    if closed:
        return dict.fromkeys(lacking, closed)
    from .shells.startup import languages  # noqa: PLC0415  (as above)

    targets = {target for context in lacking for target in survey.targets(context)}
    is_plain = all(_is_plain(each, survey.host) for each in targets if isinstance(each, File))
    if is_plain and len(languages(survey.host)) <= 1:  # else a file may be read by shells of several
        return {}
    from . import planning  # noqa: PLC0415  (most looks need none)

    return planning.hindered(survey)


def _is_plain(file: File, host: Host) -> bool:
    """Say whether `file` is the user's own, and has nothing of ours, which may be damaged."""
    from . import stores  # noqa: PLC0415  (as above)
    from .host.folders import is_plainly_own  # noqa: PLC0415

    try:
        return is_plainly_own(file.path, host.uid) and NAME not in (stores.read(file) or "")
    except OnpathError:
        return False


def where(request: Request) -> Report:
    """Look, and return where a command stands in each context of this machine. Nothing is written."""
    survey = look(request)
    survey.report_before()
    from .standings import standings  # noqa: PLC0415  (one verb)

    return replace(survey.report(), standings=standings(survey))


def diff(request: Request) -> Report:
    """Look, and return the edits that `ensure` would try first. Nothing is written."""
    survey = look(request)
    from . import prove  # noqa: PLC0415  (as above)

    return prove.diff(survey)


def look(request: Request) -> Survey:
    """Return what fresh programs say. The first shell starts before the rest is loaded."""
    beginning = Beginning(request)
    with beginning.bench() as held:
        held.ask_ahead()
        from .survey import Survey  # noqa: PLC0415  (while the first shell starts: there is time)

        return Survey(beginning, held)


def undo(request: Request) -> Report:
    """Take back what `ensure` put: all, or what was put for the directories that are named."""
    host = host_of(request)
    inside.refuse(environment(request), host.lineage)
    from . import undoing  # noqa: PLC0415  (one verb)

    check_home(host, request)
    if request.is_dry:
        return undoing.undo(host, request)
    with host.system.Lock(host.home) as left:
        return undoing.undo(host, request, left)


def line(request: Request) -> str:
    """Return the line that makes it true in the running shell, or in the first one of the request."""
    host = host_of(request)
    named = find_directories(host, request)
    shell = host.system.shell_called(host, request.shells[0], named) if request.shells else None
    return host.system.activation(host, named, request.order, shell)


def dockerfile(request: Request) -> str:
    """Return the lines by which all that is started in an image has the directories."""
    host = host_of(request)
    return host.system.image_lines(host, find_directories(host, request))


def _look_only(request: Request, why: str) -> Report:
    return replace(check(replace(request, seen=None)), notes=(f"{why}: looked only, changed nothing",))
