"""Programs that no shell of the user's starts: the desktop's, by the real generator; a CI's next step.

Independent of onpath: the generator is run by hand, and steps are started as the vendors start them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands import HELLO, PROGRAM, changed, ensure_path, environment, put_tools, snapshot
from judging import write
from namespaces import enter, why_not
from terminals import PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
OURS = ".config/environment.d/99-onpath.conf"
DESKTOP = ("--for", "desktop")
CI = ("--for", "ci")
# As Ubuntu has it.
UBUNTU = 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games"\n'

needs_generator = pytest.mark.skipif(
    not GENERATOR.exists() and not os.environ.get("CI"), reason="systemd is not installed"
)


def desktop_path(home: Path, within: Sequence[str] = ()) -> list[str]:
    """Return the entries of the PATH that the user's service manager would get from the generator."""
    words = [*within, "env", "-i", f"HOME={home}", f"PATH={PATH}", str(GENERATOR)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("PATH=")]
    assert len(lines) < 2
    read = ["/bin/sh", "-c", 'eval "$1"; printf %s "$PATH"', "sh", *(lines or [f"PATH={PATH}"])]
    return subprocess.run(read, capture_output=True, text=True, check=True).stdout.split(":")


def step(home: Path, path: Path) -> str:
    """Start a step as GitHub's runner does after `path` was written; return what the command printed."""
    prefix = [line for line in reversed(path.read_text().splitlines()) if line]
    env = {"HOME": str(home), "PATH": ":".join([*prefix, PATH])}
    words = ["/bin/bash", "--noprofile", "--norc", "-e", "-c", f"command -v {HELLO}"]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False).stdout.strip()


def circle_step(home: Path, path: Path) -> str:
    """Start a step as CircleCI does after `path` was written; return what the command printed."""
    env = {"HOME": str(home), "PATH": PATH, "BASH_ENV": str(path)}
    words = ["/bin/bash", "-eo", "pipefail", "-c", f"command -v {HELLO}"]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False).stdout.strip()


def github(path: Path) -> dict[str, str]:
    """Return what GitHub, Gitea and Forgejo set in a step."""
    return {"GITHUB_ACTIONS": "true", "GITHUB_PATH": str(path)}


def circle(path: Path) -> dict[str, str]:
    """Return what CircleCI sets in a step."""
    return {"CIRCLECI": "true", "BASH_ENV": str(path)}


# Programs of the desktop session


@needs_generator
@pytest.mark.parametrize(
    "name", ["tools", "my tools", "a$b'c\"d\\e`f", "caf\u00e9", "#x;y&z", "$HOME", "%h"]
)
def test_the_desktop_has_the_directory_once_and_undo_is_exact(home: Path, name: str) -> None:
    tools = put_tools(home, name)
    before = snapshot(home)
    run = ensure_path(home, tools, *DESKTOP)
    assert 0 == run.code, run
    assert str(tools) == desktop_path(home)[0]
    assert 1 == desktop_path(home).count(str(tools))
    between = snapshot(home)
    assert 0 == ensure_path(home, tools, *DESKTOP).code
    assert {} == changed(between, snapshot(home))
    assert 0 == ensure_path(home, "--undo").code
    assert {} == changed(before, snapshot(home))


@needs_generator
def test_it_can_be_appended_and_moved(home: Path, tools: Path) -> None:
    assert 0 == ensure_path(home, tools, *DESKTOP, "--append").code
    assert str(tools) == desktop_path(home)[-1]
    assert 0 == ensure_path(home, tools, *DESKTOP, "--prepend").code
    assert (str(tools), 1) == (desktop_path(home)[0], desktop_path(home).count(str(tools)))


@needs_generator
def test_two_directories_stand_in_their_order(home: Path, tools: Path) -> None:
    other = put_tools(home, "other")
    assert 0 == ensure_path(home, tools, other, *DESKTOP).code
    assert [str(tools), str(other)] == desktop_path(home)[:2]


