"""What the words of pip and uv mean."""

from __future__ import annotations

import pytest

from jobs import NO_FILES, job
from onpath.installers import answers
from onpath.installers.causes import CAUSES, explained
from onpath.values import replace

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
    "ERROR: Could not find a version that satisfies the requirement "
    "async-timeout==9": "has no async-timeout==9, which cow==1.0 needs",
    "error: Failed to parse: /h/uv.toml\n  cause: TOML parse error at line 1, column 5": "uv does not "
    "take /h/uv.toml; the log names the line; repair that",
    "error: failed to open file `/h/my uv.toml`: No such file or directory (os error 2)": "is told to "
    "read /h/my uv.toml, and it is not there; take that out",
    "ERROR: Could not open requirements file: [Errno 2] No such file: '/c.txt'": "to read /c.txt, ",
    "error: Failed to initialize cache at `/proc/x`": "cannot keep its cache in /proc/x; let yourself",
    "ERROR: In --require-hashes mode, all requirements must have versions pinned": "ask its author",
    "error: Failed to fetch: `http://u:p@extra/simple/cow/`\n  Caused by: tcp connect error": "http://extra"
    "/simple/cow/ cannot be reached",
    "error: Request failed after 3 retries in 13.3s\n cause: Failed to fetch: http://extra/cow/\n "
    "cause: error sending request for url (http://extra/cow/)": "http://extra/cow/ cannot be reached",
    "error: Failed to fetch: `https://pypi.org/simple/herd/`": "the index https://pypi.org/simple ",
    "WARNING: The repository located at h is not a trusted or secure host and is being ignored.\n"
    "ERROR: No matching distribution found for cow": "have pip trust it (PIP_TRUSTED_HOST)",
    "Could not fetch URL http://h/cow/: connection error: HTTPConnectionPool(host='not a url'): "
    "Connection aborted.\nERROR: No matching distribution found for cow": "cannot be reached, or breaks",
    "ERROR: odd": "pip failed (ERROR: odd); see the log",
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
    told = explained(given, said, "pip", "", NO_FILES)
    assert 'does not answer as an index does, but with the page "Welcome"; see' in told
    assert ["https://index/simple/cow/"] == asked
    assert "has no cow" in explained(replace(given, wheels="/w"), said, "pip", "", NO_FILES)
    assert 1 == len(asked)  # a folder is no index


def test_an_address_without_a_scheme_is_told_and_its_password_is_not() -> None:
    given = job(PIP_INDEX_URL="bob:s3cret@127.0.0.1:3141/simple")
    said = "ERROR: No matching distribution found for cow"
    told = explained(given, said, "pip", "", NO_FILES)
    assert "does not say how it is reached; begin it with https://" in told
    assert "s3cret" not in told


@pytest.mark.parametrize("text", SAID)
def test_what_failed_is_said_in_one_line_with_its_cure(text: str) -> None:
    sentence = explained(job(), text, "pip", "x.log", {})
    assert SAID[text] in sentence
    assert sentence.endswith(" (the log is x.log)")
    assert "; " in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("name", "environ", "told"),
    [
        ("pip install", {"PIP_NO_INDEX": "true"}, "PIP_NO_INDEX (in pip.conf: no-index)"),
        ("pip install", {"PIP_NO_INDEX": "0", "UV_EXCLUDE_NEWER": "2020-01-01"}, ""),
        ("pip install", {"PIP_NO_BINARY": ":all:"}, "PIP_NO_BINARY (in pip.conf: no-binary)"),
        (
            "uv pip install",
            {"PIP_NO_INDEX": "1", "UV_EXCLUDE_NEWER": "2020-01-01"},
            "PIP_NO_INDEX (in pip.conf: no-index) or UV_EXCLUDE_NEWER",
        ),
    ],
)
def test_a_setting_by_which_an_index_seems_to_have_nothing_is_named(
    name: str, environ: dict[str, str], told: str
) -> None:
    text = "ERROR: No matching distribution found for cow==1.0"
    sentence = explained(job(), text, name, "", environ)
    assert sentence.endswith(f"right, and whether {told} hides it" if told else "the version are right")


def test_the_setting_that_names_what_is_not_there_is_named() -> None:
    environ = {
        "UV_CONSTRAINT": "/a.txt /c.txt",
        "PIP_CONSTRAINT": "/c.txt",
        "UV_X": "",
        "CONSTRAINT": "/c.txt",
    }
    said = explained(job(), "error: File not found: /c.txt", "uv pip install", "", environ)
    named = "UV_CONSTRAINT and PIP_CONSTRAINT (in pip.conf: constraint)"
    assert f"uv is told to read /c.txt by {named}, and it is not there; take that out" in said


def test_the_setting_that_names_another_index_is_named() -> None:
    environ = {"UV_INDEX": "mine=http://u:p@extra/simple", "PIP_INDEX_URL": "https://pypi.org/simple"}
    text = "error: Failed to fetch: `http://extra/simple/cow/`"
    said = explained(job(), text, "uv pip install", "", environ)
    assert "http://extra/simple/cow/ cannot be reached" in said
    assert "work (UV_INDEX names it), then run this again" in said


def test_every_cause_has_a_fact_and_a_cure() -> None:
    assert [] == [words for words in CAUSES.values() if "; " not in words]


def test_a_folder_of_wheels_is_what_lacks_the_tool() -> None:
    asked = replace(job(**NO_FILES), wheels="/wheels")
    environ = {"PIP_NO_INDEX": "1"}  # which hides nothing that is in a folder
    said = explained(asked, "No matching distribution found", "pip", "", environ)
    assert said.startswith("the folder /wheels has no cow==1.0; ")
    assert "PIP_NO_INDEX" not in said
