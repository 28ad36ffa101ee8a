"""Real Ansible and ten hosts with real sshd: all or nothing, foretold and told truly."""

from __future__ import annotations

import os
import statistics
import sys
from typing import TYPE_CHECKING, Any

import pytest

import fleet
import programs
import pythons
from commands import HELLO, changed, snapshot
from fleet import USERS
from playing import MODULE
from systems import DEBIAN_BASHRC, DEBIAN_PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commands import Snapshot
    from fleet import Fleet, Host
    from playing import Controller, Playbook, Said

if sys.platform == "win32":
    pytest.skip("hosts in namespaces of Linux", allow_module_level=True)

DEBIAN = {".bashrc": DEBIAN_BASHRC, ".profile": DEBIAN_PROFILE}
OTHER_SHELLS = ("zsh", "fish", "tcsh", "mksh")
OTHER_PYTHONS = ("3.9", "3.13")
TOOLS = "~/tools"
RAN = "it runs"
CHECK = ("--check", "--diff")
MOVE = "mkdir -p {0} && echo : >{0}/.bashrc && ln -sf {0}/.bashrc ~"
LOOK = "find -L /opt/files /opt/more /run/files /root -name '.[bp]*' -printf '%p %i %T@ %m %s\\n' 2>&1"
FORETELL = {"check_mode": True}
MAX_TIMES = 2.0  # the time of a run beside that of Ansible's own `ping`
PLAYS = 10
AS_IT_COMES = {"ANSIBLE_PIPELINING": "False", "ANSIBLE_FORKS": "5"}
# What Ansible itself makes in the home of the user as whom it comes, and shells by themselves.
OTHERS = (".ansible", *(file for each in OTHER_SHELLS for file in programs.PROGRAMS[each].own_files))


def hosts() -> Iterator[Host]:
    """Yield ten hosts: other shells, other Pythons, and files of bash in several states."""
    for name in OTHER_SHELLS:
        program = programs.find(name)
        # What is not in the folders of the system is not there.
        is_there = program is not None and str(program).startswith("/usr/bin/")
        yield fleet.Host(name, shell=str(program) if is_there else "/bin/bash")
    for version in OTHER_PYTHONS:
        found = pythons.find(version)
        folder = str(found.resolve().parent.parent) if found else ""
        yield fleet.Host(f"python{version}", files=DEBIAN, python="" if folder == "/usr" else folder)
    yield fleet.Host("debian", files=DEBIAN)
    yield fleet.Host("empty")
    yield fleet.Host("late", files={**DEBIAN, ".bashrc": "PATH=/usr/bin:/bin\n"})
    yield fleet.Host("returns", files={".bashrc": "return\n", ".bash_profile": ". ~/.bashrc\n"})


@pytest.fixture(scope="module")
def _ten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    reason = fleet.why_not()
    if reason:
        pytest.skip(reason)
    with fleet.running(tmp_path_factory.mktemp("fleet"), tuple(hosts())) as running:
        yield running


@pytest.fixture
def ten(_ten: Fleet) -> Iterator[Fleet]:
    """Give ten hosts; what a test leaves in their homes is gone after it."""
    yield _ten
    for host in _ten.hosts:
        for user in fleet.USERS:
            fleet.fill(_ten.home(host.name, user), host, user)


def task(name: str = "task", /, **options: Any) -> dict[str, Any]:
    """Return a task for our module; names that Python reserves end in `_`."""
    return {"name": name, MODULE: {key.rstrip("_"): value for key, value in options.items()}}


def homes(ten: Fleet) -> dict[str, dict[str, Snapshot]]:
    """Return what lies in the homes of all hosts."""
    return {
        host.name: {user: snapshot(ten.home(host.name, user), without=OTHERS) for user in USERS}
        for host in ten.hosts
    }


def give_tools(ten: Fleet, user: str = "root") -> None:
    """Put a command into the directory on every host."""
    for host in ten.hosts:
        command = ten.home(host.name, user) / "tools" / HELLO
        command.parent.mkdir()
        command.write_text(f"#!/bin/sh\necho {RAN}\n")
        command.chmod(0o755)
        for path in (command, command.parent):
            os.chown(path, USERS[user], USERS[user])


def runs(ten: Fleet, host: str, user: str = "root") -> bool:
    """Say whether the command runs by its name at a prompt of the user's shell on `host`."""
    shell = next(each.shell for each in ten.hosts if each.name == host)
    return RAN in ten.ssh(host, f"{shell} -ic {HELLO}", user)


