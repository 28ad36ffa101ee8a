"""Bad input gets one or two lines that say what is wrong and what to do, and changes nothing."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import onpath
from commands import PROGRAM, Run, changed, ensure_path, environment, snapshot
from judging import (
    IS_ROOT,
    NOBODY,
    STRANGER,
    as_user,
    assert_refused,
    assert_served,
    ensure,
    home_of,
    is_effective,
    run_behind,
    scripts,
    within,
    write,
)
from onpath.places import fence
from terminals import INTERACTIVE, LOGIN

if TYPE_CHECKING:
    from commands import Snapshot
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells and files of Unix", allow_module_level=True)

TEXT = "alias ll='ls -l'\n"


@pytest.fixture
def before(home: Path) -> Snapshot:
    """Put two startup files into `home`, and return what lies there."""
    write(home, ".bashrc", TEXT)
    write(home, ".profile", "umask 022\n")
    return snapshot(home)


def assert_told(run: Run, *words: str, code: int | None = None) -> None:
    """Check that a run failed with a clear message of one or two lines, which holds `words`."""
    lines = run.stderr.splitlines()
    assert run.code == code if code else run.code in {1, 2}, run
    assert len(lines) in {1, 2}, run
    assert lines[0].startswith("ensure-path: "), run
    assert "Traceback" not in run.stderr
    assert "bug" not in run.stderr
    for word in words:
        assert word in run.stderr, run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shell", "nonesuch"], "it knows|onpath knows"),
        (["--shell", "/bin/ls"], "it knows|onpath knows"),
        (["--shell", "/no/such/bash"], "it knows|onpath knows"),
        (["--shell", ""], "it knows|onpath knows"),
        (["--shell"], "--shell NAME"),
        (["--frobnicate"], "--help"),
        (["-x"], "--help"),
        (["--check=yes"], "--check"),
        (["--mode", "sometimes"], "login, interactive"),
        (["--timeout", "nonsense"], "seconds"),
        (["--timeout", "0"], "is not above 0"),
        (["--timeout", "-1"], "is not above 0"),
        (["--timeout", "nan"], "seconds"),
        (["--timeout", "inf"], "seconds"),
        (["--append", "--prepend"], "--prepend"),
        (["--check", "--undo"], "--undo"),
        (["--python", "nonesuch"], "nonesuch"),
        (["--python", "/usr/bin"], "/usr/bin"),
        (["--python", ""], "python: an empty name"),
        (["--python", "/bin/true"], "--python"),
        (["--python", "/bin/cat"], "--python"),
    ],
    ids=" ".join,
)
def test_an_unknown_option_shell_mode_or_python_is_an_error_of_usage(
    home: Path, before: Snapshot, words: list[str], said: str
) -> None:
    run = ensure_path(home, *words)
    assert_told(run, code=2)
    assert any(word in run.stderr for word in said.split("|")), run
    assert run.stdout == ""
    assert before == snapshot(home)


@pytest.mark.parametrize("words", [["~nosuch/bin", "$HOME/bin"], ["$HOME/bin"], ["-"], ["a/" * 3000]])
def test_a_name_that_nobody_can_mean_is_an_error_of_usage(
    home: Path, before: Snapshot, words: list[str]
) -> None:
    assert_told(ensure_path(home, *words), "; name ", code=2)
    assert before == snapshot(home)


# A program that runs below a script which was started by a relative name, in a folder that is gone.
IN_A_GONE_FOLDER = """\
import os, subprocess, sys
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--check", "~/bin"], 1, ""),
        (["--print", "~/bin"], 0, ""),
        (["--undo"], 0, ""),
        (["bin"], 2, "bin means nothing, since the current folder is gone"),
        (["--home", ".", "~/bin"], 2, "home: . means nothing, since the current folder is gone"),
        (["--shell", "./bash", "~/bin"], 2, "./bash means nothing, since the current folder is gone"),
    ],
)
def test_in_a_folder_that_is_gone_all_works_but_what_is_relative(
    home: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "x.py").write_text(IN_A_GONE_FOLDER)
    env = {"PATH": "rel:.:" + environment(home)["PATH"]}
    run = ensure_path(home, *words, folder=tmp_path, within=(sys.executable, "./x.py"), env=env)
    assert (code, said in run.stderr, "Traceback" in run.stderr) == (run.code, True, False), run
    assert said or "No such file" not in run.stderr, run


