"""A run that is killed, interrupted or fails at any call: no byte is lost, no word untrue, all goes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

import faults
from faults import FAULTS, Fault
from scenarios import BOTH, BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of a sample; odd, so that the next run and an undo take turns. A kill in place puts most at risk.
STRIDE, STRIDE_IN_PLACE = 31, 9
SHELL = ("--shell", "bash")
SHARES = 4  # in which everything is done
SAVED_DURING = ("first run", "roll back", "move to the end", "undo")
# What a system says that has no such call, and what a file system says.
WITHOUT_EXCHANGE = {"ENOSYS": "first run", "EINVAL": "roll back"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With `--all` each fault and scenario is several tests, which can run side by side."""
    if "share" in metafunc.fixturenames:
        is_all = metafunc.config.getoption("all")
        metafunc.parametrize("share", range(SHARES) if is_all else [None])


@pytest.fixture(scope="module", params=faults.users())
def world(request: pytest.FixtureRequest) -> Iterator[faults.World]:
    """Make a world for each user, in which each run has a new home."""
    with faults.world(request.param) as made:
        yield made


@functools.cache
def ends_of(world: faults.World, name: str, options: tuple[str, ...] = ()) -> faults.Ends:
    """Return what the scenario leads to, found out once for all that may go wrong in it."""
    return faults.undisturbed(world, BY_NAME[name], options)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", BY_NAME)
def test_whatever_call_goes_wrong_all_is_in_order_after_it(
    name: str,
    fault: Fault,
    world: faults.World,
    share: int | None,
    request: pytest.FixtureRequest,
) -> None:
    """No line lost, exit code and words true; the next run, or an undo, leaves nothing of it."""
    scenario = BY_NAME[name]
    if world.uid == 0 and not scenario.is_for_root:
        pytest.skip("root may write there all the same")
    ends = ends_of(world, name)
    points = chosen(ends, share, f"{name} {fault} {world.uid}")
    strike = functools.partial(faults.strike, world, scenario, ends, fault)
    judge(request, fault, [faults.reached(functools.partial(strike, *point)) for point in points])


def test_killed_before_it_has_recorded_anything_a_run_leaves_nothing_after_an_undo(
    world: faults.World,
) -> None:
    """Its program is in a directory that was there, and is not the usual one: only its lock tells."""
    scenario = faults.Scenario(
        "named", (*SHELL, "tools"), BOTH, make=lambda home: (home / "tools").mkdir()
    )
    ends = faults.undisturbed(world, scenario)
    call = next(each for each in ends.calls if each.name == "mkdir" and "/onpath-" in each.shown)
    assert [] == faults.strike(world, scenario, ends, "kill", 0, call)


@pytest.mark.parametrize("name", SAVED_DURING)
def test_what_somebody_else_saves_before_any_call_is_not_lost(
    name: str, world: faults.World, share: int | None, request: pytest.FixtureRequest
) -> None:
    """By a new file in the place of the old one, as editors do, or by `>>`, as installers do."""
    ends = ends_of(world, name)
    points = chosen(ends, share, f"{name} save {world.uid}")
    found = [faults.save(world, BY_NAME[name], ends, *point) for point in points]
    judge(request, "save of another program", found)


@pytest.mark.parametrize("error", WITHOUT_EXCHANGE)
def test_nor_is_it_where_two_files_cannot_change_names(
    error: str, world: faults.World, share: int | None, request: pytest.FixtureRequest
) -> None:
    """The old file has a second name then, which is looked at after the new one is in its place."""
    name, options = WITHOUT_EXCHANGE[error], ("-e", f"inject=?renameat2:error={error}")
    ends = ends_of(world, name, options)
    points = chosen(ends, share, f"{error} save {world.uid}")
    found = [faults.save(world, BY_NAME[name], ends, *point, options) for point in points]
    judge(request, "save of another program, without renameat2", found)


def chosen(ends: faults.Ends, share: int | None, name: str) -> list[tuple[int, faults.Call]]:
    """Return the calls to try, with their turns."""
    if share is None:
        stride = STRIDE_IN_PLACE if "in place kill" in name else STRIDE
        return faults.sample(ends.calls, stride, name)
    return faults.every(ends.calls)[share::SHARES]


def judge(request: pytest.FixtureRequest, fault: str, found: list[list[str] | None]) -> None:
    """Fail if one of what was `found` is not in order; the figures are told at the end of all tests."""
    struck = [wrong for wrong in found if wrong is not None]
    bad = [wrong for wrong in struck if wrong]
    request.node.user_properties += [("fault", fault), ("tried", len(struck)), ("bad", len(bad))]
    assert struck or not found, "no call was reached"
    assert not bad, "\n".join(line for wrong in bad for line in wrong)
