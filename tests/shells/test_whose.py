"""Whose home and whose file it is, and which shell: what is served, what is refused, and the cure."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import logins
from commands import (
    HELLO,
    PROGRAM,
    TIMEOUT_S,
    Run,
    changed,
    ensure_path,
    environment,
    own_files,
    snapshot,
)
from judging import (
    IS_ROOT,
    NOBODY,
    STRANGER,
    as_user,
    assert_served,
    ensure,
    home_of,
    is_effective,
    namespace,
    report,
    required,
    scripts,
    verdicts,
    within,
    write,
)
from terminals import COMMAND, INTERACTIVE, LOGIN, SESSION, ask, find, put_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from programs import Require

if sys.platform == "win32":
    pytest.skip("users of Unix", allow_module_level=True)

TEXT = "# mine\n"
BY_ROOT = pytest.mark.skipif(not IS_ROOT, reason="only root can take on another user")


def run_as(
    words: Sequence[str],
    home: Path | str,
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run `ensure-path` behind `words`, from the root folder, as a container may."""
    usual = {**environment(Path(home)), **(env or {})}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        done = subprocess.run(
            [*words, PROGRAM, *arguments],
            env={**{name: value for name, value in usual.items() if value}, "TMPDIR": folder},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    return Run(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))


def alone() -> list[str]:
    """Return the words that run a command without any process above it: nobody sits in a shell."""
    return namespace("--mount", "--pid", "--fork", "--mount-proc")


def assert_no_call_for_root(run: Run) -> None:
    """Check that nobody is told to become root."""
    assert not re.search(r"as root|sudo (?!chown)|without sudo", run.stdout + run.stderr), run


# Homes.


@contextmanager
def shared_home(mode: int, uid: int = 0, gid: int = 0) -> Iterator[Path]:
    """Make a home as an image has it, with startup files of the same owner, and one of a user's."""
    with home_of(None) as above:
        home = above / "home"
        home.mkdir()
        os.chown(home, uid, gid)
        home.chmod(mode)
        yield home


HOMES = {
    "a sticky folder of root's, as /tmp": (0o1777, 0, STRANGER),
    "OpenShift: root's, of group 0": (0o775, 0, 0),
    "OpenShift: of a user of the image's, of group 0": (0o775, NOBODY, 0),
    "of a group that may do all, and nobody else anything": (0o770, 0, 0),
    "of a number that nobody has": (0o777 | 0o1000, STRANGER + 1, STRANGER),
}


@BY_ROOT
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("case", HOMES.values(), ids=HOMES)
def test_a_home_in_which_a_number_may_write_is_served_and_given_back(
    case: tuple[int, int, int], shell: str, require: Require
) -> None:
    require(shell)
    mode, uid, gid = case
    with shared_home(mode, uid, 0) as home:
        words = as_user(STRANGER, gid)
        own = own_files(shell, home)
        before = snapshot(home, without=own)
        run = run_as(words, home, scripts(home), "--shell", shell)
        assert (0, "") == (run.code, run.stderr), run
        assert_served(shell, home)
        assert run_as(words, home, scripts(home), "--shell", shell).code == 0
        assert run_as(words, home, "--undo").code == 0
        assert {} == changed(before, snapshot(home, without=own))


@BY_ROOT
def test_the_real_tmp_may_be_a_home() -> None:
    """`docker run -u 12345 -e HOME=/tmp`; in a /tmp of its own, so that nobody else's is touched."""
    here = Path(sys.prefix).resolve()
    if Path("/tmp") in here.parents:  # noqa: S108
        pytest.skip("this Python is in /tmp itself")
    script = 'mount -t tmpfs -o mode=1777 tmpfs /tmp && exec "$@"'
    words = [*namespace("--mount"), "sh", "-c", script, "sh", *as_user(STRANGER)]
    run = run_as(words, "/tmp", "--shell", "bash", env={"TMPDIR": "/tmp"})  # noqa: S108
    assert run.code == 0, run


