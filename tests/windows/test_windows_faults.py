"""Killed, interrupted or failing on Windows at any change: the value is whole, and all goes again."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pytest

from windows_cases import EXPAND, SHORT, utf16
from windows_machine import INSIDE, close

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windows_machine import Machine

FAULTS = INSIDE.with_name("inside_windows_faults.py")
KINDS = ("kill", "fail", "lasting", "interrupt")
SCENARIOS = (
    *("look", "first run", "create the value", "roll back", "move", "undo", "undo of a value"),
    "every user",
)
STRIDE = 23  # of a sample; odd, so that the next run and an undo take turns


@pytest.fixture
def machine(windows: Machine) -> Iterator[Machine]:
    """Give the machine, with no `Path` of the user before and after."""
    yield windows
    windows.inside("reset")


def ask(machine: Machine, *words: str, timeout_s: float = 300) -> Any:
    """Have the machine do what `inside_windows_faults.py` can do."""
    return machine.inside(*words, timeout_s=timeout_s, program=FAULTS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_change_goes_wrong_all_is_in_order_after_it(
    name: str, machine: Machine, request: pytest.FixtureRequest
) -> None:
    """Value whole, exit code and words true; the next run, or an undo at once, leaves nothing of it.

    A sample has one kind of fault a scenario.
    """
    is_all = request.config.getoption("all")
    kinds = KINDS if is_all else (KINDS[(SCENARIOS.index(name) + 1) % len(KINDS)],)
    stride, start = (1, 0) if is_all else (STRIDE, zlib.crc32(name.encode()))
    wrong = []
    for kind in kinds:
        found = ask(machine, "strike", name, kind, str(stride), str(start), timeout_s=7200)
        assert found["tried"]
        bad = len({line.partition(": ")[0] for line in found["wrong"]})
        request.node.user_properties += [
            ("fault", f"Windows: {kind}"),
            ("tried", found["tried"]),
            ("bad", bad),
        ]
        wrong += found["wrong"]
    assert not wrong, "\n".join(wrong)


def test_the_value_and_the_receipt_agree_after_a_kill_between_the_two(machine: Machine) -> None:
    found = ask(machine, "around")
    assert 4 == found["tried"]
    assert [] == found["wrong"]


@pytest.mark.parametrize("name", ["move", "first run for what is there"])
def test_an_undo_finds_what_a_killed_run_had_not_recorded(machine: Machine, name: str) -> None:
    """Its private folder, be it empty; its programs, wherever they are: the folder says it."""
    found = ask(machine, "unrecorded", name)
    assert (2, []) == (found["tried"], found["wrong"])


def test_of_three_runs_at_once_one_is_killed_at_the_value_and_it_is_there_once(
    machine: Machine, tmp_path: Path
) -> None:
    """The others take the lock over, and put back what it had begun."""
    killed = ("run", "kill", "winreg.SetValue Path", machine.name(tmp_path / "log"), "--no-verify")
    run = ("-m", "onpath", "--no-verify")
    first, *others = machine.run_at_once((machine.name(FAULTS), *killed), run, run)
    assert first in {9, 3}  # it may have been the last
    assert [3, 3] == others
    assert [EXPAND, utf16(SHORT).hex()] == machine.inside("get")
    assert 0 == machine.onpath("--undo").returncode
    assert machine.inside("get") is None


@pytest.mark.parametrize("words", [(), ("--check",)], ids=["ensure", "check"])
def test_shells_and_folder_of_a_killed_run_are_gone(
    machine: Machine, words: tuple[str, ...], tmp_path: Path
) -> None:
    """The shells at once, the system ends them; the folder with the next run, though it named no run."""
    file = machine.name(tmp_path / "waits")
    ask(machine, "slow", file)
    try:
        run = machine.start_python("-m", "onpath", "--timeout", "300", *words)
        (waits,) = ask(machine, "wait", file)
        assert ask(machine, "runs", str(waits))
        living = ask(machine, "private")
        assert 1 == len(living)
        close(run)  # kills it
        assert ask(machine, "gone", str(waits))
    finally:
        ask(machine, "quick")
    assert living == ask(machine, "private")
    assert 0 == machine.onpath().returncode
    assert [] == ask(machine, "private")
