"""Carry out a plan, all or nothing, and put edits back."""

from __future__ import annotations

from . import stores
from .errors import OnpathError
from .values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Edit


@dataclass(frozen=True)
class Applied:
    """An edit that was carried out, and the folders that were made for it."""

    edit: Edit
    folders: tuple[str, ...] = ()


def apply(edits: Iterable[Edit]) -> tuple[Applied, ...]:
    """Write every edit. If one fails, put back those already written, and raise."""
    done: list[Applied] = []
    try:
        for edit in edits:
            done.append(Applied(edit, stores.write(edit.target, edit.after, edit.before)))  # noqa: PERF401
    except OSError as error:
        put_back(done)
        words = (error.strerror or str(error)).lower()
        raise OnpathError(
            f"{error.filename or 'a startup file'} could not be written ({words}); nothing was changed"
        ) from None
    except BaseException:
        put_back(done)
        raise
    return tuple(done)


def put_back(done: Iterable[Applied]) -> None:
    """Take back each of `done`, the last first: every target is as it was before."""
    for applied in reversed(list(done)):
        stores.write(applied.edit.target, applied.edit.before, applied.edit.after)
        stores.remove_folders(applied.folders)