@BY_ROOT
@pytest.mark.parametrize("name", [".bashrc", ".profile"])
@pytest.mark.parametrize("owner", [0, NOBODY], ids=["of root", "of a user"])
def test_a_file_that_was_made_for_the_group_of_root_is_written_and_stays_its_owners(
    name: str, owner: int
) -> None:
    with shared_home(0o775) as home:
        file = write(home, name, TEXT)
        os.chown(file, owner, 0)
        file.chmod(0o664)
        words = as_user(STRANGER, 0)
        before = snapshot(home)
        run = run_as(words, home, scripts(home), "--shell", "bash")
        assert (0, "") == (run.code, run.stderr), run
        assert "onpath" in file.read_text()
        assert (owner, 0) == (file.stat().st_uid, file.stat().st_gid)
        assert_served("bash", home)
        assert run_as(words, home, "--undo").code == 0
        assert {} == changed(before, snapshot(home))
        assert (owner, 0) == (file.stat().st_uid, file.stat().st_gid)


@BY_ROOT
def test_an_own_file_with_a_group_of_others_is_served_and_keeps_it() -> None:
    """`sudo chown ada .bashrc` leaves the group of root."""
    with home_of(STRANGER) as home:
        file = write(home, ".bashrc", TEXT)
        os.chown(file, STRANGER, 0)
        before = snapshot(home)
        words = as_user(STRANGER)
        run = run_as(words, home, scripts(home), "--shell", "bash")
        assert run.code == 0, run
        assert (STRANGER, 0) == (file.stat().st_uid, file.stat().st_gid)
        assert_served("bash", home)
        assert run_as(words, home, "--undo").code == 0
        assert {} == changed(before, snapshot(home))


@BY_ROOT
@pytest.mark.parametrize(
    ("owner", "group", "mode", "words"),
    [
        (0, 0, 0o666, "belongs to root, and everybody can write to it"),
        (0, 0, 0o644, "belongs to root"),
        (NOBODY, NOBODY, 0o644, "belongs to nobody"),
    ],
)
def test_a_file_that_others_may_write_or_this_user_may_not_is_left_alone(
    owner: int, group: int, mode: int, words: str
) -> None:
    with shared_home(0o1777) as home:
        file = write(home, ".bashrc", TEXT)
        os.chown(file, owner, group)
        file.chmod(mode)
        run = run_as(as_user(STRANGER), home, scripts(home), "--shell", "bash")
        assert run.code == 3, run
        assert words in run.stderr
        assert_no_call_for_root(run)
        assert TEXT == file.read_text()
        assert is_effective("bash", LOGIN, home)


@BY_ROOT
@pytest.mark.parametrize(
    ("home", "directory", "gid"),
    [("/root", "", 0), ("/", "", STRANGER), ("", "", 0), ("", "/opt/tools/bin", STRANGER)],
    ids=["/root", "the root folder", "one of root's", "another directory"],
)
def test_where_nothing_can_be_written_the_line_of_the_image_is_spelled_out(
    home: str, directory: str, gid: int
) -> None:
    with home_of(None) as made:
        where = home or str(made)
        named = [directory] if directory else []
        run = run_as(as_user(STRANGER, gid), where, *named, "--shell", "bash")
        expected = directory or f"{where.rstrip('/')}/.local/bin"
        assert run.code == 1, run
        assert f"{where} belongs to root, and you may write nothing there" in run.stderr
        assert f'ENV PATH="{expected}:$PATH"' in run.stderr
        assert_no_call_for_root(run)
        assert {} == snapshot(made)


@BY_ROOT
def test_a_home_in_which_everybody_may_replace_files_is_refused_unless_forced() -> None:
    """`chmod 777 /app`: whatever is put there can be another's the next moment."""
    with shared_home(0o777) as home, home_of(None) as opt:
        words = as_user(STRANGER)
        run = run_as(words, home, opt, "--shell", "bash")
        assert run.code == 1, run
        assert f"everybody can write to {home}" in run.stderr
        assert_no_call_for_root(run)
        assert {} == snapshot(home)
        assert run_as(words, home, opt, "--shell", "bash", "--force").code == 0