def answers(book: Playbook) -> dict[str, dict[str, Any]]:
    """Return the results of the task on all hosts, without what differs between a check and a run."""
    own = ("changed", "contexts", "diff", "directories", "files", "notes", "status", "msg")
    return {
        host: {name: each.result[name] for name in own if name in each.result}
        for host, each in book.of("task").items()
    }


def test_what_is_foretold_is_done_once_and_taken_back_to_the_byte(
    ten: Fleet, controller: Controller
) -> None:
    """On hosts of other shells and Pythons, where a file decides whose edit is the one that helps."""
    everywhere = {host.name for host in ten.hosts}
    give_tools(ten)
    before = homes(ten)
    foretold = controller.play(ten, task(directory=[TOOLS]), words=CHECK)
    assert 10 == foretold.counted["changed"], foretold.output
    assert before == homes(ten)
    assert {True} == {each.result["rehearsed"] for each in foretold.said}
    assert not any(runs(ten, host) for host in everywhere)

    done = controller.play(ten, task(directory=[TOOLS]), words=("--diff",))
    assert (10, 0) == (done.counted["changed"], done.counted["failed"]), done.output
    assert answers(foretold) == answers(done)
    assert [] == [host for host in everywhere if not runs(ten, host)]
    assert_shown(ten, before, done)

    after = homes(ten)
    again = controller.play(ten, task(directory=[TOOLS]), task(directory=[TOOLS]) | FORETELL)
    assert (0, 20) == (again.counted["changed"], again.counted["ok"]), again.output
    assert {"effective"} == {each.result["status"] for each in again.said}
    assert after == homes(ten)

    foretold = controller.play(ten, task(directory=[TOOLS], state="absent"), words=CHECK)
    assert after == homes(ten)
    back = controller.play(ten, task(directory=[TOOLS], state="absent"), words=("--diff",))
    assert (10, 10) == (foretold.counted["changed"], back.counted["changed"])
    assert answers(foretold) == answers(back)
    assert before == homes(ten)
    absent = task(directory=[TOOLS], state="absent")
    again = controller.play(ten, absent, absent | FORETELL)
    assert (0, 20) == (again.counted["changed"], again.counted["ok"])
    assert before == homes(ten)


def assert_shown(ten: Fleet, before: dict[str, dict[str, Snapshot]], done: Playbook) -> None:
    """The diff has each file that was edited, as it was and as it is, and no other."""
    for host, said in done.of("task").items():
        home = ten.home(host)
        was, now = before[host]["root"], snapshot(home, without=(*OTHERS, ".local"))
        shown = {each["after_header"].replace("/root/", ""): each for each in said.result["diff"]}
        edited = [name for name, (_, new) in changed(was, now).items() if new and new.content]
        assert edited == sorted(shown)
        for name, each in shown.items():
            assert each["before"].encode() == (was[name].content if name in was else b"")
            assert each["after"].encode() == now[name].content


def test_a_directory_that_is_not_there_is_foretold_and_made(ten: Fleet, controller: Controller) -> None:
    """Debian's .profile looks for ~/.local/bin: with it there, one edit less is needed."""
    names = ("debian", "empty", "zsh")
    before = homes(ten)
    foretold = controller.play(ten, task(), words=CHECK, only=names)
    assert before == homes(ten)
    done = controller.play(ten, task(), words=("--diff",), only=names)
    assert answers(foretold) == answers(done)
    assert 3 == done.counted["changed"]
    said = done.of("task")
    assert ["/root/.bashrc"] == said["debian"].result["files"]
    assert ["/root/.local/bin"] == said["debian"].result["directories"]
    shown = [each["after"] for each in said["debian"].result["diff"]]
    assert {"path": "/root/.local/bin", "state": "directory"} in shown
    controller.play(ten, task(state="absent"), only=names)
    assert before == homes(ten)


def test_a_check_changes_nothing_behind_links_and_outside_of_the_home(
    ten: Fleet, controller: Controller
) -> None:
    """What lies in `/run` can only be read, since sockets are there: no forecast, and no harm."""
    ten.ssh("debian", MOVE.format("/opt/files"))
    ten.ssh("empty", MOVE.format("/run/files"))
    wish, names = task(directory=["/opt/more/bin"]), ("debian", "empty")
    looks = {host: ten.ssh(host, LOOK) for host in names}
    assert all("/files/.bashrc" in look for look in looks.values())
    foretold = controller.play(ten, wish, words=CHECK, only=names)
    assert looks == {host: ten.ssh(host, LOOK) for host in names}
    done = controller.play(ten, wish, words=("--diff",), only=names)
    assert answers(foretold)["debian"] == answers(done)["debian"]
    assert looks["debian"] != ten.ssh("debian", LOOK)
    controller.play(ten, task(directory=["/opt/more/bin"], state="absent"), only=names)
    assert ten.ssh("debian", "cat /opt/files/.bashrc; ls -d /opt/more 2>&1").startswith(":\nls: ")
    for where in ("/run/more", "/proc/more"):
        said = controller.play(ten, task(directory=[where]), words=CHECK, only=("zsh",)).of("task")
        assert not said["zsh"].result.get("rehearsed")


