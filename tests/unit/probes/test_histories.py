"""What ksh93 keeps of a question is cut off its history again, and nothing else is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.probes import histories

if TYPE_CHECKING:
    from pathlib import Path

SIGN = "/dev/shm/onpath-0123456789ab"  # noqa: S108  (a text)
QUESTION = f"\\unalias -a\ncase $PS1 in *) ;; esac; /bin/sh {SIGN}/report {SIGN}/out"
MINE = [b"ls", b"for i in 1 2\ndo echo $i\ndone", "echo ä".encode(), b"sh", b"\\unalias -a"]


def written(*commands: bytes) -> bytes:
    """Return what ksh93 writes behind the first bytes of a history (`hist_write` in edit/history.c)."""
    text = b""
    for command in commands:
        text += command + histories.END
        text += b"\0" * (len(text) % 2)
    return text


def asked() -> list[bytes]:
    """Return the commands of the question: ksh93 takes a command when its lines are complete."""
    first, _, rest = QUESTION.encode().partition(b"\n")
    return [first, rest]


@given(st.lists(st.sampled_from(MINE)), st.integers(0, 3))
def test_only_the_question_goes(mine: list[bytes], times: int) -> None:
    tail = written(*mine, *asked() * times)
    kept = histories.own_records(tail, QUESTION.encode(), SIGN.encode())
    assert written(*mine) == tail[:kept]


@pytest.mark.parametrize("last", [b"ls", b"\\unalias -a", b"case x in *) ;; esac"])
def test_what_comes_last_and_is_not_ours_keeps_all(last: bytes) -> None:
    tail = written(*MINE, *asked(), last)
    assert len(tail) == histories.own_records(tail, QUESTION.encode(), SIGN.encode())


@pytest.mark.parametrize("tail", [b"", b"\0", b"\n", b"\n\0", b"\0\0", b"x"])
def test_a_history_without_a_command_is_as_it_was(tail: bytes) -> None:
    assert len(tail) == histories.own_records(tail, QUESTION.encode(), SIGN.encode())


@given(st.binary(max_size=99))
def test_a_text_of_any_kind_loses_nothing(tail: bytes) -> None:
    assert len(tail) == histories.own_records(tail, QUESTION.encode(), SIGN.encode())


def test_the_number_of_a_command_goes_with_it() -> None:
    tail = written(b"ls", histories.MARK + b"\0\0\0\1\0" + asked()[0], asked()[1])
    kept = histories.own_records(tail, QUESTION.encode(), SIGN.encode())
    assert written(b"ls") == tail[:kept]


def test_the_file_is_cut_and_any_other_file_is_not(tmp_path: Path) -> None:
    ours = histories.BEGIN + written(*MINE, *asked())
    for name, content in (("history", ours), ("notes", b"\n" + ours[2:])):
        (tmp_path / name).write_bytes(content)
        histories.take_out(str(tmp_path / name), QUESTION, SIGN)
    (tmp_path / "link").symlink_to("history2")
    (tmp_path / "history2").write_bytes(ours)
    for name in ("link", "none", ".", "a\0b"):
        histories.take_out(f"{tmp_path}/{name}", QUESTION, SIGN)
    assert ours == (tmp_path / "history2").read_bytes()
    assert histories.BEGIN + written(*MINE) == (tmp_path / "history").read_bytes()
    assert b"\n" + ours[2:] == (tmp_path / "notes").read_bytes()


def test_what_is_no_file_is_no_history(tmp_path: Path) -> None:
    """Nobody would ever end the read of a named pipe."""
    if sys.platform == "win32":
        pytest.skip("there are no such files on Windows")
    os.mkfifo(tmp_path / "history")
    assert histories.content(str(tmp_path / "history")) is None


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        (b"ls\n", b"\xab\xcd", b"ls\n"),  # mksh
        (b"ls\n", histories.BEGIN, b"ls\n"),
        (b"ls\n", b"", b"ls\n"),
        (b"ls\n", b"ls\ncd\n", b"ls\ncd\n"),  # the user's own shell has added a line
        (b"", b"\xab\xcd", b""),
        (None, b"\xab\xcd", None),
        (None, b"ls\n", b"ls\n"),  # another has made it meanwhile
    ],
)
def test_a_history_that_a_shell_has_thrown_away_is_given_back(
    tmp_path: Path, before: bytes | None, now: bytes, after: bytes | None
) -> None:
    file = tmp_path / "history"
    if before is not None:
        file.write_bytes(before)
        file.chmod(0o640)
    kept = histories.content(str(file))
    assert kept == (None if before is None else (before, 0o640))
    file.unlink(missing_ok=True)
    file.write_bytes(now)
    histories.give_back(str(file), kept)
    found = histories.content(str(file))
    assert after == (found[0] if found else None)
    if kept and found and found[0] == kept[0]:
        assert kept == found
