"""Lock files: a pylock.toml (PEP 751), or requirements with hashes; as requirements, each on a line."""

from __future__ import annotations

import os
import re
import sys

from onpath.errors import UsageError
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

PINNED = re.compile(r"^[A-Za-z0-9][\w.-]*(?:\[[\w,. -]*\])?\s*(?:===?\s*\S+|@\s*\S+)", re.ASCII)
HASH = re.compile(r"--hash=sha(?:256|384|512):[0-9a-f]{64,128}(?=\s|$)")
NO_FILES = ("vcs", "directory", "archive")


def lines(text: str) -> tuple[str, ...]:
    """Return the requirements in a lock file, each pinned and with hashes. Raises `UsageError`."""
    try:
        found = tuple(_of_pylock(text) if is_pylock(text) else _of_requirements(text))
    except (AttributeError, LookupError, TypeError):
        raise UsageError("the lock file has not the form of PEP 751; make it with uv export") from None
    if not found:
        raise UsageError("the lock file names no package; make it with uv export")
    odd = [line for line in found if not line.isascii() or not line.isprintable() or '"""' in line]
    if odd:
        raise UsageError(f"{odd[0]!r} cannot be put into a script; use plain letters")
    return found


def pythons(text: str) -> tuple[str, ...]:
    """Return for which Pythons a pylock.toml is, which no other may install (PEP 751)."""
    told = _toml(text).get("requires-python") if is_pylock(text) else None
    return (told,) if isinstance(told, str) else ()


def narrow(text: str) -> tuple[str, ...]:
    """Return the files of a pylock.toml that are the only one of their package, for one kind of machine.

    `pip lock` writes what the author's own machine takes, and no other can install that.
    """
    if not is_pylock(text):
        return ()
    wheels = (
        [os.path.basename(str(wheel.get("name") or wheel.get("url", ""))) for wheel in package["wheels"]]
        for package in _toml(text).get("packages", ())
        if package.get("wheels") and "sdist" not in package
    )
    return tuple(each[0] for each in wheels if len(each) == 1 and not each[0].endswith("-any.whl"))


def is_pylock(text: str) -> bool:
    """Say whether that is a lock file of PEP 751, or at least TOML: no requirement looks so."""
    return bool(re.search(r"(?m)^\s*(\[|[A-Za-z][\w-]*\s*=(?!=))", text))


def check(lines: tuple[str, ...], named: Mapping[str, str]) -> None:
    """Raise `UsageError` unless the lock file `lines` have all that is `named`: name -> specifier."""
    from packaging.markers import UndefinedEnvironmentName  # noqa: PLC0415
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    locked: dict[str, list[Requirement]] = {}
    for line in lines:
        try:
            requirement = Requirement(line.partition(" --hash=")[0])
            if requirement.marker:
                requirement.marker.evaluate()
        except (InvalidRequirement, UndefinedEnvironmentName):
            raise UsageError(
                f"{line.partition(' --hash=')[0]!r} in the lock file cannot be installed by itself; "
                "lock it without extras and groups"
            ) from None
        locked.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for name, specifier in named.items():
        if name not in locked:
            raise UsageError(
                f"the lock file has no {name}, and nothing else is installed; lock a requirement of it"
            )
        pins = [each.version for one in locked[name] for each in one.specifier]
        if specifier and pins and not any(SpecifierSet(specifier).contains(pin, True) for pin in pins):
            raise UsageError(
                f"the lock file has {name} {pins[0]}, which is not {specifier}; leave --version out, or "
                "lock that"
            )


def _of_requirements(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        words = " ".join(re.sub(r"(^|\s)#.*", "", line).split())
        if not words:
            continue
        if re.match(r"(-e|--editable)\b|\.?/", words):
            raise UsageError(
                f"{words} in the lock file is no file of an index; lock its name and a version"
            )
        if words.startswith("-"):
            raise UsageError(
                f"{words.split()[0]} in the lock file is not taken; take that line out, and give an "
                "index by --index-url"
            )
        if not PINNED.match(words) or not HASH.search(words):
            raise UsageError(
                f"{words.split()[0]} in the lock file is not pinned with hashes; "
                "make it with pip-compile --generate-hashes or uv export"
            )
        yield words


def _of_pylock(text: str) -> Iterator[str]:
    whole = _toml(text)
    if not str(whole.get("lock-version", "")).startswith("1."):
        raise UsageError("the lock file has another version than 1; make it again with uv export")
    for package in whole.get("packages", ()):
        name, version = package.get("name") or "a package without a name", package.get("version", "")
        kind = next((kind for kind in NO_FILES if kind in package), "")
        if kind or not version:
            raise UsageError(
                f"{name} in the lock file is no file of an index ({kind or 'it has no version'}); "
                "lock a version that is on the index"
            )
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        hashes = [
            f"--hash=sha256:{file['hashes']['sha256']}"
            for file in files
            if file.get("hashes", {}).get("sha256")
        ]
        if not hashes:
            raise UsageError(f"{name} in the lock file has no sha256; make the lock file again")
        marker = f" ; {package['marker']}" if package.get("marker") else ""
        yield f"{name}=={version}{marker} {' '.join(sorted(set(hashes)))}"


def _toml(text: str) -> dict[str, Any]:
    if sys.version_info < (3, 11):
        raise UsageError(
            "a pylock.toml cannot be read with this Python; run it with Python 3.11 or later, or give "
            "requirements with hashes"
        )
    import tomllib  # noqa: PLC0415  (not in all)

    try:
        found: dict[str, Any] = tomllib.loads(text)
    except ValueError as error:
        raise UsageError(f"the lock file cannot be read ({error}); make it again") from None
    return found
