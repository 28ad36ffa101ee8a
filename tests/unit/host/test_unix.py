"""What Unix has of its own: users, the names of directories, who may write there, a lock, the line."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.errors import NoHomeError, NoShellError, UnspellableError, UsageError
from onpath.host import installed as programs
from onpath.host import unix, ways
from onpath.shells import UNIX_ROWS, startup
from onpath.values import dataclass, replace
from samples import BOUNDED, DIRECTORIES, HOME, installed, make_host

if TYPE_CHECKING:
    from pathlib import Path

    from onpath.model import Host, Installed

if sys.platform == "win32":
    pytest.skip("there is nothing of Unix", allow_module_level=True)

import grp
import pwd

NOBODY = 3_000_000_000 % 2**31
HOST = make_host()
TOOLS = f"{HOME}/.local/bin"


# Users and groups.


def test_the_user_is_the_one_who_runs_this() -> None:
    entry = pwd.getpwuid(os.getuid())
    assert (entry.pw_name, entry.pw_dir, entry.pw_shell) == unix.own_entry()
    assert entry.pw_name == unix.user_name(os.getuid())
    assert grp.getgrgid(os.getgid()).gr_name == unix.group_name(os.getgid())


def test_numbers_that_nobody_has_have_no_name() -> None:
    assert unix.user_name(NOBODY) is None
    assert unix.group_name(NOBODY) is None


def test_a_user_is_one_word_of_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Samba calls users of a Windows domain."""
    monkeypatch.setattr(unix, "user_name", {1000: "CORP\\anna", 1001: "anna lee", 1002: "ada"}.get)
    words = [unix.user_word(uid) for uid in (1000, 1001, 1002, 1003)]
    assert ["'CORP\\anna'", "'anna lee'", "ada", "1003"] == words


@pytest.mark.parametrize(
    ("group", "members", "is_own"),
    [("me", [], True), ("me", ["me"], True), ("me", ["eve"], False), ("root", ["eve"], False)],
)
def test_a_group_is_ones_own_as_long_as_nobody_else_is_added_to_it(
    monkeypatch: pytest.MonkeyPatch, group: str, members: list[str], *, is_own: bool
) -> None:
    monkeypatch.setattr(unix, "user_name", {0: "root", 1000: "me"}.get)
    number = 0 if group == "root" else 1000
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group((group, "x", gid, members)))
    assert is_own == unix.is_private(number, {1000})


def test_a_user_without_an_entry_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as any number."""
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    assert unix.own_entry() is None


@pytest.mark.parametrize("ask", [unix.own_entry, lambda: unix.user_name(0), lambda: unix.group_name(0)])
def test_on_windows_there_are_no_answers(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert ask() is None


# Which shells are served.


@pytest.fixture
def bins(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the only folder in which there are shells: all of the table, as empty programs."""
    folder = home / "bins"
    folder.mkdir()
    for row in UNIX_ROWS.values():
        (folder / row.programs[0]).touch(0o755)
    monkeypatch.setattr(programs, "USUAL_BINS", ())
    monkeypatch.setattr(startup, "SKELETON", str(home / "skeleton"))
    return folder


def served(
    bins: Path, *names: str, running: str = "", login: str = "", is_all: bool = False
) -> list[tuple[str, str]]:
    """Return the shells that are served, with the reasons, where `bins` is PATH and lies in the home."""
    host = make_host(
        str(bins.parent),
        environ={"HOME": str(bins.parent), "PATH": str(bins)},
        running=installed(running) if running else None,
        login=installed(login) if login else None,
    )
    found = unix.find_shells(host, names, is_all=is_all, variables=dict)
    return [(shell.name, shell.reason) for shell in found]


def test_the_running_the_login_and_the_used_shells_are_served(home: Path, bins: Path) -> None:
    """In the order of the table."""
    (home / ".zshrc").touch()
    (home / ".config/fish/conf.d").mkdir(parents=True)
    expected = [
        ("bash", "login shell"),
        ("zsh", "in use"),
        ("fish", "in use"),
        ("nushell", "running"),
    ]
    assert expected == served(bins, running="nushell", login="bash")


