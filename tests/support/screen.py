"""A terminal emulator as far as shells ask for one, and the fingers of its user."""

import contextlib
import os
import re
import select
import sys

# What programs ask a terminal, and what xterm answers (XTerm Control Sequences, "CSI"): some shells
# wait for it. Below that, what two shells ask a new user, and the answer that changes nothing.
REPLIES = {
    rb"\x1b\[6n": b"\x1b[1;1R",
    rb"\x1b\[5n": b"\x1b[0n",
    rb"\x1b\[0?c": b"\x1b[?62;22c",
    rb"\x1b\[>0?c": b"\x1b[>41;276;0c",
    rb"\x1b\[>0?q": b"\x1bP>|XTerm(276)\x1b\\",
    rb"\x1b\[\?2026\$p": b"\x1b[?2026;0$y",
    rb"\x1b\]10;\?(?:\x07|\x1b\\)": b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
    rb"\x1b\]11;\?(?:\x07|\x1b\\)": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    rb"\x1bP\+q[0-9A-Fa-f;]*\x1b\\": b"\x1bP0+r\x1b\\",
    rb"Type one of the keys in parentheses ---": b"q",  # zsh-newuser-install
    rb"create one with defaults \(Y/n\)": b"n\r",  # nushell up to 0.98
}
QUESTION = re.compile(b"|".join(b"(%b)" % question for question in REPLIES))
ANSWERS = tuple(REPLIES.values())
LONGEST = 64  # characters of a question that may have come only in part

KILL_LINE = b"\x15"
ENTER = b"\r"


def open_terminal() -> tuple[int, int, str]:
    """Return both ends of a new pseudo-terminal, and the name of the second."""
    if sys.platform == "win32":
        raise OSError("Windows has no terminals of this kind")
    else:  # noqa: RET506 - only so does mypy check the right half of it
        ours, theirs = os.openpty()
        os.set_blocking(ours, False)
        return ours, theirs, os.ttyname(theirs)


class Screen:
    """A pseudo-terminal: `device` is the end for the shell, the methods work at the other."""

    def __init__(self) -> None:
        # Both ends stay open here, so that it does not matter when the shell comes and goes.
        self.ours, self.theirs, self.device = open_terminal()
        self.shown = bytearray()
        self.unanswered = b""

    def close(self) -> None:
        """Close both ends."""
        os.close(self.ours)
        os.close(self.theirs)

    def watch(self, time_s: float) -> bool:
        """Take in and answer what comes, and tell whether something came within `time_s`."""
        if not select.select([self.ours], [], [], max(time_s, 0))[0]:
            return False
        came = os.read(self.ours, 65536)
        self.shown += came
        self.reply(came)
        return True

    def reply(self, came: bytes) -> None:
        """Answer the questions in what came."""
        text, end = self.unanswered + came, 0
        for question in QUESTION.finditer(text):
            self.press(ANSWERS[(question.lastindex or 1) - 1])
            end = question.end()
        self.unanswered = text[end:][-LONGEST:]

    def press(self, keys: bytes) -> None:
        """Send `keys`; as with a real terminal, those that nobody takes are lost at last."""
        with contextlib.suppress(BlockingIOError):
            os.write(self.ours, keys)

    def has_unread(self) -> bool:
        """Tell whether a line that was typed has not been taken by any program yet."""
        if sys.platform == "win32":
            raise OSError("Windows has no terminals of this kind")
        else:  # noqa: RET506 - as above
            import fcntl  # noqa: PLC0415 - Windows has none
            import termios  # noqa: PLC0415 - as above

            return any(fcntl.ioctl(self.theirs, termios.FIONREAD, b"\0" * 4))

    def enter(self, line: str) -> None:
        """Type `line`."""
        self.press(os.fsencode(line) + ENTER)

    def wipe(self) -> None:
        """Take away what stands at the prompt, of a line that was taken only in part."""
        self.press(KILL_LINE)
