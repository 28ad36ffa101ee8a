"""Put the commands of `pip install --user` on PATH in every shell, and prove it in fresh ones.

`ensure`, `check`, `where`, `diff` and `undo` take the options of `ensure-path` as keywords, return a
`Report` and raise `OnpathError`. They neither print nor exit.

>>> import onpath
>>> report = onpath.check()                          # doctest: +SKIP
>>> report.ok                                        # doctest: +SKIP
False
"""

from __future__ import annotations

from .errors import OnpathError, UsageError
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Literal, TypeVar, Union

    from .contexts import Mode
    from .errors import (
        ChangedError,
        CorruptFenceError,
        InsideProbeError,
        LeftError,
        NoHomeError,
        NoScriptsDirectoryError,
        NoShellError,
        RefusedError,
        TornError,
        UnspellableError,
    )
    from .model import (
        Context,
        Edit,
        Entry,
        File,
        Installed,
        NotEffectiveError,
        Order,
        Outcome,
        Probe,
        Question,
        Refusal,
        RegistryValue,
        Report,
        Scheme,
        Standing,
    )
    from .protocols import Progress

    SHELLS: tuple[str, ...]
    """The names that `shells` takes: of shells, and of their programs."""

    StrPath = Union[str, "os.PathLike[str]"]
    Verb = TypeVar("Verb", bound=Callable[..., Report])

__all__ = [
    "SHELLS",
    "ChangedError",
    "Context",
    "CorruptFenceError",
    "Edit",
    "Entry",
    "File",
    "InsideProbeError",
    "Installed",
    "LeftError",
    "NoHomeError",
    "NoScriptsDirectoryError",
    "NoShellError",
    "NotEffectiveError",
    "OnpathError",
    "Outcome",
    "Probe",
    "Progress",
    "Question",
    "Refusal",
    "RefusedError",
    "RegistryValue",
    "Report",
    "Standing",
    "TornError",
    "UnspellableError",
    "UsageError",
    "check",
    "diff",
    "ensure",
    "undo",
    "where",
]


def _verb(function: Verb) -> Verb:
    """Return `function` as callers see it: a keyword that it has not is an error of ours."""

    def call(*directories: Any, **options: Any) -> Report:
        import gc  # noqa: PLC0415  (as below)

        from . import request, verbs  # noqa: PLC0415  (`import onpath` alone costs next to nothing)

        is_collecting = gc.isenabled()
        gc.disable()  # a call is short, and looking through all that the caller has takes a tenth of it
        try:
            report: Report = getattr(verbs, name)(request.make(name, directories, options))
        finally:
            if is_collecting:
                gc.enable()
        return report

    name = function.__name__
    call.__wrapped__ = function  # type: ignore[attr-defined]  # for help() and inspect.signature()
    for attribute in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__"):
        setattr(call, attribute, getattr(function, attribute))
    return call  # type: ignore[return-value]


