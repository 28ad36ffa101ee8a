"""What is in the place of a command is told with what takes it away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from onpath.installers.rivals import not_ours

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform == "win32", reason="links and folders of Unix")
def test_a_command_in_the_way_is_taken_out_by_what_has_put_it_there(tmp_path: Path) -> None:
    """Removed by hand it would be removed again by that, and then it is ours."""
    scripts = tmp_path / ".local" / "bin"
    scripts.mkdir(parents=True)
    for name, tools in (("cow", "uv/tools"), ("calf", "pipx/venvs")):
        program = tmp_path / ".local" / "share" / tools / "herd" / "bin" / name
        program.parent.mkdir(parents=True)
        program.touch()
        (scripts / name).symlink_to(program)
    record = tmp_path / ".local/lib/python3.11/site-packages/Big_Ox-1.0.dist-info/RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("ox.py,,\n../../../bin/ox,sha256=x,1\n")
    files = [str(scripts / name) for name in ("cow", "calf", "ox", "mine")]
    said = "; run {}, then run this again".format
    assert not_ours(files[:1]).endswith(said("uv tool uninstall herd"))
    assert not_ours(files[1:2]).endswith(said("pipx uninstall herd"))
    assert not_ours(files[2:3]).endswith(said("python3 -m pip uninstall big-ox"))
    whole = f"run python3 -m pip uninstall big-ox, move {files[3]} away, then run this again"
    assert not_ours(files).endswith(whole)
