"""The command line `onpath installer`."""

from __future__ import annotations

import argparse
import os
import sys

from onpath.cli import INTERRUPTED, show
from onpath.errors import OnpathError, UsageError
from onpath.values import TYPE_CHECKING

from . import script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .settings import Settings

ABOUT = "Write install.sh and install.ps1, which install a tool of a package index for a user."
WITH = "what else goes into the environment, without its commands; may be repeated"
CHECK = "then run install.sh and its --uninstall in a home of its own; its arguments: after --"
NAME_LOCK = "name a pylock.toml, or requirements with hashes"
LOCK = "install these files and no others: a pylock.toml, or requirements with hashes"


def main(words: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    own = words[: words.index("--")] if "--" in words else words
    options = _parser().parse_args(own)
    try:
        if len(own) + 1 < len(words) and not options.check:
            raise UsageError(
                "what follows -- is for the script that --check runs; add --check, or leave it out"
            )
        written = _write(_settings(options), options.out)
        if options.check:
            from . import rehearsal  # noqa: PLC0415

            return rehearsal.run(written["install.sh"], words[len(own) + 1 :])
    except OnpathError as error:
        show.complain(f"onpath installer: {error}")
        return error.exit_code
    except OSError as error:
        show.complain(
            f"onpath installer: {error.filename}: {error.strerror}; name another folder with --out"
        )
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onpath installer", description=ABOUT)
    add = parser.add_argument
    add("name", metavar="NAME", help="the package, as on the index; also NAME[EXTRA]")
    add("--version", metavar="SPEC", help="which: 1.2, or >=1,<2 (default: the newest)")
    add("--extra", action="append", default=[], help="an extra of the package; may be repeated")
    add("--with", action="append", default=[], dest="more", metavar="PACKAGE", help=WITH)
    add("--requires-python", default=">=3.9", metavar="SPEC", help="default: >=3.9")
    add("--index-url", metavar="URL", help="an index other than the user's")
    add("--lock", metavar="FILE", help=LOCK)
    add("--out", default=".", metavar="DIR", help="where the scripts go (default: here)")
    add("--check", action="store_true", help=CHECK)
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    lock = None
    if options.lock is not None:
        try:
            with open(options.lock, encoding="utf-8-sig") as file:
                lock = file.read()
        except OSError as error:
            raise UsageError(f"--lock {options.lock!r}: {error.strerror}; {NAME_LOCK}") from None
        except ValueError:
            raise UsageError(f"--lock {options.lock!r} is not UTF-8; {NAME_LOCK}") from None
    found = script.settings(
        options.name,
        version=options.version,
        extras=options.extra,
        more=options.more,
        requires_python=options.requires_python,
        index_url=options.index_url,
        lock=lock,
    )
    _warn(lock or "")
    return found


def _warn(lock: str) -> None:
    """Tell of a lock file that only machines like this one can install."""
    from . import locks  # noqa: PLC0415  (as in `script`)

    files = locks.narrow(lock)
    if files:
        show.complain(
            f"onpath installer: note: of a package the lock file has only {files[0]}, so the script "
            "works on one kind of machine; lock for all (uv lock, then uv export --format pylock.toml)"
        )


def _write(settings: Settings, folder: str) -> dict[str, str]:
    os.makedirs(folder, exist_ok=True)
    files = {}
    for name, raw in script.write(settings).items():
        files[name] = os.path.join(folder, name)
        with open(files[name], "wb") as file:
            file.write(raw)
        os.chmod(files[name], 0o755)
        sys.stdout.write(f"{files[name]}\n")
    return files