@pytest.mark.parametrize("name", ["in:side", "two\nlines"])
def test_a_name_that_no_path_can_hold_is_an_error_of_usage(home: Path, name: str) -> None:
    (home / name).mkdir()
    before = snapshot(home)
    for each in (home / name, home / "missing" / name, name):
        assert_told(ensure_path(home, each, "--shell", "bash"), "rename", code=2)
    assert before == snapshot(home)


def test_an_empty_name_is_an_error_of_usage(home: Path, before: Snapshot) -> None:
    assert_told(ensure_path(home, ""), "name", code=2)
    assert before == snapshot(home)


@pytest.mark.parametrize("wrong", ["nul\0byte", "in:side", "two\nlines", "", "~"], ids=ascii)
def test_the_python_interface_raises_and_prints_nothing(
    home: Path, before: Snapshot, capfd: pytest.CaptureFixture[str], wrong: str
) -> None:
    for verb in (onpath.ensure, onpath.check, onpath.diff):
        with pytest.raises(onpath.OnpathError):
            verb(wrong, shells=("bash",))
    with pytest.raises(onpath.OnpathError):
        onpath.undo(wrong)
    with pytest.raises(onpath.OnpathError, match="nonesuch"):
        onpath.ensure(str(scripts(home)), shells=("nonesuch",))
    assert capfd.readouterr() == ("", "")
    assert before == snapshot(home)


@pytest.mark.parametrize("where", ["bin", "bin/below", "dangling"])
def test_a_file_in_place_of_the_directory_is_refused(home: Path, where: str) -> None:
    write(home, "bin", "I am a file\n")
    (home / "dangling").symlink_to("nowhere")
    before = snapshot(home)
    assert_told(ensure_path(home, home / where, "--shell", "bash"), where.split("/", maxsplit=1)[0])
    assert before == snapshot(home)


@pytest.mark.parametrize("way", ["--home", "HOME"])
@pytest.mark.parametrize("name", ["nowhere", ".bashrc"])
def test_a_home_that_does_not_exist_is_an_error(
    home: Path, before: Snapshot, way: str, name: str
) -> None:
    words = ["--home", str(home / name)] if way == "--home" else []
    env = {} if words else {"HOME": str(home / name)}
    run = ensure_path(home, *words, "--shell", "bash", env=env)
    assert_told(run, str(home / name), "--home")
    assert before == snapshot(home)


def test_a_home_that_is_not_absolute_is_an_error(home: Path, before: Snapshot) -> None:
    assert_told(ensure_path(home, "--shell", "bash", env={"HOME": "here"}), "HOME")
    assert before == snapshot(home)


def test_where_home_is_not_set_the_systems_own_is_taken(home: Path, tmp_path: Path) -> None:
    """That of this Python's user, so `/etc/passwd` is covered by another."""
    etc = write(tmp_path, "etc/passwd", f"root:x:0:0:root:{home}:/bin/bash\n").parent
    words = [*within(etc), "env", "-u", "HOME"]
    assert run_behind(words, home, "--shell", "bash").code == 0
    assert_served("bash", home)


@pytest.mark.parametrize("uid", [NOBODY, STRANGER], ids=["nobody", "unknown"])
def test_without_any_home_it_is_said_how_to_name_one(home: Path, uid: int) -> None:
    run = run_behind([*as_user(uid), "env", "-u", "HOME", "-u", "USER"], home, "--shell", "bash")
    assert_told(run, "home", "--home")
    assert {} == snapshot(home)


def python_that(home: Path, *words: str) -> Path:
    """Return a program that is this Python with other options."""
    program = write(home, "bin/python", f'#!/bin/sh\nexec "{sys.executable}" {" ".join(words)} "$@"\n')
    program.chmod(0o755)
    return program


