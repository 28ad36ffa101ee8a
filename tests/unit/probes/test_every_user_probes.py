"""The process that asks as another user: it has no rights, and what it says is taken as no more."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from onpath.errors import OnpathError
from onpath.host import every_user as every_user_host
from onpath.host.every_user import User, unprivileged
from onpath.model import LOGIN, UNKNOWN, Context, Installed, Probe
from onpath.probes import every_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("processes of Unix", allow_module_level=True)

CONTEXT = Context(LOGIN, "bash")


@pytest.fixture
def other() -> User:
    """Look up the user without rights; only root can become that one."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    return unprivileged()


def test_its_answer_comes_back(other: User) -> None:
    assert [other.uid, other.uid] == every_user.as_other(other, lambda: [os.getuid(), os.geteuid()])


def test_it_cannot_become_root_again(other: User) -> None:
    def regain() -> list[str]:
        found = []
        for call in (os.setuid, os.seteuid, os.setgid, lambda gid: os.setgroups([gid])):
            try:
                call(0)
            except PermissionError:
                continue
            found.append(str(call))
        return found

    assert [] == every_user.as_other(other, regain)


def test_no_file_of_root_is_open_in_it(other: User, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    with secret.open() as file:
        os.set_inheritable(file.fileno(), True)

        def look() -> list[str]:
            return [
                os.readlink(f"/proc/self/fd/{n}")
                for n in range(3, 100)
                if os.path.lexists(f"/proc/self/fd/{n}")
            ]

        if os.path.isdir("/proc/self/fd"):
            assert str(secret) not in every_user.as_other(other, look)


def test_an_error_of_ours_is_raised_as_one(other: User) -> None:
    def fail() -> None:
        raise OnpathError("no room; make some")

    with pytest.raises(OnpathError, match="no room; make some"):
        every_user.as_other(other, fail)


def test_any_other_error_is_a_bug_that_is_told(other: User) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        every_user.as_other(other, lambda: 1 // 0)


def test_one_that_dies_has_no_answer(other: User) -> None:
    with pytest.raises(OnpathError, match="without an answer; "):
        every_user.as_other(other, lambda: os._exit(3))


def test_an_interrupt_ends_it_before_it_goes_on(other: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_user, "END_S", 200.0)  # after which it would be killed

    def wait() -> None:
        while True:  # in short steps, as the work has them: a signal just before one ends it too
            time.sleep(0.01)

    def interrupt() -> Iterator[None]:
        yield
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        every_user.as_other(other, wait, interrupt())
    assert time.monotonic() - started < 100
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_who_cannot_become_another_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setgroups", refuse)
    with pytest.raises(OnpathError, match=r"cannot become nobody.*not permitted.*; run it where"):
        every_user.become(User("nobody", 65534, 65534, ()))


def test_rights_that_stay_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that does nothing, as under some emulations, is no change of user."""
    for name in ("setgroups", "setgid", "setuid", "seteuid"):
        monkeypatch.setattr(os, name, lambda _: None)
    with pytest.raises(OnpathError, match="rights of root stay"):
        every_user.become(User("nobody", 65534, 65534, ()))


def test_an_answer_is_the_same_after_it_was_sent() -> None:
    probe = Probe(
        CONTEXT,
        "missing",
        "reason",
        "cure",
        path=("/bin", "/\udc80"),
        told_folders=(("config", "/x"),),
        duration_ms=1.5,
        said="oops",
        exported=(("PATH", "/bin"),),
        found=("/bin",),
    )
    assert probe == every_user.read_probe(CONTEXT, every_user.fields_of(probe))


def test_a_shell_that_has_answered_in_the_place_of_the_asked_one_is_sent_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root will start it: so one that others can change is none."""
    program = tmp_path / "zsh"
    program.touch()
    monkeypatch.setattr(every_user_host, "is_for_all", lambda path: path == str(program))
    monkeypatch.setattr(every_user_host, "other_writers", lambda *_: ())
    probe = Probe(CONTEXT, "missing", became=Installed("zsh", str(program)))
    sent = every_user.fields_of(probe)
    assert probe == every_user.read_probe(CONTEXT, sent)
    for odd in ("", "zsh", f"{tmp_path}/fish"):
        assert every_user.read_probe(CONTEXT, {**sent, "became": odd}).became is None
    monkeypatch.setattr(every_user_host, "other_writers", lambda *_: (("everybody", str(tmp_path)),))
    assert every_user.read_probe(CONTEXT, sent).became is None


def test_what_is_no_verdict_is_no_answer() -> None:
    sent = {**every_user.fields_of(Probe(CONTEXT, UNKNOWN)), "verdict": "yes, surely"}
    assert UNKNOWN == every_user.read_probe(CONTEXT, sent).verdict
    assert None is every_user.read_probe(CONTEXT, sent).path


def test_a_new_home_has_what_can_be_read_of_the_skeleton(tmp_path: Path) -> None:
    skeleton, home = tmp_path / "skel", tmp_path / "home"
    (skeleton / ".config" / "deep").mkdir(parents=True)
    (skeleton / ".bashrc").write_text("# mine\n")
    (skeleton / ".config" / "deep" / "x").write_text("x")
    (skeleton / "loop").symlink_to(skeleton)
    (skeleton / "gone").symlink_to(tmp_path / "nothing")
    os.mkfifo(skeleton / "pipe")
    home.mkdir()
    every_user.copy_skeleton(str(skeleton), str(home))
    names = {str(path.relative_to(home)) for path in home.rglob("*")}
    assert {".bashrc", ".config", ".config/deep", ".config/deep/x"} == names
    assert "# mine\n" == (home / ".bashrc").read_text()


def test_a_skeleton_is_not_copied_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skeleton, home = tmp_path / "skel", tmp_path / "home"
    skeleton.mkdir()
    home.mkdir()
    for number in range(9):
        (skeleton / str(number)).write_text("12345")
    monkeypatch.setattr(every_user, "MAX_FILES", 4)
    every_user.copy_skeleton(str(skeleton), str(home))
    assert 4 == len(list(home.iterdir()))
    every_user.copy_skeleton(str(tmp_path / "none"), str(home))


def test_a_process_that_hears_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_user, "END_S", 0.0)
    pid = os.fork()
    if not pid:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        finally:
            os._exit(0)
    every_user.stop(pid)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
