"""The laws of a block in somebody else's file: it comes and goes to the byte, and never doubles."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from onpath.errors import CorruptFenceError
from onpath.model import END, TOP
from onpath.places import fence
from samples import ANY_BYTES, BOUNDED, DIRECTORIES, HOME

if TYPE_CHECKING:
    from random import Random

POSITIONS = st.sampled_from([TOP, END])
KEYS = st.sampled_from(["~/.local/bin", "/opt/tools", "~/a%20b"])
# Lines that matter for where a block may stand, among any bytes, with and without a last newline.
PIECES = st.sampled_from(
    [
        *("\ufeff", "#!/bin/sh\n", "#!/bin/sh", "# -*- coding: utf-8 -*-\n", "# coding=latin-1"),
        *("\n", "\r\n", "\r", "\x0c", "\x85", "\u2028", "alias l=ls\n", "if true\\", "# a comment\n"),
        *("export PATH", "\udcff\udcfe", "  # --- onpath: indented ---\n", "#--- onpath\n"),
    ]
)
TEXTS = st.lists(PIECES | ANY_BYTES, max_size=6).map("".join)
FILES = st.none() | TEXTS
BODIES = st.lists(
    st.sampled_from(["export PATH", "  fi", "# coding: x", "#!", "", "\udc80", "\r"]), max_size=3
).map(lambda lines: "".join(f"{line}\n" for line in lines))
STEPS = st.lists(st.tuples(KEYS, BODIES, POSITIONS), min_size=1, max_size=5)

OPENING = "# --- onpath: ~/x ---\n"
CLOSING = "# --- onpath end ---\n"
# As the first releases wrote them; they are in people's files.
OLD_HINT = " >>> put there by ensure-path; `ensure-path --undo` takes it out"
OLD_OPENING = f"# >>> onpath: ~/x{OLD_HINT}\n"
OLD_CLOSING = "# <<< onpath{} <<<\n"
MARKERS = st.lists(
    st.sampled_from(
        [
            *(OPENING, CLOSING, "# --- onpath: ~/y ---\n", "# --- onpath: \n", "# --- onpath end"),
            *(OLD_OPENING, OLD_CLOSING.format(""), "# >>> onpath: ~/y >>>\n", "# >>> onpath: \n"),
            *("# <<< onpath", "line\n", "x"),
        ]
    ),
    max_size=6,
).map("".join)


@BOUNDED
@given(FILES, KEYS, BODIES, POSITIONS)
@example(None, "~/.local/bin", "", END)
@example("", "~/.local/bin", "x\n", TOP)
@example("\ufeff#!/bin/sh", "~/.local/bin", "x\n", TOP)
@example("#!/bin/sh\r\n# coding: utf-8", "~/.local/bin", "x\n", TOP)
def test_what_is_put_in_is_taken_out_to_the_byte(
    text: str | None, key: str, body: str, position: str
) -> None:
    assert text == fence.remove(fence.insert(text, key, body, position), key)


@BOUNDED
@given(FILES, STEPS, st.randoms(use_true_random=False))
def test_any_number_of_blocks_goes_in_any_order(
    text: str | None, steps: list[tuple[str, str, str]], order: Random
) -> None:
    """Whatever was inserted, moved and replaced, removing block after block ends at the old text."""
    now = text
    for key, body, position in steps:
        now = fence.insert(now, key, body, position)
    keys = sorted({key for key, _, _ in steps})
    order.shuffle(keys)
    for key in keys:
        now = fence.remove(now, key)
    assert text == now


@BOUNDED
@given(FILES, STEPS)
def test_all_blocks_go_at_once(text: str | None, steps: list[tuple[str, str, str]]) -> None:
    now = text
    for key, body, position in steps:
        now = fence.insert(now, key, body, position)
    assert text == fence.remove(now)


@BOUNDED
@given(FILES, STEPS)
def test_the_bodies_are_those_that_were_put_last(
    text: str | None, steps: list[tuple[str, str, str]]
) -> None:
    now = text
    put = {}
    for key, body, position in steps:
        now = fence.insert(now, key, body, position)
        put[key] = body
    assert put == fence.bodies(now)


@BOUNDED
@given(FILES, STEPS)
def test_inserting_twice_is_inserting_once(text: str | None, steps: list[tuple[str, str, str]]) -> None:
    now = text
    for key, body, position in steps:
        now = fence.insert(now, key, body, position)
        assert now == fence.insert(now, key, body, position)


@BOUNDED
@given(FILES, KEYS, BODIES, BODIES, POSITIONS)
def test_an_older_body_is_replaced_in_place(
    text: str | None, key: str, old: str, new: str, position: str
) -> None:
    now = fence.insert(fence.insert(text, key, old, position), key, new, position)
    assert fence.insert(text, key, new, position) == now


@BOUNDED
@given(FILES, KEYS, BODIES, POSITIONS, POSITIONS)
def test_a_block_that_moves_is_as_if_it_had_always_been_there(
    text: str | None, key: str, body: str, first: str, second: str
) -> None:
    moved = fence.insert(fence.insert(text, key, body, first), key, body, second)
    assert fence.insert(text, key, body, second) == moved


@BOUNDED
@given(TEXTS, KEYS, BODIES, TEXTS)
@example("ls", "~/x", "body\n", "pwd\n")
def test_lines_that_others_add_after_a_block_keep_their_own_lines(
    text: str, key: str, body: str, added: str
) -> None:
    """A newline that had to be added before the block then stays, and no other is added."""
    assume(added)
    newline = "" if not text or text.endswith("\n") else "\n"
    assert text + newline + added == fence.remove(fence.insert(text, key, body, END) + added, key)


@BOUNDED
@given(KEYS, BODIES, POSITIONS, TEXTS)
def test_a_file_of_ours_stays_with_what_others_wrote_to_it(
    key: str, body: str, position: str, added: str
) -> None:
    assert (added or None) == fence.remove(fence.insert(None, key, body, position) + added, key)


def test_a_file_of_ours_keeps_what_others_wrote_before_the_block() -> None:
    assert "ls\n" == fence.remove("ls\n" + fence.insert(None, "~/x", "body\n"))


@BOUNDED
@given(MARKERS)
@example(OPENING)
@example(CLOSING)
@example(OPENING + OPENING + CLOSING)
@example((OPENING + CLOSING) * 2)
@example("# --- onpath: ~/x\n" + CLOSING)
def test_markers_that_do_not_pair_up_raise_and_nothing_else_happens(text: str) -> None:
    """Whatever is done with such a text: it is refused, or all is well."""
    try:
        found = fence.blocks(text)
    except CorruptFenceError:
        for attempt in (
            lambda: fence.insert(text, "~/x", "new\n"),
            lambda: fence.remove(text),
            lambda: fence.remove(text, "~/x"),
            lambda: fence.bodies(text),
        ):
            with pytest.raises(CorruptFenceError):
                attempt()
    else:
        assert [block.key for block in found] == list(fence.bodies(text))
        assert {**fence.bodies(text), "~/x": "new\n"} == fence.bodies(fence.insert(text, "~/x", "new\n"))


@BOUNDED
@given(st.lists(st.sampled_from(["#!/bin/sh", "ls", "", "fi"])), STEPS, st.integers(0, 10_000))
def test_a_file_that_lost_a_line_is_refused_or_still_has_all_others(
    mine: list[str], steps: list[tuple[str, str, str]], number: int
) -> None:
    """Somebody deletes a line by hand: no other error comes, and none of the user's lines goes too."""
    now: str | None = "".join(f"{line}\n" for line in mine)
    for key, body, position in steps:
        now = fence.insert(now, key, body, position)
    lines = (now or "").split("\n")
    lost = lines.pop(number % len(lines))
    try:
        rest = fence.remove("\n".join(lines)) or ""
    except CorruptFenceError:
        return
    left = rest.split("\n")
    assert [] == [line for line in {*mine} - {lost} if mine.count(line) > left.count(line)]


