"""tools/build_pyz.py: the same bytes anywhere, run by any Python, started as quickly as a package."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import installing
import interrupting
import pythons
from installing import PYTHON, ROOT, Release

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
MAX_RATIO = 1.5
NO_HOME = f"{os.devnull}/home"  # which not even root can make


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Build a release of this checkout."""
    return installing.build(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def builder() -> Any:
    """Import the builder."""
    spec = importlib.util.spec_from_file_location("build_pyz", installing.BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copy_checkout(folder: Path) -> Path:
    """Copy what a build reads."""
    folder.mkdir()
    for name in ("src", "shells", "tools"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
        )
    for name in ("install.sh", "install.ps1", "pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    if (ROOT / ".cache" / "wheels").exists():  # so that pip need not fetch them again
        shutil.copytree(ROOT / ".cache" / "wheels", folder / ".cache" / "wheels")
    return folder


def run(
    words: Sequence[str | Path], home: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a program with next to nothing in its environment."""
    environ = {"HOME": str(home or NO_HOME), "PATH": "/usr/bin:/bin", "SHELL": "/bin/bash", **env}
    return subprocess.run(
        words, env=environ, capture_output=True, text=True, check=False, timeout=installing.TIMEOUT_S
    )


def test_two_builds_in_two_folders_are_the_same_bytes(tmp_path: Path, release: Release) -> None:
    """Built by another Python too, in another time zone, from a checkout with other times and modes."""
    checkout = copy_checkout(tmp_path / "another place")
    for path in (checkout / "src" / "onpath").rglob("*.py"):
        path.chmod(0o600)
    (checkout / "src" / "onpath" / "__pycache__").mkdir(exist_ok=True)
    (checkout / "src" / "onpath" / "__pycache__" / "junk.pyc").write_text("junk")
    other = next(filter(None, map(pythons.find, reversed(VERSIONS))))
    words: list[str | Path] = [
        other,
        "-B",
        checkout / "tools" / "build_pyz.py",
        "--output",
        tmp_path / "out",
    ]
    built = run([*words, "--bytecode", PYTHON], TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    assert 0 == built.returncode, built
    for name in ("onpath.pyz", "install.sh", "SHA256SUMS"):
        assert (release.folder / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def test_the_time_inside_is_that_of_source_date_epoch(tmp_path: Path, release: Release) -> None:
    later = installing.build(tmp_path, env={"SOURCE_DATE_EPOCH": "1700000000"})
    for built, year in ((release, 1980), (later, 2023)):
        with zipfile.ZipFile(built.pyz) as file:
            assert {year} == {info.date_time[0] for info in file.infolist()}
            assert {0o100644} == {info.external_attr >> 16 for info in file.infolist()}
            assert sorted(file.namelist()) == file.namelist()


@pytest.mark.parametrize("module", ["onpath", "onpath.__main__", "onpath.cli", "onpath.probes"])
def test_an_interrupt_while_it_starts_is_no_traceback(
    tmp_path: Path, home: Path, release: Release, module: str
) -> None:
    environ = interrupting.environ_of(tmp_path, module)
    done = run([PYTHON, release.pyz, "--check"], home, **environ)
    assert (-signal.SIGINT, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("has_bytecode", [True, False])
def test_it_does_its_whole_job_in_each_python(
    tmp_path: Path, home: Path, release: Release, version: str, *, has_bytecode: bool
) -> None:
    python = pythons.find(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    if not has_bytecode and pythons.tell(python) == pythons.tell(PYTHON):
        pytest.skip("the bytecode of this Python is always inside")
    pyz = release.pyz  # which has that of one Python
    if has_bytecode:
        pyz = installing.build(tmp_path / "out", "--bytecode", str(python)).pyz
    tag = run([python, "-c", "import sys; print(sys.implementation.cache_tag)"]).stdout.strip()
    with zipfile.ZipFile(pyz) as file:
        assert has_bytecode == (f"onpath/cli/__pycache__/__init__.{tag}.pyc" in file.namelist())

    assert run([python, pyz, "--version"]).stdout.startswith("onpath 0.")
    missing = run([python, pyz, "--check", "--shell", "bash"], home)
    assert (1, "") == (missing.returncode, missing.stderr)
    # The snippets, the scripts directory of another Python, the receipt: all that is read from the file.
    done = run([python, pyz, "--shell", "bash", "--python", sys.executable], home)
    assert (0, "") == (done.returncode, done.stderr), done
    assert "proven in" in done.stdout
    undone = run([python, pyz, "--undo"], home)
    assert (0, "") == (undone.returncode, undone.stderr), undone
    assert [] == list(home.iterdir())


def test_an_older_python_is_told_what_is_needed(release: Release) -> None:
    old = next(filter(None, map(pythons.find, ("3.6", "3.7", "3.8"))), None)
    if old is None:
        pytest.skip("there is no Python before 3.9 here")
    refused = run([old, release.pyz, "--version"])
    assert 1 == refused.returncode
    assert refused.stderr.startswith("onpath needs Python 3.9 or later, and this is 3.")
    assert 1 == len(refused.stderr.splitlines())


def test_it_starts_in_at_most_one_and_a_half_times_what_the_installed_package_takes(
    tmp_path: Path, home: Path, release: Release, builder: Any
) -> None:
    """The installed one: in a virtual environment, compiled, with a script such as pip writes."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    site = Path(
        run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).stdout.strip()
    )
    builder.collect(site)
    (site / "__main__.py").unlink()
    assert 0 == run([python, "-m", "compileall", "-q", site]).returncode
    script = tmp_path / "venv" / "bin" / "ensure-path"
    script.write_text(f"#!{python}\nimport sys\nfrom onpath.cli import main\nsys.exit(main())\n")
    script.chmod(0o755)
    words = ("--check", "--shell", "bash")
    took: dict[str, list[float]] = {"installed": [], "pyz": []}
    for _ in range(15):  # in turns, so that what else runs here slows both
        for name, command in (("installed", [script]), ("pyz", [python, release.pyz])):
            start = time.perf_counter()
            assert 1 == run([*command, *words], home).returncode
            took[name].append(time.perf_counter() - start)
    ratios = [
        function(took["pyz"]) / function(took["installed"]) for function in (min, statistics.median)
    ]
    assert min(ratios) <= MAX_RATIO, took


def files_below(folder: Path, name: str) -> dict[str, Path]:
    """Return the files below `folder`, but for bytecode, by their names where that is `name`.

    Another test may be compiling them, and has half-written bytecode there by other names.
    """
    found: dict[str, Path] = {}
    for path in folder.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            found |= files_below(path, f"{name}/{path.name}")
        elif path.is_file():
            found[f"{name}/{path.name}"] = path
    return found


def test_it_holds_what_the_wheel_holds_and_its_dependencies(release: Release) -> None:
    sources = files_below(ROOT / "src" / "onpath", "onpath")
    sources |= files_below(ROOT / "shells", "onpath/snippets")
    with zipfile.ZipFile(release.pyz) as file:
        names = set(file.namelist())
        for name, path in sources.items():
            assert path.read_bytes() == file.read(name)
        own = {name for name in names if name.startswith("onpath/") and "__pycache__" not in name}
        assert {*sources} == own
        for package in ("packaging", "platformdirs", "shellingham"):
            assert f"{package}/__init__.py" in names
            assert any(name.startswith(f"{package}-") and "LICENSE" in name for name in names)
        assert all(info.compress_type == zipfile.ZIP_STORED for info in file.infolist())


def test_a_release_writes_its_checksum_and_its_address_into_the_script(
    tmp_path: Path, release: Release, builder: Any
) -> None:
    built = installing.build(tmp_path, "--url", "https://example.org/v1")
    before = (ROOT / "install.sh").read_text().splitlines()
    after = built.script.read_text().splitlines()
    changed = [(old.partition("#")[0].strip(), new) for old, new in zip(before, after) if old != new]
    assert len(before) == len(after)
    assert [
        ("RELEASE_SHA256=", f"RELEASE_SHA256={builder.sha256(built.pyz)}"),
        ("RELEASE_SIZE=", f"RELEASE_SIZE={built.pyz.stat().st_size}"),
        ("RELEASE_URL=", "RELEASE_URL=https://example.org/v1"),
    ] == changed
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines())
    names = ("install.sh", "install.ps1", "onpath.pyz")
    assert {name: builder.sha256(tmp_path / name) for name in names} == sums
    assert "RELEASE_URL=\n" in release.script.read_text()
    lines = (tmp_path / "install.ps1").read_text().splitlines()
    assert f"    $ReleaseSha256 = '{builder.sha256(built.pyz)}'" in lines
    assert f"    $ReleaseSize = '{built.pyz.stat().st_size}'" in lines
    assert "    $ReleaseUrl = 'https://example.org/v1'" in lines


@pytest.mark.parametrize("url", ["https://x/$(id)", "x y", "x'", "x\ny", "`id`"])
def test_an_address_that_a_shell_would_run_is_refused(builder: Any, url: str) -> None:
    with pytest.raises(ValueError, match="cannot be put into a shell script"):
        builder.stamp("RELEASE_SHA256=\nRELEASE_SIZE=\nRELEASE_URL=\n", "0" * 64, 1, url)


@pytest.mark.parametrize("script", ["", "RELEASE_URL=\n", "RELEASE_SHA256=\nRELEASE_SHA256=\n"])
def test_a_script_without_the_marked_lines_is_refused(builder: Any, script: str) -> None:
    with pytest.raises(ValueError, match="must have one line that begins with RELEASE_"):
        builder.stamp(script, "0" * 64, 1, "")


def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    """Neither one that lies in the cache nor what pip would bring may have other bytes."""
    checkout = copy_checkout(tmp_path / "checkout")
    pins = checkout / "tools" / "pyz-requirements.txt"
    pins.write_text(re.sub("(packaging.*sha256:).{8}", r"\g<1>00000000", pins.read_text()))
    words: list[str | Path] = [PYTHON, checkout / "tools" / "build_pyz.py", "--output", tmp_path / "out"]
    built = run([*words, "--bytecode", PYTHON])
    assert (1, "") == (built.returncode, built.stdout)
    assert "build_pyz.py: pip could not fetch what" in built.stderr
    assert 1 == len(built.stderr.splitlines())
    assert not (tmp_path / "out" / "onpath.pyz").exists()