@BY_ROOT
def test_root_with_the_home_of_a_user_is_refused() -> None:
    """`sudo` that keeps HOME: files of root's would be in the way of the user."""
    with home_of(NOBODY) as home:
        run = ensure(home, "--shell", "bash")
        assert run.code == 1, run
        assert f"{home} belongs to nobody; run this as nobody, without sudo" in run.stderr
        assert {} == snapshot(home)


# Which shells there are.


def copy_of(name: str, folder: Path, require: Require) -> Path:
    """Put a shell of its own into `folder`, which is not on PATH."""
    program = require(name)
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / name
    copy.write_bytes(Path(os.path.realpath(program)).read_bytes())
    copy.chmod(0o755)
    return copy


def without(*names: str) -> list[str]:
    """Return the words that run a command on a machine on which these shells are nowhere to be found."""
    found = {
        os.path.realpath(f"{folder}/{name}")
        for name in names
        for folder in ("/usr/local/bin", "/usr/bin", "/bin")
        if Path(f"{folder}/{name}").exists()
    }
    script = (
        'for program; do [ "$program" = -- ] && break; mount --bind /dev/null "$program"; shift; done'
    )
    return [*namespace("--mount"), "sh", "-c", f'{script}; shift; exec "$@"', "sh", *sorted(found), "--"]


def run_without(names: Sequence[str], home: Path, *arguments: str | Path, **env: str) -> Run:
    """Run `ensure-path` where the programs of the shells `names` are hidden."""
    usual = {"SHELL": "", **env}
    return run_as(without(*names), home, scripts(home), *arguments, env=usual)


@pytest.mark.parametrize(
    "folder",
    [".nix-profile/bin", ".local/state/nix/profile/bin", ".cargo/bin", ".linuxbrew/bin", ".local/bin"],
)
def test_a_shell_in_a_folder_of_the_users_own_is_served(
    home: Path, require: Require, folder: str
) -> None:
    """Also where `pip install --user` put it: xonsh."""
    copy_of("zsh", home / folder, require)
    write(home, ".zshrc", TEXT)
    before = snapshot(home)
    run = run_without(["zsh"], home, "-v")
    assert run.code == 0, run
    assert f"zsh        in use       {home}/{folder}/zsh" in run.stdout
    assert_served("zsh", home)
    assert run_without(["zsh"], home, "--shell", "zsh", "--check").code == 0
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home))


def test_a_shell_beside_the_one_that_shell_names_is_served(home: Path, require: Require) -> None:
    fish = copy_of("fish", home / "opt", require)
    zsh = copy_of("zsh", home / "opt", require)
    write(home, ".zshrc", TEXT)
    run = run_without(["zsh", "fish"], home, "-v", SHELL=str(fish))
    assert run.code == 0, run
    assert f"zsh        in use       {zsh}" in run.stdout
    assert_served("zsh", home)


def test_a_shell_beside_the_one_of_the_passwd_entry_is_served(
    home: Path, tmp_path: Path, require: Require
) -> None:
    """It is the login shell itself that is gone."""
    zsh = copy_of("zsh", home / "opt", require)
    write(home, ".zshrc", TEXT)
    entry = f"root:x:0:0:root:{home}:{home}/opt/fish\n"
    etc = write(tmp_path, "etc/passwd", entry).parent
    run = run_as([*within(etc), *without("zsh")], home, scripts(home), "-v", env={"SHELL": ""})
    assert run.code == 0, run
    assert f"zsh        in use       {zsh}" in run.stdout


def test_a_passwd_entry_without_a_shell_means_sh(home: Path, tmp_path: Path) -> None:
    """As passwd(5) has it; the shell of whoever runs this was taken for the login shell."""
    write(home, ".profile", TEXT)
    etc = write(tmp_path, "etc/passwd", f"root:x:0:0:root:{home}:\n").parent
    run = run_as([*within(etc)], home, "-v", env={"SHELL": ""})
    assert re.search(r"\w+ +login shell +/bin/(sh|dash)", run.stdout), run
    assert run.code == 0, run


STARTS = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "fish": ".config/fish/config.fish",
    "tcsh": ".tcshrc",
    "elvish": ".config/elvish/rc.elv",
    "nu": ".config/nushell/config.nu",
}


