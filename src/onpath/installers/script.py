"""Write the install scripts of a tool: two templates, one bootstrap, and onpath itself inside.

Pure but for reading what is packed. The same settings and the same onpath give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import zipfile
import zlib

from onpath.errors import OnpathError, UsageError
from onpath.values import TYPE_CHECKING, replace

from .settings import OPERATORS, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import TypeVar

    Parsed = TypeVar("Parsed")

CARRIED = ("onpath", "platformdirs", "shellingham")
NOT_CARRIED = (  # what no run of a script imports
    *("__pycache__/", "installers/script.py", "installers/command.py", "installers/rehearsal.py"),
    *("installers/bootstrap.py", "installers/download.py", "installers/own.py"),
    *(
        "installers/locks.py",
        "platformdirs/__main__.py",
        "platformdirs/testing.py",
        "platformdirs/pytest_plugin.py",
    ),
)
OLDEST = (3, 9)  # the Python that a script must run on
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day of a zip file's calendar
LINE = 12800  # characters of base64
CHUNK = 10  # lines in one argument of printf, where that is a program: Linux takes 128 KiB
SCRIPTS = {  # by which template, and what stands between the pieces of what is carried
    "install.sh": ("template.sh.in", "'\n    printf '%s\\n' '"),
    "install.ps1": ("template.ps1.in", "\n"),
}
FRAGMENTS = {  # of every install script, also of our own, by the fields in whose places they stand
    "install.sh": {"FIND_PYTHON": "find_python.sh.in"},
    "install.ps1": {"FIND_PYTHON": "find_python.ps1.in", "LEAVE": "leave.ps1.in"},
}
BOOTSTRAP = ("installers/about.py", "installers/bootstrap.py")
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
WORD = re.compile(r"[\w.\[\],<>=!~*+ ;@:/%&?#()\"-]*", re.ASCII)
INDEX = re.compile(r"(https?|file)://", re.IGNORECASE)  # what both pip and uv read
MINORS, MICROS = 60, 60  # of Python 3, that are looked at


def write(settings: Settings) -> dict[str, bytes]:
    """Return the scripts: name -> bytes. Raises `UsageError`."""
    raw = pack()
    digest = hashlib.sha256(zlib.decompress(raw)).hexdigest()
    fields = {
        **common_fields(settings.name, settings.requires_python),
        "VERSION": _version(),
        "BOOTSTRAP": program(*BOOTSTRAP),
    }
    found = {}
    for name, (template, between) in SCRIPTS.items():
        values = {**vars(replace(settings, script=name)), "onpath_sha256": digest}
        fields["SETTINGS"] = between.join(_parts(_json(values)))
        fields["CARRIED"] = between.join(_pieces(raw))
        found[name] = fill(name, _read(f"installers/{template}").decode(), fields)
    return found


def common_fields(name: str, requires_python: str) -> dict[str, str]:
    """Return the fields that every install script has: of what it installs, and the Python for that."""
    needed = re.sub(r"^>=([\d.]+)$", r"\1 or later", requires_python)
    return {"NAME": name, "NEEDS": requires_python, "NEEDED": needed}


def fill(script: str, template: str, fields: Mapping[str, str]) -> bytes:
    """Return `template` of the `script`, with the fragments and the fields in it.

    Each in one go, as a value may look like a field.
    """
    parts = FRAGMENTS[script].items()
    found = {field: _filled(_read(f"installers/{name}").decode(), fields) for field, name in parts}
    stripped = {field: text.rstrip("\n") for field, text in found.items()}
    return _filled(template, {**fields, **stripped}).encode("ascii")


def _filled(template: str, fields: Mapping[str, str]) -> str:
    return re.sub(r"@([A-Z_]+)@", lambda match: fields[match[1]], template)


def program(*names: str) -> str:
    """Return one program of several modules of onpath, by the names of their files, in this order.

    It is their text as it is, but for the lines by which one imports from another before it.
    """
    texts = (re.sub(r"(?m)^from (\.|onpath\b).*\n", "", _read(name).decode("ascii")) for name in names)
    return "\n\n".join(text.strip("\n") for text in texts)


def pack() -> bytes:
    """Return a zip file of onpath and what it needs, with nothing but the names and the bytes in it.

    Compressed as a whole, which is much smaller.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as zipped:
        # Once each: in an archive the snippets lie below onpath.
        for name, data in sorted(dict(_files()).items()):
            _check_grammar(name, data)
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            zipped.writestr(info, data)
    return zlib.compress(buffer.getvalue(), 9)


