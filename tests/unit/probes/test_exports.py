"""What `export -p` prints is read back, in whichever way a shell quotes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.probes import exports
from samples import BOUNDED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("export A='1'\n", {"A": "1"}),  # dash, busybox, mksh
        ('declare -x A="1"\n', {"A": "1"}),  # bash
        ("export A=1\n", {"A": "1"}),  # ksh93, zsh, yash
        ("export A\nexport B='1'\n", {"B": "1"}),  # exported, and not set
        ("declare -x OLDPWD\n", {}),
        ('declare -ax A=([0]="1" [1]="2")\ndeclare -rx B="3"\n', {"B": "3"}),  # no child gets an array
        ("export A=''\n", {"A": ""}),
        ("export A='two\nlines'\n", {"A": "two\nlines"}),
        ("export A='it'\"'\"'s'\n", {"A": "it's"}),  # dash
        ("export A='it'\\''s'\n", {"A": "it's"}),  # busybox
        ('declare -x A="a\\"b\\$c\\`d\\\\e"\n', {"A": 'a"b$c`d\\e'}),
        ('declare -x A="a\\nb"\n', {"A": "a\\nb"}),  # no escape in double quotes
        ('declare -x A="a\\\nb"\n', {"A": "ab"}),
        ("export A=$'a\\nb\\t\\'c\\\\'\n", {"A": "a\nb\t'c\\"}),
        ("declare -x A=$'\\303\\251'\n", {"A": "é"}),
        ("export A=$'\\xc3\\xa9'\n", {"A": "é"}),
        ("export A=$'\\377'\n", {"A": "\udcff"}),
        ("export A=$'\\e[0m'\n", {"A": "\x1b[0m"}),
        ("export A='1' B='2'\n", {"A": "1", "B": "2"}),
        ("typeset -x A=1\n", {"A": "1"}),
        ("export A='=b='\n", {"A": "=b="}),
        ("export BASH_FUNC_f%%='() { :; }'\n", {}),
        ("export A='cut short", {"A": "cut short"}),
        ('export A="cut \\', {"A": "cut \\"}),
        ("export A=$'cut \\", {"A": "cut "}),
        ("export A=$'\\x", {"A": "\0"}),
        ("export A=$'\\C-", {"A": "\0"}),
        ("export A=$'\\C-A\\C-?\\M-a\\M-\\C-A'\n", {"A": "\x01\x7f\udce1\udc81"}),  # zsh
        ("export A=$'\\C-\\'\n", {"A": "\x1c"}),
        ("export A=$'\\x[01]0\\u[e9]b'\n", {"A": "\x010éb"}),  # ksh93
        ("export A=$'\\u00e9\\U0001f600'\n", {"A": "é\U0001f600"}),  # mksh
        ("export A=$'\\ud800\\Uffffffff'\n", {"A": "\ufffd\ufffd"}),
    ],
)
def test_a_spelling_is_read_back(text: str, found: dict[str, str]) -> None:
    assert found == exports.parse(text)


@BOUNDED
@given(text=st.text(max_size=80) | st.text(st.sampled_from("A='\"$\\xuUCM-[df0\n "), max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    for name in exports.parse(text):
        assert name.isidentifier()


LINES = st.sampled_from(
    (
        *("export A='1'", "export B=''", "export C", "export D='x", "y'", "export E='a=b'", ""),
        *('declare -x F="1"', 'declare -x G=""', "declare -x H", 'declare -x I="x', 'y"'),
        *(
            'declare -rx J="a=b"',
            'declare -ax K=([0]="1")',
            'declare -x L="\\$M"',
            "declare -x N=$'\\n'",
        ),
    )
)


@BOUNDED
@given(st.lists(LINES, max_size=6).map("\n".join))
def test_what_is_read_line_by_line_is_as_sign_by_sign(text: str) -> None:
    assert exports.parse(text) == exports._parse_any(text)  # noqa: SLF001


def test_functions_are_read_back_as_bash_hands_them_on() -> None:
    text = "use () \n{ \n    PATH=/bin\n}\ndeclare -fx use\nml () \n{ \n    :\n}\ndeclare -fx ml\n"
    assert {
        "BASH_FUNC_use%%": "() { \n    PATH=/bin\n}",
        "BASH_FUNC_ml%%": "() { \n    :\n}",
    } == exports.functions(text)
    assert {} == exports.functions("")
    assert {} == exports.functions("use () \n{ \n    cut")