def test_a_host_that_fails_is_as_it_was_and_says_why(ten: Fleet, controller: Controller) -> None:
    """Other hosts are served; in check mode it is foretold; the cure helps when it is followed."""
    ten.home("debian", "ada").joinpath(".bashrc").chmod(0o444)
    os.chown(ten.home("python3.9", "ada") / ".bashrc", 0, 0)
    (ten.home("python3.13", "ada") / ".profile").write_text("umask 022\n")  # it reads no .bashrc
    os.chown(ten.home("python3.13", "ada") / ".profile", 0, 0)
    never = "trap 'PATH=/usr/bin:/bin' DEBUG\nPATH=/usr/bin:/bin\nreadonly PATH\n"
    (ten.home("late", "ada") / ".bashrc").write_text(never)
    (ten.home("empty", "ada") / "tools").write_text("a file")
    failing = {
        "debian": "/home/ada/.bashrc is read-only; run chmod u+w ~/.bashrc",
        "python3.9": "/home/ada/.bashrc belongs to root; run sudo chown ada ~/.bashrc",
        "python3.13": "/home/ada/.profile belongs to root; run sudo chown ada ~/.profile",
        "late": "see /home/ada/.bashrc:2: PATH=/usr/bin:/bin; change that line, and run the task again",
        "empty": "/home/ada/tools",
    }
    before = homes(ten)
    wish = task(directory=[TOOLS], user="ada")
    foretold = controller.play(ten, wish, words=CHECK)
    assert before == homes(ten)
    done = controller.play(ten, wish)
    said = done.of("task")
    assert set(failing) == {host for host, each in said.items() if not each.is_ok}, done.output
    for host, words in failing.items():
        assert words in said[host].result["msg"]
        assert "; " in said[host].result["msg"]
        assert not said[host].is_changed
        assert before[host] == homes(ten)[host]
        assert said[host].result["msg"] == foretold.of("task")[host].result["msg"]
    assert {host: each.is_ok for host, each in said.items()} == {
        host: each.is_ok for host, each in foretold.of("task").items()
    }
    ten.ssh("debian", "chmod u+w ~/.bashrc", "ada")
    assert 1 == controller.play(ten, wish, only=("debian",)).counted["changed"]


def test_a_file_that_may_not_be_edited_is_left_when_it_is_to_be_taken_back(
    ten: Fleet, controller: Controller
) -> None:
    """And with it all the others of the host."""
    names = ("debian", "empty")
    controller.play(ten, task(directory=[TOOLS]), only=names)
    (ten.home("debian") / ".bashrc").chmod(0o444)
    before = homes(ten)
    wish = task(directory=[TOOLS], state="absent")
    for words in (CHECK, ()):
        said = controller.play(ten, wish, only=names, words=words).of("task")
        assert (False, True) == (said["debian"].is_ok, said["empty"].is_ok)
        assert "/root/.bashrc is read-only; run chmod u+w ~/.bashrc" in said["debian"].result["msg"]
        assert before["debian"] == homes(ten)["debian"]


def test_another_user_is_served_with_that_users_rights_alone(ten: Fleet, controller: Controller) -> None:
    give_tools(ten, "ada")
    before, names = homes(ten), ("debian", "zsh", "fish", "tcsh")
    wish = task(directory=[TOOLS], user="ada", for_=["interactive", "ssh"])
    done = controller.play(ten, wish, only=names)
    assert (4, 0) == (done.counted["changed"], done.counted["failed"]), done.output
    contexts = {row["context"] for row in done.of("task")["debian"].result["contexts"]}
    assert {"bash interactive", "bash ssh"} == contexts  # and none of the shells that Ansible starts
    after = homes(ten)
    for host in names:
        assert before[host]["root"] == after[host]["root"]
        assert {1000} == {path.lstat().st_uid for path in ten.home(host, "ada").rglob("*")}
        assert RAN in ten.ssh(host, HELLO, "ada")  # which is `ssh HOST COMMAND`
    # Whoever becomes the user by Ansible's own means finds the same.
    means = {"become": True, "become_user": "ada", "vars": {"ansible_remote_tmp": "/home/ada/.ansible"}}
    own = task(directory=[TOOLS], for_=["interactive", "ssh"])
    again = controller.play(ten, own | means, wish | means, only=names[:2])
    assert (0, 4) == (again.counted["changed"], again.counted["ok"]), again.output
    assert {"ada"} == {each.result["user"] for each in again.said}
    back = controller.play(ten, task(directory=[TOOLS], user="ada", state="absent"), only=names)
    assert 4 == back.counted["changed"]
    assert before == homes(ten)
    # Without a directory, that of the user: the Python was started as root.
    for state in ("present", "absent"):
        book = controller.play(ten, task(user="ada", state=state), only=names[:1])
        assert ["/home/ada/.local/bin"] == book.of("task")["debian"].result["directories"], book.output
    assert before == homes(ten)