def _check_grammar(name: str, data: bytes) -> None:
    """Raise `OnpathError` unless the oldest Python of users can read a module of others.

    What is carried is what this Python has, whose packages may be for newer ones alone.
    """
    import ast  # noqa: PLC0415  (only here)

    package = name.partition("/")[0]
    if package == "onpath":  # is tested with all
        return
    try:
        ast.parse(data, feature_version=OLDEST)
    except SyntaxError:
        oldest = ".".join(map(str, OLDEST))
        raise OnpathError(
            f"the {package} of this Python cannot be read by Python {oldest}, on which a script must "
            "run; write the script with onpath.pyz, which has an older one"
        ) from None


def settings(
    name: str,
    *,
    version: str | None = None,
    extras: Iterable[str] = (),
    more: Iterable[str] = (),
    requires_python: str = ">=3.9",
    index_url: str | None = None,
    lock: str | None = None,
) -> Settings:
    """Return validated settings; `lock` is the text of a lock file. Raises `UsageError`.

    An empty text is an error: a variable that nobody has set, a file that nobody has filled.
    """
    from packaging.requirements import Requirement  # noqa: PLC0415
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    match = re.fullmatch(r"([^\[\]]+)(?:\[(.*)\])?", name)
    if not match or not NAME.fullmatch(match[1]):
        raise UsageError(f"{name!r} is not the name of a package; give one as the index has it")
    extras = tuple(extras)
    told = (("--version", version), ("--requires-python", requires_python), ("--index-url", index_url))
    for option, value in (*told, *(("--extra", each) for each in extras)):
        if value is not None and not value.strip():
            raise UsageError(f"{option} is empty; give a value, or leave {option} out")
    version, index_url = version or "", index_url or ""
    every = [
        each.strip() for given in (match[2] or "", *extras) for each in given.split(",") if each.strip()
    ]
    for each in every:
        if not NAME.fullmatch(each):
            raise UsageError(
                f"--extra {each!r} is not the name of an extra; give one as the package has it"
            )
    given, is_exact = version, bool(version) and not version.startswith(OPERATORS)
    version = f"=={version}" if is_exact else version
    what = match[1] + (f"[{','.join(sorted(set(every)))}]" if every else "")
    _parsed(
        "--version",
        given,
        lambda _: SpecifierSet(version),
        "a version",
        "one such as 1.2, or '>=1,<2'",
    )
    for each in more:
        _parsed("--with", each, Requirement, "a requirement", "one as pip takes it, such as 'cow>=1'")
    from . import locks  # noqa: PLC0415

    requires_python = ",".join((requires_python, *locks.pythons(lock or "")))
    python = _parsed(
        "--requires-python",
        requires_python,
        SpecifierSet,
        "a range of versions",
        "one such as '>=3.10'",
    )
    if index_url and not INDEX.match(index_url):
        raise UsageError(
            f"--index-url {index_url!r} is not an address that pip and uv take; give one that begins "
            "with https://, http:// or file://"
        )
    _check_word("--index-url", index_url)
    pythons = tuple(_ranges(python.contains(f"3.{x}.{y}") for x in range(MINORS) for y in range(MICROS)))
    if not pythons:
        raise UsageError(
            f"--requires-python {requires_python} allows no Python from 3.9 on; "
            "give one such as '>=3.10'"
        )
    locked = () if lock is None else locks.lines(lock)
    if locked:
        others = {str(canonicalize_name(Requirement(each).name)): "" for each in more}
        locks.check(locked, {**others, canonicalize_name(match[1]): version})
    return Settings(
        canonicalize_name(match[1]),
        what,
        version,
        tuple(more),
        requires_python,
        pythons,
        index_url,
        locked,
    )