@_verb
def ensure(  # type: ignore[empty-body]
    *directories: StrPath,
    python: StrPath | None = None,
    scheme: Scheme = "user",
    shells: Iterable[str] | Literal["used", "all"] = "used",
    modes: Iterable[Mode] | None = None,
    order: Order | None = None,
    keep_order: bool = False,
    seen: Report | None = None,
    home: StrPath | None = None,
    timeout: float | None = None,
    verify: bool = True,
    force: bool = False,
    replace_stale: bool = False,
    whole: bool = False,
    system: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Put `directories` on PATH in fresh shells, proven, or change nothing.

    An edit stays only if a fresh program then ran a command of the directory by its bare name; every
    other edit is undone, byte for byte, and the report says why.

    directories: absolute or relative paths; none: the user scripts directory, where `pip install --user`
        puts commands. One that does not exist is made.
    python: a path or a name on PATH: the scripts directory of that Python, not of this one.
    scheme: "user": the scripts directory of one Python; "unversioned": the one without a version in it.
    shells: names ("bash") or paths; "used": the running shell, the login shell, and those with startup
        files of their own; "all": every shell that is installed.
    modes: what must be effective: names of contexts, such as "login", "ssh", "desktop", "cron" (`where`
        lists those of this machine). None: "login" and "interactive", as far as a shell reads a startup
        file for them; in a step of a CI also "ci", which is then served but not required.
    order: "prepend" or "append"; None: where it is already, else "prepend".
    keep_order: True: `order` applies only to what is added; a directory that is on PATH already stays
        where it is.
    seen: what `check` returned for the same a moment ago; it saves one round of fresh shells. What it
        calls effective is asked once more.
    home: act on this home directory, not on the user's own.
    timeout: seconds that one shell may take while it uses the processor; None: 30, on Windows 20.
    verify: False: start no shell, and edit the files that the modes read.
    force: go on although others can write to the directory, or the home is someone else's.
    replace_stale: on Windows, replace the entry of a Python that is gone.
    whole: True: all or nothing. If one required context stays without it, every edit is put back.
    system: True: for every user: as root in the files of the system, as an administrator in Windows'
        machine Path; proven as a user without rights, or in what a new user gets. No directories: where
        `pip install` puts commands for every user. Not with scheme, home, force or replace_stale.
    environ: the environment of the session that asks; None: os.environ.
    progress: an object whose methods are called as things happen; see `Progress`.

    Returns a `Report`: `.ok`, `.status`, `.outcomes`, `.require()`. Raises `OnpathError` with nothing
    changed: `UsageError`, `NoHomeError`, `NoScriptsDirectoryError`, `NoShellError`, `RefusedError`.
    """


@_verb
def check(  # type: ignore[empty-body]
    *directories: StrPath,
    python: StrPath | None = None,
    scheme: Scheme = "user",
    shells: Iterable[str] | Literal["used", "all"] = "used",
    modes: Iterable[Mode] | None = None,
    order: Order | None = None,
    home: StrPath | None = None,
    timeout: float | None = None,
    force: bool = False,
    system: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Start fresh shells and look. Nothing is written outside a private temporary folder.

    The arguments, the report and the errors are those of `ensure`. With `order`, a directory that is on
    PATH in another place is *missing*.
    """


@_verb
def where(  # type: ignore[empty-body]
    *directories: StrPath,
    python: StrPath | None = None,
    scheme: Scheme = "user",
    shells: Iterable[str] | Literal["used", "all"] = "used",
    home: StrPath | None = None,
    timeout: float | None = None,
    force: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Look at every context of this machine. `Report.standings` has a row for each, with its cure.

    The arguments and the errors are those of `check`; the status is that of login and interactive
    terminals. Nothing is written outside a private temporary folder.
    """


@_verb
def diff(  # type: ignore[empty-body]
    *directories: StrPath,
    python: StrPath | None = None,
    scheme: Scheme = "user",
    shells: Iterable[str] | Literal["used", "all"] = "used",
    modes: Iterable[Mode] | None = None,
    order: Order | None = None,
    keep_order: bool = False,
    home: StrPath | None = None,
    timeout: float | None = None,
    force: bool = False,
    replace_stale: bool = False,
    system: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Look, and return the edits that `ensure` would try first, in `Report.edits`. Nothing is written.

    The arguments, the report and the errors are those of `ensure`.
    """


@_verb
def undo(  # type: ignore[empty-body]
    *directories: StrPath,
    python: StrPath | None = None,
    home: StrPath | None = None,
    timeout: float | None = None,
    force: bool = False,
    dry_run: bool = False,
    system: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Report:
    """Remove what `ensure` added: all of it, or what it added for `directories`.

    Blocks are taken out of every file, files and folders that were made are removed unless somebody else
    has used them since, and every other byte stays. `home`, `timeout`, `force` and `environ` are as for
    `ensure`; `timeout` is for shells that are asked where their files are, if the receipt is lost;
    `force` also takes blocks out of files outside the home that the receipt does not name. Where no
    directory is named, `python` is the Python whose scripts directory is meant. With `dry_run` nothing
    is changed: the report says what would be taken back. With `system` it removes what `ensure` added
    for every user.
    """


def __getattr__(name: str) -> Any:
    """Load a public type, or the names of the shells, when it is first asked for."""
    if name == "SHELLS":
        from .shells import ALIASES  # noqa: PLC0415  (as above)

        return tuple(sorted(ALIASES))
    if name == "Progress":
        from .protocols import Progress  # noqa: PLC0415  (as above)

        return Progress
    if name in __all__:
        from . import errors, model  # noqa: PLC0415  (as above)

        return getattr(model, name, None) or getattr(errors, name)
    raise AttributeError(f"module 'onpath' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return all names, those too that are loaded when they are first asked for."""
    return sorted({*globals(), *__all__})
