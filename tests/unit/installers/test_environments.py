"""What the words of pip and uv mean, and what each is told that the user has told the other."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.errors import OnpathError
from onpath.installers import answers, environments
from onpath.installers.environments import CAUSES, Job
from onpath.installers.settings import Settings
from onpath.values import replace

if TYPE_CHECKING:
    from pathlib import Path

NO_FILES = {"PIP_CONFIG_FILE": os.devnull}


def job(folder: str = "/nowhere/1", **environ: str) -> Job:
    """Return a job of a tool called cow."""
    return Job(Settings("cow", "cow"), ("cow==1.0",), folder, environ, is_windows=False)


SAID = {
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space": "make room",
    "error: Failed to write: No space left on device (os error 28)": "make room",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE": "report it",
    "error: Hash mismatch for `cow==1.0`": "report it",
    "WARNING: Retrying ... NewConnectionError('Failed to establish a new connection: [Errno 111]')\n"
    "ERROR: No matching distribution found for cow": "the network and the proxy",
    "error: Failed to fetch: `https://x/cow/`\n  Caused by: dns error": "the network and the proxy",
    "HTTPError: 503 Server Error: Service Unavailable": "the network and the proxy",
    "ERROR: Ignored the following versions that require a different python version: 1.0 "
    "Requires-Python >=3.99\nERROR: No matching distribution found": "needs another Python than",
    "Because the current Python version (3.11) does not satisfy Python>=3.99": "ONPATH_PYTHON",
    "ERROR: No matching distribution found for cow==1.0": "has no cow==1.0; see whether the name",
    "ERROR: No matching distribution found for Ox>=3": "has no Ox>=3, which cow==1.0 needs; see whether "
    "another version does without it (--version)",
    "Because cow was not found in the package registry": "has no cow; see whether the name",
    "Because ox was not found in the\n      package registry and all cows depend on ox": "has "
    "no ox, which cow==1.0 needs; see whether another version",
    "Because there is no version of cow==1.0 and you\n require cow==1.0": "cow==1.0; see whether",
    "Because only ox<=2.0 is available and all cows depend on ox>=3, we": "has no ox>=3, which",
    "Because only the following versions of ox are available:\n  ox==1.0\n  ox==2.0\nand "
    "you require ox>=3, we can": "has no ox>=3, which",
    "ERROR: Cannot install cow because these package versions have conflicting dependencies": "excludes "
    "each other; choose another version",
    "No solution found when resolving\n cause: Because all versions of ox depend on hay>=2 and all "
    "versions of cow depend on ox, we can conclude\n": "excludes each other; choose another version",
    "2026 Could not fetch URL https://x/cow/: 403 Client Error: Forbidden for url - skipping\n"
    "ERROR: No matching distribution found for cow": "refuses cow==1.0; see whether",
    "Because cow was not found in the package registry\n"
    "hint: An index returned a 403 Forbidden error": "refuses cow==1.0; see whether",
    "error: Failed to fetch\n  cause: HTTP status client error (401 Unauthorized)": "refuses cow==1.0",
    "An error occurred during configuration: option use-feature: invalid choice: 'new' (choose from "
    "'old')": "this pip does not take what is set as PIP_USE_FEATURE (in pip.conf: use-feature); take",
    "error: Failed to parse environment variable `UV_HTTP_TIMEOUT` with invalid value `x`: invalid "
    "digit found in string": "does not take what is set as",
    "ERROR: Hashes are required in --require-hashes mode, but they are missing": (
        "take nothing without a hash, and this script has none; lift that (PIP_REQUIRE_HASHES, "
    ),
    "error: In `--require-hashes` mode, all requirements must have their versions": "ask its author",
    "error: Failed to fetch\n  cause: HTTP status client error (407 Proxy Authentication Required)": (
        "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
    ),
    "Could not fetch URL https://x/cow/: 407 Client Error: Proxy Authentication Required for url\n"
    "ERROR: No matching distribution found for cow": "the proxy wants a user and a password",
    "error: Failed to fetch\n  cause: HTTP status client error (451 Unavailable)": (
        "answers 451 where it is asked for cow==1.0; see whether"
    ),
    "Could not fetch URL https://x/cow/: 418 Client Error: I'm a teapot for url: - skipping\n"
    "ERROR: No matching distribution found for cow": "answers 418 where",
    "ERROR: HTTP error 404 while getting https://x/cow.whl": "answers 404 where",
    "error: Failed to fetch\n  cause: HTTP status client error (429 Too Many Requests)": "the network",
    "Could not fetch URL https://extra/cow/: 404 Client Error: Not Found for url - skipping\n"
    "ERROR: No matching distribution found for cow": "has no cow; see whether the name",
    "Could not fetch URL https://x/cow/: 511 Server Error: Network Authentication Required\n"
    "ERROR: No matching distribution found for cow": "wants a log-in first",
    "Because cow==1.0 has an invalid package format and only cow==1.0 is available\n"
    "hint: The structure of `cow` was invalid:\n  Failed to read from zip file": "is no package; see",
    "ERROR: Wheel 'cow' located at /tmp/cow-1.0-py3-none-any.whl is invalid.": "is no package; see",
    "Because cow==1.0 has invalid metadata and only cow==1.0 is available\n"
    "hint: Metadata for `cow` could not be parsed:\n Metadata field Name not found": "is no package",
    "Could not fetch URL https://x/: (Caused by ResponseError('too many 500 error responses'))\n"
    "ERROR: No matching distribution found for cow": "the network and the proxy",
    "WARNING: Skipping page https://x/cow/ because the GET request got Content-Type: text/plain\n"
    "ERROR: No matching distribution found for cow": "does not answer as an index does",
    'error: Unsupported `Content-Type` "text/plain" for `https://x/cow/`': "wants a log-in first",
    "Because cow was not found in the cache\nhint: the network was disabled": "ONPATH_UV=0",
    "$ pip install async-timeout==9\nERROR: Could not find a version that satisfies the requirement "
    "async-timeout==9": "has no async-timeout==9, which cow==1.0 needs",
    "$ pip install /home/timed out/x\nERROR: odd": "pip failed (ERROR: odd); see the log",
    "error: File size limit exceeded": "ulimit -f unlimited",
    "PermissionError: [Errno 13] Permission denied": "see the log",
    "error: something new\nin two lines": "pip failed (error: something new); see the log",
    "": "pip failed (); see the log",
}


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no index asked what it answers."""
    monkeypatch.setattr(answers, "oddity", lambda *_: "")