def _parsed(option: str, text: str, parse: Callable[[str], Parsed], what: str, cure: str) -> Parsed:
    """Return what `packaging` makes of the value of `option`, which a script can have in it."""
    try:
        parsed = parse(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not {what}; give {cure}") from None
    _check_word(option, text)
    return parsed


def _check_word(option: str, text: str) -> None:
    if not WORD.fullmatch(text):
        raise UsageError(
            f"{option} {text!r} cannot be put into a script; use plain letters, and no quotes"
        )


def _ranges(matches: Iterable[bool]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield from where to where, the end not included, the versions 3.0.0, 3.0.1, ... match."""
    start = None
    number = 0
    for number, is_match in enumerate(matches):
        is_old = number < 9 * MICROS
        if is_match and not is_old and start is None:
            start = (3, *divmod(number, MICROS))
        elif not is_match and start is not None:
            yield start, (3, *divmod(number, MICROS))
            start = None
    if start is not None:
        yield start, (4, 0, 0)


def _json(values: dict[str, object]) -> str:
    """Return `values` in JSON that can stand between apostrophes, a field on a line."""
    lines = (f"  {json.dumps(name)}: {_in_lines(value)}" for name, value in values.items())
    return ("{\n" + ",\n".join(lines) + "\n}").replace("'", "\\u0027")


def _in_lines(value: object) -> str:
    """Return `value` in JSON, in several lines where it is long: a lock has thousands of items."""
    if not isinstance(value, tuple):
        return json.dumps(value)
    lines = [""]
    for item in map(json.dumps, value):
        if len(lines[-1]) + len(item) > LINE:
            lines.append("")
        lines[-1] += f"{item}, "
    return "[" + "\n".join(line.rstrip() for line in lines).rstrip(",") + "]"


def _parts(text: str) -> list[str]:
    """Return `text` in parts of whole lines, each short enough for an argument (see CHUNK)."""
    parts = [""]
    for line in text.splitlines(keepends=True):
        if len(parts[-1]) + len(line) > LINE * CHUNK:
            parts.append("")
        parts[-1] += line
    return [part.rstrip("\n") for part in parts if part]


def _pieces(raw: bytes) -> list[str]:
    text = base64.b64encode(raw).decode()
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    return ["\n".join(lines[at : at + CHUNK]) for at in range(0, len(lines), CHUNK)]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("onpath")
    except PackageNotFoundError:  # in a checkout
        return "(a checkout)"


def _read(name: str) -> bytes:
    """Return a file of this package, wherever that is."""
    import pkgutil  # noqa: PLC0415

    data = pkgutil.get_data("onpath", name)
    if data is None:
        raise FileNotFoundError(name)
    return data


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield each file that a script carries: its name in the zip file, and what is in it."""
    import importlib  # noqa: PLC0415

    for package in (*CARRIED, "onpath.snippets"):
        module = importlib.import_module(package)
        folder = next(iter(module.__path__))
        archive = getattr(module.__loader__, "archive", "")
        base = package.replace(".", "/")
        for name, data in _in_archive(archive, folder) if archive else _in_folder(folder):
            is_code = name.endswith(".py") or package == "onpath.snippets"
            if is_code and not any(part in f"{base}/{name}" for part in NOT_CARRIED):
                yield f"{base}/{name}", data


def _in_folder(top: str) -> Iterator[tuple[str, bytes]]:
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield os.path.relpath(path, top).replace(os.sep, "/"), file.read()


def _in_archive(archive: str, folder: str) -> Iterator[tuple[str, bytes]]:
    prefix = os.path.relpath(folder, archive).replace(os.sep, "/") + "/"
    with zipfile.ZipFile(archive) as zipped:
        for name in zipped.namelist():
            if name.startswith(prefix):
                yield name[len(prefix) :], zipped.read(name)