@pytest.mark.parametrize("name", STARTS)
def test_without_any_terminal_shells_are_asked_all_the_same(
    home: Path, require: Require, name: str
) -> None:
    """As in a chroot without /dev/pts: a bare error number ended the run."""
    require(name)
    write(home, STARTS[name], TEXT)
    script = 'mount -t tmpfs none /dev/pts && mount --bind /dev/null /dev/ptmx || exit 77; exec "$@"'
    words = [*namespace("--mount"), "sh", "-c", script, "sh"]
    if subprocess.run([*words, "true"], check=False, stderr=-3).returncode:
        pytest.skip("nothing can be mounted over /dev/ptmx here")
    run = run_as(words, home, "--shell", name)
    if name == "nu":  # which asks the terminal first of all
        assert run.code == 3, run
        assert re.search(
            r"no pseudo-terminal can be opened \([a-z ]+\); run mount -t devpts", run.stdout
        )
        return
    assert run.code == 0, run
    assert_served(name, home)


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_the_shell_of_termux_is_served(home: Path, require: Require, name: str) -> None:
    """`chsh` makes a link there; the database of Android has one shell for all."""
    program = require(name)
    (home / ".termux").mkdir()
    (home / ".termux" / "shell").symlink_to(program)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    env = {"TERMUX_VERSION": "0.118.0", "XDG_STATE_HOME": f"{home}/state"}
    run = ensure(home, "-v", env=env)
    assert run.code == 0, run
    assert re.search(rf"{name} +login shell +{program}", run.stdout)
    assert_served(name, home)
    assert ensure_path(home, "--undo", env=env).code == 0
    assert {} == changed(before, snapshot(home, without=own))


@pytest.mark.parametrize(
    ("name", "file"),
    [("zsh", ".zshrc"), ("fish", ".config/fish/config.fish"), ("elvish", ".config/elvish/rc.elv")],
)
def test_files_of_a_shell_whose_program_is_not_found_are_a_note(
    home: Path, require: Require, name: str, file: str
) -> None:
    require(name)
    write(home, file, TEXT)
    write(home, ".bashrc", TEXT)
    for words in ([], ["--check"]):
        run = run_without([name], home, *words)
        assert run.code == 0, run
        assert f"note: no program was found for {name} (~/{file})" in run.stdout
        assert f"--shell /path/to/{name}" in run.stdout
    assert "note: " not in ensure(home, "--check").stdout


def test_a_shell_that_only_a_startup_file_finds_is_not_told_as_one_without_a_program(
    home: Path, require: Require
) -> None:
    copy_of("zsh", home / "apps" / "zsh", require)
    write(home, ".zshrc", TEXT)
    for file in (".bashrc", ".profile"):
        write(home, file, f"{TEXT}exec ~/apps/zsh/zsh\n")
    run = run_without(["zsh"], home, "--check")
    assert "zsh        interactive  missing" in run.stdout, run
    assert "no program was found" not in run.stdout


# What was told of a shell and cannot be used.


@BY_ROOT
@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("zsh", "SHELL=zsh is not an absolute path"),
        ("/usr/local/gone/zsh", "SHELL=/usr/local/gone/zsh does not exist"),
        ("/bin/cat", "SHELL=/bin/cat is not a shell that onpath knows"),
        ("./bash", "SHELL=./bash is not an absolute path"),
    ],
)
def test_a_shell_of_the_session_that_cannot_be_used_is_named(shell: str, said: str) -> None:
    """A user without an entry, as in a container."""
    with home_of(STRANGER) as home:
        words = [*alone(), *as_user(STRANGER)]
        run = run_as(words, home, scripts(home), env={"SHELL": shell})
        assert run.code == 1, run
        assert said in run.stderr
        assert "name one with --shell: ensure-path " in run.stderr
        assert {} == snapshot(home)
        cure = run.stderr.partition("--shell: ensure-path ")[2].partition(";")[0].split()
        assert run_as(words, home, scripts(home), *cure).code == 0


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("/usr/bin/env zsh", "passwd: /usr/bin/env zsh does not exist"),
        ("/opt/gone/fish", "passwd: /opt/gone/fish does not exist"),
        ("fish", "passwd: fish is not an absolute path"),
        ("/usr/sbin/nologin", "passwd: /usr/sbin/nologin is not a shell that onpath knows"),
    ],
)
def test_a_shell_of_the_passwd_entry_that_cannot_be_used_is_named(
    home: Path, tmp_path: Path, shell: str, words: str
) -> None:
    etc = write(tmp_path, "etc/passwd", f"root:x:0:0:root:{home}:{shell}\n").parent
    run = run_as(within(etc), home, scripts(home), env={"SHELL": ""})
    assert run.code == 1, run
    assert words in run.stderr
    assert " --shell " in run.stderr
    assert {} == snapshot(home)