def test_a_shell_that_is_served_for_two_reasons_is_served_once(home: Path, bins: Path) -> None:
    (home / ".zshrc").touch()
    assert [("zsh", "running")] == served(bins, running="zsh", login="zsh")


def test_a_startup_file_of_a_shell_that_is_not_installed_is_no_reason(home: Path, bins: Path) -> None:
    (home / ".zshrc").touch()
    (home / ".bashrc").touch()
    (bins / "zsh").unlink()
    assert [("bash", "in use")] == served(bins)


def test_a_startup_file_that_every_new_home_has_is_no_reason(home: Path, bins: Path) -> None:
    """Only one that somebody has changed shows that the shell is used."""
    (home / "skeleton").mkdir()
    for folder in (home, home / "skeleton"):
        (folder / ".bashrc").write_text("# a system's own\n")
        (folder / ".zshrc").write_text("# a system's own\n")
    with (home / ".zshrc").open("a") as file:
        file.write("setopt autocd\n")
    assert [("zsh", "in use")] == served(bins)
    assert [("bash", "running"), ("zsh", "in use")] == served(bins, running="bash")


def test_every_shell_that_is_installed_is_served_if_asked_for(home: Path, bins: Path) -> None:
    (home / ".zshrc").touch()
    found = dict(served(bins, is_all=True))
    assert list(UNIX_ROWS) == list(found)
    assert {"installed": len(UNIX_ROWS) - 1, "in use": 1} == {
        reason: list(found.values()).count(reason) for reason in found.values()
    }


def test_only_the_shells_that_are_named_are_served(home: Path, bins: Path) -> None:
    """Each once, in the order of the table."""
    (home / ".zshrc").touch()
    expected = [("bash", "asked for"), ("fish", "asked for"), ("nushell", "asked for")]
    assert expected == served(bins, "fish", "bash", "fish", "nu", running="zsh")


def test_without_any_shell_there_is_nothing_to_do(bins: Path) -> None:
    with pytest.raises(NoShellError, match="name one with --shell: ensure-path --shell bash"):
        served(bins)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([("SHELL=", "zsh")], "SHELL=zsh is not an absolute path); .*ensure-path --shell zsh"),
        ([("passwd: ", "/usr/bin/env zsh")], "passwd: /usr/bin/env zsh does not exist); .* --shell zsh"),
        ([("passwd: ", "/opt/gone/fish")], "passwd: /opt/gone/fish does not exist); .* --shell fish"),
        ([("SHELL=", "/")], "SHELL=/ cannot be run); .*ensure-path --shell bash"),
        ([("SHELL=", "/bin/ls")], "SHELL=/bin/ls is not a shell that onpath knows)"),
        ([("passwd: ", "x"), ("SHELL=", "/x")], "passwd: x is not an .*; SHELL=/x does not exist)"),
    ],
)
def test_what_was_told_of_a_shell_and_is_of_no_use_is_named(
    bins: Path, told: list[tuple[str, str]], words: str
) -> None:
    host = replace(host_with(bins), told_shells=tuple(told))
    with pytest.raises(NoShellError, match=words.replace(")", "\\)").replace("(", "\\(")):
        unix.find_shells(host, (), is_all=False, variables=dict)


def test_in_a_container_without_a_shell_there_is_the_line_of_an_image(bins: Path) -> None:
    """A distroless one."""
    host = replace(host_with(bins), surroundings=("container",), environ={})
    with pytest.raises(NoShellError, match=r'the line ENV PATH="/root/.local/bin:\$PATH"'):
        unix.find_shells(host, (), is_all=False, variables=dict, directories=("/root/.local/bin",))


def host_with(bins: Path, **environ: str) -> Host:
    """Return a machine on which `bins` is PATH, and lies in the home."""
    return make_host(str(bins.parent), environ={"HOME": str(bins.parent), "PATH": str(bins), **environ})


