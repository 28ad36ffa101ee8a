"""The verdict follows from what a program said of each directory, and from nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.model import APPEND, EFFECTIVE, MISSING, PREPEND, SHADOWED
from onpath.probes import judge
from onpath.probes.judge import DID_NOT_RUN, Sight
from samples import BOUNDED

UNUSABLE, LOST = "the directory does not exist; make it", "a profile took it away; look there"
MISPLACED, HIDDEN = "it is on PATH, but after /bin", "tool is hidden"

SIGHTS = [
    Sight(*fields)
    for fields in product(
        (True, False), (True, False, None), ("", UNUSABLE), ("", LOST), ("", MISPLACED)
    )
]


def expected(sight: Sight) -> tuple[str, str]:
    """Return the verdict on one directory and its words, told case by case."""
    if sight.ran is True and not sight.misplaced:  # nothing can be said against a program that ran
        return EFFECTIVE, ""
    if not sight.is_on_path:
        return MISSING, sight.lost
    if sight.unusable:
        return MISSING, sight.unusable
    if sight.ran is False:
        return MISSING, DID_NOT_RUN
    if sight.misplaced:
        return MISSING, sight.misplaced
    return EFFECTIVE, ""  # there was no proof, and PATH is believed


def whole(verdict: str, words: str) -> tuple[str, str, str]:
    """Return a verdict with the fact and the cure apart."""
    fact, _, cure = words.partition("; ")
    return verdict, fact, cure


@pytest.mark.parametrize("sight", SIGHTS, ids=repr)
@pytest.mark.parametrize("hidden", [(), (HIDDEN,)])
def test_every_combination_has_its_verdict(sight: Sight, hidden: tuple[str, ...]) -> None:
    verdict, words = expected(sight)
    if verdict == EFFECTIVE and hidden:
        verdict, words = SHADOWED, HIDDEN
    assert whole(verdict, words) == judge.verdict([sight], hidden)


@pytest.mark.parametrize("one", SIGHTS, ids=repr)
def test_of_several_directories_the_first_that_is_missing_decides(one: Sight) -> None:
    for other in SIGHTS:
        bad = [found for found in map(expected, (one, other)) if found[0] == MISSING]
        assert whole(*(bad or [(EFFECTIVE, "")])[0]) == judge.verdict([one, other])


def test_without_any_directory_nothing_is_missing() -> None:
    assert (EFFECTIVE, "", "") == judge.verdict([])


def test_all_hidden_commands_are_in_the_reason() -> None:
    found = judge.verdict([Sight(is_on_path=True, ran=True)], ["one is hidden", "two is hidden"])
    assert (SHADOWED, "one is hidden; two is hidden", "") == found


@pytest.mark.parametrize(
    ("path", "order", "words"),
    [
        (["/d", "/bin", "/usr/bin"], PREPEND, ""),
        (["/mine", "/d", "/bin"], PREPEND, ""),  # what others put in front is theirs
        (["/bin", "/d", "/usr/bin"], PREPEND, "it is on PATH, but after /bin"),
        (["/bin", "/usr/bin", "/d"], APPEND, ""),
        (["/bin", "/usr/bin", "/d", "/games"], APPEND, ""),
        (["/bin", "/d", "/usr/bin"], APPEND, "it is on PATH, but before /usr/bin"),
        (["/bin", "/d"], None, ""),
    ],
)
def test_the_place_that_was_asked_for_is_beside_the_session_own_entries(
    path: list[str], order: str | None, words: str
) -> None:
    assert words == judge.misplaced(path, path.index("/d"), ["/bin", "/usr/bin"], order)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("", ""),
        ("Welcome to this machine\n", ""),
        ("bash: line 3: PATH: readonly variable\n", "bash: line 3: PATH: readonly variable"),
        (
            '.profile: 1: Syntax error: "(" unexpected\nbye\n',
            '.profile: 1: Syntax error: "(" unexpected',
        ),
        ("\x1b[31mcannot open x\x1b[0m\r\n", "cannot open x"),
        ("bash: /private/report: not found\n", ""),
        ("bash: onpath-probe-123: command not found\n", ""),
        ("x: error one\ny: error two\n", "y: error two"),
    ],
)
def test_the_last_telling_line_is_what_a_shell_said(said: str, line: str) -> None:
    assert line == judge.telling_line(said, "/private")


@BOUNDED
@given(st.text(max_size=60))
def test_any_text_has_a_line_that_can_be_shown(said: str) -> None:
    line = judge.telling_line(f"error {said}", "/private")
    assert len(line) <= judge.MAX_LINE
    assert line.isprintable()


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
