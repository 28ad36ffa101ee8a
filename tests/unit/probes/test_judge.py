"""The verdict follows from what a program said of each directory, and from nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.model import (
    APPEND,
    EFFECTIVE,
    INTERACTIVE,
    MISSING,
    PREPEND,
    SHADOWED,
    UNKNOWN,
    Context,
    Probe,
)
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
        (["/bin", "/d", "/usr/bin"], PREPEND, f"it is on PATH, but after /bin; {judge.MOVE_IT}"),
        (["/bin", "/usr/bin", "/d"], APPEND, ""),
        (["/bin", "/usr/bin", "/d", "/games"], APPEND, ""),
        (["/bin", "/d", "/usr/bin"], APPEND, f"it is on PATH, but before /usr/bin; {judge.MOVE_IT}"),
        (["/bin", "/d"], None, ""),
    ],
)
def test_the_place_that_was_asked_for_is_beside_the_session_own_entries(
    path: list[str], order: str | None, words: str
) -> None:
    assert words == judge.misplaced(path, path.index("/d"), ["/bin", "/usr/bin"], order)


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


PATHS = st.lists(st.sampled_from(["/usr/bin", "/usr/sbin", "/bin", "/x/bin", "C:\\a", ""])).map(tuple)


@BOUNDED
@given(PATHS, PATHS, PATHS)
def test_nothing_is_lost_where_entries_only_come_or_move(
    before: tuple[str, ...], more: tuple[str, ...], others: tuple[str, ...]
) -> None:
    for after in ((*more, *before), (*before, *more), (*more, *before[::-1], *others)):
        assert () == judge.lost(before, after)


@BOUNDED
@given(PATHS, st.sampled_from(["/usr/bin", "C:\\a"]))
def test_an_entry_that_is_gone_is_lost_unless_it_is_ours(before: tuple[str, ...], gone: str) -> None:
    after = tuple(entry for entry in before if entry != gone)
    expected = (gone,) if gone in before else ()
    assert expected == judge.lost(before, after)
    assert expected == judge.lost(before, ("/ours", *after), ["/ours"])
    assert () == judge.lost(before, after, [gone])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("/bin/", "/usr/bin"), ("/usr/bin", "/bin")),
        ((r"C:\Tools\\",), (r"c:\tools",)),
        (
            ("/run/user/1/fnm_multishells/71_1/bin", "/bin"),
            ("/run/user/1/fnm_multishells/82_2/bin", "/bin"),
        ),
        (("/tmp/tmp.aBc",), ("/tmp/tmp.dEf",)),  # noqa: S108  (names, and nothing else)
        ((r"C:\x\Temp\1\bin",), (r"C:\x\Temp\2\bin",)),
    ],
)
def test_another_spelling_or_a_name_that_is_new_at_each_start_is_no_loss(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert () == judge.lost(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("/opt", "/bin"), ("/new", "/bin")),
        (("/opt/x/bin",), ("/opt/y/sbin",)),
        (("/opt/x",), ("/opt/x/bin",)),
        ((r"C:\a",), (r"C:\b",)),
    ],
)
def test_a_new_entry_elsewhere_makes_up_for_nothing(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert before[:1] == judge.lost(before, after)


def test_one_new_entry_stands_for_one_that_is_gone() -> None:
    assert ("/t/2",) == judge.lost(("/t/1", "/t/2"), ("/t/3",))
    assert ("/t/1",) == judge.lost(("/t/1",), ("/t/3",), ["/t/3"])  # ours stands for none


CONTEXT = Context(INTERACTIVE, "one")


def test_a_command_that_no_longer_runs_by_its_name_is_a_loss() -> None:
    before = Probe(CONTEXT, MISSING, path=(), found=("a", "b", "/bin", "/x"))
    after = Probe(CONTEXT, EFFECTIVE, path=(), found=("b", "/ours", "/bin"))
    assert ("a", "/x") == judge.losses(before, after, ["/ours"])
    assert () == judge.losses(after, after)
    assert ("/ours",) == judge.losses(after, before)


def test_without_two_answers_nothing_is_known_to_be_lost() -> None:
    answer, silence = Probe(CONTEXT, MISSING, path=(), found=("a",)), Probe(CONTEXT, UNKNOWN)
    assert () == judge.losses(answer, silence)
    assert () == judge.losses(silence, answer)


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
        ("boo.nu: error\n  \u00d7 External command failed\n 1 | onpath-probe-ab0", "boo.nu: error"),
        ("Error: nu::shell::external_command\n", ""),
        ('rc.elv:1:36: print "name? "; var l = (read-line </dev/tty)', ""),
        ("~/.config/fish/config.fish (line 2): \nfoo\n", "~/.config/fish/config.fish (line 2):"),
        (
            "-bash: .profile: line 25: syntax error near `fi'\n-bash: .profile: line 25: `fi'\n",
            "-bash: .profile: line 25: syntax error near `fi'",
        ),
        ("# fatal: cannot open x\n# antidote: error details:\n", "# fatal: cannot open x"),
        ("Version: 0.115.1 (x86_64-unknown-linux-musl)", ""),
        ("bash: warning: setlocale: LC_ALL: cannot change locale (de_DE.UTF-8): No such file", ""),
        ("/locale/rc: cannot open\nperl: warning: Setting locale failed.", "/locale/rc: cannot open"),
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


@pytest.mark.parametrize(("timeout_s", "longer"), [(1, 60), (30.0, 60), (60, 120), (100, 200)])
def test_who_has_waited_in_vain_is_told_to_wait_longer(timeout_s: float, longer: int) -> None:
    assert judge.longer_cure(timeout_s) == f"if it is only slow: ensure-path --timeout {longer}"