@pytest.mark.parametrize(
    "folder",
    [".nix-profile/bin", ".local/state/nix/profile/bin", ".cargo/bin", ".linuxbrew/bin", "own", "told"],
)
def test_a_shell_may_lie_in_a_folder_of_the_users_own(home: Path, bins: Path, folder: str) -> None:
    """`own` is a directory that is to be on PATH, `told` one where the login shell is said to be."""
    (home / ".zshrc").touch()
    (home / folder).mkdir(parents=True)
    (bins / "zsh").rename(home / folder / "zsh")
    host = replace(host_with(bins), told_shells=(("SHELL=", f"{home}/told/gone"),))
    found = unix.find_shells(host, (), is_all=False, variables=dict, directories=(f"{home}/own",))
    assert [("zsh", f"{home}/{folder}/zsh")] == [(shell.name, shell.program) for shell in found]
    named = unix.find_shells(host, ("zsh",), is_all=False, variables=dict, directories=(f"{home}/own",))
    assert [shell.program for shell in found] == [shell.program for shell in named]


def absent(host: Host, *directories: str) -> tuple[str, ...]:
    """Return the notes on shells that are not here."""
    found = unix.find_shells(host, (), is_all=False, variables=dict, directories=directories)
    return unix.note_absent_shells(host, found, directories)


def test_the_files_of_a_shell_whose_program_is_not_found_are_a_note(home: Path, bins: Path) -> None:
    for name in (".zshrc", ".bashrc", ".xonshrc"):
        (home / name).touch()
    assert () == absent(host_with(bins))
    for name in ("zsh", "xonsh"):
        (bins / name).unlink()
    note = (
        "no program was found for zsh (~/.zshrc) and xonsh (~/.xonshrc); if there is one, "
        "name its path: ensure-path --shell /path/to/zsh"
    )
    assert (note,) == absent(host_with(bins))
    named = unix.find_shells(host_with(bins), ("bash",), is_all=False, variables=dict)
    assert () == unix.note_absent_shells(host_with(bins), named, ())


def test_a_login_shell_that_is_gone_is_served_by_another_path_or_noted(home: Path, bins: Path) -> None:
    (home / ".bashrc").touch()
    told = (("passwd: ", "/opt/gone/fish"), ("SHELL=", f"{bins}/zsh"))
    host = replace(host_with(bins), told_shells=told)
    assert () == absent(host)
    found = unix.find_shells(host, (), is_all=False, variables=dict)
    assert ("fish", f"{bins}/fish") in [(shell.name, shell.program) for shell in found]
    (bins / "fish").unlink()
    assert ["no program was found for fish (passwd: /opt/gone/fish)"] == [
        note.partition(";")[0] for note in absent(host)
    ]


@pytest.mark.parametrize("name", ["sh", "ksh", "csh"])
def test_a_name_that_several_shells_go_by_is_not_a_missing_one(
    home: Path, bins: Path, name: str
) -> None:
    (home / ".bashrc").touch()
    (bins / name).unlink(missing_ok=True)
    (bins / name).symlink_to("dash")
    host = replace(host_with(bins), told_shells=(("SHELL=", name), ("passwd: ", f"/gone/{name}")))
    assert () == absent(host)


def test_in_a_sandbox_the_note_says_how_to_reach_the_host(home: Path, bins: Path) -> None:
    (home / ".bashrc").touch()
    host = replace(host_with(bins), surroundings=("sandbox",))
    (note,) = absent(host, f"{home}/a b")
    assert note.endswith("for those of the host run: flatpak-spawn --host ensure-path")
    (home / "a b").mkdir()
    (home / "a b" / "ensure-path").touch(0o755)
    (note,) = absent(host, f"{home}/a b")
    assert note.endswith(f"flatpak-spawn --host '{home}/a b/ensure-path'")
    (bins / "fish").unlink()
    with pytest.raises(UsageError, match="not in this sandbox; run flatpak-spawn --host ensure-path"):
        unix.find_shells(host, ("fish",), is_all=False, variables=dict)


