"""A new session has what PAM, a container or nobody gives it, and nothing of the session that asks."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.host import session
from onpath.host.session import new_session, parse_environment
from onpath.values import replace
from samples import BOUNDED, HOME, make_host

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from onpath.model import Host

    Put = Callable[..., Host]

if sys.platform == "win32":
    pytest.skip("sessions of Unix", allow_module_level=True)


# What PAM takes from a file, by what the manual says and by what it does.


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("A=1\n", {"A": "1"}),
        ("A=1", {"A": "1"}),
        ("  A=1\n\tB=2\n", {"A": "1", "B": "2"}),
        ("# A=1\n\n   # B=2\n", {}),
        ("A=1 # a remark\n", {"A": "1"}),
        ("export A=1\n", {"A": "1"}),
        ('PATH="/usr/bin:/bin"\n', {"PATH": "/usr/bin:/bin"}),
        ("A='two words'\n", {"A": "two words"}),
        ("A=two words\n", {"A": "two words"}),
        ("A=\n", {"A": ""}),
        ("A=$HOME/x\n", {"A": "$HOME/x"}),  # it fills in nothing in lines of this kind
        ("A=b=c\n", {"A": "b=c"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("A=one\\\ntwo\n", {"A": "onetwo"}),
        ("A\n=1\nA-B=1\n", {}),
        ("PATH DEFAULT=/x:/y\n", {"PATH": "/x:/y"}),
        ('PATH DEFAULT="/x y:/z"\n', {"PATH": "/x y:/z"}),
        ("PATH DEFAULT=${PATH}:@{HOME}/bin\n", {"PATH": f"/usr/bin:{HOME}/bin"}),
        ("A=1\nB DEFAULT=${A}2\n", {"A": "1", "B": "12"}),
        ("A DEFAULT=d OVERRIDE=${NONE}\n", {"A": "d"}),
        ("A DEFAULT=d OVERRIDE=o\n", {"A": "o"}),
        ("A OVERRIDE=o DEFAULT=d\n", {"A": "o"}),
        ("A DEFAULT=${PATH\n", {}),
        ("A DEFAULT=\\${PATH}\n", {"A": "${PATH}"}),
        ("A=${B}\nB=${A}\nC DEFAULT=${B}\n", {"A": "${B}", "B": "${A}", "C": "${A}"}),
    ],
)
def test_a_line_gives_a_variable(text: str, found: dict[str, str]) -> None:
    assert found == parse_environment(text, {"PATH": "/usr/bin"}, HOME)


class Conversation(ctypes.Structure):
    """Answers to the questions of PAM; it has none here."""

    _fields_ = (("converse", ctypes.c_void_p), ("data", ctypes.c_void_p))


class Pam:
    """The real pam_env, with a configuration of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = ctypes.CDLL("libpam.so.0")
        self.library.pam_start_confdir  # noqa: B018 - before 1.4 there is none
        self.library.pam_getenvlist.restype = ctypes.POINTER(ctypes.c_char_p)

    def environ(self, text: str, *, is_configuration: bool = False) -> dict[str, str]:
        """Return what a session gets from `text`, as /etc/environment or as ~/.pam_environment."""
        file, empty = self.folder / "file", self.folder / "empty"
        file.write_bytes(os.fsencode(text))
        empty.touch()
        files = f"conffile={file} readenv=0" if is_configuration else f"conffile={empty} envfile={file}"
        (self.folder / "onpath").write_text(f"session required pam_env.so {files}\n")
        handle, conversation = ctypes.c_void_p(), Conversation()
        assert 0 == self.library.pam_start_confdir(
            b"onpath",
            b"root",
            ctypes.byref(conversation),
            os.fsencode(self.folder),
            ctypes.byref(handle),
        )
        self.library.pam_open_session(handle, 0)
        listed = self.library.pam_getenvlist(handle)
        found = {}
        for number in range(1000):
            if listed[number] is None:
                break
            name, _, value = os.fsdecode(listed[number]).partition("=")
            found[name] = value
        self.library.pam_end(handle, 0)
        return found


@cache
def why_no_pam() -> str:
    """Return why the real pam_env cannot be asked, or an empty text."""
    try:
        ctypes.CDLL("libpam.so.0").pam_start_confdir  # noqa: B018
    except (OSError, AttributeError) as error:
        return str(error)
    there = [path for folder in ("/lib", "/usr/lib") for path in Path(folder).glob("**/pam_env.so")]
    return "" if there else "there is no pam_env.so"


@pytest.fixture(scope="module")
def pam(tmp_path_factory: pytest.TempPathFactory) -> Pam:
    """Give the real pam_env, or skip."""
    if reason := why_no_pam():
        pytest.skip(reason)
    return Pam(tmp_path_factory.mktemp("pam"))


