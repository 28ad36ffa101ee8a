"""One rule chooses the startup file: the first candidate that is there, else the last."""

from __future__ import annotations

import pytest

from onpath.shells import ROWS
from onpath.shells.startup import candidates, fill, startup_file
from samples import HOME, installed, look_at, make_host

HOST = make_host()


def chosen(
    shell: str,
    mode: str,
    *there: str,
    environ: dict[str, str] | None = None,
    places: dict[str, str] | None = None,
    newest: bool = True,
) -> str | None:
    """Return the file of `mode` of `shell`, relative to the home, if the files `there` exist."""
    host = make_host(environ={"HOME": HOME, **(environ or {})})
    looks = look_at({f"{HOME}/{name}": "" for name in there}, has_version=lambda *_: newest)
    found = startup_file(host, installed(shell), mode, looks, places or {})
    return found[0].replace(f"{HOME}/", "") if found else None


@pytest.mark.parametrize(
    ("there", "file"),
    [
        ((), ".profile"),
        ((".profile",), ".profile"),
        ((".bash_login",), ".bash_login"),
        ((".bash_profile", ".profile"), ".bash_profile"),
        ((".bash_profile", ".bash_login", ".profile"), ".bash_profile"),
        ((".bashrc",), ".profile"),
    ],
)
def test_the_first_that_is_there_is_taken_else_the_last(there: tuple[str, ...], file: str) -> None:
    """The last shadows no other: a new `.bash_profile` would hide the user's `.profile`."""
    assert file == chosen("bash", "login", *there)


@pytest.mark.parametrize(
    ("shell", "mode", "there", "file"),
    [
        ("bash", "interactive", (), ".bashrc"),
        ("bash", "session", (), ".profile"),
        ("bash", "command", (), None),
        ("zsh", "login", (), ".zshrc"),
        ("zsh", "command", (), ".zshenv"),
        ("dash", "login", (), ".profile"),
        ("dash", "interactive", (), None),
        ("posh", "interactive", (), None),
        ("ksh93", "interactive", (), ".kshrc"),
        ("tcsh", "login", (), ".cshrc"),
        ("tcsh", "login", (".tcshrc", ".cshrc"), ".tcshrc"),
        ("csh", "login", (".tcshrc",), ".cshrc"),
        ("fish", "command", (), ".config/fish/conf.d/onpath.fish"),
        ("xonsh", "login", (".xonshrc",), ".config/xonsh/rc.d/onpath.xsh"),
        ("elvish", "session", (), None),
        ("rc", "interactive", (), None),
        ("powershell", "login", (), ".config/powershell/profile.ps1"),
    ],
)
def test_each_mode_has_its_file(shell: str, mode: str, there: tuple[str, ...], file: str | None) -> None:
    """`None`: that mode reads no file that could be edited."""
    assert file == chosen(shell, mode, *there)


@pytest.mark.parametrize(
    ("shell", "there", "newest", "file"),
    [
        ("nushell", (), True, ".config/nushell/autoload/onpath.nu"),
        ("nushell", (), False, None),
        ("yash", (), True, ".yashrc"),
        ("yash", (".config/yash/rc",), True, ".config/yash/rc"),
        ("yash", (".config/yash/rc",), False, ".yashrc"),
        ("elvish", (".elvish/rc.elv",), True, ".elvish/rc.elv"),
        ("elvish", (".elvish/rc.elv",), False, ".config/elvish/rc.elv"),
    ],
)
def test_an_alternative_counts_for_its_versions_only(
    shell: str, there: tuple[str, ...], newest: bool, file: str | None
) -> None:
    assert file == chosen(shell, "login", *there, newest=newest)


@pytest.mark.parametrize("shell", ["dash", "ash", "sh", "ksh93", "mksh"])
def test_env_names_a_file_only_if_it_is_set(shell: str) -> None:
    assert ".shrc" == chosen(shell, "interactive", environ={"ENV": f"{HOME}/.shrc"})
    assert ".shrc" == chosen(shell, "interactive", environ={"ENV": "$HOME/.shrc"})
    assert ".shrc" == chosen(shell, "interactive", environ={"ENV": "~/.shrc"})
    for value in ("", "relative", "$OTHER/.shrc", "$(echo /x)"):
        assert ".shrc" != chosen(shell, "interactive", environ={"ENV": value})


def test_posh_ignores_env() -> None:
    assert chosen("posh", "interactive", environ={"ENV": "/etc/shrc"}) is None


@pytest.mark.parametrize(
    ("shell", "environ", "places", "file"),
    [
        ("zsh", {}, {"zdotdir": f"{HOME}/.zsh"}, ".zsh/.zshrc"),
        ("zsh", {"ZDOTDIR": f"{HOME}/.zsh/"}, {}, ".zsh/.zshrc"),
        ("zsh", {"ZDOTDIR": f"{HOME}/old"}, {"zdotdir": f"{HOME}/new"}, "new/.zshrc"),
        ("fish", {"XDG_CONFIG_HOME": f"{HOME}/etc"}, {}, "etc/fish/conf.d/onpath.fish"),
        ("fish", {"XDG_CONFIG_HOME": "relative"}, {}, ".config/fish/conf.d/onpath.fish"),
        ("nushell", {}, {"nushell": f"{HOME}/Library/nu"}, "Library/nu/autoload/onpath.nu"),
        ("nushell", {"XDG_CONFIG_HOME": f"{HOME}/etc"}, {}, "etc/nushell/autoload/onpath.nu"),
        ("powershell", {}, {"profile": f"{HOME}/p/profile.ps1"}, "p/profile.ps1"),
    ],
)
def test_a_shell_may_have_its_files_elsewhere(
    shell: str, environ: dict[str, str], places: dict[str, str], file: str
) -> None:
    """What the shell itself told counts before the session, and that before the usual place."""
    assert file == chosen(shell, "login", environ=environ, places=places)


def test_the_folders_of_this_session_are_not_those_of_another_home() -> None:
    """With --home, XDG_CONFIG_HOME leads to the files of whoever runs this."""
    host = make_host("/home/other", environ={"HOME": HOME, "XDG_CONFIG_HOME": f"{HOME}/etc"})
    assert "/home/other/.config/x" == fill("{config}/x", host, {})


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/etc/profile", "/etc/profile"),
        ("{home}/.x", f"{HOME}/.x"),
        ("{config}/x", f"{HOME}/.config/x"),
        ("{data}/x", f"{HOME}/.local/share/x"),
        ("{zdotdir}/x", f"{HOME}/x"),
        ("{ENV}", None),
        ("{nonsense}/x", None),
    ],
)
def test_a_template_is_filled_in_or_leads_nowhere(template: str, path: str | None) -> None:
    assert path == fill(template, HOST, {})


def test_every_file_that_could_carry_a_block_is_a_candidate() -> None:
    """Undo without a receipt looks at all of them."""
    found = candidates(HOST, [{"zdotdir": f"{HOME}/.zsh"}])
    looks = look_at({})
    chosen_ones = {
        file[0]
        for name, row in ROWS.items()
        for mode in row.startup
        if (file := startup_file(HOST, installed(name), mode, looks, {}))
    }
    assert chosen_ones <= set(found)
    assert {f"{HOME}/.zsh/.zshrc", f"{HOME}/.zshrc", f"{HOME}/.bash_login"} <= set(found)
    assert len(set(found)) == len(found)