def test_in_a_sandbox_shells_whose_programs_are_outside_are_found_without_one(
    home: Path, bins: Path
) -> None:
    (home / ".zshrc").touch()
    for name in ("zsh", "fish"):
        (bins / name).unlink()
    told = (("passwd: ", "/host/fish"),)
    host = replace(host_with(bins), surroundings=("sandbox",), told_shells=told)
    found = unix.find_shells(host, (), is_all=False, variables=dict)
    assert [("zsh", "", "outside"), ("fish", "", "outside")] == [
        (shell.name, shell.program, shell.reason) for shell in found
    ]


def test_an_unknown_shell_is_a_usage_error(bins: Path) -> None:
    with pytest.raises(UsageError, match="unknown shell 'nonsense'"):
        served(bins, "nonsense")


# How a directory is named on PATH.


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("/opt/bin", "/opt/bin"),
        ("/opt/bin/", "/opt/bin"),
        ("//opt//./bin", "/opt/bin"),
        ("~/bin", f"{HOME}/bin"),
        ("~/./a b/", f"{HOME}/a b"),
        ("bin", "/here/bin"),
        ("./bin", "/here/bin"),
        (".", "/here"),
        ("./~x/bin", "/here/~x/bin"),
        ("./$HOME/bin", "/here/$HOME/bin"),
        ("./-x", "/here/-x"),
        ("a/~x", "/here/a/~x"),
        ("/opt/\udce9", "/opt/\udce9"),
    ],
)
def test_a_directory_has_one_spelling(
    monkeypatch: pytest.MonkeyPatch, directory: str, expected: str
) -> None:
    monkeypatch.setattr(os, "getcwd", lambda: "/here")
    assert expected == unix.absolute(HOST, directory)


@BOUNDED
@given(DIRECTORIES | st.text("./a~", min_size=1, max_size=6).map("/".__add__))
def test_the_spelling_is_its_own(directory: str) -> None:
    once = unix.absolute(HOST, directory)
    assert once == unix.absolute(HOST, once)
    assert once.startswith("/")
    assert {"", ".", ".."}.isdisjoint(once.split("/")[1:]) or once == "/"


def test_a_step_back_behind_a_link_goes_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to("a/b")
    expected = os.path.realpath(tmp_path / "a" / "bin")
    assert expected == unix.absolute(HOST, f"{tmp_path}/link/../bin")


def test_a_link_is_named_as_it_is_called(tmp_path: Path) -> None:
    """It may lead elsewhere tomorrow."""
    (tmp_path / "link").symlink_to("a")
    assert f"{tmp_path}/link" == unix.absolute(HOST, f"{tmp_path}/link")


def test_in_a_folder_that_was_removed_absolute_names_still_mean_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "/opt/bin" == unix.absolute(HOST, "/opt/bin")
    assert f"{HOME}/bin" == unix.absolute(HOST, "~/bin")
    with pytest.raises(UsageError, match="bin"):
        unix.absolute(HOST, "bin")


@pytest.mark.parametrize("name", ["~nosuch/bin", "~root", "$HOME/bin", "${HOME}/bin", "-"])
def test_a_name_that_nobody_has_filled_in_is_meant_only_where_it_is_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"; name the whole path, or './.*' if that is its name"):
        unix.absolute(HOST, name)
    (tmp_path / name).mkdir(parents=True)
    assert f"{tmp_path}/{name}" == unix.absolute(HOST, name)
    assert f"{tmp_path}/{name}" == unix.absolute(HOST, f"./{name}")