def test_who_may_not_or_cannot_be_served_is_told(ten: Fleet, controller: Controller) -> None:
    only, before = ("debian",), homes(ten)
    cases = (
        ({"user": "root"}, "ada", "; add become: true to the task"),
        ({"user": "nobody-here"}, "root", "there is no user nobody-here on this host; create it"),
        ({"for": ["cron"]}, "root", "PATH="),
        ({"shell": ["dash"]}, "root", "reads no startup file"),
        ({"shell": ["command.com"]}, "root", "command.com"),
        ({"directory": ["/root/a:b"]}, "root", "; "),
    )
    for user in USERS:
        own = [(options, words) for options, as_, words in cases if as_ == user]
        tasks = (task(**{"directory": [TOOLS], **options}) for options, _ in own)
        book = controller.play(
            ten, *(each | {"ignore_errors": True} for each in tasks), only=only, user=user
        )
        assert len(own) == len(book.said)
        for each, (_, words) in zip(book.said, own):
            assert not each.is_ok
            assert words in each.result["msg"]
            assert "ensure-path" not in each.result["msg"]
        assert "Traceback" not in book.output
    assert before == homes(ten)


def test_without_the_rights_to_rehearse_a_look_foretells(ten: Fleet, controller: Controller) -> None:
    """As what was tried first, which is what is done where nothing is in the way."""
    names, user = ("debian", "zsh", "empty"), "ada"
    give_tools(ten, "ada")
    before = homes(ten)
    foretold = controller.play(ten, task(directory=[TOOLS]), words=CHECK, only=names, user=user)
    assert before == homes(ten)
    assert {False} == {each.result["rehearsed"] for each in foretold.said}
    done = controller.play(ten, task(directory=[TOOLS]), words=("--diff",), only=names, user=user)
    assert 3 == foretold.counted["changed"] == done.counted["changed"]
    for host, each in done.of("task").items():
        assert each.result["diff"] == foretold.of("task")[host].result["diff"]


def test_an_order_is_proven_and_several_directories_stand_in_theirs(
    ten: Fleet, controller: Controller
) -> None:
    only = ("debian", "fish")
    wish = task(directory=[TOOLS, "more"], order="append", shell=["bash"])  # noqa: S604
    assert 2 == controller.play(ten, wish, only=only).counted["changed"]
    assert ten.ssh("debian", "bash -ic 'echo $PATH'").strip().endswith(":/root/tools:/root/more")
    assert 0 == controller.play(ten, wish, only=only).counted["changed"]


def test_a_host_takes_at_most_twice_the_time_of_ansibles_own_ping(
    ten: Fleet, controller: Controller
) -> None:
    """In one play, one beside the other: what else the machine does then makes all of them longer."""
    give_tools(ten)
    ping = {"name": "ping", "ansible.builtin.ping": {}}
    round_ = (
        *(ping, task("changes", directory=[TOOLS]), ping, task("finds", directory=[TOOLS])),
        *(ping, task("takes back", directory=[TOOLS], state="absent")),
    )
    least = dict.fromkeys(("changes", "finds", "takes back"), float("inf"))
    for _ in range(PLAYS):
        book = controller.play(ten, ping, *round_, env=AS_IT_COMES)
        beside_s = median_s(book, "ping")
        least = {name: min(each, median_s(book, name) / beside_s) for name, each in least.items()}
        if max(least.values()) <= MAX_TIMES:
            return
    pytest.fail(f"of the time of ping: {least}")


def median_s(book: Playbook, name: str) -> float:
    """Return the median of what a task took, but for the first of each host, which connects."""
    found: dict[str, list[Said]] = {}
    for each in book.said:
        if each.task == name:
            found.setdefault(each.host, []).append(each)
    first = 1 if name == "ping" else 0
    return statistics.median(each.took_s for said in found.values() for each in said[first:])
