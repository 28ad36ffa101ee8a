"""What a job says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs import NO_FILES, job
from onpath.installers.causes import explained

if TYPE_CHECKING:
    from pathlib import Path


def test_no_user_and_no_password_is_shown(home: Path) -> None:
    asked = job(HOME=str(home), PIP_INDEX_URL="https://me:secret@x/simple", **NO_FILES)
    assert "the index https://x/simple" == asked.source
    assert "secret" not in explained(asked, "timed out", "pip", "", {})


def test_the_index_that_a_file_of_pip_names_is_the_one_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://company/simple\n")
    asked = job(HOME=str(tmp_path), PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
    assert "the index https://company/simple" == asked.source
