"""What the files of pip and uv say, and which of it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobs import NO_FILES
from onpath.errors import OnpathError
from onpath.installers import configuration

if TYPE_CHECKING:
    from pathlib import Path


def test_pips_own_files_are_read_for_uv(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://a\n[install]\nfind-links =\n    /x\n    /y\n")
    environ = {"PIP_CONFIG_FILE": str(file), "HOME": str(tmp_path)}
    found = configuration.pip_config(environ)
    assert ("https://a", "/x /y") == (found["PIP_INDEX_URL"], found["PIP_FIND_LINKS"])
    file.write_text("[install]\nindex-url = https://b\n[global]\nindex-url = https://a\nuser = true\n")
    found = configuration.pip_config(environ)
    assert "https://b" == found["PIP_INDEX_URL"]
    assert "PIP_USER" not in found
    file.write_text("no section")
    assert {} == configuration.pip_config(environ)
    assert {} == configuration.pip_config(NO_FILES)


@pytest.mark.parametrize(
    "text",
    [
        '[pip]\ntarget = "/x"',
        '[pip] # mine\n  prefix="/x"',
        'pip.target = "/x"',
        '[pip]\n"target" = "/x"',
        'pip = {target = "/x"}',
        "pip = { index-url = 'http://x/?prefix=1', 'target' = '/x' }",
    ],
)
def test_a_file_of_uv_that_leads_elsewhere_is_refused(home: Path, text: str) -> None:
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text(text + "\n")
    for environ in ({}, {"UV_CONFIG_FILE": str(home / ".config/uv/uv.toml")}):
        with pytest.raises(OnpathError, match=r"says where uv installs .*ONPATH_UV=0"):
            configuration.corrected(environ)
    assert ([], {}) == configuration.corrected({"UV_NO_CONFIG": "1"})


def test_a_file_of_uv_that_links_into_its_cache_is_corrected(home: Path) -> None:
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text('link-mode = "symlink"\n')
    assert ([], {"UV_LINK_MODE": "copy"}) == configuration.corrected({})


@pytest.mark.parametrize("text", ["# target = 1", "index-url = 'http://x/?target=1'", "mytarget = 1"])
def test_what_only_looks_like_a_place_in_a_file_of_uv_is_none(home: Path, text: str) -> None:
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text(text + "\n")
    assert ([], {}) == configuration.corrected({})