PAM_NAMES = st.sampled_from(["A", "PATH", "B_1"])
# No blank at an end: from one version of PAM to the next it stays or goes.
PAM_VALUES = st.text(st.sampled_from("ab/:=\"'$\\{} #@"), max_size=8).map(str.strip)
QUOTED = PAM_VALUES.filter(lambda text: not {'"', "#", "\\"} & set(text)).map('"{}"'.format)
PLAIN = PAM_VALUES.filter(lambda text: not {" ", "\\"} & set(text))
PAM_LINES = st.one_of(
    st.builds("{}={}".format, PAM_NAMES, PLAIN | QUOTED),
    st.builds("  export {}={}".format, PAM_NAMES, PLAIN | QUOTED),
    st.builds("# {}={}".format, PAM_NAMES, PAM_VALUES),
    st.builds("{}={} # {}".format, PAM_NAMES, PAM_NAMES, PAM_VALUES).filter(lambda x: "\\" not in x),
    st.builds("{} {}".format, PAM_NAMES, PLAIN),
)


@BOUNDED
@given(lines=st.lists(PAM_LINES, max_size=4))
def test_etc_environment_is_read_as_pam_reads_it(pam: Pam, lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    ours = parse_environment(text, {}, "/root")
    assert {name: value.rstrip(" ") for name, value in pam.environ(text).items()} == ours


@BOUNDED
@given(
    values=st.lists(
        st.tuples(
            PAM_NAMES,
            st.sampled_from(["DEFAULT", "OVERRIDE"]),
            st.lists(
                st.sampled_from(["/x", ":", "${A}", "${NONE}", "$", "@", "\\$", "\\@"]),
                min_size=1,
                max_size=4,
            ).map("".join),
        ),
        max_size=4,
    )
)
def test_the_users_own_file_is_read_as_pam_reads_it(
    pam: Pam, values: list[tuple[str, str, str]]
) -> None:
    text = "".join(f"{name} {word}={value}\n" for name, word, value in values)
    theirs = pam.environ(text, is_configuration=True)
    ours = parse_environment(text, {}, "/root")
    assert {name: value for name, value in theirs.items() if value} == ours


@BOUNDED
@given(text=st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_text_is_an_error(text: str) -> None:
    for name in parse_environment(text, {"A": "1"}, HOME):
        assert name


# Where a session gets it from.


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Return the function that makes a machine: what its files say, and what its kind is."""
    pam = tmp_path / "pam.d"
    pam.mkdir()
    monkeypatch.setattr(session, "PAM", str(pam))
    monkeypatch.setattr(session, "LOGIN_DEFS", str(tmp_path / "login.defs"))
    monkeypatch.setattr(session, "ENVIRONMENT", str(tmp_path / "environment"))
    monkeypatch.setattr(session, "FIRST_PROCESS", str(tmp_path / "first"))

    def make(
        *kinds: str,
        pam_line: str = "session required pam_env.so\n",
        environment: str = "",
        login_defs: str = "",
        own: str = "",
        first: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Host:
        home = tmp_path / "home"
        home.mkdir()
        (pam / "login").write_text(pam_line)
        (tmp_path / "environment").write_text(environment)
        (tmp_path / "login.defs").write_text(login_defs)
        (home / ".pam_environment").write_text(own)
        pairs = [f"{name}={value}" for name, value in (first or {}).items()]
        (tmp_path / "first").write_text("\0".join(pairs))
        return replace(make_host(str(home), environ=environ or {}), surroundings=kinds)

    return make


def test_nothing_of_this_session_is_in_a_new_one_but_what_all_have(put: Put) -> None:
    same = {"LANG": "C.UTF-8", "LC_TIME": "de_DE.UTF-8", "TZ": "UTC"}
    own = {"PATH": "/mine", "ZDOTDIR": "/z", "XDG_CONFIG_HOME": "/c", "ENV": "/e", "HOME": "/other"}
    host = put(environ={**same, **own})
    environ, source = new_session(host)
    assert same.items() <= environ.items()
    assert {"ZDOTDIR", "XDG_CONFIG_HOME", "ENV"}.isdisjoint(environ)
    assert (host.home, "ada", "ada") == (environ["HOME"], environ["USER"], environ["LOGNAME"])
    assert "/mine" not in environ["PATH"]
    assert "" == source


def test_its_path_has_folders_that_are_there_and_is_not_the_one_that_zsh_takes_for_none(
    put: Put,
) -> None:
    path = new_session(put())[0]["PATH"].split(":")
    assert all(map(os.path.isdir, path))
    assert ["/bin", "/usr/bin"] != path


DEFS = "# ENV_PATH PATH=/no\nENV_SUPATH\tPATH=/opt/root:/bin\nENV_PATH   PATH=/opt/x:/bin\n"


@pytest.mark.parametrize(
    ("text", "is_root", "path"),
    [
        ("", False, ""),
        (DEFS, False, "/opt/x:/bin"),
        (DEFS, True, "/opt/root:/bin"),
        ("ENV_PATH /opt/x:/bin\n", False, "/opt/x:/bin"),
        ('ENV_PATH "PATH=/opt/x y"', False, "/opt/x y"),
        ("ENV_PATH\n", False, ""),
        ("ENV_PATHS /opt/x\n", False, ""),
        ("ENV_PATH /a\nENV_PATH /b\n", False, "/b"),
    ],
)
def test_login_defs_says_what_login_gives(text: str, *, is_root: bool, path: str) -> None:
    assert path == session.login_path(text, is_root=is_root)


@given(st.text())
def test_no_login_defs_is_an_error(text: str) -> None:
    assert isinstance(session.login_path(text, is_root=False), str)


def test_login_gives_what_its_file_says_unless_pam_gives_something_else(put: Put) -> None:
    environ, source = new_session(replace(put(login_defs=DEFS), uid=1000))
    assert ("/opt/x:/bin", session.LOGIN_DEFS) == (environ["PATH"], source)


def test_what_pam_gives_comes_after_what_login_gives(put: Put) -> None:
    environ, source = new_session(put(login_defs=DEFS, environment="PATH=/opt/y\n"))
    assert ("/opt/y", session.ENVIRONMENT) == (environ["PATH"], source)


def test_pam_gives_what_its_file_says(put: Put) -> None:
    environ, source = new_session(put(environment='PATH="/opt/x:/bin"\nZDOTDIR=/z\n'))
    assert ("/opt/x:/bin", "/z") == (environ["PATH"], environ["ZDOTDIR"])
    assert session.ENVIRONMENT == source


def test_where_the_file_says_nothing_of_path_it_comes_from_no_file(put: Put) -> None:
    environ, source = new_session(put(environment="EDITOR=vi\n"))
    assert ("vi", "") == (environ["EDITOR"], source)
    assert "/usr/bin" in environ["PATH"]


@pytest.mark.parametrize("line", ["", "# session required pam_env.so\n", "auth required pam_unix.so\n"])
def test_without_pam_env_no_file_counts(put: Put, line: str) -> None:
    host = put(pam_line=line, environment="PATH=/opt/x\n", own="PATH=/opt/y\n")
    environ, source = new_session(host)
    assert "" == source
    assert "/opt" not in environ["PATH"]


@pytest.mark.parametrize("is_read", [True, False])
def test_the_users_own_file_counts_where_pam_reads_it(put: Put, is_read: bool) -> None:
    line = "session required pam_env.so" + (" user_readenv=1" if is_read else "") + "\n"
    own = "PATH DEFAULT=${PATH}:@{HOME}/bin\n"
    host = put(pam_line=line, environment="PATH=/usr/bin\n", own=own)
    environ, source = new_session(host)
    expected = ("/usr/bin", session.ENVIRONMENT)
    if is_read:
        expected = (f"/usr/bin:{host.home}/bin", f"{host.home}/.pam_environment")
    assert expected == (environ["PATH"], source)


def test_in_a_container_it_is_the_images(put: Put) -> None:
    first = {"PATH": "/opt/image:/bin", "HOME": "/root", "HOSTNAME": "x", "KIND": "image", "EMPTY": ""}
    host = put("container", first=first, environment="PATH=/opt/x\n")
    environ, source = new_session(host)
    assert ("/opt/image:/bin", "the container") == (environ["PATH"], source)
    assert ("image", "", host.home) == (environ["KIND"], environ["EMPTY"], environ["HOME"])
    assert "HOSTNAME" not in environ


def test_in_a_container_whose_first_process_nobody_may_look_at_path_comes_from_no_file(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = put("container")
    monkeypatch.setattr(session, "FIRST_PROCESS", "/nowhere/environ")
    environ, source = new_session(host)
    assert "" == source
    assert "/usr/bin" in environ["PATH"]
    (note,) = session.note_session(host, source)
    assert "cannot be read, so the usual PATH was taken" in note
    assert () == session.note_session(host, "the container")
    assert () == session.note_session(replace(host, surroundings=()), source)


def test_what_a_container_starts_from_outside_tells_of_the_image_too(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`docker exec` gives it the image's environment, and its parent is none of the container's."""
    texts = {"/proc/77/environ": "PATH=/opt/image:/bin\0HOME=/x\0"}
    monkeypatch.setattr(session, "text_of", lambda path: texts.get(path, ""))
    lineage = ((99, b"77"), (77, b"77"), (0, b""))
    environ, source = new_session(replace(put("container"), lineage=lineage))
    assert ("/opt/image:/bin", "the container") == (environ["PATH"], source)


@pytest.mark.parametrize("above", [(), (0,), (77, 1, 0), (77,)])
def test_what_a_container_has_started_is_told_by_its_first_process(
    above: tuple[int, ...],
) -> None:
    lineage = tuple((pid, b"7") for pid in (99, *above))
    expected = "/proc/99/environ" if above == (0,) else session.FIRST_PROCESS
    assert expected == session.outermost_environ(lineage)
    assert session.FIRST_PROCESS == session.outermost_environ(())