def test_what_answers_instead_of_an_index_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hotel's network: pip and uv only find nothing in its page."""
    asked: list[str] = []

    def odd(page: str, _limit_s: float) -> str:
        asked.append(page)
        return 'with the page "Welcome"'

    monkeypatch.setattr(answers, "oddity", odd)
    given = job(PIP_INDEX_URL="https://index/simple/")
    said = "ERROR: No matching distribution found for cow"
    explained = environments._explained  # noqa: SLF001
    told = explained(given, said, "pip", "", NO_FILES)
    assert 'does not answer as an index does, but with the page "Welcome"; see' in told
    assert ["https://index/simple/cow/"] == asked
    assert "has no cow" in explained(replace(given, wheels="/w"), said, "pip", "", NO_FILES)
    assert 1 == len(asked)  # a folder is no index


@pytest.mark.parametrize("text", SAID)
def test_what_failed_is_said_in_one_line_with_its_cure(text: str) -> None:
    sentence = environments._explained(job(), text, "pip", "x.log", {})  # noqa: SLF001
    assert SAID[text] in sentence
    assert sentence.endswith(" (the log is x.log)")
    assert "; " in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("name", "environ", "told"),
    [
        ("pip install", {"PIP_NO_INDEX": "true"}, "PIP_NO_INDEX (in pip.conf: no-index)"),
        ("pip install", {"PIP_NO_INDEX": "0", "UV_EXCLUDE_NEWER": "2020-01-01"}, ""),
        ("uv pip install", {"PIP_NO_INDEX": "1", "UV_EXCLUDE_NEWER": "2020-01-01"}, "UV_EXCLUDE_NEWER"),
    ],
)
def test_a_setting_by_which_an_index_seems_to_have_nothing_is_named(
    name: str, environ: dict[str, str], told: str
) -> None:
    text = "ERROR: No matching distribution found for cow==1.0"
    sentence = environments._explained(job(), text, name, "", environ)  # noqa: SLF001
    assert sentence.endswith(f"right, and whether {told} hides it" if told else "the version are right")


def test_every_cause_has_a_fact_and_a_cure() -> None:
    assert [] == [words for words in CAUSES.values() if "; " not in words]


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


def test_what_would_lead_pip_elsewhere_is_left_out() -> None:
    environ = {"PIP_TARGET": "/x", "PIP_USER": "1", "PYTHONPATH": "/x", "PIP_PROXY": "p", **NO_FILES}
    found = environments._shared(job(**environ), is_for_uv=False)  # noqa: SLF001
    assert {"PIP_TARGET", "PYTHONPATH"}.isdisjoint(found)
    assert ("0", "p") == (found["PIP_USER"], found["PIP_PROXY"])