@needs_generator
def test_what_the_desktop_has_already_is_not_written(home: Path, tools: Path) -> None:
    write(home, ".config/environment.d/10-mine.conf", "PATH=$HOME/tools:$PATH\n")
    before = snapshot(home)
    run = ensure_path(home, tools, *DESKTOP)
    assert (0, {}) == (run.code, changed(before, snapshot(home))), run
    assert "already there" in run.stdout
    assert 1 == desktop_path(home).count(str(tools))


@needs_generator
@pytest.mark.parametrize("name", ["50-mine.conf", "99-environment.conf"])
def test_an_earlier_file_that_sets_path_outright_takes_nothing_away(
    home: Path, tools: Path, name: str
) -> None:
    write(home, f".config/environment.d/{name}", UBUNTU)
    assert 0 == ensure_path(home, tools, *DESKTOP).code
    assert 1 == desktop_path(home).count(str(tools))
    assert "/usr/games" in desktop_path(home)


@needs_generator
def test_a_later_file_that_sets_path_outright_leaves_nothing_behind(home: Path, tools: Path) -> None:
    write(home, ".config/environment.d/99-z.conf", UBUNTU)
    before = snapshot(home)
    run = ensure_path(home, tools, *DESKTOP)
    assert (1, {}) == (run.code, changed(before, snapshot(home))), run
    assert "99-onpath.conf was put back as it was" in run.stderr


@needs_generator
@pytest.mark.parametrize("has_it", [False, True])
def test_beside_the_file_of_ubuntu(home: Path, tools: Path, tmp_path: Path, has_it: bool) -> None:
    """/usr/lib/environment.d/99-environment.conf is a link to /etc/environment, which sets PATH."""
    etc = tmp_path / "etc"
    write(etc, "environment", UBUNTU.replace('="', f'="{tools}:') if has_it else UBUNTU)
    if reason := why_not(etc):
        pytest.skip(reason)
    within = enter(etc)
    before = snapshot(home)
    run = ensure_path(home, tools, *DESKTOP, within=within)
    assert 0 == run.code, run
    assert has_it is ("already there" in run.stdout)
    path = desktop_path(home, within)
    assert (1, True) == (path.count(str(tools)), "/usr/games" in path)
    between = snapshot(home)
    assert 0 == ensure_path(home, tools, *DESKTOP, within=within).code
    assert {} == changed(between, snapshot(home))
    assert 0 == ensure_path(home, "--undo", within=within).code
    assert {} == changed(before, snapshot(home))


