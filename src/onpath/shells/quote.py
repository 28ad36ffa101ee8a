"""A directory as one word of each shell language, relative to HOME where it lies below it. Pure.

Every function takes an absolute directory and the home directory, and returns source code that
evaluates to the directory, whatever characters are in it. Names that a language cannot spell raise
`UnspellableError`. Newline, NUL and `:` never come here: no PATH can hold them.
"""

from __future__ import annotations

from onpath.errors import UnspellableError
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+")

NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_{(:?^$")  # after a `$`


def below(directory: str, home: str) -> str | None:
    """Return what follows `home` in `directory` (empty, or beginning with a slash), else None."""
    home = home.rstrip("/")
    if home and (directory == home or directory.startswith(home + "/")):
        return directory[len(home) :]
    return None


def is_plain(text: str) -> bool:
    """Say whether `text` means itself, unquoted and in double quotes, in every shell."""
    return PLAIN.issuperset(text)


def word(text: str) -> str:
    r"""Return `text` as one word of a command line of sh; a path of Windows for cmd and PowerShell.

    Single quotes mean nothing to cmd, and `\"` at the end of a path is a quote to the program. At a
    prompt cmd leaves `%` and `!` as they are where they make no variable's name. What PowerShell expands
    in double quotes has no spelling that serves both: it gets PowerShell's own.
    """
    if text[1:3] in {":\\", ":/"} or text.startswith("\\\\"):
        return _word_of_windows(text)
    return text if text and is_plain(text) else posix(text, "")


def _word_of_windows(text: str) -> str:
    import ntpath  # noqa: PLC0415  (Unix has none of these)

    drive, rest = ntpath.splitdrive(text)
    is_share = drive.count("\\") > 2  # noqa: PLR2004  (\\server\share)
    if not is_share and not drive[:1].isalpha():
        return posix(text, "")
    if not is_share and rest in {"\\", "/"}:
        return ntpath.normpath(text)
    path = ntpath.normpath(text).rstrip("\\")
    is_filled_in = any(path[i + 1] in NAMES for i, c in enumerate(path[:-1]) if c == "$")
    return powershell(path, "") if is_filled_in or "`" in path else f'"{path}"'


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in text)


def _is_noncharacter(character: str) -> bool:
    """Say whether Unicode keeps this code point free for ever: systemd's reader crashes at one."""
    return "\ufdd0" <= character <= "\ufdef" or ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004


def _refuse(directory: str, language: str, why: str) -> UnspellableError:
    shown = directory.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    fact = f"cannot put {shown!r} on the PATH of {language}"  # of a file, whose name stands before it
    return UnspellableError(f"{fact}: {why}; rename that directory")


def _word(directory: str, home: str, variable: str, literal: Callable[[str], str]) -> str:
    """Put `variable` and a literal side by side, as most languages join words."""
    rest = below(directory, home)
    if rest is None:
        return literal(directory)
    if is_plain(rest):
        return f'"{variable}{rest}"'
    return f'"{variable}"{literal(rest)}'


def posix(directory: str, home: str) -> str:
    """Single quotes take everything but themselves, in all shells of the family."""
    return _word(directory, home, "$HOME", lambda text: "'" + text.replace("'", "'\\''") + "'")


def yash(directory: str, home: str) -> str:
    """As POSIX; but yash decodes its startup files and stops reading at a byte that is not UTF-8."""
    if not _is_utf8(directory):
        raise _refuse(directory, "yash", "its name is not UTF-8")
    return posix(directory, home)


def csh(directory: str, home: str) -> str:
    """As POSIX, but `!` is history expansion even in single quotes (tcsh(1), "History substitution").

    The guard compares with `!~`, whose right side is a pattern that no quoting makes literal.
    """
    bad = sorted(set(directory) & set("*?[]{}`\\\r"))
    if bad:
        raise _refuse(directory, "csh and tcsh", f"its patterns cannot quote {' '.join(bad)!r}")

    def literal(text: str) -> str:
        return "'" + text.replace("'", "'\\''").replace("!", "\\!") + "'"

    return _word(directory, home, "${HOME}", literal)


def fish(directory: str, home: str) -> str:
    r"""In single quotes `\\` and `\'` are the only escapes (fish, "Quotes")."""
    return _word(
        directory,
        home,
        "$HOME",
        lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'",
    )


def rc(directory: str, home: str) -> str:
    """Single quotes, doubled inside; `^` joins words."""
    if not _is_utf8(directory) or "\x01" in directory or "\x02" in directory:
        raise _refuse(directory, "rc", "it holds bytes that rc does not pass on")
    rest = below(directory, home)
    literal = "'" + (directory if rest is None else rest).replace("'", "''") + "'"
    return literal if rest is None else f"$home^{literal}"


def elvish(directory: str, home: str) -> str:
    """Single quotes, doubled inside; words side by side are joined."""
    if not _is_utf8(directory):
        raise _refuse(directory, "elvish", "its name is not UTF-8")
    rest = below(directory, home)
    literal = "'" + (directory if rest is None else rest).replace("'", "''") + "'"
    return literal if rest is None else f"$E:HOME{literal}"


def nushell(directory: str, home: str) -> str:
    r"""Double quotes with `\"` and `\\`; `$` and the backquote mean nothing in them."""
    if not _is_utf8(directory):
        raise _refuse(directory, "nushell", "its name is not UTF-8")
    rest = below(directory, home)
    text = directory if rest is None else rest
    literal = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return literal if rest is None else f"($env.HOME + {literal})"


def xonsh(directory: str, home: str) -> str:
    """Python's own spelling; but `$NAME` is expanded inside PATH entries, whatever the quotes."""
    if "$" in directory:
        raise _refuse(directory, "xonsh", "it expands variables inside entries")
    rest = below(directory, home)
    if rest is None:
        return ascii(directory)
    return f"(__xonsh__.env['HOME'] + {rest!a})"


def powershell(directory: str, home: str) -> str:
    """Single quotes, doubled inside; four curly ones count too (about_Quoting_Rules)."""
    if not _is_utf8(directory):
        raise _refuse(directory, "PowerShell", "its name is not UTF-8")
    rest = below(directory, home)
    text = directory if rest is None else rest
    for mark in "'\u2018\u2019\u201a\u201b":
        text = text.replace(mark, mark * 2)
    return f"'{text}'" if rest is None else f"($env:HOME + '{text}')"


def cmd(directory: str, _home: str) -> str:
    """As it is: the line has it in quotes already, and no name on Windows has a quote in it."""
    return directory


def environment_d(directory: str, home: str) -> str:
    r"""Unquoted, with `\` before each odd character and `$$` for `$` (environment.d(5)).

    A quote counts only at the start of a value, so it would not do for a directory that is appended.
    """
    if not _is_utf8(directory):
        raise _refuse(directory, "environment.d", "its name is not UTF-8")
    if any(character < " " or character == "\x7f" for character in directory):
        raise _refuse(directory, "environment.d", "there is a control character in its name")
    if any(_is_noncharacter(character) for character in directory):
        raise _refuse(directory, "environment.d", "its name holds what Unicode calls a noncharacter")
    rest = below(directory, home)
    text = directory if rest is None else rest
    escaped = "".join("$$" if c == "$" else c if c.isalnum() or c in PLAIN else "\\" + c for c in text)
    return escaped if rest is None else f"${{HOME}}{escaped}"
