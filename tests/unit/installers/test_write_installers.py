"""Our own install.sh and install.ps1 are what the tool writes, of the parts of all install scripts."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import interrupting
import pythons
from onpath.installers import script

# What is imported before would not be looked for.
RUN = """import sys
_, module, text = sys.argv
sys.modules.pop(module, None)
del sys.argv[1:]
exec(text, {"__name__": "__main__"})
"""
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def writer() -> Any:
    """Import the tool."""
    spec = importlib.util.spec_from_file_location("w", ROOT / "tools" / "write_installers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", script.SCRIPTS)
def test_the_script_of_the_repository_is_the_one_that_is_written(writer: Any, name: str) -> None:
    is_same = writer.write()[name] == (ROOT / name).read_bytes()
    assert is_same, f"{name} is not what its sources say; run: python3 tools/write_installers.py"


def test_the_same_search_for_a_python_is_in_every_script(writer: Any) -> None:
    """And the same program for it in both of a kind, to the byte."""
    chosen = script.settings("cow")
    own, written = writer.write(), script.write(chosen)
    for name, fragments in script.FRAGMENTS.items():
        for file in fragments.values():
            text = (ROOT / "src/onpath/installers" / file).read_text().strip("\n")
            for scripts, tool in ((own, "onpath"), (written, "cow")):
                assert scripts[name].decode().count(text.replace("@NAME@", tool)) == 1
    for scripts, modules in ((own, writer.MODULES), (written, script.BOOTSTRAP)):
        program = script.program(*modules).encode()
        assert [1, 1] == [raw.count(program) for raw in scripts.values()]


def test_the_program_is_its_modules_as_they_are(writer: Any) -> None:
    """But for the lines by which one takes something from another, which stands above it."""
    program = script.program(*writer.MODULES)
    for module in writer.MODULES:
        left_out = {
            line
            for line in (ROOT / "src/onpath" / module).read_text().splitlines()
            if line not in program.splitlines()
        }
        assert all(line.startswith("from ") for line in left_out), left_out
    assert program.isascii()
    assert "'" not in program
    assert len(program) < 100_000  # Linux takes 128 KiB in one argument


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of Unix")
@pytest.mark.parametrize("module", ["contextlib", "subprocess", "threading"])
def test_an_interrupt_while_its_python_starts_is_no_traceback(
    writer: Any, tmp_path: Path, module: str
) -> None:
    text = script.program(*writer.MODULES) + '\nmain("install.sh", "", "", "")'
    words = [sys.executable, "-c", RUN, module, text]
    done = subprocess.run(
        words, env=interrupting.environ_of(tmp_path, module), capture_output=True, check=False
    )
    assert (-signal.SIGINT, b"", b"") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("version", ["3.6", "3.7", "3.8"])
def test_an_old_python_gets_far_enough_to_say_so(writer: Any, version: str) -> None:
    python = pythons.find(version)
    if python is None:
        pytest.skip(f"there is no Python {version}")
    text = script.program(*writer.MODULES)
    done = subprocess.run(
        [python, "-I", "-", "--about"], input=text, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(f"no it is Python {version}."), done


def test_this_python_says_where_it_is(writer: Any, home: Path) -> None:
    text = script.program(*writer.MODULES) + '\nmain("install.sh", "", "", "")'
    for word, lines in (
        ("--about", ["ok", getattr(sys, "_base_executable", "") or sys.executable, str(home)]),
        ("--scripts", [".local/bin"]),
    ):
        if word == "--scripts" and sys.platform != "linux":
            continue
        done = subprocess.run(
            [sys.executable, "-I", "-c", text, word], capture_output=True, text=True, check=False
        )
        assert lines == done.stdout.split("\n"), done
