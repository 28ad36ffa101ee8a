"""A run that is killed, interrupted or fails at any call: no byte is lost, no word untrue, all goes."""

from __future__ import annotations

import pytest

import faults
from faults import FAULTS, Fault
from scenarios import BY_NAME

STRIDE = 31  # of a sample; odd, so that the next run and an undo take turns
SHARES = 4  # in which everything is done


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With `--all` each fault and scenario is several tests, which can run side by side."""
    if "share" in metafunc.fixturenames:
        is_all = metafunc.config.getoption("all")
        metafunc.parametrize("share", range(SHARES) if is_all else [None])


@pytest.mark.parametrize("uid", faults.users())
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", BY_NAME)
def test_whatever_call_goes_wrong_all_is_in_order_after_it(
    name: str, fault: Fault, uid: int, share: int | None, request: pytest.FixtureRequest
) -> None:
    """No line lost, exit code and words true; the next run, or an undo, leaves nothing of it."""
    scenario = BY_NAME[name]
    if uid == 0 and not scenario.is_for_root:
        pytest.skip("root may write there all the same")
    with faults.world(uid) as world:
        ends = faults.undisturbed(world, scenario)
        if share is None:
            points = faults.sample(ends.calls, STRIDE, f"{name} {fault} {uid}")
        else:
            points = faults.every(ends.calls)[share::SHARES]
        found = [faults.strike(world, scenario, ends, fault, *point) for point in points]
    struck = [wrong for wrong in found if wrong is not None]
    bad = [wrong for wrong in struck if wrong]
    request.node.user_properties += [("fault", fault), ("tried", len(struck)), ("bad", len(bad))]
    assert struck or not points, "no call was reached"
    assert not bad, "\n".join(line for wrong in bad for line in wrong)