def test_pips_own_files_are_read_for_uv(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://a\n[install]\nfind-links =\n    /x\n    /y\n")
    environ = {"PIP_CONFIG_FILE": str(file), "HOME": str(tmp_path)}
    found = environments._pip_config(environ)  # noqa: SLF001
    assert ("https://a", "/x /y") == (found["PIP_INDEX_URL"], found["PIP_FIND_LINKS"])
    file.write_text("[install]\nindex-url = https://b\n[global]\nindex-url = https://a\nuser = true\n")
    found = environments._pip_config(environ)  # noqa: SLF001
    assert "https://b" == found["PIP_INDEX_URL"]
    assert "PIP_USER" not in found
    file.write_text("no section")
    assert {} == environments._pip_config(environ)  # noqa: SLF001
    assert {} == environments._pip_config(NO_FILES)  # noqa: SLF001


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


@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
def test_what_a_signal_ends_is_told(tmp_path: Path) -> None:
    asked = job(str(tmp_path / "1"))
    with environments._Log() as log:  # noqa: SLF001
        with pytest.raises(OnpathError, match=r"quiet failed \(error: Aborted\); see the log"):
            environments._run(asked, log, ["/bin/sh", "-c", "kill -ABRT $$"], {}, "quiet")  # noqa: SLF001
        log.is_kept = False


@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
def test_what_takes_too_long_or_writes_too_much_is_ended(tmp_path: Path) -> None:
    asked = Job(
        Settings("cow", "cow"),
        ("cow",),
        str(tmp_path / "1"),
        {"ONPATH_TIMEOUT_S": "0.01"},
        is_windows=False,
    )
    with environments._Log() as log:  # noqa: SLF001
        with pytest.raises(OnpathError, match="slow takes more than 0"):
            environments._run(asked, log, ["sleep", "600"], {"PATH": os.environ["PATH"]}, "slow")  # noqa: SLF001
        code = f"import os; os.truncate(os.open({str(tmp_path / 'x')!r}, os.O_CREAT | 1), 5 << 30)"
        asked = replace(asked, environ={})
        with pytest.raises(OnpathError, match="ulimit -f unlimited"):
            environments._run(asked, log, [sys.executable, "-c", code], {}, "big")  # noqa: SLF001
        log.is_kept = False


def test_a_pip_with_another_sum_is_refused(tmp_path: Path) -> None:
    (tmp_path / environments.PIP).write_bytes(b"another")
    (tmp_path / "1.scratch").mkdir()
    asked = Job(
        Settings("cow", "cow"), ("cow",), str(tmp_path / "1"), {}, is_windows=False, wheels=str(tmp_path)
    )
    with environments._Log() as log, pytest.raises(OnpathError, match="has another SHA-256"):  # noqa: SLF001
        environments._fetch_pip(asked, log)  # noqa: SLF001


def test_no_user_and_no_password_is_shown(home: Path) -> None:
    asked = job(HOME=str(home), PIP_INDEX_URL="https://me:secret@x/simple", **NO_FILES)
    assert "the index https://x/simple" == asked.source
    assert "secret" not in environments._explained(asked, "timed out", "pip", "", {})  # noqa: SLF001


def test_a_folder_of_wheels_is_what_lacks_the_tool() -> None:
    asked = replace(job(**NO_FILES), wheels="/wheels")
    environ = {"PIP_NO_INDEX": "1"}  # which hides nothing that is in a folder
    said = environments._explained(asked, "No matching distribution found", "pip", "", environ)  # noqa: SLF001
    assert said.startswith("the folder /wheels has no cow==1.0; ")
    assert "PIP_NO_INDEX" not in said


def test_the_index_that_a_file_of_pip_names_is_the_one_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://company/simple\n")
    asked = job(HOME=str(tmp_path), PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
    assert "the index https://company/simple" == asked.source


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
            environments._corrected(environ)  # noqa: SLF001
    assert ([], {}) == environments._corrected({"UV_NO_CONFIG": "1"})  # noqa: SLF001


def test_a_file_of_uv_that_links_into_its_cache_is_corrected(home: Path) -> None:
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text('link-mode = "symlink"\n')
    assert ([], {"UV_LINK_MODE": "copy"}) == environments._corrected({})  # noqa: SLF001


@pytest.mark.parametrize("text", ["# target = 1", "index-url = 'http://x/?target=1'", "mytarget = 1"])
def test_what_only_looks_like_a_place_in_a_file_of_uv_is_none(home: Path, text: str) -> None:
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text(text + "\n")
    assert ([], {}) == environments._corrected({})  # noqa: SLF001


def test_no_variable_of_python_is_one_of_pips(home: Path) -> None:
    found = environments._shared(  # noqa: SLF001
        job(HOME=str(home), PYTHONWARNINGS="error", PYTHONMALLOC="odd", **NO_FILES), is_for_uv=False
    )
    assert [] == [name for name in found if name.startswith("PYTHON")]


def test_why_pip_skips_a_page_is_taken_from_its_own_log(tmp_path: Path) -> None:
    (tmp_path / "pip.log").write_text("noise\n2026 Could not fetch URL x: why - skipping\n")
    found = environments._skipped(str(tmp_path / "pip.log"))  # noqa: SLF001
    assert ["2026 Could not fetch URL x: why - skipping"] == found
    assert [] == environments._skipped("")  # noqa: SLF001


@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
@pytest.mark.parametrize(
    ("before", "after"),
    [((12, 99), (64, 99)), ((65, 99), (65, 99)), ((-1, -1), (-1, -1)), ((12, 12), None)],
)
def test_too_few_open_files_are_told_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, before: tuple[int, int], after: tuple[int, int] | None
) -> None:
    resource = pytest.importorskip("resource")
    limits = [before]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    if after:
        environments.check_files()
        assert after == limits[-1]
    else:
        with pytest.raises(OnpathError, match=r"only 12 files open at once; lift that \(ulimit -n 64"):
            environments.check_files()


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