@pytest.mark.parametrize(
    "text",
    [
        OPENING + "body\n",
        CLOSING,
        OPENING + "body\n" + OPENING + "body\n" + CLOSING,
        OPENING + CLOSING + OPENING + CLOSING,
        "# --- onpath: ~/x and nothing more\nbody\n" + CLOSING,
    ],
)
def test_each_kind_of_damage_is_refused_with_its_line_and_its_cure(text: str) -> None:
    with pytest.raises(
        CorruptFenceError, match=r"^has a block of onpath in line [245] that is .* by hand$"
    ):
        fence.blocks("ls\n" + text)


@BOUNDED
@given(FILES, STEPS)
def test_what_is_compared_is_the_text_without_any_block_whatever_is_in_it(
    text: str | None, steps: list[tuple[str, str, str]]
) -> None:
    now = text
    for key, body, position in steps:
        now = fence.insert(now, key, f"{body}mine\n", position)
    assert text == fence.bare(now) == fence.bare(now.replace("mine\n", "m\n") if now else now)


@BOUNDED
@given(text=FILES, body=BODIES, position=POSITIONS, data=st.data())
def test_what_the_user_writes_into_a_block_is_not_taken_out_with_it(
    text: str | None, body: str, position: str, data: st.DataObject
) -> None:
    """A line anywhere between the markers, which is named by the block's."""
    put = fence.insert(text, "~/x", body, position)
    (block,) = fence.blocks(put)
    inner = put[block.start : block.stop].split("\n")
    at = data.draw(st.integers(1, len(inner) - 2))  # after the opening marker, before the closing one
    lines = "\n".join([*inner[:at], "alias mine=ls", *inner[at:]])
    changed = put[: block.start] + lines + put[block.stop :]
    first = put[: block.start].count("\n") + 1
    cure = f"in line {first} that is not as .* move your own lines out of it, or remove it by hand"
    for act in (fence.remove, lambda old: fence.insert(old, "~/x", "new\n", position)):
        with pytest.raises(CorruptFenceError, match=cure):
            act(changed)
    assert text == fence.remove(changed.replace("alias mine=ls\n", ""))


