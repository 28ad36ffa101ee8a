"""What pip and uv are given: each what the user has told the other, and nothing that leads elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from jobs import NO_FILES, job
from onpath.errors import OnpathError
from onpath.installers import configuration, environments, steps
from onpath.installers.jobs import Job
from onpath.installers.settings import Settings
from onpath.values import replace

if TYPE_CHECKING:
    from pathlib import Path


def test_an_index_that_one_was_told_counts_for_the_other() -> None:
    shared = environments._shared  # noqa: SLF001
    of_uv = shared(job(PIP_INDEX_URL="https://a", PIP_FIND_LINKS="/x", **NO_FILES), is_for_uv=True)
    assert ("https://a", "/x") == (of_uv["UV_DEFAULT_INDEX"], of_uv["UV_FIND_LINKS"])
    of_pip = shared(job(UV_INDEX_URL="https://b", **NO_FILES), is_for_uv=False)
    assert "https://b" == of_pip["PIP_INDEX_URL"]
    named = shared(job(UV_DEFAULT_INDEX="own=https://c", **NO_FILES), is_for_uv=False)
    assert "https://c" == named["PIP_INDEX_URL"]
    both = shared(job(UV_INDEX_URL="https://b", PIP_INDEX_URL="https://a", **NO_FILES), is_for_uv=True)
    assert "UV_DEFAULT_INDEX" not in both


@pytest.mark.parametrize(
    ("environ", "file", "text", "expected"),
    [
        ({"PIP_NO_INDEX": "1"}, "", "", ["--no-index"]),
        (
            {"UV_NO_INDEX": "true", "PIP_REQUIRE_HASHES": "on"},
            "",
            "",
            ["--no-index", "--require-hashes"],
        ),
        ({"PIP_NO_INDEX": "0", "UV_REQUIRE_HASHES": ""}, "", "", []),
        ({}, "pip/pip.conf", "[global]\nno-index = true\nfind-links = /x\n", ["--no-index"]),
        ({}, "uv/uv.toml", "no-index = true\n", ["--no-index"]),
        ({}, "uv/uv.toml", "[pip]\nrequire-hashes=true\n", ["--require-hashes"]),
        ({}, "uv/uv.toml", "pip = { no-index = true }\n", ["--no-index"]),
        ({}, "uv/uv.toml", "# no-index = true\nno-index = false\n", []),
        ({}, "uv/uv.toml", "my-no-index = true\n", []),
    ],
)
def test_what_one_was_forbidden_the_other_is_forbidden_too(
    home: Path, environ: dict[str, str], file: str, text: str, expected: list[str]
) -> None:
    if file:
        (home / ".config" / file).parent.mkdir(parents=True)
        (home / ".config" / file).write_text(text)
    asked = job(HOME=str(home), **environ)
    assert expected == configuration.forbidding(asked.environ)
    words = environments._source_words(asked)  # noqa: SLF001
    assert expected == words
    offline = environments._source_words(replace(asked, wheels="/w"))  # noqa: SLF001
    assert 1 == offline.count("--no-index")


def test_what_would_lead_pip_elsewhere_is_left_out() -> None:
    environ = {"PIP_TARGET": "/x", "PIP_USER": "1", "PYTHONPATH": "/x", "PIP_PROXY": "p", **NO_FILES}
    found = environments._shared(job(**environ), is_for_uv=False)  # noqa: SLF001
    assert {"PIP_TARGET", "PYTHONPATH"}.isdisjoint(found)
    assert ("0", "p") == (found["PIP_USER"], found["PIP_PROXY"])


def test_what_pips_own_files_say_is_said_by_variables_but_for_where_it_installs(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\ntarget = /x\nproxy = https://p\n[install]\nprefix = /y\ndry-run = yes\n")
    environ = {"PIP_CONFIG_FILE": str(file), "HOME": str(tmp_path)}
    found = environments._shared(job(**environ), is_for_uv=False)  # noqa: SLF001
    assert {"PIP_TARGET", "PIP_PREFIX", "PIP_DRY_RUN"}.isdisjoint(found)
    assert ("https://p", os.devnull) == (found["PIP_PROXY"], found["PIP_CONFIG_FILE"])


def test_a_lock_takes_no_constraint_of_the_user(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nconstraint = /x\nproxy = https://p\n")
    environ = {"PIP_CONFIG_FILE": str(file), "PIP_CONSTRAINT": "/y", "HOME": str(tmp_path)}
    locked = Job(Settings("cow", "cow", lock=("x",)), ("cow",), "/x/1", environ, is_windows=False)
    found = environments._shared(locked, is_for_uv=False)  # noqa: SLF001
    assert ("https://p", os.devnull) == (found["PIP_PROXY"], found["PIP_CONFIG_FILE"])
    assert "PIP_CONSTRAINT" not in found
    assert "UV_CONSTRAINT" not in environments._shared(locked, is_for_uv=True)  # noqa: SLF001


def test_who_has_no_cache_has_none_afterwards(home: Path) -> None:
    found = environments._shared(job(HOME=str(home), **NO_FILES), is_for_uv=True)  # noqa: SLF001
    assert "/nowhere/1.scratch/uv" == found["UV_CACHE_DIR"]
    (home / ".cache" / "uv").mkdir(parents=True)
    found = environments._shared(job(HOME=str(home), **NO_FILES), is_for_uv=True)  # noqa: SLF001
    assert "UV_CACHE_DIR" not in found


def test_a_pip_with_another_sum_is_refused(tmp_path: Path) -> None:
    (tmp_path / environments.PIP).write_bytes(b"another")
    (tmp_path / "1.scratch").mkdir()
    asked = Job(
        Settings("cow", "cow"), ("cow",), str(tmp_path / "1"), {}, is_windows=False, wheels=str(tmp_path)
    )
    with steps.Log() as log, pytest.raises(OnpathError, match="has another SHA-256"):
        environments._fetch_pip(asked, log)  # noqa: SLF001


def test_no_variable_of_python_is_one_of_pips(home: Path) -> None:
    found = environments._shared(  # noqa: SLF001
        job(HOME=str(home), PYTHONWARNINGS="error", PYTHONMALLOC="odd", **NO_FILES), is_for_uv=False
    )
    assert [] == [name for name in found if name.startswith("PYTHON")]


@pytest.mark.parametrize(
    "text",
    [
        'index-url = "https://company/simple"\n',
        "[pip]\nindex-url = 'https://company/simple'\n",
        (
            '[[index]]\nname = "o"\nurl = "https://other"\n[[index]]\nurl = "https://company/simple"\n'
            "default = true\n[pip]\nstrict = true\n"
        ),
    ],
)
def test_the_index_that_a_file_of_uv_names_counts_for_pip_and_is_told(home: Path, text: str) -> None:
    """Else pip would take a tool of that name from everybody's index."""
    file = home / ".config" / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    environ = {"HOME": str(home), **NO_FILES}
    given = replace(job(), environ=environ)
    assert "the index https://company/simple" == given.source
    shared = environments._shared  # noqa: SLF001
    assert "https://company/simple" == shared(given, is_for_uv=False)["PIP_INDEX_URL"]
    given = replace(job(), environ={**environ, "PIP_INDEX_URL": "https://pip/simple"})
    assert "https://pip/simple" == shared(given, is_for_uv=True)["UV_DEFAULT_INDEX"]
    assert "the index https://pip/simple" == given.source
