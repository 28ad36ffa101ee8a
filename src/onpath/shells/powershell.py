r"""What of a PowerShell script must stay first, by its grammar. Pure.

`using` statements come before all others, then `param(...)` with its attributes
(about_Using, about_Functions_Advanced_Parameters). After a byte order mark no word is spoilt.
"""

from __future__ import annotations

import re

BOM = "\ufeff"
PAIRS = {"(": ")", "[": "]", "{": "}"}
# Single quotes and double ones have curly forms, which count as well (about_Quoting_Rules).
SINGLE, DOUBLE = "'\u2018-\u201b", '"\u201c-\u201e'
BLANK = re.compile(r"(?:[\s;]|`\r?\n)*")
COMMENT = re.compile(r"<#.*?#>|#[^\n]*", re.DOTALL)
REST_OF_LINE = re.compile(r"(?:[^\S\n]|;)*(?:\n|<#.*?#>|#[^\n]*)?", re.DOTALL)
# What counts of comments: `#Requires` and `#!`, and help. Others are about what follows them.
FIRST_COMMENT = re.compile(r"#requires\b|#!|<#", re.IGNORECASE)
USING = re.compile(r"using(?=[\s`])", re.IGNORECASE)
PARAM = re.compile(r"param(?![\w:.\\/-])", re.IGNORECASE)
# A bracket in one of these is none: comments, strings, names in braces, escaped characters.
OPAQUE = re.compile(
    rf"""<\#.*?\#> | (?<![^\s(){{}}\[\];,|&=])\#[^\n]*
    | @[{SINGLE}][^\S\n]*\n.*?(?<=\n)[{SINGLE}]@ | @[{DOUBLE}][^\S\n]*\n.*?(?<=\n)[{DOUBLE}]@
    | [{SINGLE}](?:[^{SINGLE}]|[{SINGLE}]{{2}})*[{SINGLE}] | \$\{{[^}}]*\}} | `\r\n | `.""",
    re.DOTALL | re.VERBOSE,
)
DOUBLE_QUOTE = re.compile(f"[{DOUBLE}]")
IN_STRING = re.compile(rf"`.|[{DOUBLE}]{{2}}", re.DOTALL)


def offset_after_first(text: str) -> int:
    """Return the offset of the first line that may be another one than the user's.

    The end of `text`, where something else begins on the last line of what must stay first.
    """
    start = len(BOM) if text.startswith(BOM) else 0
    at = last = start
    while True:
        at = _end(BLANK, text, at)
        stop = _end(COMMENT, text, at) or _end_of_using(text, at) or _end_of_parameters(text, at)
        if not stop:
            break
        if not text.startswith("#", at) or FIRST_COMMENT.match(text, at):
            last = stop
        at = stop
    return _next_line(text, last) if last > start else start


def _next_line(text: str, at: int) -> int:
    """Return the offset after the line of `at`, on which nothing but comments may follow."""
    while "\n" not in text[at - 1 : at]:
        stop = _end(REST_OF_LINE, text, at)
        if stop == at:
            return len(text)
        at = stop
    return at


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return the offset after what `pattern` matches at `at`, or 0."""
    match = pattern.match(text, at)
    return match.end() if match else 0


def _end_of_using(text: str, at: int) -> int:
    """Return the offset after the `using` statement at `at`, or 0."""
    at = _end(USING, text, at)
    while at and at < len(text) and text[at] not in "\n;":
        at = _end_of_piece(text, at)
    return at


def _end_of_parameters(text: str, at: int) -> int:
    """Return the offset after `param(...)` at `at`, with the attributes before it, or 0."""
    while text.startswith("[", at):
        at = _end_of_blank(text, _end_of_piece(text, at))
    at = _end(PARAM, text, at)
    at = _end_of_blank(text, at) if at else len(text)
    return _end_of_piece(text, at) if text.startswith("(", at) else 0


def _end_of_blank(text: str, at: int) -> int:
    """Return the offset after blanks and comments."""
    while (stop := _end(COMMENT, text, _end(BLANK, text, at))) > at:
        at = stop
    return _end(BLANK, text, at)


def _end_of_piece(text: str, at: int) -> int:
    """Return the offset after a character, a string, a comment, or all between a pair of brackets."""
    expected: list[str] = []  # the brackets that are still to be closed, and `"` for a string
    while at < len(text):
        sign = text[at]
        if expected[-1:] == ['"']:
            stop = _end(IN_STRING, text, at)
            if not stop and text.startswith("$(", at):
                expected.append(")")
                stop = at + 2
            elif not stop and DOUBLE_QUOTE.match(sign):
                expected.pop()
        else:
            stop = _end(OPAQUE, text, at)
            if not stop and DOUBLE_QUOTE.match(sign):
                expected.append('"')
            elif not stop and sign in PAIRS:
                expected.append(PAIRS[sign])
            elif not stop and expected[-1:] == [sign]:
                expected.pop()
        at = stop or at + 1
        if not expected:
            break
    return at