def test_a_name_that_is_longer_than_any_file_can_have_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = {"PC_PATH_MAX": 40, "PC_NAME_MAX": 20}
    monkeypatch.setattr(os, "pathconf", lambda _, name: limits[name], raising=False)
    for name, fact in (
        ("/a" * 20, r"'/a/a.*\.\.\.' has 40 bytes, and the system allows 39; name a shorter one"),
        ("/" + "b" * 21, r"'/bb.*\.\.\.' has a name of 21 bytes in it, and the system allows 20; name"),
        ("/" + "é" * 11, "22 bytes"),
    ):
        with pytest.raises(UsageError, match=fact):
            unix.absolute(HOST, name)
        assert name[:-1].rstrip("/") == unix.absolute(HOST, name[:-1])


@pytest.mark.parametrize(
    ("directory", "reason"),
    [
        ("/opt/a:b", "there is a ':' in its name"),
        ("/opt/a\nb", "there is a newline in its name"),
        ("/opt/a\0b", "there is a NUL in its name"),
        ("", "cannot be the scripts directory"),
        ("~", "cannot be the scripts directory"),
        ("~/", "cannot be the scripts directory"),
        (HOME, "cannot be the scripts directory"),
        (f"{HOME}/.", "cannot be the scripts directory"),
    ],
)
def test_what_cannot_or_should_not_be_on_path_is_a_usage_error(directory: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        unix.absolute(HOST, directory)


def test_the_unversioned_directory_is_where_installers_put_commands() -> None:
    assert f"{HOME}/.local/bin" == unix.unversioned_directory(HOST)


def test_no_entry_of_a_python_that_is_gone_is_replaced() -> None:
    """It would be in a file of the user's own."""
    assert () == unix.stale_directories((f"{HOME}/.local/bin",))


# Who could put a program there, and whose home it is.


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Make a directory that only its owner can write to."""
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o755)
    return folder


@pytest.mark.parametrize(
    ("mode", "who"),
    [
        (0o700, None),
        (0o755, None),
        (0o777, "everybody"),
        (0o1777, "everybody"),
        (0o757, "everybody"),
        (0o775, "the group staff"),
    ],
)
def test_who_else_can_write_to_a_directory_is_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch, mode: int, who: str | None
) -> None:
    monkeypatch.setattr(unix, "group_name", lambda _: "staff")
    directory.chmod(mode)
    expected = ((who, str(directory)),) if who else ()
    assert expected == unix.other_writers(str(directory), os.geteuid())


@pytest.mark.parametrize("name", ["ada", "root"])
def test_a_group_of_the_user_alone_or_of_root_is_as_they_are(
    directory: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Debian and Fedora make one for each user, and then let groups write; root's is OpenShift's."""
    monkeypatch.setattr(unix, "group_name", lambda _: name)
    monkeypatch.setattr(unix, "user_name", lambda uid: "root" if uid == 0 else "ada")
    directory.chmod(0o775)
    assert () == unix.other_writers(str(directory), os.geteuid() or 1000)


def test_a_directory_of_another_user_is_theirs_to_write_to(directory: Path) -> None:
    owner = directory.stat().st_uid
    if owner == 0:
        os.chown(directory, 4321, 4321)
        owner = 4321
    assert ((unix.OWNER, str(directory)),) == unix.other_writers(str(directory), 1000)
    assert () == unix.other_writers(str(directory), owner)


def test_a_directory_that_does_not_exist_yet_will_be_the_users_own(directory: Path) -> None:
    assert () == unix.other_writers(str(directory / "new"), os.geteuid())


@pytest.mark.parametrize(("mode", "who"), [(0o777, "everybody"), (0o775, "the group staff")])
@pytest.mark.parametrize("name", ["in", "new", "new/in/it"])
def test_who_can_write_to_a_folder_above_it_is_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch, mode: int, who: str, name: str
) -> None:
    """It could be moved away and another put there; not so where the sticky bit is set, as for /tmp."""
    monkeypatch.setattr(unix, "group_name", lambda _: "staff")
    (directory / "in").mkdir(mode=0o755)
    directory.chmod(mode)
    assert ((who, str(directory)),) == unix.other_writers(str(directory / name), os.geteuid())
    directory.chmod(mode | 0o1000)
    assert () == unix.other_writers(str(directory / name), os.geteuid())


