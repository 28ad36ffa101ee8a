"""Whether startup files may be edited: what the environment says, and what an installer was told.

An installer's answer holds for every later run, until it is told otherwise: updates must not edit the
files of a user who once said no.
"""

from __future__ import annotations

import os

from .host import detect
from .host import directories as locate
from .model import File
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Host

NO_MODIFY = "ONPATH_NO_MODIFY_PATH"
NAME = "no-modify-path"  # of the mark in the state folder; it names the folders that were made for it


def forbids(environ: Mapping[str, str]) -> bool:
    """Say whether the environment forbids edits."""
    return environ.get(NO_MODIFY, "") not in {"", "0"}


def is_refused(host: Host) -> bool:
    """Say whether an installer was told to edit nothing; a 0 in the environment overrules it."""
    return host.environ.get(NO_MODIFY, "") != "0" and os.path.exists(_mark(host).path)


def settle(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether runs may edit, and keep for later ones what the environment says, if anything.

    For installers. Raises `OnpathError` or OSError.
    """
    host = detect(environ)
    if environ.get(NO_MODIFY):
        _remember(host, may_edit=not forbids(environ))
    return not is_refused(host)


def _remember(host: Host, *, may_edit: bool) -> None:
    from . import receipt, stores  # noqa: PLC0415  (looks need neither, and this is how fast looks are)

    mark = _mark(host)
    before = stores.read(mark)
    folder = os.path.dirname(mark.path)
    if may_edit and before is not None:
        folders = tuple(before.splitlines())
        if receipt.is_there(folder):  # it still needs them, and sees to them from now on
            receipt.save(folder, receipt.add(receipt.load(folder), (), folders))
        stores.write(mark, None, before)
        stores.remove_folders(folders)
    elif not may_edit and before is None:
        folders = stores.make_folders(folder)
        try:
            stores.write(mark, "".join(f"{each}\n" for each in folders), None)
        except BaseException:
            stores.remove_folders(folders)
            raise


def _mark(host: Host) -> File:
    return File(f"{locate.state_folder(host)}/{NAME}")