def test_a_python_without_a_user_site_is_an_error(home: Path) -> None:
    program = python_that(home, "-s")
    before = snapshot(home)
    assert_told(ensure_path(home, "--python", program, "--shell", "bash"), str(program), "--python")
    assert before == snapshot(home)


def test_a_python_that_prints_other_things_is_an_error(home: Path) -> None:
    program = write(home, "bin/python", "#!/bin/sh\necho hello\necho oops >&2\nexit 7\n")
    program.chmod(0o755)
    before = snapshot(home)
    assert_told(ensure_path(home, "--python", program, "--shell", "bash"), "oops", "--python", code=2)
    assert before == snapshot(home)


def test_the_python_of_a_virtual_environment_stands_for_its_base(home: Path) -> None:
    assert ensure_path(home, "--python", sys.executable, "--shell", "bash").code == 0
    base = subprocess.run(
        [sys.executable, "-c", "import site; print(site.getuserbase())"],
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert_served("bash", home, Path(base.stdout.strip()) / "bin")


# Startup files that may not or cannot be edited. Others are served all the same, so the code may be 3.


def assert_left_alone(home: Path, name: str, run: Run, *words: str) -> None:
    """Check that one of bash's two files was left alone with a reason, and the other one serves."""
    files = {LOGIN: ".profile", INTERACTIVE: ".bashrc"}
    assert run.code == 3
    assert "Traceback" not in run.stderr
    for word in (name, *words):
        assert word in run.stderr, run
    for mode, file in files.items():
        assert is_effective("bash", mode, home) == (file != name)
        added = re.search(rf"{mode} +added by ~?\S*{file}", run.stdout)
        assert bool(added) == (file != name), run


@pytest.mark.parametrize("name", [".bashrc", ".profile"])
def test_a_read_only_startup_file_is_left_alone(home: Path, before: Snapshot, name: str) -> None:
    (home / name).chmod(0o444)
    run = ensure(home, "--shell", "bash")
    assert_left_alone(home, name, run, f"{name} is read-only", '"$HOME/.local/bin"')
    assert before[name].content == (home / name).read_bytes()
    assert stat.S_IMODE((home / name).stat().st_mode) == 0o444


def make_read_only(home: Path, what: str) -> None:
    """Make a `.bashrc` that cannot be edited, in one of three ways."""
    store = write(home, "store/home-manager-files/.bashrc", "umask 022\n")
    if what == "file":
        write(home, ".bashrc", "umask 022\n").chmod(0o444)
    elif what == "link into a store":
        (home / ".bashrc").symlink_to(store)
        store.chmod(0o444)
    else:
        (home / ".bashrc").symlink_to("store/.bashrc")
    for folder in (store.parent, store.parent.parent):
        folder.chmod(0o555)


@pytest.mark.parametrize("what", ["file", "folder", "link into a store"])
def test_where_only_a_read_only_file_could_serve_it_is_refused_with_the_lines(
    home: Path, what: str
) -> None:
    """A file that cannot be made takes nothing that is pasted."""
    make_read_only(home, what)
    before = snapshot(home)
    run = ensure(home, "--shell", "bash", "--mode", INTERACTIVE)
    assert_refused(run, ".bashrc", "read-only")
    assert ('"$HOME/.local/bin"' in run.stderr) == (what != "folder")
    assert before == snapshot(home)


def test_a_startup_file_of_somebody_else_is_left_alone() -> None:
    words = as_user(NOBODY)
    with home_of(NOBODY) as home:
        write(home, ".bashrc", TEXT).chmod(0o666)  # of root
        run = run_behind(words, home, "--shell", "bash")
        assert_left_alone(home, ".bashrc", run, "belongs to root")
        assert (home / ".bashrc").read_text() == TEXT


def test_a_line_of_the_users_in_a_block_is_not_lost(home: Path) -> None:
    """Neither by an undo, nor where the block would move; once it is out of it, all goes."""
    file = write(home, ".bashrc", TEXT)
    ensure(home, "--shell", "bash", "--mode", INTERACTIVE)
    line, closing = "export EDITOR=vim\n", "# --- onpath end"
    changed = file.read_text().replace(closing, line + closing)
    file.write_text(changed)
    for words in (["--undo"], ["--append", "--shell", "bash", "--mode", INTERACTIVE]):
        run = ensure_path(home, *words)
        assert run.code, run
        assert "~/.bashrc has a block of onpath in line 1 that is not as" in run.stdout + run.stderr
        assert changed == file.read_text()
    file.write_text(changed.replace(line, "") + line)
    assert 0 == ensure_path(home, "--undo").code
    assert TEXT + line == file.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "# --- onpath: ~/a --- x\n# --- onpath: ~/b --- x\n# --- onpath end ---\n",
        "# --- onpath end ---\n",
        "# --- onpath: ~/a\n# --- onpath end ---\n",
        "# --- onpath: ~/a --- x\n",
        "# --- onpath: ~/.local/bin --- x\nPATH=~/other:$PATH\n# --- onpa\n",
        "# --- onpath: ~/a --- x\n# --- onpath end ---\n" * 2,
    ],
    ids=["opened twice", "not opened", "damaged", "not closed", "closing damaged", "doubled"],
)
def test_a_corrupt_fence_is_left_alone_and_named(home: Path, before: Snapshot, text: str) -> None:
    file = write(home, ".bashrc", text)
    with_it = snapshot(home)
    assert_refused(ensure(home, "--shell", "bash", "--mode", INTERACTIVE), ".bashrc", "by hand")
    assert_refused(ensure_path(home, "--undo"), ".bashrc", "by hand")
    assert with_it == snapshot(home)
    # Where there is something else to do, that is done.
    run = ensure(home, "--shell", "bash", "--no-verify")
    assert run.code == 3
    assert ".bashrc" in run.stderr
    assert "by hand" in run.stderr
    assert file.read_text() == text
    run = ensure_path(home, "--undo")
    assert run.code == 3
    assert ".bashrc" in run.stderr
    file.write_bytes(before[".bashrc"].content)
    assert {} == changed(before, snapshot(home, without=(".local",)))


