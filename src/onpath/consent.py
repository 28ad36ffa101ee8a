"""Consent: whether edits are wanted, by what the environment says and what an installer was told.

What an installer was told holds for every later run, until it is told otherwise: updates must not edit
the files of a user who once said no.
"""

from __future__ import annotations

import os

from .host import detect, directories
from .model import Edit, File
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Host

NO_MODIFY = "ONPATH_NO_MODIFY_PATH"
NO_MODIFY_NAME = "no-modify-path"  # of the mark in the state folder; it holds the folders made for it
CURE = f"run the installer with --modify-path, or set {NO_MODIFY}=0 for one run"


def why_forbidden(environ: Mapping[str, str]) -> str:
    """Return why the environment forbids edits, or an empty text."""
    if not _forbids(environ):
        return ""
    # An installer keeps its --no-modify-path, and passes it on in the variable: no user has set that.
    return why_refused(detect(environ)) or f"{NO_MODIFY} is set (unset it to have the files edited)"


def why_refused(host: Host) -> str:
    """Return why an installer's edits were refused for good, or an empty text."""
    return f"installed with --no-modify-path ({CURE})" if is_refused(host) else ""


def is_refused(host: Host) -> bool:
    """Say whether an installer was told to edit nothing; a 0 in the environment overrules it."""
    return host.environ.get(NO_MODIFY, "") != "0" and os.path.exists(_mark(host).path)


def resolve_and_remember(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether runs may edit, and keep for later ones what the environment says, if anything.

    For installers. Raises `OnpathError` or OSError.
    """
    environ = os.environ if environ is None else environ
    host = detect(environ)
    if environ.get(NO_MODIFY):
        _remember(host, may_edit=not _forbids(environ))
    return not is_refused(host)


def _remember(host: Host, *, may_edit: bool) -> None:
    from . import changes, homes, receipts, stores  # noqa: PLC0415  (few runs)
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


def _forbids(environ: Mapping[str, str]) -> bool:
    return environ.get(NO_MODIFY, "") not in {"", "0"}


def _mark(host: Host) -> File:
    return File(f"{directories.state_folder(host)}/{NO_MODIFY_NAME}")
