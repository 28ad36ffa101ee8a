"""The question of a probe, in the history of a shell that keeps also what it is given as an argument.

ksh93 writes each command before it runs it, to the file that HISTFILE names when its startup files have
been read: so nothing keeps it from that, and the records are cut off again. The form of the file is that
of `edit/history.c` in its source: two bytes, then the commands, each with a newline and a zero byte, and
one more where that makes an even number.
"""

from __future__ import annotations

import os
import stat
import sys

BEGIN = b"\x81\x01"
END = b"\n\0"
MARK, MARK_SIZE = b"\x82", 6  # the number of the next command, which stands before some
FORMS = (b"", BEGIN, b"\xab\xcd")  # of ksh93 and mksh, without any command
MOST_KEPT = 1 << 26  # bytes of a history
MOST = 1 << 16  # bytes at the end that are looked at


def content(path: str) -> tuple[bytes, int] | None:
    """Return what is in a history, and its mode; None if it is not there, or more than is kept."""
    if not os.path.isfile(path):  # a named pipe would have us wait
        return None
    try:
        with open(path, "rb") as file:
            told = os.fstat(file.fileno())
            return (file.read(), stat.S_IMODE(told.st_mode)) if told.st_size < MOST_KEPT else None
    except (OSError, ValueError):
        return None


def give_back(path: str, before: tuple[bytes, int] | None) -> None:
    """Have a history be as it was `before` a shell made one of its own form of it, or made it.

    What a shell of the user's has added since is in it: then it still begins as it did.
    """
    now = content(path)
    if now is None or now == before or (before and before[0] and now[0].startswith(before[0])):
        return
    try:
        if before is None and now[0] in FORMS:
            os.unlink(path)
        elif before is not None:
            with open(path, "r+b") as file:
                file.truncate(file.write(before[0]))
            os.chmod(path, before[1])  # it may be a new file
    except OSError:  # somebody has taken away the right to
        return


def take_out(path: str, question: str, sign: str) -> None:
    """Cut the records of a `question`, and of all with this `sign`, off the end of the history `path`.

    They stay where a command of the user's own has come behind them since.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):  # there is none
        return
    try:
        told = os.fstat(descriptor)
        if not stat.S_ISREG(told.st_mode) or os.pread(descriptor, len(BEGIN), 0) != BEGIN:
            return
        start = max(len(BEGIN), told.st_size - MOST)
        tail = os.pread(descriptor, MOST, start)
        kept = start + own_records(tail, os.fsencode(question), os.fsencode(sign))
        if kept < told.st_size == os.fstat(descriptor).st_size:
            os.ftruncate(descriptor, kept)
    finally:
        os.close(descriptor)


def own_records(tail: bytes, question: bytes, sign: bytes) -> int:
    """Return where in the `tail` of a history the records of a question begin, which end it.

    The length of the tail, if it does not end so.
    """
    end, first = len(tail), question.partition(b"\n")[0]
    count = 0  # of questions whose first line, a command of its own, is still to come
    while True:
        text_end = len(tail[:end].rstrip(b"\0"))
        if tail[text_end - 1 : text_end] != b"\n" or text_end == end:
            break
        # The zero byte of the record before, and the one that may make it even.
        begin = tail.rfind(END, 0, text_end - 1) + len(END)
        begin = 0 if begin < len(END) else begin
        begin += len(tail[begin:text_end]) - len(tail[begin:text_end].lstrip(b"\0"))
        text = tail[begin:text_end]
        text = text[MARK_SIZE:] if text.startswith(MARK) else text
        if sign in text:
            count += 1
        elif count and text.strip() == first:
            count -= 1
        else:
            break
        end = begin
    return end