def test_a_link_to_it_and_what_it_leads_to_are_both_looked_at(directory: Path, tmp_path: Path) -> None:
    """Who can write to the folder of a link can put another in its place."""
    (directory / "in").mkdir(mode=0o755)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "link").symlink_to(directory / "in")
    directory.chmod(0o777)
    expected = (("everybody", f"{tmp_path}/open"), ("everybody", os.path.realpath(directory)))
    assert expected == unix.other_writers(f"{tmp_path}/open/link", os.geteuid())


ROOT, EVE, ME = 0, 1000, 1001


@dataclass(frozen=True)
class Home:
    """A home: who it belongs to, who may write there, and who asks."""

    owner: int = ROOT
    group: int = ROOT
    mode: int = 0o755
    asker: int = ME
    may_write: bool = True
    names: tuple[int, ...] = (ROOT, EVE, ME)  # users whom the system knows


def reason(home: Path, case: Home, monkeypatch: pytest.MonkeyPatch, *surroundings: str) -> str:
    """Return why nothing is to be edited in a home, or an empty text."""
    real = os.stat(home)
    known = {ROOT: "root", EVE: "eve", ME: "me"}
    info = (stat.S_IFDIR | case.mode, *real[1:4], case.owner, case.group, *real[6:])
    with monkeypatch.context() as system:
        system.setattr(os, "stat", lambda *_, **__: os.stat_result(info))
        system.setattr(os, "access", lambda *_: case.may_write)
        system.setattr(unix, "user_name", lambda uid: known[uid] if uid in case.names else None)
        system.setattr(unix, "group_name", lambda gid: {ROOT: "root", EVE: "eve"}.get(gid, "staff"))
        system.setattr(unix, "own_entry", lambda: ("me", "/home/me", ""))
        host = replace(make_host("/app"), uid=case.asker, surroundings=surroundings)
        try:
            unix.check_home(host, ("/app/bin",))
        except NoHomeError as error:
            return str(error)
        return ""


