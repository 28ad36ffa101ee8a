"""The verdict follows from what a program said of each directory, and from nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.model import EFFECTIVE, MISSING, SHADOWED
from onpath.probes import judge
from onpath.probes.judge import DID_NOT_RUN, Sight
from samples import BOUNDED

UNUSABLE, LOST, HIDDEN = "the directory does not exist", "a profile took it away", "tool is hidden"

SIGHTS = [
    Sight(is_on_path, ran, unusable, lost)
    for is_on_path, ran, unusable, lost in product(
        (True, False), (True, False, None), ("", UNUSABLE), ("", LOST)
    )
]


def expected(sight: Sight) -> tuple[str, str]:
    """Return the verdict on one directory, told case by case."""
    if sight.ran is True:  # nothing can be said against a program that ran
        return EFFECTIVE, ""
    if not sight.is_on_path:
        return MISSING, sight.lost
    if sight.unusable:
        return MISSING, sight.unusable
    if sight.ran is False:
        return MISSING, DID_NOT_RUN
    return EFFECTIVE, ""  # there was no proof, and PATH is believed


@pytest.mark.parametrize("sight", SIGHTS, ids=repr)
@pytest.mark.parametrize("hidden", [(), (HIDDEN,)])
def test_every_combination_has_its_verdict(sight: Sight, hidden: tuple[str, ...]) -> None:
    verdict, reason = expected(sight)
    if verdict == EFFECTIVE and hidden:
        verdict, reason = SHADOWED, HIDDEN
    assert (verdict, reason) == judge.verdict([sight], hidden)


@pytest.mark.parametrize("one", SIGHTS, ids=repr)
def test_of_several_directories_the_first_that_is_missing_decides(one: Sight) -> None:
    for other in SIGHTS:
        bad = [found for found in map(expected, (one, other)) if found[0] == MISSING]
        assert (bad or [(EFFECTIVE, "")])[0] == judge.verdict([one, other])


def test_without_any_directory_nothing_is_missing() -> None:
    assert (EFFECTIVE, "") == judge.verdict([])


def test_all_hidden_commands_are_in_the_reason() -> None:
    found = judge.verdict([Sight(is_on_path=True, ran=True)], ["one is hidden", "two is hidden"])
    assert (SHADOWED, "one is hidden; two is hidden") == found


def test_a_command_is_hidden_by_the_first_entry_that_has_it() -> None:
    ours = {"b": "/x/b", "a": "/x/a", "c": "/x/c"}
    earlier = [{"b": "/1/b", "z": "/1/z"}, {"a": "/2/a", "b": "/2/b"}]
    assert ("a is hidden by /2/a", "b is hidden by /1/b") == judge.shadows(ours, earlier)


def test_without_an_earlier_entry_nothing_is_hidden() -> None:
    assert () == judge.shadows({"a": "/x/a"}, [])
    assert () == judge.shadows({}, [{"a": "/1/a"}])


COMMANDS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["/1", "/2", "/3"]))


@BOUNDED
@given(COMMANDS, st.lists(COMMANDS, max_size=4))
def test_exactly_those_commands_are_hidden_that_an_earlier_entry_has(
    ours: dict[str, str], earlier: list[dict[str, str]]
) -> None:
    found = judge.shadows(ours, earlier)
    names = sorted(name for name in ours if any(name in entry for entry in earlier))
    assert names == [line.partition(" ")[0] for line in found]