@BY_ROOT
@pytest.mark.parametrize("is_own", [True, False])
def test_in_a_container_whose_first_process_is_another_users_that_is_told(*, is_own: bool) -> None:
    """Nobody else may read its environment, which is the image's."""
    first, words = ["sh", "-c", '"$@"; exit $?', "sh"], as_user(STRANGER)
    with home_of(STRANGER) as home:
        write(home, ".bashrc", TEXT)
        shutil.chown(home / ".bashrc", STRANGER, STRANGER)
        (home / "tools").mkdir()
        env = {"container": "docker", "PATH": f"{home}/tools:/usr/sbin:/usr/bin:/bin"}
        behind = [*alone(), *([*words, *first] if is_own else [*first, *words])]
        look = ("--check", "--shell", "zsh", "--for", SESSION)
        run = run_as(behind, home, home / "tools", *look, env=env)
        usual = run_as(behind, home, "/usr/bin", *look, env=env)
    told = "/proc/1/environ cannot be read, so the usual PATH was taken"
    assert told not in run.stdout  # nothing was taken for there that is not
    assert run.code == (0 if is_own else 1), run
    assert ("already there, from the container" in run.stdout) is is_own
    assert usual.code == 0, usual
    assert (told in usual.stdout) is not is_own, usual


@pytest.mark.parametrize("name", ["dash", "ksh93"])
def test_a_login_shell_that_nobody_named_is_judged_where_it_reads_a_file(
    home: Path, tmp_path: Path, require: Require, name: str
) -> None:
    """And where that is inside a login only, it is said."""
    program = require(name)
    etc = write(tmp_path, "etc/passwd", f"root:x:0:0:root:{home}:{program}\n").parent
    write(home, ".profile", "export ENV=$HOME/.shinit\n")
    write(home, ".shinit", TEXT)
    run = run_as(within(etc), home, scripts(home), env={"SHELL": ""})
    assert run.code == 0, run
    assert f"{name:<10} interactive  added by ~/." in run.stdout
    assert ("inside a login only" in run.stdout) is (name == "dash"), run
    look = ensure(home, "--check", "--shell", name)
    assert (look.code == 0) is (name != "dash"), look


# What a shell becomes.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fish", "exec fish\n"),
        ("zsh", "[[ $- == *i* ]] && exec zsh\n"),
        ("zsh", "[ -t 0 ] && { zsh; exit; }\n"),
        ("elvish", "exec elvish\n"),
        ("tcsh", "exec tcsh\n"),
    ],
)
def test_a_shell_that_another_one_becomes_is_in_use(
    home: Path, require: Require, name: str, text: str
) -> None:
    """Its own files are served too: a terminal may start it by its name."""
    require(name)
    write(home, ".bashrc", text)
    made = own_files(name, home)
    before = snapshot(home, without=made)
    look = ensure(home, "--check")
    assert re.search(rf"^  {name} +(login|interactive) +missing", look.stdout, re.MULTILINE), look
    run = ensure(home)
    assert run.code == 0, run
    for shell in ("bash", name):
        assert_served(shell, home, modes=[INTERACTIVE])
    only = ensure(home, "--check", "--shell", "bash")
    assert not re.search(rf"^  {name} ", only.stdout, re.MULTILINE), only  # who names one wants no other
    undone = ensure_path(home, "--undo")
    assert undone.code == 0, undone
    assert {} == changed(before, snapshot(home, without=(*made, ".local")))


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("zsh", ".zshrc", "for each in 1; do PATH=/usr/bin:/bin; done\n"),
        ("fish", ".config/fish/config.fish", "for each in 1; set -gx PATH /usr/bin /bin; end\n"),
    ],
)
def test_where_a_shell_becomes_another_only_files_of_that_one_are_edited(
    home: Path, require: Require, name: str, file: str, text: str
) -> None:
    """An end of .bashrc that is never reached proves nothing, though bash has the directory then."""
    require(name)
    bashrc = f"case $- in *i*) ;; *) return;; esac\n[ -t 1 ] && exec {name}\n"
    write(home, ".bashrc", bashrc)
    write(home, file, text)
    run = ensure(home)
    assert run.code == 0, run
    assert bashrc == (home / ".bashrc").read_text()
    assert f"bash       {INTERACTIVE}  added by ~/{file}" in run.stdout
    for shell in ("bash", name):
        assert_served(shell, home, modes=[INTERACTIVE])


