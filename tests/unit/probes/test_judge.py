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


# What a shell says itself.

FOLDER = "/private/onpath-0123456789ab"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("Welcome back!\n", ""),
        ("bash: PATH: readonly variable\n", "bash: PATH: readonly variable"),
        (
            '/root/.profile: 3: Syntax error: "fi" unexpected\n',
            '/root/.profile: 3: Syntax error: "fi" unexpected',
        ),
        ("sh: 1: .: cannot open /nowhere\nbye\n", "sh: 1: .: cannot open /nowhere"),
        ("a: not found\nb: not found\n", "b: not found"),  # the last
        (
            "\x1b[1;31mfish: Unknown command: x\x1b[0m\r\n\x1b]0;title\x07$ ",
            "fish: Unknown command: x",
        ),
        (f"bash: {FOLDER}/report: No such file\n", ""),
        ("dash: 1: onpath-probe-53ade1dee31b0: not found\n", ""),
        ("bash: cannot set terminal process group (-1): Inappropriate ioctl for device\n", ""),
        ("bash: no job control in this shell: error\n", ""),
        (
            "a: not found\nbash: cannot set terminal process group (9): x\nonpath-probe-1: not found\n",
            "a: not found",
        ),
        ("error " + "x" * 300, "error " + "x" * 194),
    ],
)
def test_the_last_line_that_tells_what_went_wrong_is_quoted(text: str, line: str) -> None:
    assert line == judge.telling_line(text, FOLDER)


@BOUNDED
@given(text=st.text(st.sampled_from("\x1b[;m\r\n\x07 aerror0~]"), max_size=60))
def test_what_is_quoted_is_one_line_that_a_terminal_can_show(text: str) -> None:
    line = judge.telling_line(text, FOLDER)
    assert line.isprintable()
    assert line == line.strip()
    assert len(line) <= judge.MAX_LINE