@pytest.mark.parametrize("what", ["folder", "fifo", "device", "socket"])
def test_what_is_no_file_in_place_of_a_startup_file_is_left_alone(home: Path, what: str) -> None:
    place = home / ".bashrc"
    if what == "folder":
        place.mkdir()
    elif what == "fifo":
        subprocess.run(["mkfifo", place], check=True)
    elif what == "device":
        place.symlink_to("/dev/null")
    else:
        code = "import socket; socket.socket(socket.AF_UNIX).bind('.bashrc')"
        subprocess.run([sys.executable, "-c", code], cwd=home, check=True)
    before = snapshot(home)
    run = ensure(home, "--shell", "bash", "--mode", INTERACTIVE, "--timeout", "2")
    assert run.code in {1, 3}
    assert "Traceback" not in run.stderr
    told = "leads to /dev/null, which is a device" if what == "device" else "is not a regular file"
    assert what == "fifo" or f".bashrc {told}" in run.stderr
    assert before == snapshot(home)


@pytest.mark.parametrize(
    ("shell", "files"),
    [
        ("mksh", {".profile": ". ~/.mkshrc\nexport ENV=/dev/null\n", ".mkshrc": "PATH=/usr/bin:/bin\n"}),
        ("zsh", {".zshenv": "ZDOTDIR=/dev/null\n"}),
    ],
)
def test_nobody_is_told_to_move_a_device_away(
    home: Path, require: Require, shell: str, files: dict[str, str]
) -> None:
    """Root would, and then the machine has none: what leads there is meant to be nothing."""
    require(shell)
    for name, text in files.items():
        write(home, name, text)
    run = ensure(home, "--shell", shell)
    assert run.code == 0, run
    assert "move it away" not in run.stdout + run.stderr


def test_for_a_shell_that_crashes_no_edit_is_tried(home: Path) -> None:
    """As bash does, after a while, whose files read each other without end."""
    write(home, ".bashrc", "kill -SEGV $$\n")
    write(home, ".profile", ". ~/.bashrc\n")
    before = snapshot(home)
    run = ensure(home, "--shell", "bash")
    assert (run.code, run.stderr) == (3, "")
    told = "crashed with signal 11; see whether its startup files read each other without end"
    assert run.stdout.count(told) == 2
    assert {} == changed(before, snapshot(home))