@needs_generator
def test_where_the_generator_is_masked_nothing_is_written(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    etc = tmp_path / "etc"
    mask = etc / "systemd/user-environment-generators" / GENERATOR.name
    mask.parent.mkdir(parents=True)
    mask.symlink_to("/dev/null")
    if reason := why_not(etc):
        pytest.skip(reason)
    before = snapshot(home)
    run = ensure_path(home, tools, *DESKTOP, within=enter(etc))
    assert (3, {}) == (run.code, changed(before, snapshot(home))), run
    assert "has no systemd that reads ~/.config/environment.d" in run.stdout


@needs_generator
def test_a_shell_and_the_desktop_are_served_by_one_run(home: Path, tools: Path) -> None:
    before = snapshot(home)
    words = (*DESKTOP, "--for", "login", "--shell", "bash")
    run = ensure_path(home, tools, *words)
    assert 0 == run.code, run
    assert (home / ".profile").exists()
    assert str(tools) in desktop_path(home)
    assert 0 == ensure_path(home, tools, *words, "--check").code
    assert 0 == ensure_path(home, "--undo").code
    assert {} == changed(before, snapshot(home))


# The next step of a CI job


@pytest.mark.parametrize("text", ["", "/opt/a\n", "/opt/a", "/opt/a\r\n/opt/b\r\n"])
def test_the_next_step_of_github_finds_the_command(
    home: Path, tools: Path, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "path"
    path.write_bytes(text.encode())
    before = snapshot(tmp_path)
    run = ensure_path(home, tools, "--shell", "bash", env=github(path))
    assert 0 == run.code, run
    assert f"{tools}/{HELLO}" == step(home, path)
    between = path.read_bytes()
    assert between.startswith(text.encode())
    assert between.endswith(f"{tools}\n".encode())
    assert 0 == ensure_path(home, tools, "--shell", "bash", env=github(path)).code
    assert between == path.read_bytes()
    assert 0 == ensure_path(home, tools, *CI, "--check", env=github(path)).code
    assert 0 == ensure_path(home, "--undo", env=github(path)).code
    assert {} == changed(before, snapshot(tmp_path))


def test_the_first_directory_is_the_first_in_the_next_step(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    other, path = put_tools(home, "other"), write(tmp_path, "path", "")
    assert 0 == ensure_path(home, tools, other, *CI, env=github(path)).code
    assert f"{other}\n{tools}\n" == path.read_text()
    assert f"{tools}/{HELLO}" == step(home, path)
    assert 0 == ensure_path(home, "--undo", other).code
    assert f"{tools}\n" == path.read_text()
    assert 0 == ensure_path(home, "--undo").code
    assert "" == path.read_text()


def test_what_other_tools_wrote_since_stays(home: Path, tools: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "path", "/opt/a")
    ensure_path(home, tools, *CI, env=github(path))
    path.write_text(path.read_text() + "/opt/b\n")
    assert 0 == ensure_path(home, "--undo").code
    assert "/opt/a\n/opt/b\n" == path.read_text()


def test_a_file_that_the_runner_has_removed_hinders_no_undo(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    before = snapshot(home)
    path = write(tmp_path, "path", "")
    ensure_path(home, tools, *CI, env=github(path))
    path.unlink()
    assert 0 == ensure_path(home, "--undo").code
    assert {} == changed(before, snapshot(home))


def in_its_place(path: Path, kind: str) -> None:
    """Put something at `path` that is no regular file of the runner's."""
    if kind == "link":
        write(path.parent, "real", "")
        path.symlink_to("real")
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()


A_LINK = (
    "is a link, which the CI does not make, so it was left alone; let GITHUB_PATH name the file itself"
)
REFUSED = {
    "link": A_LINK,
    "dangling link": A_LINK,
    "FIFO": "is not a regular file, so it was left alone; move it away",
    "folder": "is not a regular file, so it was left alone; move it away",
    "nothing": "does not exist, so it was left alone; let GITHUB_PATH name the file that the CI made",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_file_of_the_runner_is_refused_with_words(
    home: Path, tools: Path, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "ci" / "path"
    path.parent.mkdir()
    in_its_place(path, kind)
    before = snapshot(tmp_path)
    named = ensure_path(home, tools, *CI, env=github(path))
    assert (1, {}) == (named.code, changed(before, snapshot(tmp_path))), named
    assert f"{path} {REFUSED[kind]}" in named.stderr
    # Where it was not asked for, it is said too, and does not fail the step.
    plain = ensure_path(home, tools, "--shell", "bash", env=github(path))
    assert 0 == plain.code, plain
    assert f"{path} {REFUSED[kind]}" in plain.stderr


def test_a_file_that_cannot_be_made_in_front_is_not_appended_to(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "path", "")
    run = ensure_path(home, tools, *CI, "--append", env=github(path))
    assert (1, "") == (run.code, path.read_text())
    assert "can only put directories in front, so it was left alone; leave out --append" in run.stderr


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "caf\udce9"])
def test_no_name_becomes_another_line(home: Path, tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "path", "")
    run = ensure_path(home, home / name, *CI, env=github(path))
    assert run.code in {1, 2}
    assert "" == path.read_text()
    assert "rename" in run.stderr


def test_a_plain_run_asks_for_no_ci_where_none_is(home: Path, tools: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "path", "")
    for env in (
        {"GITHUB_PATH": str(path)},
        {"BASH_ENV": str(path)},
        {"GITHUB_ACTIONS": "true"},
        {"CI": "1"},
    ):
        run = ensure_path(home, tools, "--shell", "bash", env=env)
        assert 0 == run.code, run
        assert "  ci " not in run.stdout
    assert "" == path.read_text()
    run = ensure_path(home, tools, *CI)
    assert 3 == run.code
    assert "no CI whose steps share a PATH by a file was found" in run.stdout


def test_where_nothing_may_be_edited_the_ci_is_not_served_either(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "path", "")
    ensure_path(home, tools, env={**github(path), "ONPATH_NO_MODIFY_PATH": "1"})
    assert "" == path.read_text()


@pytest.mark.parametrize("text", [None, "", "export X=1\n", "export X=1"])
def test_the_next_step_of_circleci_finds_the_command(
    home: Path, tools: Path, tmp_path: Path, text: str | None
) -> None:
    if not shutil.which("bash"):
        pytest.skip("bash is not installed")
    path = tmp_path / "bash-env"
    if text is not None:
        path.write_text(text)
    before = snapshot(tmp_path)
    run = ensure_path(home, tools, "--shell", "bash", env=circle(path))
    assert 0 == run.code, run
    assert 'run: source "$BASH_ENV"' in run.stdout
    assert f"{tools}/{HELLO}" == circle_step(home, path)
    between = path.read_text()
    assert 0 == ensure_path(home, tools, "--shell", "bash", env=circle(path)).code
    assert between == path.read_text()
    assert 0 == ensure_path(home, "--undo", env=circle(path)).code
    assert {} == changed(before, snapshot(tmp_path))


def test_a_script_that_resets_path_gets_the_block_at_its_end(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "bash-env", "PATH=/usr/bin:/bin\n")
    assert 0 == ensure_path(home, tools, *CI, env=circle(path)).code
    assert path.read_text().startswith("PATH=/usr/bin:/bin\n")
    assert f"{tools}/{HELLO}" == circle_step(home, path)


@pytest.mark.parametrize("value", ["bash-env", "$HOME/bash-env", "link"])
def test_a_script_that_is_not_named_as_a_file_is_refused(
    home: Path, tools: Path, tmp_path: Path, value: str
) -> None:
    if value == "link":
        write(tmp_path, "real", "")
        (tmp_path / "link").symlink_to("real")
        value = str(tmp_path / "link")
    before = snapshot(tmp_path)
    run = ensure_path(home, tools, *CI, env={"CIRCLECI": "true", "BASH_ENV": value})
    assert (1, {}) == (run.code, changed(before, snapshot(tmp_path))), run
    assert "BASH_ENV" in run.stderr


def test_a_look_writes_nothing_into_the_file(home: Path, tools: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "path", "/opt/a")
    for words in (("--check",), ("--diff",)):
        run = ensure_path(home, tools, *CI, *words, env=github(path))
        assert (1 if words == ("--check",) else 0) == run.code, run
    assert "/opt/a" == path.read_text()
    assert f"+{tools}\n" in run.stdout


def test_killed_before_any_call_the_file_of_the_ci_is_the_old_or_the_new_one(
    home: Path, tools: Path, tmp_path: Path
) -> None:
    """As for every file: a step that is cancelled leaves no half of a line."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    path = tmp_path / "path"
    seen = set()
    for number in range(1, 60, 3):
        path.write_text("/opt/a\n")
        inject = f"inject=write,fsync,rename,unlink,mkdir:signal=KILL:when={number}"
        words = ["strace", "-f", "-o", "/dev/null", "-e", inject, str(PROGRAM), str(tools), *CI]
        subprocess.run(
            words, env={**environment(home), **github(path)}, capture_output=True, check=False
        )
        seen.add(path.read_text())
    assert {"/opt/a\n"} <= seen <= {"/opt/a\n", f"/opt/a\n{tools}\n"}