def test_the_line_of_the_shell_that_a_shell_becomes_is_named(home: Path, require: Require) -> None:
    require("zsh")
    write(home, ".bashrc", "[ -t 0 ] && exec zsh\n")
    write(home, ".zshrc", "precmd() { PATH=/usr/bin:/bin }\n")
    run = ensure(home, "--shell", "bash", "--for", INTERACTIVE)
    assert run.code == 1, run
    assert f"see {home}/.zshrc:1: precmd() {{ PATH=/usr/bin:/bin }}; change that line" in run.stdout


# A sandbox: the home is the host's, the programs are not.

SANDBOX = """
mount -t tmpfs tmpfs "$0" && mkdir "$0/upper" "$0/work" "$0/root" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root" &&
touch "$0/root$1" && shift || exit 77
for each in proc dev sys tmp root work home; do
    [ ! -d "/$each" ] || mount --rbind "/$each" "$0/root/$each" || exit 77
done
root=$0/root
while [ "$1" != -- ]; do rm -f "$root$1"; shift; done
shift
exec chroot "$root" "$@"
"""


def in_sandbox(tmp_path: Path, sign: str, *names: str) -> list[str]:
    """Return the words that run a command where the file `sign` is, and without the shells `names`."""
    folder = tmp_path / "sandbox"
    folder.mkdir()
    gone = [f"{bins}/{name}" for name in names for bins in ("/usr/bin", "/bin", "/usr/local/bin")]
    words = [*namespace("--mount"), "sh", "-c", SANDBOX, str(folder), sign, *gone, "--"]
    if subprocess.run([*words, "test", "-e", sign], capture_output=True, check=False).returncode:
        pytest.skip("no root of its own is possible here")
    return words


@pytest.mark.parametrize(
    ("name", "file"), [("zsh", ".zshrc"), ("fish", ".config/fish/config.fish"), ("xonsh", ".xonshrc")]
)
@pytest.mark.parametrize("has_bash", [True, False])
def test_in_a_flatpak_the_shells_of_the_host_are_not_taken_for_served(
    home: Path, tmp_path: Path, name: str, file: str, *, has_bash: bool
) -> None:
    write(home, file, TEXT)
    if has_bash:
        write(home, ".bashrc", TEXT)
    before = snapshot(home)
    words = in_sandbox(tmp_path, "/.flatpak-info", name)
    run = run_as(words, home, scripts(home), env={"SHELL": "", "PATH": "/usr/sbin:/usr/bin:/bin"})
    assert run.code != 0, run
    assert re.search(rf"{name} +login +unknown: its program is outside of this sandbox", run.stdout)
    assert "note: this is a sandbox" in run.stdout
    assert f"flatpak-spawn --host ensure-path {scripts(home)}\n" in run.stdout
    assert before[file] == snapshot(home)[file]
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home))