def test_a_shell_that_cannot_be_started_is_told_with_its_cause_and_no_file_is_edited(home: Path) -> None:
    """As one from Homebrew whose interpreter an upgrade has removed."""
    shell = write(home, "bin/zsh", "#!/nowhere/zsh\n")
    shell.chmod(0o755)
    write(home, ".zshrc", TEXT)
    before = snapshot(home)
    run = ensure(home, "--shell", str(shell))
    told = f"was not started: {shell} is run by /nowhere/zsh, which does not exist; install that\n"
    assert (run.code, run.stderr) == (3, "")
    assert run.stdout.count(told) == 2
    assert {} == changed(before, snapshot(home))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_a_directory_that_cannot_be_made_is_an_error(home: Path, before: Snapshot) -> None:
    assert_told(
        ensure_path(home, "/proc/onpath/bin", "--shell", "bash"), "/proc/onpath", "cannot be made"
    )
    assert before == snapshot(home)


def test_a_directory_in_a_folder_that_is_closed_to_the_user_is_an_error() -> None:
    words = as_user(NOBODY) if IS_ROOT else ()
    with home_of(NOBODY if IS_ROOT else None) as home:
        (home / ".local").mkdir(0o555)
        run = run_behind(words, home, "--shell", "bash")
        assert_told(run, str(home / ".local"), "cannot be made")
        assert [".local"] == list(snapshot(home))


def test_a_directory_that_everybody_can_write_to_is_refused_unless_forced(home: Path) -> None:
    (home / "tools").mkdir()
    (home / "tools").chmod(0o777)
    before = snapshot(home)
    assert_told(ensure_path(home, home / "tools", "--shell", "bash"), "--force", "chmod")
    assert before == snapshot(home)
    assert ensure_path(home, home / "tools", "--shell", "bash", "--force").code == 0
    assert_served("bash", home, home / "tools")


def test_a_directory_of_somebody_else_is_refused(home: Path) -> None:
    as_user(NOBODY)  # skips unless this is root
    (home / "tools").mkdir()
    shutil.chown(home / "tools", NOBODY, NOBODY)
    before = snapshot(home)
    assert_told(ensure_path(home, home / "tools", "--shell", "bash"), "--force", "belongs to nobody")
    assert before == snapshot(home)


def test_a_directory_of_root_is_served_though_no_proof_can_be_put_there() -> None:
    """`/opt/x/bin`, `/snap/bin`: judged by the PATH of fresh shells."""
    words = as_user(NOBODY)
    with home_of(NOBODY) as home, home_of(None) as opt:
        run = run_behind(words, home, opt, "--shell", "bash")
        assert run.code == 0, run
        assert f"{opt} took no program" in run.stdout
        assert_served("bash", home, opt)
        assert run_behind(words, home, opt, "--undo").code == 0
        assert [] == [name for name, entry in snapshot(home).items() if b"onpath" in entry.content]


def test_a_directory_that_it_makes_is_nobody_elses_to_write_to(home: Path) -> None:
    run = run_behind(["sh", "-c", 'umask 0; "$@"', "sh"], home, "--shell", "bash")
    assert run.code == 0, run
    assert 0o755 == stat.S_IMODE(scripts(home).stat().st_mode)


@pytest.mark.parametrize("mask", ["222", "777"])
def test_whatever_the_umask_is_undo_can_change_what_was_made(home: Path, mask: str) -> None:
    before = snapshot(home)
    prefix = ["sh", "-c", f'umask {mask}; "$@"', "sh"]
    assert 0 == run_behind(prefix, home, "--shell", "bash").code
    run = run_behind(prefix, home, "--undo")
    assert (0, "") == (run.code, run.stderr)
    assert before == snapshot(home)


# Output that nobody takes


def without_output(home: Path, redirection: str, *words: str) -> Run:
    """Run `ensure-path` in a `/bin/sh` that does something to its output."""
    script = f'"$@" {redirection}'
    return run_behind(["sh", "-c", script, "sh"], home, "--shell", "bash", *words)