def test_a_word_that_is_changed_in_a_block_is_the_users_too() -> None:
    put = fence.insert("ls\n", "~/x", "PATH=~/x:$PATH\n", TOP)
    with pytest.raises(CorruptFenceError, match="in line 1 that is not as ensure-path has written it"):
        fence.remove(put.replace(":$PATH", ":/opt/mine:$PATH"))


def test_a_changed_block_is_still_one_when_its_neighbour_goes() -> None:
    """What the marker of the neighbour says passes on to it, and its sum stays what it was."""
    put = fence.insert(fence.insert(None, "~/x", "one\n", TOP), "~/y", "two\n", END) or ""
    left = fence.remove(put.replace("two", "three"), "~/x")
    with pytest.raises(CorruptFenceError):
        fence.remove(left)
    assert fence.remove((left or "").replace("three", "two")) is None


def test_a_block_of_a_release_without_a_sum_is_taken_out_as_it_is() -> None:
    assert "ls\n" == fence.remove(f"{OPENING}anything\n{CLOSING}ls\n")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("#!/bin/sh\nls\n", "#!/bin/sh\n"),
        ("#!/usr/bin/env xonsh\n# -*- coding: utf-8 -*-\nls\n", None),
        ("\ufeff#!/bin/sh\nls\n", "\ufeff#!/bin/sh\n"),
        ("\ufeffls\n", "\ufeffls\n"),
        ("\ufeffls \\\n  -l\npwd\n", "\ufeffls \\\n  -l\n"),
        ("\ufeff# a comment \\\npwd\n", "\ufeff# a comment \\\n"),
        ("# vim: set fileencoding=utf-8 :\nls\n", "# vim: set fileencoding=utf-8 :\n"),
        ("# a comment\nls\n", ""),
        ("ls\n#!/bin/sh\n", ""),
    ],
)
def test_what_must_stand_first_stays_first(text: str, first: str | None) -> None:
    """A byte order mark, a `#!` line and an encoding comment come before a block at the top."""
    start = text[: -len("ls\n")] if first is None else first
    assert fence.insert(text, "~/x", "body\n", TOP).startswith(start + fence.OPENING)


