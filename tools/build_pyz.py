#!/usr/bin/env python3
"""Build `onpath.pyz`, the one file that any Python from 3.9 on runs, and all that a release publishes.

    python3 tools/build_pyz.py [--output FOLDER] [--url URL] [--bytecode PYTHON ...]

FOLDER (default: dist) gets `onpath.pyz`, an `install.sh` and an `install.ps1` that carry its SHA-256,
its size and the URL that it is published under, and `SHA256SUMS` of all. Needs nothing but the standard
library, and pip once, for the pinned dependencies. The same sources and the same Pythons give the same
bytes.

The sources run everywhere. For speed alone there is bytecode too (compiling costs more than all the rest
of a short run): of each Python from 3.9 on that is found here, or of those that --bytecode names.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
PINS = TOOLS / "pyz-requirements.txt"
PIN = re.compile(r"^(?P<name>[\w.]+)==\S+ --hash=sha256:(?P<hash>[0-9a-f]{64})$", re.MULTILINE)
WHEELS = ROOT / ".cache" / "wheels"
NAME = "onpath.pyz"
SCRIPTS = {  # and the lines that say what to fetch
    "install.sh": "RELEASE_{NAME}={value}",
    "install.ps1": "    $Release{Name} = '{value}'",
}

MINORS = range(9, 15)  # the Pythons 3.N that get bytecode
COMPILED = ("onpath", "platformdirs")  # what every run that writes imports
EARLIEST = 315532800  # 1980-01-01, the first day of a zip file's calendar

COMPILE = """
import py_compile, sys
for name in sys.argv[1:]:
    py_compile.compile(name, dfile=name, doraise=True,
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""
TELL = "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.implementation.cache_tag)"


def main() -> int:
    """Build, say what was written, and return the exit code."""
    parser = argparse.ArgumentParser(description="Build onpath.pyz, install.sh and SHA256SUMS.")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="FOLDER")
    parser.add_argument("--url", default="", help="where the release's files will be published")
    parser.add_argument("--bytecode", nargs="+", metavar="PYTHON", help="the Pythons to compile for")
    options = parser.parse_args()
    try:
        pythons = options.bytecode or found_pythons()
        build(options.output, pythons, options.url)
    except shutil.Error as error:  # of a whole tree: with every file that could not be copied
        sys.stderr.write(f"build_pyz.py: {error.args[0][0][-1]}\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"build_pyz.py: {error}\n")
        return 1
    sys.stdout.write((options.output / "SHA256SUMS").read_text())
    return 0


def build(folder: Path, pythons: list[str], url: str) -> None:
    """Write the three files of a release into `folder`. Raises OSError or ValueError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        collect(tree)
        for python in pythons:
            compile_for(python, tree)
        archive(tree, folder / NAME)
    digest, size = sha256(folder / NAME), (folder / NAME).stat().st_size
    for name, line in SCRIPTS.items():
        script = stamp((ROOT / name).read_text(encoding="utf-8"), digest, size, url, line)
        (folder / name).write_bytes(script.encode())
        (folder / name).chmod(0o755)
    names = (*SCRIPTS, NAME)
    sums = "".join(f"{sha256(folder / each)}  {each}\n" for each in names)
    (folder / "SHA256SUMS").write_bytes(sums.encode())


def collect(tree: Path) -> None:
    """Lay out in the empty folder `tree` what the file holds: onpath, its snippets, its dependencies."""
    for wheel in pinned_wheels():
        with zipfile.ZipFile(wheel) as file:
            file.extractall(tree)
    junk = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "onpath", tree / "onpath", ignore=junk)
    shutil.copytree(ROOT / "shells", tree / "onpath" / "snippets", ignore=junk)
    shutil.copy(TOOLS / "pyz_main.py", tree / "__main__.py")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = field(text, "version")
    about = tree / f"onpath-{version}.dist-info"  # `onpath --version` reads it
    (about / "licenses").mkdir(parents=True)
    shutil.copy(ROOT / "LICENSE", about / "licenses")
    lines = {
        "Metadata-Version": "2.4",
        "Name": "onpath",
        "Version": version,
        "Summary": field(text, "description"),
        "License-Expression": field(text, "license"),
        "License-File": "LICENSE",
        "Requires-Python": field(text, "requires-python"),
    }
    metadata = "".join(f"{name}: {value}\n" for name, value in lines.items())
    (about / "METADATA").write_bytes(metadata.encode())


def field(text: str, name: str) -> str:
    """Return the string `name` of a pyproject.toml; `tomllib` is not in every Python that builds."""
    found = re.search(rf'^{name} = "(.*)"$', text, re.MULTILINE)
    if not found:
        raise ValueError(f"pyproject.toml has no {name} on a line of its own; put it there")
    return found[1]


def pinned_wheels() -> list[Path]:
    """Return the wheels that the requirements name, each with the bytes that they name.

    They are fetched once, by pip, into .cache/wheels. Raises ValueError.
    """
    text = PINS.read_text(encoding="utf-8")
    pins = {found["hash"]: found["name"] for found in PIN.finditer(text)}
    wheels = _with_hashes(WHEELS, pins)
    if len(wheels) < len(pins):
        _fetch()
        wheels = _with_hashes(WHEELS, pins)
    if not pins or len(wheels) < len(pins):
        raise ValueError(f"pip did not bring all that {PINS} names; repair that file")
    return wheels


def _with_hashes(folder: Path, pins: dict[str, str]) -> list[Path]:
    return [wheel for wheel in sorted(folder.glob("*.whl")) if sha256(wheel) in pins]


def _fetch() -> None:
    """Let pip bring the pinned wheels: that of this Python, or of an environment made for it."""
    with tempfile.TemporaryDirectory() as name:
        pip = [sys.executable, "-m", "pip"]
        # `-m` takes modules of the current folder first, so that is this one, which is empty.
        if subprocess.run([*pip, "--version"], cwd=name, capture_output=True, check=False).returncode:
            make = [sys.executable, "-m", "venv", name]
            if subprocess.run(make, cwd=name, capture_output=True, check=False).returncode:
                raise ValueError(
                    "building from a checkout needs pip once, and there is none; install "
                    "python3-venv or python3-pip, or take the file of a release"
                )
            pip = [str(Path(name, "bin", "python")), "-m", "pip"]
        # Wheels for the oldest Python that the file is to run on, whatever this one is.
        what = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--python-version", "3.9")
        command = [*pip, "download", "-q", *what, "-r", str(PINS), "-d", str(WHEELS)]
        run = subprocess.run(command, cwd=name, capture_output=True, text=True, check=False)
    if run.returncode:
        last = run.stderr.strip().rpartition("\n")[2]
        raise ValueError(f"pip could not fetch what {PINS} names ({last}); try again with a network")


def compile_for(python: str, tree: Path) -> None:
    """Put the bytecode of `python` into the `__pycache__` folders of `tree`. Raises ValueError."""
    names = sorted(
        path.relative_to(tree).as_posix() for top in COMPILED for path in (tree / top).rglob("*.py")
    )
    # A process of its own with nothing of its surroundings: the order of a set depends on the seed, and
    # how marshal writes an object on who else holds it. So not -I, which overlooks the seed.
    environ = {"PYTHONHASHSEED": "0", "PATH": os.defpath}
    command = [python, "-s", "-S", "-B", "-c", COMPILE, *names]
    run = subprocess.run(
        command, cwd=tree, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if run.returncode:
        last = run.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ValueError(f"{python} could not compile it ({last})")


def found_pythons() -> list[str]:
    """Return a Python of each minor version from 3.9 on that is on this machine."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found: dict[str, str] = {}
    for minor in MINORS:
        names = [sys.executable] if minor == sys.version_info.minor else []
        names += filter(None, [shutil.which(f"python3.{minor}")])
        names += map(str, sorted(root.glob(f"versions/3.{minor}.*/bin/python")))
        for name in names:
            run = subprocess.run([name, "-I", "-c", TELL], capture_output=True, text=True, check=False)
            if run.returncode == 0:  # unlike a shim without its Python
                found.setdefault(run.stdout.split()[-1], name)
    for tag, python in found.items():
        sys.stderr.write(f"bytecode for {tag} by {python}\n")
    return list(found.values())


def archive(tree: Path, target: Path) -> None:
    """Zip `tree` into the program `target`, so that nothing but names and bytes of its files counts.

    Not `zipapp`, which takes over times and modes. Stored, not deflated: what zlib makes of the same
    bytes depends on its version, and a Python without zlib can read this.
    """
    epoch = max(int(os.environ.get("SOURCE_DATE_EPOCH") or 0), EARLIEST)
    time = datetime.fromtimestamp(epoch, tz=timezone.utc).timetuple()[:6]
    paths = {path.relative_to(tree).as_posix(): path for path in tree.rglob("*") if path.is_file()}
    with target.open("wb") as stream:
        stream.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as zipped:
            for name, path in sorted(paths.items()):
                info = zipfile.ZipInfo(name, time)
                info.create_system = 3  # Unix, wherever it is built
                info.external_attr = 0o100644 << 16
                zipped.writestr(info, path.read_bytes())
    target.chmod(0o755)


def stamp(script: str, digest: str, size: int, url: str, line: str = SCRIPTS["install.sh"]) -> str:
    """Return the text of an installer with SHA-256, size and URL of a release in its marked lines."""
    for name, value in (("sha256", digest), ("size", str(size)), ("url", url)):
        if not re.fullmatch(r"[\w.:/~%+-]*", value):
            raise ValueError(
                f"{value!r} cannot be put into a shell script; use letters, digits and .:/~%+-"
            )
        stamped = line.format(NAME=name.upper(), Name=name.title(), value=value)
        before = line.partition("{value}")[0].format(NAME=name.upper(), Name=name.title())
        pattern = rf"^{re.escape(before)}.*$"
        script, count = re.subn(pattern, stamped, script, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"it must have one line that begins with {before.strip()}")
    return script


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file `path`, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