@pytest.mark.parametrize(
    "redirection",
    [">&-", "2>&-", ">&- 2>&-", "<&-", ">/dev/full", ">/dev/full 2>&1", "| true"],
)
def test_with_output_that_fails_the_answer_is_true_all_the_same(home: Path, redirection: str) -> None:
    run = without_output(home, redirection)
    assert "Traceback" not in run.stderr
    assert "bug" not in run.stderr
    if run.code and redirection != "| true":  # there the code is that of `true`
        assert {} == snapshot(home)
    else:
        assert_served("bash", home)


@pytest.mark.parametrize("words", ["--diff", "--print", "--check --json", "--help", "--where"])
def test_a_document_that_could_not_be_written_is_an_error(home: Path, words: str) -> None:
    run = without_output(home, ">/dev/full", *words.split())
    assert run.code != 0
    assert "Traceback" not in run.stderr
    assert "No space left" in run.stderr
    assert {} == snapshot(home)


def test_edits_whose_report_could_not_be_written_are_not_told_to_be_none(home: Path) -> None:
    """1 would say that nothing was changed."""
    run = without_output(home, ">&-", "--json")
    assert_told(run, "standard output is closed", code=1)
    assert {} == snapshot(home)
    run = without_output(home, ">/dev/full", "--json")
    assert_told(run, "No space left", code=3)
    assert_served("bash", home)


def test_an_empty_home_variable_is_as_none(home: Path) -> None:
    """It was taken for the root directory, by those who ask Python for the home."""
    environ = {name: value for name, value in environment(home).items() if name != "HOME"}
    told = [
        subprocess.run([PROGRAM, "--print"], env=env, cwd=home, capture_output=True, check=False)
        for env in (environ, {**environ, "HOME": ""})
    ]
    assert (told[0].returncode, told[0].stdout) == (told[1].returncode, told[1].stdout)


def test_a_folder_for_temporary_files_that_is_not_there_does_not_matter(home: Path) -> None:
    run = ensure(home, "--shell", "bash", env={"TMPDIR": str(home / "nowhere")})
    assert run.code == 0
    assert_served("bash", home)


@pytest.mark.parametrize("name", ["bash", "zsh", "dash", "ksh93", "mksh", "yash"])
def test_a_marker_is_only_text_where_a_quote_or_a_here_document_is_open(
    home: Path, require: Require, name: str
) -> None:
    """And where `#` follows a word. What it says is never run, and no sign in it is an error."""
    program = require(name)
    (home / "bin").mkdir()
    (home / "bin" / "ensure-path").write_text("#!/bin/sh\n: >$HOME/was-run\n")
    (home / "bin" / "ensure-path").chmod(0o755)
    block = fence.insert("", "~/.local/bin", ":\n")
    texts = [f'x="\n{block}"', f"cat <<E >/dev/null\n{block}E", f": x\\\n{block}", f": x \\\n{block}"]
    for text in (*texts, f"x='\n{block}'"):
        run = subprocess.run(
            [program, "-c", f"{text}\necho well"],
            env={"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert (0, "well\n", "") == (run.returncode, run.stdout, run.stderr), text
    assert not (home / "was-run").exists()


@pytest.mark.parametrize(
    "text", ["# mine\nalias l=ls\n", "#!/bin/bash\nalias l=ls\n", "", "\nls", "# mine"]
)
def test_a_file_with_a_byte_order_mark_is_served_below_its_first_line(home: Path, text: str) -> None:
    """That line alone is an error to bash, with or without a block in the file."""
    file = write(home, ".bashrc", "\ufeff" + text)
    before = file.read_bytes()
    run = ensure(home, "--shell", "bash", "--mode", INTERACTIVE)
    assert run.code == 0, run
    first = before.splitlines(keepends=True)[0]
    assert file.read_bytes().startswith(first.rstrip(b"\n") + b"\n# --- onpath: ")
    assert ensure_path(home, "--undo").code == 0
    assert before == file.read_bytes()
