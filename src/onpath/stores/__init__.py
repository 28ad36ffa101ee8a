"""Read and write targets. The only room that changes anything that stays: one file a medium.

`files` and `registry` have the same names; which of them serves a target is asked once, here.
"""

from __future__ import annotations

import os

from onpath.host.ways import identity
from onpath.model import File, Machine
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from onpath.model import Host, Installed, RegistryValue, Target, Value


def read(target: Target) -> str | None:
    """Return the text of `target`, or None if it does not exist. Raises `RefusedError`."""
    text: str | None = _medium(target).read(target)
    return text


def refusal(target: Target, uid: int) -> str | None:
    """Return why `target` may not or cannot be edited, without writing anything; else None."""
    reason: str | None = _medium(target).refusal(target, uid)
    return reason


def write(
    target: Target,
    text: str | None,
    before: str | None,
    spare: str = "",
    *,
    state_folder: str = "",
    is_single: bool = False,
) -> tuple[str, ...]:
    """Make `text` the content of `target` (None: remove it), and return the folders that were made.

    The old file gets the name `spare`, if one is given, and can be put back by it. In `state_folder`
    lies the backup of a file that must be written in place; without it, beside the file. Other names
    that the file has keep what they hold if it `is_single`; else they stay names of it. Raises
    `ChangedError` if the target is no longer `before`, OSError if it cannot be written; then it is as it
    was. If not, `TornError` says where the text of the file is.
    """
    medium = _medium(target)
    more = (state_folder, is_single) if target.medium == File.medium else ()
    folders: tuple[str, ...] = medium.write(target, text, before, spare, *more)
    return folders


def recover(state_folder: str, paths: Iterable[str], uid: int) -> tuple[str, ...]:
    """Restore the files that a run left half written when it was killed, and return their paths.

    First in every run that may change something. Backups lie in `state_folder`, or beside `paths`.
    """
    from . import files  # noqa: PLC0415  (most looks read no file)

    return files.recover(state_folder, paths, uid)


def spare(target: Target, nonce: str) -> str:
    """Return the name for the old file of `target` in the run `nonce`; nothing where it has none."""
    name: str = _medium(target).spare(target, nonce)
    return name


def temporary(target: File, spare: str) -> str:
    """Return the name of a new file until it has its place; see `files.temporary`."""
    from . import files  # noqa: PLC0415  (as above)

    return files.temporary(target, spare)


def set_aside(target: File, beside: str) -> str:
    """Have a file stay for its user to find; see `files.set_aside`."""
    from . import files  # noqa: PLC0415  (as above)

    return files.set_aside(target, beside)


def restore(target: File, spare: str, now: str | None, *, is_complete: bool = True) -> None:
    """Give the old file its name back; see `files.restore`."""
    from . import files  # noqa: PLC0415  (as above)

    files.restore(target, spare, now, is_complete=is_complete)


def put(path: str, text: str, *, is_shared: bool = False) -> None:
    """Make a file and its folders in one step; see `trees.put`."""
    from . import trees  # noqa: PLC0415  (a look needs none of it)

    trees.put(path, text, is_shared=is_shared)


def take(path: str, made: tuple[str, ...]) -> None:
    """Remove a file and the folders `made` for it in one step; see `trees.take`."""
    from . import trees  # noqa: PLC0415  (as above)

    trees.take(path, made)


def folders_to_make(target: Target) -> tuple[str, ...]:
    """Return the folders that `write` would make for `target`."""
    folders: tuple[str, ...] = _medium(target).folders_to_make(target)
    return folders


def sweep(target: Target, *, spare: str = "", is_own: bool = False, has_spares: bool = False) -> None:
    """Remove what a run that was killed while it wrote `target` left beside it; see `files.sweep`."""
    _medium(target).sweep(target, spare=spare, is_own=is_own, has_spares=has_spares)


def lines(target: Target, text: str | None) -> list[str]:
    """Return the lines of `text` that a diff of `target` compares."""
    found: list[str] = _medium(target).lines(text)
    return found


def announce(targets: Iterable[Target]) -> None:
    """Tell running programs of changed `targets`, where they can be told."""
    for medium in {id(m): m for m in map(_medium, targets)}.values():
        medium.announce()


def import_ahead() -> None:
    """Import what writing a file needs."""
    from . import replacing  # noqa: F401, PLC0415  (a look needs none of it)


def machine(host: Host) -> Machine:
    """Return how places look at the real machine."""

    def is_there(path: str) -> bool:
        from . import files  # noqa: PLC0415  (as above)

        return files.is_readable(path)

    def version_matches(shell: Installed, specifier: str) -> bool:
        from onpath.shells import startup  # noqa: PLC0415  (few rows have versions)

        return startup.version_matches(shell, specifier)

    def value(target: RegistryValue) -> Value | None:
        from . import registry  # noqa: PLC0415  (only Windows has one)

        return registry.read_value(target)

    def removal_refusal(target: File) -> str | None:
        from . import files  # noqa: PLC0415  (as above)

        return files.removal_refusal(target, host.uid)

    def variables() -> Mapping[str, str]:
        from . import registry  # noqa: PLC0415

        is_new_user = bool(host.system.STATE_FOLDER)  # for whom all others stand
        return registry.fresh_environment(host.environ, is_new_user=is_new_user, is_for_path=True)

    def is_same(one: str, other: str) -> bool:
        from onpath.host import windows  # noqa: PLC0415

        return windows.is_same(one, other)

    return Machine(
        read=read,
        refusal=lambda target: refusal(target, host.uid),
        removal_refusal=removal_refusal,
        is_there=is_there,
        is_link=os.path.islink,
        identity=identity,
        version_matches=version_matches,
        value=value,
        variables=variables,
        is_same=is_same,
    )


def _medium(target: Target) -> Any:
    """Return the module that serves `target`."""
    if target.medium == File.medium:
        from . import files  # noqa: PLC0415  (as above)

        return files
    from . import registry  # noqa: PLC0415  (only Windows has one)

    return registry
