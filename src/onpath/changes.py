"""Carry out a plan, all or nothing, and put edits back."""

from __future__ import annotations

from . import stores
from .errors import ChangedError, OnpathError, RefusedError
from .values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Edit


@dataclass(frozen=True)
class Applied:
    """An edit that is or was carried out. It is written down first, so that no stop can hide it."""

    edit: Edit
    folders: tuple[str, ...] = ()  # those that did not exist before
    earlier: tuple[str | None, ...] = ()  # texts of ours that the target held in between


def intent(edit: Edit) -> Applied:
    """Return what has to be known before `edit` is written."""
    return Applied(edit, stores.folders_to_make(edit.target))


def apply(edits: Iterable[Edit]) -> tuple[Applied, ...]:
    """Write every edit. If one fails, put back those already written, and raise."""
    done: list[Applied] = []
    try:
        for edit in edits:
            done.append(intent(edit))
            stores.write(edit.target, edit.after, edit.before)
        return tuple(done)
    except OSError as error:
        put_back(done)
        words = (error.strerror or str(error)).lower()
        raise OnpathError(
            f"{error.filename or 'a startup file'} could not be written ({words}); nothing was changed"
        ) from None
    except BaseException:
        put_back(done)
        raise


def put_back(done: Iterable[Applied]) -> None:
    """Take back each of `done`, the last first, as far as it was written at all.

    What somebody else has changed meanwhile is left to them.
    """
    for applied in reversed(list(done)):
        edit = applied.edit
        try:
            now = stores.read(edit.target)
            if now != edit.before and now in {edit.after, *applied.earlier}:
                stores.write(edit.target, edit.before, now)
        except (ChangedError, RefusedError):
            continue
        stores.sweep(edit.target)
        stores.remove_folders(applied.folders)