@pytest.mark.parametrize(
    "case",
    [
        Home(owner=ME),
        Home(owner=ME, may_write=False),
        Home(mode=0o1777),
        Home(mode=0o775),
        Home(mode=0o775, names=()),
        Home(owner=EVE, mode=0o775),
        Home(owner=EVE, names=(), group=EVE),
        Home(asker=ROOT),
        Home(owner=EVE, asker=ROOT, names=()),
    ],
    ids=[
        *(
            "own",
            "own, read-only",
            "sticky",
            "OpenShift",
            "OpenShift, numeric",
            "OpenShift, with a user",
        ),
        *("of nobody known", "root", "root in that of nobody known"),
    ],
)
def test_a_home_in_which_one_may_write_and_others_may_not_meddle_is_as_good_as_ones_own(
    home: Path, case: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "" == reason(home, case, monkeypatch)


@pytest.mark.parametrize(
    "case",
    [
        Home(owner=EVE, asker=ROOT),
        Home(owner=EVE, asker=ROOT, mode=0o775),
        Home(owner=EVE),
        Home(owner=EVE, group=EVE, mode=0o775),
        Home(owner=EVE, mode=0o1777),
    ],
)
def test_the_home_of_another_user_is_refused(
    home: Path, case: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root shell that kept HOME would leave root's files there."""
    how = (
        ", without sudo, or add --force" if case.asker == ROOT else ", or run HOME=/home/me ensure-path"
    )
    assert f"/app belongs to eve; run this as eve{how}" == reason(home, case, monkeypatch)


def test_where_nothing_can_be_written_there_is_a_cure_and_never_to_be_root(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = reason(home, Home(may_write=False), monkeypatch)
    assert "/app belongs to root, and you may write nothing there; run HOME=/home/me ensure-path" == said
    said = reason(home, Home(may_write=False), monkeypatch, "container")
    own = "run HOME=/home/me ensure-path"
    assert said.endswith(f'there; put the line ENV PATH="/app/bin:$PATH" into the image, or {own}')


def test_a_home_in_which_everybody_can_replace_files_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = reason(home, Home(mode=0o777), monkeypatch)
    assert "everybody can write to /app, and could put other startup files there" in said
    assert "--force" in said


def test_the_group_of_root_is_private_but_not_the_wheel_of_others(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenShift runs a container as a made-up number in the group 0; in BSD's wheel there are users."""
    monkeypatch.setattr(unix, "user_name", lambda _: None)
    directory.chmod(0o775)
    for name, expected in (("root", True), (None, True), ("wheel", False)):
        monkeypatch.setattr(unix, "group_name", lambda _, name=name: name)
        assert expected == unix.is_private(0, {12345})


# The line for this session.


def activation(
    *directories: str,
    running: Installed | None,
    login: Installed | None = None,
    path: str = "/bin",
    order: str | None = None,
) -> str:
    """Return the line for a session of `running` in which PATH is `path`."""
    host = make_host(environ={"HOME": HOME, "PATH": path}, running=running, login=login)
    return unix.activation(host, directories, order)


def test_the_line_speaks_the_language_of_the_running_shell() -> None:
    assert 'set -gx PATH "$HOME/.local/bin" $PATH' == activation(
        TOOLS, running=installed("fish"), login=installed("bash")
    )


def test_where_none_is_running_it_is_the_login_shell() -> None:
    assert 'export PATH="$HOME/.local/bin:$PATH"' == activation(
        TOOLS, running=None, login=installed("bash")
    )


@pytest.mark.parametrize("path", [TOOLS, f"/bin:{TOOLS}/", "/bin:/home//ada/.local/bin"])
def test_there_is_no_line_where_it_is_true_already(path: str) -> None:
    assert "" == activation(TOOLS, running=installed("bash"), path=path)


def test_without_a_known_shell_it_is_the_line_of_posix() -> None:
    assert 'export PATH="$HOME/.local/bin:$PATH"' == activation(TOOLS, running=None)


def test_there_is_no_line_for_a_name_that_the_shell_cannot_spell() -> None:
    with pytest.raises(UnspellableError, match="rename"):
        activation("/opt/*", running=installed("tcsh"))


@pytest.mark.parametrize(
    ("path", "order", "is_needed"),
    [
        (f"/bin:{TOOLS}", "prepend", True),
        (f"{TOOLS}:/bin", "prepend", False),
        (f"{TOOLS}:/opt/x:/bin:{TOOLS}", "prepend", False),
        (f"/bin:{TOOLS}", None, False),
        (f"{TOOLS}:/bin", "append", False),  # the line would leave it in front
    ],
)
def test_a_line_that_puts_it_in_front_is_told_where_that_was_asked_for(
    path: str, order: str | None, is_needed: bool
) -> None:
    line = activation(TOOLS, running=installed("bash"), path=path, order=order)
    assert ('export PATH="$HOME/.local/bin:$PATH"' if is_needed else "") == line


def test_two_that_are_in_front_need_no_line() -> None:
    path = f"{TOOLS}:/opt/x:/bin"
    assert "" == activation(TOOLS, "/opt/x", running=installed("bash"), path=path, order="prepend")


def test_a_name_that_this_python_reads_in_another_encoding_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "iso8859-1")
    assert "/opt/x" == unix.absolute(make_host(), "/opt/x")
    with pytest.raises(UsageError, match=r"b\\xefn.*iso8859-1.*python -X utf8"):
        unix.absolute(make_host(), "/opt/b\xefn")
    with pytest.raises(UsageError, match=r"J\\xf6rg.*iso8859-1"):
        unix.absolute(replace(make_host(), home="/home/J\xf6rg"), "/opt/x")


# Who else can lead a way elsewhere.


def give(folder: Path, *words: str) -> None:
    """Give others rights by an access list, or skip."""
    if (
        not shutil.which("setfacl")
        or subprocess.run(["setfacl", *words, folder], check=False).returncode
    ):
        pytest.skip("there are no access lists here")


@pytest.mark.parametrize("name", ["", "in", "new/in/it"])
@pytest.mark.parametrize(
    ("rights", "who"),
    [
        ("u:4321:rwx", "user 4321"),
        ("g:4322:rwx", "the group 4322"),
        ("u:4321:r-x", None),
        ("u:4321:rwx,m::r-x", None),
        ("u:0:rwx", None),
    ],
)
def test_who_can_write_by_an_access_list_is_told_and_the_cure_takes_it_away(
    directory: Path, name: str, rights: str, who: str | None
) -> None:
    (directory / "in").mkdir(mode=0o755)
    give(directory, "-m", rights)
    real, uid = os.path.realpath(directory), os.geteuid()
    expected = ((who, real),) if who else ()
    assert expected == unix.other_writers(str(directory / name), uid)
    subprocess.run(["sh", "-c", ways.mode_cure((real,), uid)], check=True)
    assert () == unix.other_writers(str(directory / name), uid)


def test_a_link_of_somebody_else_on_the_way_is_told(directory: Path, tmp_path: Path) -> None:
    """Also one to which another link leads; its owner can let it lead elsewhere at any time."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a link of somebody else's")
    (tmp_path / "theirs").symlink_to(directory)
    (tmp_path / "mine").symlink_to("theirs")
    assert () == unix.other_writers(f"{tmp_path}/mine/new", 0)
    os.lchown(tmp_path / "theirs", 4321, 4321)
    expected = ((unix.OWNER, os.path.realpath(tmp_path) + "/theirs"),)
    for name in ("mine", "mine/new", "theirs"):
        assert expected == unix.other_writers(f"{tmp_path}/{name}", 0)
    assert () == unix.other_writers(f"{tmp_path}/mine", 4321) or os.geteuid() == 0


def test_a_folder_of_somebody_else_above_it_is_told_also_if_it_is_sticky_further_up(
    tmp_path: Path,
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make folders of others")
    (tmp_path / "theirs" / "bin").mkdir(parents=True)
    tmp_path.chmod(0o1777)
    os.chown(tmp_path / "theirs", 4321, 4321)
    expected = ((unix.OWNER, os.path.realpath(tmp_path) + "/theirs"),)
    for name in ("theirs/bin", "theirs/new/bin"):
        assert expected == unix.other_writers(f"{tmp_path}/{name}", 0)
    # Not so where that is the home, of a number for which the system has no name, as in containers.
    assert () == unix.other_writers(f"{tmp_path}/theirs/bin", 0, f"{tmp_path}/theirs")


def test_a_chain_of_links_without_an_end_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert () == unix.other_writers(f"{tmp_path}/loop/bin", os.geteuid())
    assert 43 > len(list(ways.walk(f"{tmp_path}/loop/bin"))) - len(tmp_path.parts) + 1


@pytest.mark.parametrize("where", ["home", "above"])
@pytest.mark.parametrize("mode", [0o775, 0o777])
def test_a_home_in_which_others_can_rename_is_refused_with_a_cure(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, mode: int
) -> None:
    """They could put another startup file in the place of the one that is about to be written."""
    monkeypatch.setattr(unix, "group_name", lambda _: "staff")
    folder = home if where == "home" else tmp_path
    folder.chmod(mode)
    host = make_host(str(home))
    with pytest.raises(NoHomeError, match=f"can write to {folder}, and could put") as caught:
        unix.check_home(host)
    command = str(caught.value).partition("; run ")[2]
    assert command.endswith(", or add --force")
    subprocess.run(["sh", "-c", command.partition(", or")[0]], check=True)
    unix.check_home(host)
    folder.chmod(mode | 0o1000)
    unix.check_home(host)
