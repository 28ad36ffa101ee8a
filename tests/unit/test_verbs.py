"""The verbs as far as they start no shell: the line for this session, and a run inside of a probe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from onpath import verbs
from onpath.errors import InsideProbeError
from onpath.probes import inside
from onpath.request import make
from samples import everything

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("no_shell")


# The line for this session.


@pytest.mark.parametrize(
    ("directories", "options", "expected"),
    [
        (("~/a",), {}, 'export PATH="$HOME/a:$PATH"'),
        (("~/a",), {"order": "append"}, 'export PATH="$PATH:$HOME/a"'),
        (("/usr/bin",), {}, ""),  # it is there already
    ],
)
def test_the_line_is_in_the_language_of_the_users_shell(
    home: Path, directories: tuple[str, ...], options: dict[str, Any], expected: str
) -> None:
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    assert expected == verbs.line(make("print", directories, {"environ": environ, **options}))


def test_the_line_can_be_for_another_shell(home: Path, tmp_path: Path) -> None:
    program = tmp_path / "fish"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    environ = {"HOME": str(home), "PATH": "/bin"}
    line = verbs.line(make("print", ["/opt/x"], {"environ": environ, "shells": [str(program)]}))
    assert line.startswith("set -gx PATH ")
    assert "/opt/x" in line


# A startup file may call any of them.


@pytest.mark.parametrize("verb", ["ensure", "check", "where", "diff", "undo"])
def test_inside_of_a_probe_each_is_refused_before_it_starts_anything(home: Path, verb: str) -> None:
    environ = {"HOME": str(home), inside.MARK: "0123456789ab"}
    with pytest.raises(InsideProbeError):
        getattr(verbs, verb)(make(verb, (), {"environ": environ}))
    assert {} == everything(home)