@BOUNDED
@given(TEXTS, st.booleans(), KEYS, BODIES, POSITIONS)
def test_a_block_of_the_first_releases_is_replaced_and_taken_out(
    text: str, is_joined: bool, key: str, body: str, position: str
) -> None:
    """At the top and at the end, joined and not, by what is put in now."""
    assume("\ufeff" not in text)  # the first releases put a block before the line that this one spoils
    mark = " (joined)" if is_joined and text and not text.endswith("\n") else ""
    before = text + "\n" if mark else text
    assume(not before or before.endswith("\n"))
    old = f"# >>> onpath: {key}{OLD_HINT}\nold\n" + OLD_CLOSING.format(mark)
    assert {key: "old\n"} == fence.bodies(before + old)
    assert text == fence.remove(before + old)
    now = fence.insert(before + old, key, body, position)
    assert {key: body} == fence.bodies(now)
    assert ">>> onpath" not in now.replace(before, "")
    assert text == fence.remove(now)


def test_a_file_of_the_first_releases_goes_with_its_block() -> None:
    old = OLD_OPENING + "old\n" + OLD_CLOSING.format(" (new file)")
    assert fence.remove(old) is None
    assert fence.remove(fence.insert(old, "~/x", "new\n")) is None


def test_a_block_that_the_first_releases_put_behind_a_byte_order_mark_moves_below_that_line() -> None:
    """There its marker was a part of the first word of the file, which no shell could read."""
    old = "\ufeff" + OLD_OPENING + "old\n" + OLD_CLOSING.format("")
    now = fence.insert(f"{old}ls\npwd\n", "~/x", "new\n")
    assert now.startswith("\ufeffls\n" + fence.OPENING)
    assert "\ufeffls\npwd\n" == fence.remove(now)
    beside = fence.insert(f"{old}ls\n", "~/y", "new\n")
    assert beside.startswith(old + fence.OPENING)
    assert "\ufeffls\n" == fence.remove(beside)


@BOUNDED
@given(FILES, DIRECTORIES, POSITIONS)
def test_no_sign_in_a_marker_means_anything_to_a_shell(
    text: str | None, directory: str, position: str
) -> None:
    """It may come to stand where `#` begins no comment: in a quote, a here-document, after a word."""
    put = fence.insert(text, fence.key(directory, HOME), "", position)
    lines = [line for line in put.split("\n") if line.startswith((fence.OPENING, fence.CLOSING))]
    assert 2 == len(lines)
    assert set() == set("".join(lines)) & set("`$\\\"'<>|&;()*?[]{}!^=")


def seconds(number: int) -> float:
    """Return how long it takes to read, add to, and empty a file of `number` blocks, at best."""
    one = fence.insert("", "~/KEY", "case\n  x\nesac\n")
    text = "".join(f"line {i}\n" + one.replace("KEY", str(i)) for i in range(number))
    plain = "".join(f"line {i}\n" for i in range(number))
    found = []
    for _ in range(3):
        start = time.process_time()
        put = fence.insert(text, "~/x", "x\n", END)
        assert plain == fence.remove(put)
        found.append(time.process_time() - start)
    return min(found)


def test_the_time_is_in_proportion_to_the_number_of_blocks() -> None:
    """Four times as many take about four times as long; once it was sixteen times."""
    assert seconds(2000) < 10 * seconds(500)


def test_millions_of_lines_of_others_are_searched_and_not_taken_apart() -> None:
    text = "\n" * 4_000_000
    start = time.process_time()
    assert text == fence.remove(fence.insert(text, "~/x", "x\n", END))
    assert time.process_time() - start < 1


def test_a_block_has_newlines_only_even_in_a_file_of_carriage_returns() -> None:
    r"""A shell takes `\r` for part of the last word."""
    put = fence.insert("ls\r\n", "~/x", "body\n", END)
    assert "ls\r\n" == put[:4]
    assert "\r" not in put[4:]


def test_a_block_that_an_editor_saved_with_carriage_returns_is_still_ours() -> None:
    saved = fence.insert("ls\n", "~/x", "body\n", TOP).replace("\n", "\r\n")
    assert "ls\r\n" == fence.remove(saved)


def test_a_joined_block_that_an_editor_saved_with_carriage_returns_takes_both_with_it() -> None:
    r"""A `\r` that is left behind would become part of the user's last word."""
    saved = fence.insert("ls", "~/x", "body\n", END).replace("\n", "\r\n")
    assert "ls" == fence.remove(saved)


