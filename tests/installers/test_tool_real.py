"""Six tools of the real package index, each by a written install.sh in another shell."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import installing
import pythons
from installing import tree
from onpath.installers import script
from packages import UV
from terminals import SESSION, ask

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

# install.sh is for Unix; mypy needs to be told for `--platform win32`.
assert sys.platform != "win32"

# How this machine reaches the index; the tests' homes take it from the environment of each test.
REACH = {
    name: value
    for name, value in os.environ.items()
    if name.startswith(("PIP_", "UV_", "SSL_")) or name.lower().endswith("_proxy")
}


@dataclass(frozen=True)
class Case:
    """A tool, and what there is to know of it."""

    package: str
    shell: str
    commands: tuple[str, ...]
    older: str
    line: str  # that prints something with the version
    options: dict[str, Any] = field(default_factory=dict)
    has_uv: bool = True


CASES = {
    "pure Python": Case("pycowsay", "dash", ("pycowsay",), "0.0.0.1", "pycowsay onpath", has_uv=False),
    "a compiled program": Case("ruff", "bash", ("ruff",), "0.12.0", "ruff --version"),
    "compiled wheels and an extra": Case(
        "black", "zsh", ("black", "blackd"), "24.10.0", "black --version", {"extras": ["d"]}
    ),
    "several commands": Case("httpie", "ash", ("http", "httpie", "https"), "3.2.3", "http --version"),
    "hashes": Case("pycowsay", "mksh", ("pycowsay",), "", "pycowsay onpath", {"is_locked": True}),
    "a newer Python than the first candidate": Case(
        "pycowsay", "yash", ("pycowsay",), "", "pycowsay onpath", {"requires_python": ">=3.10"}
    ),
}


@pytest.fixture(scope="session")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch a wheel from the index, or skip."""
    folder = tmp_path_factory.mktemp("fetched")
    command = [str(installing.PYTHON), "-m", "pip", "download", "-q", "--no-deps", "pycowsay==0.0.0.2"]
    done = subprocess.run([*command, "-d", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip()[-200:]}")
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("name", CASES)
def test_it_is_installed_proven_upgraded_downgraded_and_taken_back(
    home: Path, tmp_path: Path, require: Require, reached: Path, name: str
) -> None:
    case = CASES[name]
    require(case.shell)
    options = dict(case.options)
    if options.pop("is_locked", False):
        digest = hashlib.sha256(reached.read_bytes()).hexdigest()
        options["lock"] = f"pycowsay==0.0.0.2 --hash=sha256:{digest}"
    file = tmp_path / "install.sh"
    file.write_bytes(script.write(script.settings(case.package, **options))["install.sh"])
    path = installing.tools(tmp_path / "bin", python=None)
    if case.has_uv and UV:
        (tmp_path / "bin" / "uv").symlink_to(UV)
    python = tmp_path / "bin" / "python3"
    older = pythons.find("3.9")
    if "requires_python" in options and (sys.version_info < (3, 10) or older is None):
        pytest.skip("there is no Python 3.9 beside a newer one")
    if "requires_python" in options:
        python.symlink_to(str(older))
        (tmp_path / "bin" / "python3.10").symlink_to(installing.PYTHON)
    else:
        python.symlink_to(installing.PYTHON)
    before = tree(home)
    env = {**REACH, "SHELL": "/bin/bash", "TMPDIR": str(tmp_path)}

    def run(*words: str) -> installing.Run:
        done = installing.install(file, home, *words, path=path, shell=case.shell, env=env)
        assert 0 == done.code, done
        return done

    rounds = [("--version", case.older), ()] if case.older else [()]
    for words in rounds:
        done = run("--shell", "bash", *words)
        assert "proven: " in done.err
        assert {*case.commands} == {each.name for each in (home / ".local" / "bin").iterdir()}
        ask("bash", SESSION, home, line=f"{case.line} >'{tmp_path}/said' 2>&1")
        said = (tmp_path / "said").read_text()
        assert (case.older in said) == bool(words) or "onpath" in said, said
    if "requires_python" in options:
        assert "passing over" in done.err
        assert "it is Python 3.9" in done.err
    run("--uninstall")
    assert before == tree(home)
