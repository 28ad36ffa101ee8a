"""What of a PowerShell script must stay first; `tests/shells` has a real one run it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.places import fence
from onpath.shells.powershell import BOM, offset_after_first
from samples import BOUNDED

# Each is whole, and ends its line.
BEFORE = st.sampled_from(
    [
        *("# a comment\n", "\n", "#Requires -Version 7\n", "<#\n.SYNOPSIS\nparam(\n#>\n", "  # (\n"),
        *("using namespace System.IO\n", "USING namespace `\n  System\n", "using namespace A; # (\r\n"),
        "using module @{\n  ModuleName = ';' # }\n  ModuleVersion = '1' }\n",
    ]
)
PARAMETERS = st.sampled_from(
    [
        *("param()\n", "Param ( ) <# a\n( #>\n", 'param([string]$Theme = "dark")\n'),
        "[CmdletBinding()]\n# (\nparam(\n [Alias('a)', \"b)$('(' + \")\")\")]$A, # )\n ${b)} = 1)\n",
        "[SuppressMessage('x''(', '')] [CmdletBinding()] param($a = @'\n)'\n'@)\n",
        "param($a = `) `\n)\n".replace("`)", "'`)'"),
    ]
)
AFTER = st.sampled_from(
    [
        *(
            "Set-Alias ll ls\n",
            "'using namespace X'\n",
            "Write-Host `\n  'x'\n",
            "if ($true) {\n  1\n}\n",
        ),
        *(
            "[Console]::Title = 'x'\n",
            "parameters\n",
            "using-it\n",
            "$x = @'\nparam(\n'@\n",
            "param.exe\n",
        ),
    ]
)
PROFILES = st.tuples(
    st.sampled_from(["", BOM]),
    st.lists(BEFORE, max_size=4),
    st.none() | PARAMETERS,
    st.lists(AFTER, max_size=3),
)


@BOUNDED
@given(PROFILES)
def test_the_top_is_after_what_must_stay_first_and_splits_no_statement(
    profile: tuple[str, list[str], str | None, list[str]],
) -> None:
    bom, before, parameters, after = profile
    pieces = [bom, *before, *filter(None, [parameters]), *after]
    counting = [i for i, piece in enumerate(pieces) if _must_be_first(piece)]
    if parameters:
        counting.append(len(before) + 1)
    last = max([0, *counting])
    assert len("".join(pieces[: last + 1])) == offset_after_first("".join(pieces))


def _must_be_first(piece: str) -> bool:
    return piece.lower().startswith(("using ", "#requires", "<#"))


@pytest.mark.parametrize(
    "text", ["using namespace A; if (1) {\n}\n", "param($a) if ($a) {\n}\n", "param($a", "[A(\nls\n"]
)
def test_where_a_line_goes_on_with_something_else_the_top_is_at_the_end(text: str) -> None:
    """Or before all, where no rule of PowerShell is met."""
    assert offset_after_first(text) in {0, len(text)}


@BOUNDED
@given(PROFILES, st.lists(st.sampled_from(["~/a", "~/b", "~/c"]), min_size=1, max_size=4))
def test_a_block_comes_after_it_and_goes_to_the_byte(
    profile: tuple[str, list[str], str | None, list[str]], keys: list[str]
) -> None:
    bom, before, parameters, after = profile
    text = "".join([bom, *before, parameters or "", *after])
    now = text
    for key in keys:
        now = fence.insert(now, key, "1\n", find_top=offset_after_first)
        assert now == fence.insert(now, key, "1\n", find_top=offset_after_first)
    first = fence.blocks(now)[0].start
    top = offset_after_first(text)
    assert first - top in {0, 1}  # a newline, if the last line had none
    assert text == fence.remove(now)


def test_a_block_that_an_earlier_release_put_above_it_moves_below() -> None:
    text = "using namespace System\nls\n"
    old = fence.insert(text, "~/a", "1\n")
    assert old.startswith(fence.OPENING)
    now = fence.insert(old, "~/a", "1\n", find_top=offset_after_first)
    assert now.startswith("using namespace System\n" + fence.OPENING)
    both = fence.insert(old, "~/b", "2\n", find_top=offset_after_first)
    assert ["~/a", "~/b"] == list(fence.bodies(both))
    assert text == fence.remove(both)