@pytest.mark.parametrize("blanks", ["  ", "\t", "    "])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@BOUNDED
@given(text=TEXTS, body=BODIES, position=POSITIONS)
def test_a_block_that_an_editor_has_indented_is_still_ours(
    text: str, body: str, position: str, blanks: str, ending: str
) -> None:
    """Whoever wraps a file into an `if` has all of it indented; undo left it, and said it had not."""
    text += "" if text.endswith("\n") or not text else "\n"  # the last line would be joined
    lines = fence.insert(text, "~/x", body, position).split("\n")
    indented = ending.join([blanks + line if line else line for line in lines])
    bare = ending.join([blanks + line if line else line for line in text.split("\n")])
    wrapped = f"if x; then{ending}{{}}fi{ending}"
    assert wrapped.format(bare) == fence.remove(wrapped.format(indented))
    again = fence.insert(wrapped.format(indented), "~/x", "new\n", position)
    assert {"~/x": "new\n"} == fence.bodies(again)
    assert wrapped.format(bare) == fence.remove(again)


@pytest.mark.parametrize("lost", ["opening", "closing", "hint", "blanks"])
def test_an_indented_marker_that_has_no_pair_is_text(lost: str) -> None:
    opening, closing = f"  {fence.OPENING}~/x{fence.HINT}\n", f"  {CLOSING}"
    texts = {
        "opening": f"cat <<E\n{closing}E\n",
        "closing": f"cat <<E\n{opening}E\n",
        "hint": f"  {OPENING}{closing}",
        "blanks": f"{opening}  {closing}",
    }
    assert () == fence.blocks(texts[lost])
    own = fence.insert(texts[lost], "~/x", "x\n", END)
    assert texts[lost] == fence.remove(own)


def test_a_text_that_only_speaks_of_onpath_has_no_block() -> None:
    text = "# see onpath: it puts --- onpath: markers\n  # --- onpath end ---\n"
    assert () == fence.blocks(text)


def test_a_block_at_the_top_goes_before_the_blocks_that_are_there() -> None:
    """So that of several directories the one that is put last comes out first."""
    text = fence.insert(fence.insert("ls\n", "~/b", "", TOP), "~/a", "", TOP)
    assert ["~/a", "~/b"] == list(fence.bodies(text))


def test_a_block_at_the_end_goes_behind_the_blocks_that_are_there() -> None:
    text = fence.insert(fence.insert("ls\n", "~/a", "", END), "~/b", "", END)
    assert ["~/a", "~/b"] == list(fence.bodies(text))


@given(DIRECTORIES, st.sampled_from([HOME, "/", "/home/100% \udcff/~", "/a%41"]))
def test_a_key_tells_its_directory(directory: str, home: str) -> None:
    for each in (directory, home.rstrip("/") + directory):
        assert each == fence.directory(fence.key(each, home), home)


@given(st.text())
def test_no_text_in_a_keys_place_is_an_error(text: str) -> None:
    assert isinstance(fence.directory(text, HOME), str)


@pytest.mark.parametrize(
    ("directory", "key"),
    [
        (f"{HOME}/.local/bin", "~/.local/bin"),
        (HOME, "~"),
        (f"{HOME}2/bin", "/home/ada2/bin"),
        ("/opt/a b", "/opt/a%20b"),
        ("/opt/100%", "/opt/100%25"),
        ("/opt/é!", "/opt/%C3%A9%21"),
        ("/opt/\udcff", "/opt/%FF"),
    ],
)
def test_a_key_is_the_directory_in_plain_characters(directory: str, key: str) -> None:
    """csh expands `!` in comments, and yash stops at a byte that is not UTF-8."""
    assert key == fence.key(directory, HOME)


def test_in_a_home_that_is_the_root_nothing_is_relative() -> None:
    assert "/opt/bin" == fence.key("/opt/bin", "/")


@BOUNDED
@given(DIRECTORIES, DIRECTORIES)
def test_two_directories_never_share_a_key(one: str, other: str) -> None:
    assert (one == other) == (fence.key(one, HOME) == fence.key(other, HOME))


@BOUNDED
@given(FILES, DIRECTORIES, POSITIONS)
def test_any_directory_can_be_a_key(text: str | None, directory: str, position: str) -> None:
    key = fence.key(directory, HOME)
    assert {key: "body\n"} == fence.bodies(fence.insert(text, key, "body\n", position))
