"""The files of the system, decided in memory."""

from __future__ import annotations

import pytest

from onpath.host import desktop
from onpath.model import (
    COMMAND,
    DESKTOP,
    EDITOR,
    INTERACTIVE,
    LOGIN,
    SESSION,
    SHELL_MODES,
    SSH,
    Ask,
    Context,
    File,
    Host,
    Plan,
    Receipt,
    Want,
)
from onpath.places import environment_d, fence, system_files
from onpath.shells import UNIX_ROWS
from onpath.values import replace
from samples import installed, make_host, make_machine

# The root is in the place of a home.
HOST: Host = replace(make_host("/"), login=installed("bash"))
D = "/opt/x/bin"
KEY = fence.key(D, "/")
DEBIAN = {
    "/etc/profile.d": "",
    "/etc/profile": "umask 022\n",
    "/etc/bash.bashrc": "PS1='$ '\n",
    "/etc/zsh": "",
    "/etc/zsh/zshenv": "# zshenv\n",
    "/etc/csh.cshrc": "set prompt = x\n",
    "/etc/fish/config.fish": "",
}
BARE = {"/etc/profile": "PATH=/bin\n"}


def want(name: str, *modes: str, attempt: int = 0) -> Want:
    """Return what is asked for one shell."""
    contexts = tuple(Context(mode, name) for mode in modes)
    return Want(HOST, (D,), contexts, (installed(name),), attempt=attempt)


def targets(name: str, mode: str, files: dict[str, str]) -> list[str]:
    """Return the files that are tried for one mode of one shell."""
    asked = want(name, mode)
    return [str(t) for t in system_files.targets(asked, asked.contexts[0], make_machine(files))]


@pytest.mark.parametrize(
    ("name", "mode", "files", "first"),
    [
        ("bash", LOGIN, DEBIAN, "/etc/profile.d/onpath.sh"),
        ("bash", SESSION, DEBIAN, "/etc/profile.d/onpath.sh"),
        ("bash", EDITOR, DEBIAN, "/etc/profile.d/onpath.sh"),
        ("bash", LOGIN, BARE, "/etc/profile"),
        ("bash", INTERACTIVE, DEBIAN, "/etc/bash.bashrc"),
        ("bash", INTERACTIVE, {"/etc/bashrc": ""}, "/etc/bashrc"),
        ("bash", INTERACTIVE, {"/etc/bash": ""}, "/etc/bash/bashrc"),
        ("bash", INTERACTIVE, {}, "/etc/bash.bashrc"),
        ("bash", SSH, DEBIAN, "/etc/bash.bashrc"),
        ("zsh", LOGIN, DEBIAN, "/etc/zsh/zshenv"),
        ("zsh", COMMAND, {}, "/etc/zshenv"),
        ("zsh", SSH, {}, "/etc/zshenv"),
        ("ksh93", INTERACTIVE, {}, "/etc/ksh.kshrc"),
        ("dash", LOGIN, {}, "/etc/profile"),
        ("csh", COMMAND, DEBIAN, "/etc/csh.cshrc"),
        ("fish", SESSION, DEBIAN, "/etc/fish/conf.d/onpath.fish"),
        ("xonsh", COMMAND, {}, "/etc/xonsh/rc.d/onpath.xsh"),
        ("nushell", LOGIN, {}, "/usr/local/share/nushell/vendor/autoload/onpath.nu"),
    ],
)
def test_the_first_file_is_the_one_that_this_system_has(
    name: str, mode: str, files: dict[str, str], first: str
) -> None:
    assert first == targets(name, mode, files)[0]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *(("bash", COMMAND), ("dash", INTERACTIVE), ("dash", SSH), ("mksh", INTERACTIVE)),
        *(("yash", LOGIN), ("elvish", LOGIN), ("rc", LOGIN), ("nushell", SESSION), ("nushell", EDITOR)),
    ],
)
def test_what_reads_no_file_of_the_system_has_none(name: str, mode: str) -> None:
    assert [] == targets(name, mode, DEBIAN)


def test_a_shell_that_was_installed_elsewhere_has_its_etc_beside_it() -> None:
    asked = replace(
        want("fish", LOGIN), shells=(replace(installed("fish"), program="/opt/brew/bin/fish"),)
    )
    machine = make_machine({"/opt/brew/etc/fish": ""})
    found = system_files.targets(asked, asked.contexts[0], machine)
    assert File("/opt/brew/etc/fish/conf.d/onpath.fish") == found[0]
    assert File("/etc/fish/conf.d/onpath.fish") == found[1]