def test_in_a_flatpak_a_shell_that_is_named_is_to_be_reached_on_the_host(
    home: Path, tmp_path: Path
) -> None:
    words = in_sandbox(tmp_path, "/.flatpak-info", "zsh")
    run = run_as(words, home, scripts(home), "--shell", "zsh", env={"PATH": "/usr/sbin:/usr/bin:/bin"})
    assert run.code == 2, run
    told = run.stderr.partition("flatpak-spawn --host ensure-path ")[2].split()
    assert [str(scripts(home)), "--shell", "zsh"] == told
    assert {} == snapshot(home)


# A shell that was named, and a mode that reads nothing.


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dash", "reads no startup file unless ENV names one; start it as dash -l, or inside a login"),
        ("ash", "reads no startup file unless ENV names one; start it as ash -l, or inside a login"),
        ("posh", "reads no startup file unless it is a login shell; start it as posh -l"),
        ("rc", "reads no startup file unless it is a login shell; start it as rc -l"),
    ],
)
def test_a_shell_that_was_named_and_is_not_served_on_every_terminal_is_no_success(
    home: Path, require: Require, name: str, words: str
) -> None:
    require(name)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    run = ensure(home, "--shell", name, "--json")
    assert (run.code, run.stderr) == (3, "")
    document = report(run)
    assert {LOGIN: "effective", INTERACTIVE: "missing"} == verdicts(document, name)
    reasons = [probe["reason"] for shell in document["shells"] for probe in shell["probes"]]
    assert reasons[1].startswith(words)
    assert ensure(home, "--shell", name, "--check").code == 1
    assert ensure(home, "--shell", name, "--mode", LOGIN).code == 0
    assert_served(name, home)
    assert ensure_path(home, "--undo").code == 0
    assert {} == changed(before, snapshot(home, without=own))


@pytest.mark.parametrize("name", ["dash", "ash"])
def test_the_cures_for_a_shell_that_reads_what_env_names_work(
    home: Path, require: Require, name: str
) -> None:
    """A prompt that no login has started reads nothing."""
    require(name)
    run = ensure(home, "--shell", name)
    assert run.code == 3, run
    cure = f"start it as {name} -l, or inside a login, whose PATH it has then"
    assert f"reads no startup file unless ENV names one; {cure}" in run.stdout
    put_command(scripts(home), HELLO)
    assert not ask(name, INTERACTIVE, home, command=HELLO).ran
    for where, mode in ((ask, LOGIN), (logins.ask_inside, INTERACTIVE)):
        assert str(scripts(home) / HELLO) == where(name, mode, home, command=HELLO).ran
    (scripts(home) / HELLO).unlink()


@pytest.mark.parametrize("name", ["posh", "rc"])
def test_the_cure_for_a_shell_that_reads_a_file_at_a_login_alone_works(
    home: Path, require: Require, name: str
) -> None:
    program = require(name)
    said = ensure(home, "--shell", name).stdout
    cure = re.search(rf"unless it is a login shell; start it as {name} (-l)", said)
    assert cure
    hello = write(home, f".local/bin/{HELLO}", "#!/bin/sh\necho here\n")
    hello.chmod(0o755)
    words = [program, cure[1], "-c", HELLO]
    done = subprocess.run(words, env=environment(home), capture_output=True, text=True, check=False)
    assert done.stdout == "here\n", done


@pytest.mark.parametrize(
    ("name", "called"), [("bash", "bash"), ("dash", "dash"), ("mksh", "mksh"), ("nu", "nu")]
)
def test_a_program_that_starts_a_shell_for_a_command_gives_it_its_own_path(
    home: Path, require: Require, name: str, called: str
) -> None:
    """And the option that is named reads a file."""
    require(name)
    run = ensure(home, "--shell", name, "--mode", COMMAND)
    assert run.code == 1
    cure = f"what starts `{called} -c` must give it the PATH, or after ensure-path "
    assert f"missing: reads no startup file for a command; {cure}" in run.stdout
    assert f" --for session start `{called} -l -c`" in run.stdout
    assert ensure(home, "--shell", name, "--mode", SESSION).code == 0
    assert_served(name, home, modes=(SESSION,))


