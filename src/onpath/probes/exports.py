"""What `export -p` of any /bin/sh prints, read back: names and values. Pure.

dash and busybox print 'single' quotes, bash "double" ones and $'...', ksh and zsh what is shortest.
"""

from __future__ import annotations

ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "E": "\x1b",
}
DIGITS = {"x": 16, "0": 8, "1": 8, "2": 8, "3": 8}


def parse(text: str) -> dict[str, str]:
    """Return the variables that have a value in `text`."""
    found: dict[str, str] = {}
    for word in _words(text):
        name, sign, value = word.partition("=")
        if sign and name.isidentifier():
            found[name] = value
    return found


def _words(text: str) -> list[str]:
    """Return the words of `text`, without their quotes."""
    words: list[str] = []
    word: list[str] | None = None
    at = 0
    while at < len(text):
        sign = text[at]
        if sign in " \t\n":
            if word is not None:
                words.append("".join(word))
            word, at = None, at + 1
            continue
        word = [] if word is None else word
        if sign == "'":
            piece, at = _until(text, at + 1)
        elif sign == '"':
            piece, at = _double(text, at + 1)
        elif text.startswith("$'", at):
            piece, at = _escaped(text, at + 2)
        elif sign == "\\":
            piece, at = text[at + 1 : at + 2], at + 2
        else:
            piece, at = sign, at + 1
        word.append(piece)
    if word is not None:
        words.append("".join(word))
    return words


def _until(text: str, start: int) -> tuple[str, int]:
    stop = text.find("'", start)
    stop = len(text) if stop < 0 else stop
    return text[start:stop], stop + 1


def _double(text: str, at: int) -> tuple[str, int]:
    found = []
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and text[at + 1 : at + 2] in set('$`"\\\n'):
            at += 1
            found.append("" if text[at] == "\n" else text[at])
        else:
            found.append(text[at])
        at += 1
    return "".join(found), at + 1


def _escaped(text: str, at: int) -> tuple[str, int]:
    found = bytearray()
    while at < len(text) and text[at] != "'":
        sign, at = text[at], at + 1
        if sign != "\\":
            found += sign.encode("utf-8", "surrogateescape")
            continue
        sign = text[at : at + 1]
        base = DIGITS.get(sign)
        if base is None:
            found += ESCAPES.get(sign, sign).encode("utf-8", "surrogateescape")
            at += 1
            continue
        start = at + (sign == "x")
        at = start
        digits = "01234567" if base == 8 else "0123456789abcdefABCDEF"  # noqa: PLR2004
        while at < start + (3 if base == 8 else 2) and text[at : at + 1] in set(digits):  # noqa: PLR2004
            at += 1
        found.append(int(text[start:at] or "0", base) & 0xFF)
    return found.decode("utf-8", "surrogateescape"), at + 1