def test_no_row_has_more_files_than_are_tried() -> None:
    from onpath.planning import MAX_ATTEMPTS  # noqa: PLC0415 - one test

    for row in UNIX_ROWS.values():
        for files in (row.system or {}).values():
            assert len(files) <= MAX_ATTEMPTS


def test_every_mode_of_a_row_is_one_in_which_its_shell_is_asked() -> None:
    for row in UNIX_ROWS.values():
        assert set(row.system or {}) <= {*row.asks, SSH, EDITOR}


def test_one_file_serves_the_family_and_undo_gives_it_back() -> None:
    names = ("bash", "dash", "ksh93")
    contexts = tuple(Context(LOGIN, name) for name in names)
    asked = Want(HOST, (D,), contexts, tuple(map(installed, names)))
    (edit,) = system_files.plan(asked, make_machine(BARE)).edits
    assert (File("/etc/profile"), contexts) == (edit.target, edit.serves)
    assert [KEY] == list(fence.bodies(edit.after))
    assert "$HOME" not in (edit.after or "")
    undone = system_files.undo(Want(HOST, ()), make_machine({"/etc/profile": edit.after or ""}))
    assert BARE["/etc/profile"] == undone.edits[0].after


def test_undo_finds_what_the_receipt_names_elsewhere() -> None:
    path = "/opt/brew/etc/fish/conf.d/onpath.fish"
    text = fence.insert(None, KEY, "x\n")
    asked = Want(HOST, (), find_receipt=lambda: Receipt(files=(path,)))
    (edit,) = system_files.undo(asked, make_machine({path: text})).edits
    assert (File(path), None) == (edit.target, edit.after)


def test_any_shell_may_be_the_login_shell_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop, "starts", lambda: ())
    shells = tuple(map(installed, ("bash", "zsh")))
    found = system_files.contexts(HOST, shells, (LOGIN, SSH, EDITOR))
    assert {Context(mode, name) for mode in (LOGIN, SSH, EDITOR) for name in ("bash", "zsh")} == set(
        found
    )


def test_the_desktop_has_a_file_of_its_own_beside_those_of_shells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desktop, "starts", lambda: (desktop.LOGIN_SHELL, desktop.PROFILE))
    monkeypatch.setattr(environment_d, "_generators", lambda: {environment_d.READER: "/x"})
    shells = (installed("zsh"), installed("yash"))
    found = system_files.contexts(HOST, shells, (DESKTOP,))
    assert (Context(DESKTOP, "zsh"), Context(DESKTOP, "sh"), Context(DESKTOP)) == found
    asked = Want(HOST, (D,), found, shells)
    machine = make_machine(DEBIAN)
    assert {"/etc/zsh/zshenv", "/etc/profile.d/onpath.sh", "/etc/environment.d/99-onpath.conf"} == {
        str(edit.target) for edit in system_files.plan(asked, machine).edits
    }
    for context in found:
        assert isinstance(system_files.ask(HOST, context, machine), Ask)
        assert system_files.targets(asked, context, machine)
    again = replace(asked, contexts=(Context(DESKTOP),), attempt=1)
    assert Plan() == system_files.plan(again, machine)


def test_debians_xsession_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop, "starts", lambda: (desktop.XSESSION,))
    monkeypatch.setattr(environment_d, "_generators", dict)
    shells = (installed("bash"),)
    found = system_files.contexts(HOST, shells, (DESKTOP,))
    assert Context(DESKTOP, "sh") in found
    asked = Want(HOST, (D,), (Context(DESKTOP, "sh"),), shells)
    (edit,) = system_files.plan(asked, make_machine(DEBIAN)).edits
    assert (File(system_files.XSESSION), [KEY]) == (edit.target, list(fence.bodies(edit.after)))
    ask = system_files.ask(HOST, Context(DESKTOP, "sh"), make_machine())
    assert isinstance(ask, Ask)
    ours, own = (ask.argv[2].index(name) for name in (system_files.XSESSION, ".xsessionrc"))
    assert ours < own
    undone = system_files.undo(Want(HOST, ()), make_machine({system_files.XSESSION: edit.after or ""}))
    assert undone.edits[0].after is None


def test_all_modes_are_asked_as_a_user_starts_them() -> None:
    for mode in SHELL_MODES:
        assert UNIX_ROWS["bash"].asks[mode] == system_files.ask(
            HOST, Context(mode, "bash"), make_machine()
        )
