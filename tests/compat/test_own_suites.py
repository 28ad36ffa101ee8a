"""The published test suites of userpath and hatch, unchanged, on this repository's userpath.

They come from the source distributions on the package index. No test of theirs is left out for what it
asserts: `FALSEHOODS` would list one with its reason, and there is none. Left out by themselves are the
tests of Windows, which userpath runs on AppVeyor alone. pipx's source distribution holds no tests: what
its `test_ensurepath.py` asks of userpath is asked in `test_pipx.py`, of the real program.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import compat

if TYPE_CHECKING:
    from pathlib import Path

    from compat import Environment
    from programs import Require

# Name of a test of theirs -> why what it asserts is not so.
FALSEHOODS: dict[str, str] = {}
SHELLS = {"bash": "bash", "fish": "fish", "sh": "dash", "xonsh": "xonsh", "zsh": "zsh"}
COUNTS = {"bash": 5}  # four of each other shell


@pytest.fixture(scope="module")
def suite() -> Path:
    """Give the source distribution of userpath."""
    return compat.source_of("userpath")


@pytest.mark.parametrize("name", SHELLS)
def test_userpaths_own_tests_pass_in_a_real_shell(
    name: str, suite: Path, pipx: Environment, home: Path, require: Require
) -> None:
    """They are typed at the prompt of that shell, which is the one that they are about."""
    require(SHELLS[name])
    folder = home / "suite"
    shutil.copytree(suite / "tests", folder / "tests")  # without the original, which stands beside them
    tests = f"{folder}/tests/test_{name}.py"
    words = ("-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}", tests)
    _, told = compat.typed(SHELLS[name], home, pipx.python, *words)
    expected = COUNTS.get(name, 4) - len(FALSEHOODS)
    assert re.search(rf"=+ {expected} passed in ", told), told
    assert [] == [line for line in told.splitlines() if line.startswith(("FAILED", "ERROR"))]


def test_hatchs_own_tests_of_python_distributions_pass(hatch: Environment, home: Path) -> None:
    """They replace three of our functions by name, and ask how these were called."""
    tree = compat.source_of("hatch")
    folder = home / "suite"
    folder.mkdir()
    shutil.copytree(tree / "tests", folder / "tests")
    shutil.copy(tree / "pyproject.toml", folder)
    words = ("-m", "not requires_internet")  # one downloads a Python, in a CI without looking for a net
    done = subprocess.run(
        [hatch.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, "tests/cli/python"],
        cwd=folder,
        env={**os.environ, "PATH": f"{hatch.bin}:{os.environ['PATH']}", "SHELL": "/bin/sh"},
        capture_output=True,
        text=True,
        check=False,
        timeout=compat.PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^[1-9]\d* passed", done.stdout, re.MULTILINE), done.stdout


def test_it_is_our_userpath_that_the_suites_import(pipx: Environment, hatch: Environment) -> None:
    code = """
import userpath
from importlib.metadata import version
assert version("userpath") == userpath.__version__ == "1.9.2+onpath" + version("onpath")
print(userpath.__version__, userpath.__file__)
"""
    for made in (pipx, hatch):
        told = subprocess.run(
            [made.python, "-c", code], cwd="/", capture_output=True, text=True, check=True
        ).stdout
        assert re.match(r"1\.9\.2\+onpath\S* ", told), told
        assert str(made.bin.parent) in told


def test_the_source_distribution_of_pipx_holds_no_tests() -> None:
    """Once it does again, they are to be run here too."""
    assert [] == [each for each in compat.source_of("pipx").rglob("*test*") if each.suffix == ".py"]
