"""Calls that fail while a run changes something: all is put back, or what stays is told by name.

strace makes them fail. Of all such calls a few are tried in each scenario; with EXAMPLES=1000, all.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from commands import changed, snapshot
from injecting import CALLS, SCENARIOS, Scenario, calls_of, chosen, make_ready, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "linux":
    pytest.skip("strace is of Linux", allow_module_level=True)

ERRORS = ("ENOSPC", "EIO", "EROFS")
CHANGING = tuple(call for call in CALLS if call not in {"fsync", "utimensat"})
LOCK = ".onpath.lock"
UNCHANGED = "nothing was changed"


@pytest.fixture(scope="module")
def strace() -> str:
    """Return the program, or skip."""
    return shutil.which("strace") or pytest.skip("strace is not installed")


@pytest.fixture
def temporary() -> Iterator[str]:
    """Make a folder for temporary files; one of a long name would not be used."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="short-") as folder:
        yield folder


def fail(strace: str, scenario: Scenario, home: Path, temporary: str, rule: str) -> tuple[int, str]:
    """Run `scenario` with the calls of `rule` failing; return its code and what it said."""
    within = (strace, "-o", "/dev/null", "-e", f"trace={','.join(CALLS)}", "-e", "signal=none")
    return run(home, temporary, *scenario.words, within=(*within, *rule.split()))


def faults_of(first: Path, home: Path, code: int, said: str, expected: object) -> list[object]:
    """Return what was not right: words, code, what stays."""
    del expected
    # An empty file that cannot be removed at the very end; the next run does.
    differ = changed(snapshot(first, without=(LOCK,)), snapshot(home, without=(LOCK,)))
    found: list[object] = []
    if "Traceback" in said or "this is a bug" in said:
        found.append("a traceback, or a bug")
    if code == 1 and differ:
        found.append(("exit code 1, and this is not as it was", sorted(differ)))
    if UNCHANGED in said and differ:
        found.append(("told to be unchanged", sorted(differ)))
    if code not in {0, 1, 3}:
        found.append(("code", code))
    return found


@pytest.mark.parametrize("is_lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_whatever_fails_is_put_back_or_told_and_an_undo_gives_all_back(
    strace: str, home: Path, temporary: str, scenario: Scenario, is_lasting: bool
) -> None:
    first = home.parent / "first"
    expected = make_ready(scenario, home, temporary)
    shutil.copytree(home, first, symlinks=True)
    calls = calls_of(strace, scenario, home, temporary)
    wrong: list[str] = []
    for position, when in enumerate(chosen(len(calls), scenario)):
        call = calls[when - 1]
        if call not in CHANGING:
            continue
        shutil.rmtree(home)
        shutil.copytree(first, home, symlinks=True)
        error = ERRORS[position % len(ERRORS)]
        counts = {name: calls[: when - 1].count(name) + 1 for name in CHANGING}
        if is_lasting:  # from here on, all that would need room or a writable disk
            rule = " ".join(f"-e inject={n}:error={error}:when={k}+" for n, k in counts.items())
        else:
            rule = f"-e inject={call}:error={error}:when={counts[call]}"
        code, said = fail(strace, scenario, home, temporary, rule)
        found = faults_of(first, home, code, said, expected)
        undone, words = run(home, temporary, "--undo")
        if changed(expected, snapshot(home)) or undone:
            found.append(("undo", undone, words, changed(expected, snapshot(home))))
        if found:
            wrong.append(f"call {when}, {call}: {error}: {code} {found}\n{said}")
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong)
