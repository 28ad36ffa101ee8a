"""A run that is killed before any call that changes something is finished, or taken back, by the next.

strace kills it there. Of all such calls a few are tried in each scenario, others in each; with
EXAMPLES=1000 in the environment, all of them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from commands import changed, snapshot
from injecting import SCENARIOS, Scenario, calls_of, chosen, kill, make_ready, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "linux":
    pytest.skip("strace is of Linux", allow_module_level=True)


@pytest.fixture(scope="module")
def strace() -> str:
    """Return the program, or skip."""
    return shutil.which("strace") or pytest.skip("strace is not installed")


@pytest.fixture
def temporary() -> Iterator[str]:
    """Make a folder for temporary files; one of a long name would not be used."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="short-") as folder:
        yield folder


@pytest.mark.parametrize("is_undone", [False, True], ids=["then-again", "then-undo"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_killed_anywhere_the_next_run_or_an_undo_leaves_nothing_of_it(
    strace: str, home: Path, temporary: str, scenario: Scenario, is_undone: bool
) -> None:
    """With a TMPDIR of its own: the receipt tells where the private folder was."""
    first = home.parent / "first"
    expected = make_ready(scenario, home, temporary)
    shutil.copytree(home, first, symlinks=True)
    calls = calls_of(strace, scenario, home, temporary)
    assert 5 < len(calls), "strace saw nothing"
    finished = snapshot(home)
    wrong: list[str] = []
    for when in chosen(len(calls), scenario):
        shutil.rmtree(home)
        shutil.copytree(first, home, symlinks=True)
        call = calls[when - 1]
        where = f"before call {when}, {call}"
        kill(strace, scenario, home, temporary, call, calls[:when].count(call))
        with tempfile.TemporaryDirectory(dir="/tmp", prefix="short-") as another:
            if is_undone:
                code, said = run(home, another, "--undo")
                wanted, codes = expected, {0}
            else:
                code, said = run(home, another, *scenario.words)
                wanted, codes = finished, {scenario.code, scenario.code_again}
            faults: list[object] = [*changed(wanted, snapshot(home)).items()]
            if code not in codes:
                faults.append(("code", code))
            faults += [("temporary", name) for name in (*os.listdir(temporary), *os.listdir(another))]
            if faults:
                wrong.append(f"{where}: {faults}\n{said}")
            for name in os.listdir(temporary):
                shutil.rmtree(f"{temporary}/{name}")
    assert not wrong, f"{len(wrong)} of {len(chosen(len(calls), scenario))}\n" + "\n".join(wrong)
