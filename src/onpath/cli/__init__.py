"""The command `ensure-path`: parse, run the verb, show the report, and end with its exit code."""

from __future__ import annotations

import errno
import os
import sys

from onpath.errors import OnpathError, is_interrupt
from onpath.probes import spawn
from onpath.shells import quote
from onpath.values import TYPE_CHECKING

from . import grammar, show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

    from onpath.model import Report
    from onpath.request import Request

READ_AS_MEANT = ("utf-8", "mbcs")  # encodings of names: everywhere, and of old on Windows
INTERRUPTED = 130
PARTIAL = 3  # 1 and 130 say that nothing was changed
USUAL = ("/usr/local/bin", "/usr/bin", "/bin")
# Options that say whose home it is, and which directory.
OF_A_HOME = ("python", "scheme", "home", "force", "system")


def command() -> NoReturn:
    """Run this process's command line, and leave at once.

    Python's own way out takes apart what nobody needs any more, for a tenth of the time of a --check.
    """
    if sys.getfilesystemencoding() not in READ_AS_MEANT:
        _restart_in_utf_8()
    spawn.own_process()
    code = main()
    os._exit(code)


def _restart_in_utf_8() -> None:
    """Become the same command in Python's UTF-8 mode, where the locale has another encoding.

    Names are bytes; what shells say and what their files hold is read as UTF-8, so names have to be as
    well: else another directory would be written than the one that is there (ISO 8859 locales).
    """
    options: Any = getattr(sys, "_xoptions", {})
    if sys.flags.utf8_mode or "utf8" in options or not sys.executable:
        return
    script: Any = sys.modules["__main__"]
    words = list(getattr(sys, "orig_argv", ()))[1:]
    if not hasattr(script, "__file__"):  # it came on standard input, or with -c
        return
    if not words:  # Python 3.9
        is_module = bool(script.__spec__ and script.__spec__.parent)
        words = ["-m", script.__spec__.parent] if is_module else sys.argv[:1]
        words += sys.argv[1:]
    try:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *words])
    except OSError:
        return  # then names that are not plain are refused


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line `words` (default: this process's) and return the exit code."""
    module: Any = sys.modules.get("onpath.changes")
    if module is not None:  # of an earlier command line in this process
        module.Changes.has_kept = False
    try:
        return _run(sys.argv[1:] if words is None else words)
    except OnpathError as error:
        show.complain(f"ensure-path: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return _interrupted()
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        show.complain(f"ensure-path: {what}{error.strerror or error}{_obstacle(error)}; {_done()}")
        return PARTIAL if _has_kept() else 1
    except MemoryError:
        show.complain(
            "ensure-path: there is not enough memory; "
            "end other programs or allow it more (ulimit -v), then run it again"
        )
        return 1
    except Exception as error:
        if is_interrupt(error):
            return _interrupted()
        if os.environ.get("ONPATH_DEBUG"):
            raise
        show.complain(
            f"ensure-path: this is a bug: {type(error).__name__}: {error}; {_done()}\n"
            "ensure-path: please report it, with what ONPATH_DEBUG=1 ensure-path prints"
        )
        return PARTIAL if _has_kept() else 1


def _obstacle(error: OSError) -> str:
    """Return which folder or limit keeps this user from a file, and the cure, if one does."""
    if error.errno in {errno.EMFILE, errno.ENFILE}:  # nothing more can be imported then
        return " (allow it more of them: ulimit -n 256, then run this again)"
    from onpath.host import folders  # noqa: PLC0415  (few runs end so)

    path = os.fsdecode(error.filename or "")
    if not isinstance(error, PermissionError) or not path:
        return ""
    uid = os.geteuid() if hasattr(os, "geteuid") else 0
    found = folders.hindrance(path if os.path.isdir(path) else os.path.dirname(path), uid)
    return f" ({found[0]}; {found[1]}, then run this again)" if found else ""


def _interrupted() -> int:
    show.complain(f"ensure-path: interrupted; {_done()}")
    return PARTIAL if _has_kept() else INTERRUPTED


def _done() -> str:
    """Say what a run that was cut short has changed."""
    if _has_kept():
        return "what it had to do was done before; see ensure-path --check"
    return "nothing was changed"


def _has_kept() -> bool:
    """Say whether the run had come to the end of its changes; what stops it before puts all back."""
    module: Any = sys.modules.get("onpath.changes")
    return module is not None and module.Changes.has_kept


def _run(words: Sequence[str]) -> int:
    if os.environ.get("HOME") == "":  # no session has that; it is as if it were not set
        del os.environ["HOME"]
    options = grammar.parse(words, os.path.isdir)
    verb = options.pop("action")
    if verb == "help":
        show.document(grammar.help_text())
        return 0
    if verb == "version":
        show.document(f"onpath {_version()}\n")
        return 0
    is_json, verbosity = options.pop("json"), options.pop("verbosity")
    if is_json and sys.stdout is None:
        raise OnpathError(show.CLOSED)
    from onpath import request, verbs  # noqa: PLC0415  (--help needs none of it)

    if options.get("system"):
        _check_root(words)
    printer = show.Printer(
        verbosity=-1 if is_json or verb in {"diff", "print", "dockerfile"} else verbosity,
        has_table=verb == "where",
    )
    directories = options.pop("directories")
    if "progress" in request.TAKES[verb]:
        options["progress"] = printer
    asked = request.make(verb, directories, options, asks_all_modes=verbosity > 0, is_shown=True)
    printer.repeat = lambda text: request.repeated(asked, text)
    if verb in {"print", "dockerfile"}:
        text = verbs.line(asked) if verb == "print" else verbs.dockerfile(asked)
        show.document(text and text + "\n")
        return 0
    run: Callable[[Request], Report] = getattr(verbs, verb)
    report = run(asked)
    code = 0 if verb == "where" or (verb == "diff" and not is_json) else report.exit_code
    try:
        show.report(report, verb, printer, words, is_json=is_json, code=code)
    except KeyboardInterrupt:
        show.complain("ensure-path: interrupted, but only in telling what was done")
    except OnpathError as error:
        show.complain(f"ensure-path: {error}")
        return 3 if report.edits and verb != "diff" else 1
    return code


def refusal(words: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str]:
    """Return with what a run of `words` would end before it makes anything, and its exit code + 10.

    For an installer: it has nothing to place where the home is another's. Else 0 and an empty text.
    """
    from onpath import request, verbs  # noqa: PLC0415  (as above)

    try:
        options = grammar.parse(words, os.path.isdir)
        known: dict[str, Any] = {name: options[name] for name in OF_A_HOME if name in options}
        if options["action"] == "ensure":
            verbs.refuse(request.make("ensure", options["directories"], {**known, "environ": environ}))
    except OnpathError as error:
        return 10 + error.exit_code, str(error)
    return 0, ""


def _check_root(words: Sequence[str]) -> None:
    """Raise if this is not root or an administrator, with the command line as they have to give it."""
    from onpath.host import choose_shared  # noqa: PLC0415  (few runs)

    system = choose_shared()
    reason = system.why_not_allowed()
    if not reason:
        return
    program = os.path.abspath(sys.argv[0])
    folder, name = os.path.split(program)
    if name == "__main__.py":
        start = [sys.executable, "-m", "onpath"]
    else:  # sudo looks where the system's own programs are, and not in the user's folders
        start = [name if folder in USUAL else program]
    line = " ".join(map(quote.word, (*start, *words)))
    raise OnpathError(f"--system: {reason}; {system.as_allowed(line)}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  (three bare starts)

    try:
        return version("onpath")
    except PackageNotFoundError:
        raise OnpathError(
            "this copy was not installed, and does not know its version; see its pyproject.toml"
        ) from None
