"""Two worlds are the same if no startup file could tell them apart."""

from __future__ import annotations

import sys

import pytest

from onpath.probes.inside import MARK

if sys.platform == "win32":
    pytest.skip("worlds of Unix", allow_module_level=True)

from onpath.probes.worlds import is_same_world


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({}, {}, True),
        ({"A": "1"}, {"A": "1"}, True),
        ({"A": "1"}, {}, False),
        ({"A": "1"}, {"A": "2"}, False),
        ({"PATH": "/bin"}, {"PATH": "/usr/bin"}, False),
        ({"SHLVL": "1", "_": "/bin/bash", "PWD": "/"}, {"SHLVL": "2", "OLDPWD": "/x"}, True),
        ({"TMPDIR": "/a", MARK: "0"}, {"TMPDIR": "/b"}, True),
    ],
)
def test_two_worlds_differ_if_a_startup_file_could_see_it(
    one: dict[str, str], other: dict[str, str], is_same: bool
) -> None:
    assert is_same == is_same_world(one, other) == is_same_world(other, one)