def test_reads_no_startup_file_never_stands_alone(home: Path) -> None:
    names = [name for name in ("bash", "dash", "posh", "mksh", "elvish", "rc", "nu") if find(name)]
    run = ensure(home, "-v", "--check", *(word for name in names for word in ("--shell", name)))
    lines = [line for line in run.stdout.splitlines() if "reads no startup file" in line]
    assert len(lines) > len(names)
    assert [] == [line for line in lines if re.search(r"reads no startup file( answered|\s*$)", line)]


@BY_ROOT
def test_what_root_makes_in_the_home_of_another_is_theirs_and_theirs_to_take_back() -> None:
    with home_of(STRANGER) as home:
        before = snapshot(home)
        run = ensure_path(home, scripts(home), "--shell", "bash", "--home", home, "--force")
        assert run.code == 0, run
        assert {STRANGER} == {path.lstat().st_uid for path in home.rglob("*")}
        undone = run_as(as_user(STRANGER), home, "--undo")
        assert undone.code == 0, undone
        assert {} == changed(before, snapshot(home))


@BY_ROOT
def test_in_a_container_what_a_shell_does_not_read_is_a_line_of_the_image(require: Require) -> None:
    """`docker exec -it c sh` is busybox without a login."""
    require("ash")
    with home_of(STRANGER) as home:
        run = run_as(as_user(STRANGER), home, scripts(home), "--shell", "ash")
        assert run.code == 3, run
        assert f'in an image it is the line ENV PATH="{home}/.local/bin:$PATH"' in run.stdout


# The line for this session.


@BY_ROOT
@pytest.mark.parametrize("shell", ["", "zsh", "/usr/bin/nonsense", "/bin/cat"])
def test_without_a_known_shell_the_line_is_that_of_posix(shell: str) -> None:
    """`eval "$(ensure-path --print)"` in a script, in a container."""
    with home_of(STRANGER) as home:
        words = [*alone(), *as_user(STRANGER)]
        run = run_as(words, home, "--print", scripts(home), env={"SHELL": shell})
        assert (0, 'export PATH="$HOME/.local/bin:$PATH"\n') == (run.code, run.stdout), run
        done = subprocess.run(
            ["sh", "-c", f'{run.stdout}echo "$PATH"'],
            env=environment(home),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(f"{home}/.local/bin:")


def test_the_line_of_a_shell_that_is_known_is_its_own(home: Path, require: Require) -> None:
    fish = require("fish")
    run = ensure(home, "--print", "--shell", str(fish))
    assert run.stdout == 'set -gx PATH "$HOME/.local/bin" $PATH\n'
    assert required("fish") == (LOGIN, INTERACTIVE)


OTHERS = {
    "a folder of root's": (".local/state", "root", 0o755),
    "the receipt's folder": (".local/state/onpath", "root", 0o755),
    "all of it": (".local", "root", 0o755),
    "one's own, read-only": (".local/state/onpath", "nobody", 0o555),
}


@BY_ROOT
@pytest.mark.parametrize("case", OTHERS)
def test_an_undo_that_cannot_remove_what_was_made_says_why_and_changes_nothing(case: str) -> None:
    """It renamed the folders first, and then had a tree under a name of ours that nothing took away."""
    folder, owner, mode = OTHERS[case]
    words = as_user(NOBODY)
    with home_of(NOBODY) as home:
        shutil.chown(write(home, ".bashrc", TEXT), NOBODY, NOBODY)
        before = snapshot(home)
        assert run_as(words, home, scripts(home), "--shell", "bash").code == 0
        (home / folder).chmod(mode)
        shutil.chown(home / folder, 0 if owner == "root" else NOBODY)
        served = snapshot(home)
        run = run_as(words, home, "--undo")
        why = (
            "belongs to root; run sudo chown -R nobody"
            if owner == "root"
            else "is read-only; run chmod u+w"
        )
        assert run.code == 1, run
        assert (
            f"since {home}/{folder} {why} ~/{folder}, then run ensure-path --undo again" in run.stderr
        ), run
        assert run.stderr.endswith("; nothing was changed\n"), run
        assert {} == changed(served, snapshot(home))
        (home / folder).chmod(0o755)
        shutil.chown(home / folder, NOBODY)
        assert run_as(words, home, "--undo").code == 0
        assert {} == changed(before, snapshot(home))
