"""install.sh in real shells, with a real server: cut, hindered, killed; installed, upgraded, removed."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hostile
import installing
import pythons
from commands import ensure_path
from installing import (
    DOWNLOADERS,
    PYTHON,
    SHELLS,
    UNSET,
    Release,
    install,
    move,
    serving,
    tools,
    tree,
)
from onpath.installers import own
from terminals import INTERACTIVE, LOGIN, ask

if TYPE_CHECKING:
    from programs import Require

# install.sh is for Unix; mypy needs to be told for `--platform win32`.
assert sys.platform != "win32"

# Of the shells that are served, the one that is everywhere.
BASH = ("--shell", "bash")
MOST_SHOWN = 500  # letters of an error
UNSHARE, MOUNT = shutil.which("unshare") or "", shutil.which("mount") or ""
FAILURES = tuple(name for name in installing.MANNERS if name not in {"serve", "a redirect"})


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Build a release of this checkout."""
    return installing.build(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Build another release, of other bytes."""
    return installing.build(tmp_path_factory.mktemp("newer"), env={"SOURCE_DATE_EPOCH": "1700000000"})


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Make a PATH that has only Python and coreutils."""
    return tools(tmp_path / "bin")


@pytest.fixture
def lived_in(home: Path) -> Path:
    """Make a home with start-up files as a distribution and its user leave them."""
    for name in (".bashrc", ".profile"):
        skeleton = Path("/etc/skel") / name
        (home / name).write_bytes(skeleton.read_bytes() if skeleton.exists() else b"umask 022\n")
    (home / ".bashrc").write_bytes(
        (home / ".bashrc").read_bytes() + b"alias ll='ls -l' # \xff, no UTF-8, no newline"
    )
    (home / ".profile").chmod(0o600)
    (home / ".local").mkdir()
    return home


def place(release: Release, home: Path, path: str, *words: str) -> installing.Run:
    """Install without a server."""
    run = install(release.script, home, "--from", str(release.folder), *BASH, *words, path=path)
    assert run.code == 0, run
    return run


# 1. A script that is cut


def has_spoken(errors: bytes) -> bool:
    """Tell whether the script has begun to work; a shell may quote a line of it, too."""
    return any(line.startswith(b"install.sh: ") for line in errors.splitlines())


def chunks(script: str) -> list[str]:
    """Split `script` before each blank line behind which code begins at the left margin.

    Of the program for Python in it, only the last line is left: a cut in that is a cut in one long word.
    """
    before, start, rest = script.partition("BOOTSTRAP='")
    _, end, after = rest.partition('main("install.sh"')
    return re.split(r"(?<=\n)(?=\n[^ \n])", (before + start + end + after).rstrip())


@pytest.mark.parametrize("shell", SHELLS)
def test_no_prefix_of_the_script_does_anything(
    home: Path, tmp_path: Path, require: Require, release: Release, shell: str
) -> None:
    """One shell reads all of them: each cut of a chunk in a subshell, then the whole chunk, and so on.

    Starting a shell for each, or reading all that stands before again each time, would take minutes.
    """
    program = require(shell)
    empty, bin_folder = tmp_path / "empty", tmp_path / "bin"
    empty.mkdir()
    bin_folder.mkdir()
    (bin_folder / "printf").symlink_to(str(shutil.which("printf")))  # not builtin in mksh
    reader = (
        'while read -r folder; do for cut in "$folder"/*; do ( . "$cut" ); done; . "$folder.sh"; done'
    )
    folders = []
    for number, part in enumerate(chunks(release.script.read_text())):
        folder = tmp_path / f"chunk{number:03}"
        folder.mkdir()
        for length in range(len(part)):
            (folder / f"{length:05}").write_text(part[:length])
        (tmp_path / f"{folder.name}.sh").write_text(f"{part}\n")
        folders.append(folder)
    # The last chunk is what begins the work, so there is nothing behind its cuts but a sign of the end.
    (tmp_path / f"{folders[-1].name}.sh").write_text("printf 'end\\n'")
    run = subprocess.run(
        [program, "-c", reader],
        input="".join(f"{folder}\n" for folder in folders).encode(),
        capture_output=True,
        cwd=empty,
        env={"HOME": str(home), "PATH": str(bin_folder), "ONPATH_BASE_URL": "http://127.0.0.1:1"},
        timeout=2 * installing.TIMEOUT_S,  # it is slow work
        check=False,
    )
    assert b"end\n" == run.stdout
    assert not has_spoken(run.stderr)
    assert [] == [*home.iterdir(), *empty.iterdir()]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_whole_script_is_heard_where_its_prefixes_are_not(
    home: Path, tmp_path: Path, require: Require, release: Release, shell: str
) -> None:
    """Each chunk is whole commands, so that the test above read what it claims to have read."""
    program, empty = require(shell), tmp_path / "empty"
    empty.mkdir()
    (empty / "printf").symlink_to(str(shutil.which("printf")))
    parts = chunks(release.script.read_text())
    for number, part in enumerate(parts):
        (tmp_path / f"{number:03}.sh").write_text(f"{part}\n")
    for end, speaks in ((len(parts) - 1, False), (len(parts), True)):
        sourced = "".join(f". {tmp_path}/{number:03}.sh\n" for number in range(end))
        run = subprocess.run(
            [program, "-c", sourced],
            capture_output=True,
            env={"HOME": str(home), "PATH": str(empty), "ONPATH_BASE_URL": "http://127.0.0.1:1"},
            check=False,
        )
        assert speaks == has_spoken(run.stderr), run
        assert speaks or (0, b"", b"") == (run.returncode, run.stdout, run.stderr)


# Of macOS, whose file systems take HEAD for head, and of those who develop.
NOT_HERE = {"code", "head", "install", "look", "make", "open", "print", "py", "say", "script", "where"}


@pytest.mark.parametrize("shell", SHELLS)
def test_no_name_in_the_script_begins_with_a_command(
    home: Path, require: Require, release: Release, shell: str
) -> None:
    """A cut in `set_up() {` would run `set`, one in `make_folder() {` would run make."""
    program, text = require(shell), release.script.read_text()
    names = re.findall(r"^(\w+)(?=\(\)|=)", text, re.MULTILINE)
    words = {name[:end].lower() for name in names for end in range(2, len(name) + 1)}
    asked = "".join(f"command -v {word} >/dev/null && echo {word}\n" for word in sorted(words))
    run = subprocess.run([program], input=asked, capture_output=True, text=True, cwd=home, check=False)
    assert {"do", "fi", "in"} >= {*run.stdout.split()} | (words & NOT_HERE)  # reserved words are errors


@pytest.mark.parametrize("shell", SHELLS)
def test_no_prefix_that_is_piped_does_anything(
    home: Path, tmp_path: Path, require: Require, release: Release, shell: str
) -> None:
    program, script = require(shell), release.script.read_bytes().rstrip()
    lengths = {*range(0, len(script), len(script) // 50), *range(len(script) - 25, len(script))}
    for length in lengths:
        (tmp_path / "cut.sh").write_bytes(script[:length])
        with (tmp_path / "cut.sh").open("rb") as source:
            run = subprocess.run(
                [program, "-s"],
                stdin=source,
                capture_output=True,
                cwd=home,
                env={"HOME": str(home), "PATH": "/nowhere"},
                check=False,
            )
        assert b"" == run.stdout
        assert not has_spoken(run.stderr)
    assert {} == tree(home)


# 2. Real runs


@pytest.mark.parametrize(("shell", "downloader"), [*zip(SHELLS, cycle(DOWNLOADERS))])
def test_one_line_installs_and_afterwards_the_command_runs_by_its_name(
    home: Path, tmp_path: Path, require: Require, release: Release, shell: str, downloader: str
) -> None:
    """In each shell, by each downloader; not each by each, as what a shell starts is one Python."""
    require(shell)
    path = tools(tmp_path / "bin", *(name for name in (downloader,) if name != "python"))
    with serving(release) as server:
        env = {"ONPATH_BASE_URL": server.url}
        run = install(release.script, home, *BASH, shell=shell, path=path, piped=True, env=env)
    assert (0, []) == (run.code, run.errors), run
    assert ["/onpath.pyz"] == server.asked
    assert downloader in server.agents[0].lower()
    assert "proven in" in run.out
    for mode in (LOGIN, INTERACTIVE):
        answer = ask(
            "bash", mode, home, line="ensure-path --version >version; onpath --version >>version"
        )
        assert "onpath 0." in (home / "version").read_text(), answer.screen
        assert 2 == len((home / "version").read_text().splitlines())
    assert {"ensure-path", "onpath"} == {each.name for each in (home / ".local" / "bin").iterdir()}


def test_the_arguments_and_the_exit_code_are_those_of_ensure_path(
    home: Path, path: str, release: Release
) -> None:
    for words, code in (
        (("--check", *BASH), 1),
        (("--version",), 0),
        (("-x",), 2),
    ):
        env = {"ONPATH_BASE_URL": "http://127.0.0.1:1"}
        run = install(release.script, home, "--from", str(release.pyz), *words, path=path, env=env)
        assert code == run.code, run
    assert not (home / ".profile").exists()


def test_it_does_not_wait_for_the_end_of_what_it_is_piped_from(
    home: Path, path: str, release: Release
) -> None:
    with subprocess.Popen(
        ["/bin/sh", "-s", "--", "--from", release.folder, "--check", *BASH],
        stdin=subprocess.PIPE,
        env={"HOME": str(home), "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as shell:
        assert shell.stdin is not None
        shell.stdin.write(release.script.read_bytes())
        shell.stdin.flush()
        assert 1 == shell.wait(installing.TIMEOUT_S)


def test_without_a_home_the_password_database_is_asked(
    tmp_path: Path, path: str, release: Release
) -> None:
    words = ("--dry-run", "--from", str(release.pyz))
    for env in ({"HOME": UNSET}, {"HOME": ""}):
        run = install(release.script, tmp_path, *words, path=path, env=env)
        assert f" {pwd.getpwuid(os.getuid()).pw_dir}/.local/bin" in run.err, run


def test_a_home_that_does_not_exist_is_an_error(tmp_path: Path, path: str, release: Release) -> None:
    run = install(release.script, tmp_path / "none", "--from", str(release.pyz), path=path)
    assert (1, 1) == (run.code, len(run.errors)), run
    assert "does not exist; create it, or set HOME to yours" in run.err


def test_in_a_checkout_it_installs_that_checkout(
    home: Path, tmp_path: Path, path: str, release: Release
) -> None:
    assert release.pyz.exists()  # so that what it carries has been fetched
    checkout = tmp_path / "check out"
    junk = shutil.ignore_patterns(".git", ".cache", "*.egg-info", "__pycache__")
    shutil.copytree(installing.ROOT, checkout, ignore=junk)
    shutil.copytree(installing.ROOT / ".cache" / "wheels", checkout / ".cache" / "wheels")
    before = tree(checkout)
    run = install(checkout / "install.sh", home, *BASH, path=path)
    assert (0, []) == (run.code, run.errors), run
    assert "building onpath.pyz from the checkout" in run.err
    assert before == tree(checkout)


def test_outside_a_checkout_a_script_without_a_checksum_installs_nothing(
    home: Path, tmp_path: Path, path: str, release: Release
) -> None:
    script = shutil.copy(installing.ROOT / "install.sh", tmp_path)
    for words in ((), ("--from", str(release.pyz))):
        run = install(
            Path(script), home, *words, path=path, env={"ONPATH_BASE_URL": "http://127.0.0.1:1"}
        )
        assert (1, 1) == (run.code, len(run.errors)), run
        assert "run it as a file of a checkout, without --from, or take that of a release" in run.err
    assert {} == tree(home)


def test_a_piped_script_takes_no_code_from_the_folder_that_it_runs_in(
    home: Path, path: str, release: Release
) -> None:
    (home / "tools").mkdir()
    (home / "tools" / "build_pyz.py").write_text("raise SystemExit('ran')")
    (home / "install.sh").write_text("")
    with serving(release) as server:
        env = {"ONPATH_BASE_URL": server.url}
        run = install(release.script, home, *BASH, path=path, piped=True, env=env)
    assert (0, ["/onpath.pyz"]) == (run.code, server.asked), run


@pytest.mark.parametrize("downloader", DOWNLOADERS)
def test_a_proxy_is_used(home: Path, tmp_path: Path, release: Release, downloader: str) -> None:
    path = tools(tmp_path / "bin", *(name for name in (downloader,) if name != "python"))
    with serving(release) as proxy:
        env = {"ONPATH_BASE_URL": "http://localhost:1/of/onpath", "http_proxy": proxy.url}
        run = install(release.script, home, *BASH, path=path, env=env)
    assert (0, ["http://localhost:1/of/onpath/onpath.pyz"]) == (run.code, proxy.asked), run


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org", "http://127.0.0.1.example.org", "http://127.0.0.1:80@example.org"),
        *("http://localhost@example.org/", "ftp://127.0.0.1", "file:///tmp", "HTTP://example.org", "x"),
    ],
)
def test_an_address_that_is_not_https_is_refused(
    home: Path, path: str, release: Release, url: str
) -> None:
    run = install(release.script, home, path=path, env={"ONPATH_BASE_URL": url})
    assert (1, 1) == (run.code, len(run.errors)), run
    assert "is not https; set ONPATH_BASE_URL to an https address" in run.err
    assert {} == tree(home)


def test_under_github_actions_the_next_steps_have_the_directory(
    home: Path, tmp_path: Path, path: str, release: Release
) -> None:
    file, link = tmp_path / "github-path", tmp_path / "link"
    file.write_text("")
    link.symlink_to(file)
    for target in (link, tmp_path / "missing", file):
        env = {"GITHUB_ACTIONS": "true", "GITHUB_PATH": str(target)}
        words = ("--from", str(release.pyz), *BASH)
        assert "" == file.read_text()
        assert 0 == install(release.script, home, *words, path=path, env=env).code
    assert f"{home}/.local/bin\n" == file.read_text()
    assert not (tmp_path / "missing").exists()


def test_a_dry_run_says_every_step_and_takes_none(home: Path, path: str, release: Release) -> None:
    with serving(release) as server:
        env = {"ONPATH_BASE_URL": server.url}
        run = install(release.script, home, "--dry-run", *BASH, path=path, env=env)
    assert (0, [], {}) == (run.code, server.asked, tree(home)), run
    steps = ("using", "downloading", "checking", "placing", "running ensure-path --shell bash")
    assert len(steps) == len(run.err.splitlines())
    for step, line in zip(steps, run.err.splitlines()):
        assert line.startswith(f"install.sh: (not done) {step}")
    place(release, home, path)
    before = tree(home)
    run = install(release.script, home, "--dry-run", "--uninstall", path=path)
    assert (0, before) == (run.code, tree(home)), run


# 3. Everything that can go wrong


@pytest.mark.parametrize("words", [["--bogus"], ["--append", "--prepend"], ["--shell"]])
def test_with_an_option_that_is_none_nothing_is_installed(
    home: Path, tmp_path: Path, release: Release, words: list[str]
) -> None:
    path = tools(tmp_path / "bin")
    done = install(release.script, home, "--from", str(release.pyz), *words, path=path)
    assert 2 == done.code, done
    assert words[-1] in done.err
    assert "; nothing was installed" in done.err
    assert {} == tree(home)


@pytest.mark.parametrize("downloader", DOWNLOADERS)
@pytest.mark.parametrize("manner", FAILURES)
def test_a_failed_download_leaves_nothing_behind_and_the_old_version_in_place(
    home: Path, tmp_path: Path, release: Release, newer: Release, manner: str, downloader: str
) -> None:
    path = tools(tmp_path / "bin", *(name for name in (downloader,) if name != "python"))
    with serving(newer, manner) as server:
        env = {"ONPATH_BASE_URL": server.url, **installing.IMPATIENT}
        runs = []
        if manner in {"404", "a wrong checksum"}:  # the others take their time
            runs = [install(newer.script, home, path=path, env=env)]
            assert {} == tree(home)
        place(release, home, path)
        before = tree(home)
        begun = time.monotonic()
        runs.append(install(newer.script, home, path=path, env=env))
        assert time.monotonic() - begun < 4 * installing.WHOLE_S
        assert server.sent < 32 * newer.pyz.stat().st_size
        server.is_closing.set()
    assert before == tree(home)
    for each in runs:
        assert (1, "") == (each.code, each.out)
        assert 1 == len(each.errors), each
        assert f"{server.url}/onpath.pyz" in each.errors[0]
        assert "; try again" in each.errors[0]


@pytest.mark.parametrize("downloader", DOWNLOADERS)
def test_an_encrypted_download_is_not_led_to_an_open_one(
    home: Path, tmp_path: Path, release: Release, downloader: str
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl that could make a certificate")
    certificate = tmp_path / "both.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject)
    subprocess.run(
        [*make, "-keyout", certificate, "-out", tmp_path / "c"], check=True, capture_output=True
    )
    certificate.write_bytes(certificate.read_bytes() + (tmp_path / "c").read_bytes())
    (tmp_path / "wgetrc").write_text(f"ca_certificate={certificate}\n")
    path = tools(tmp_path / "bin", *(name for name in (downloader,) if name != "python"))
    env = {
        "CURL_CA_BUNDLE": str(certificate),
        "SSL_CERT_FILE": str(certificate),
        "WGETRC": str(tmp_path / "wgetrc"),
    }
    with serving(release) as plain, serving(release, certificate=certificate) as secret:
        env["ONPATH_BASE_URL"] = secret.url
        assert 0 == install(release.script, home, *BASH, path=path, env=env).code
        secret.manner, secret.target = "a redirect", f"{plain.url}/onpath.pyz"
        run = install(release.script, home, *BASH, path=path, env=env)
    assert (1, 1, []) == (run.code, len(run.errors), plain.asked), run
    assert "cannot download" in run.errors[0]


def test_without_a_python_it_says_what_to_install(
    home: Path, tmp_path: Path, require: Require, release: Release
) -> None:
    """In a root of its own where the machine has a Python in a place that is looked at anyway."""
    prefix = hidden("/usr/bin/python3", "/usr/local/bin/python3")
    path = tools(tmp_path / "bin", python=None)
    for shell in ("dash", "zsh"):
        require(shell)
        run = install(release.script, home, path=path, shell=shell, prefix=prefix)
        assert (1, {}) == (run.code, tree(home)), run
        assert "no Python 3.9 or later was found; install one" in run.errors[-1]


def test_a_python_that_was_named_and_is_not_there_is_told(
    home: Path, tmp_path: Path, release: Release
) -> None:
    path, env = tools(tmp_path / "bin"), {"ONPATH_PYTHON": "/opt/none/python"}
    run = install(release.script, home, "--from", str(release.pyz), *BASH, path=path, env=env)
    assert 0 == run.code, run
    assert "passing over /opt/none/python: it is not there" in run.err


def test_a_python_that_is_too_old_is_named_and_passed_over(
    home: Path, tmp_path: Path, release: Release
) -> None:
    old = next(filter(None, map(pythons.find, ("3.6", "3.7", "3.8", "2.7"))), None)
    if old is None:
        pytest.skip("there is no Python before 3.9 here")
    path = tools(tmp_path / "bin", python=old)
    run = install(
        release.script, home, path=path, prefix=hidden("/usr/bin/python3", "/usr/local/bin/python3")
    )
    assert (1, {}) == (run.code, tree(home)), run
    assert f"passing over {path}/python3: it is Python {pythons.tell(old)}." in run.err
    # The package of that name may be this very one.
    assert "no Python 3.9 or later was found; install a newer one, or uv" in run.errors[-1]
    # With a good one behind it, that one serves.
    (Path(path) / "python3.13").symlink_to(PYTHON)
    run = install(release.script, home, "--from", str(release.pyz), *BASH, path=path)
    assert 0 == run.code, run
    assert f"using {path}/python3.13" in run.err


def test_a_python_that_is_passed_over_is_told_once(home: Path, tmp_path: Path, release: Release) -> None:
    """Though it is looked for by its name, and in the usual folders."""
    prefix = hidden("/usr/bin/python3", "/usr/local/bin/python3")
    path = Path(tools(tmp_path / "bin", python=None))
    (path / "python3").write_text("#!/bin/sh\nexit 9\n")
    (path / "python3").chmod(0o755)
    env = {"ONPATH_PYTHON": f"{path}/python3"}
    run = install(release.script, home, path=str(path), prefix=prefix, env=env)
    assert 1 == run.code, run
    assert 1 == run.err.count(f"passing over {path}/python3: it does not run")


def test_a_stub_is_named_and_passed_over(home: Path, tmp_path: Path, release: Release) -> None:
    path = Path(tools(tmp_path / "bin", python=None))
    for name, text in (
        ("python3", "exit 9"),  # as the one of the Microsoft Store, or a shim without its Python
        ("python3.14", "echo Python was not found; exit 0"),
    ):
        (path / name).write_text(f"#!/bin/sh\n{text}\n")
        (path / name).chmod(0o755)
    (path / "python3.9").symlink_to(PYTHON)
    run = install(release.script, home, "--from", str(release.pyz), *BASH, path=str(path))
    assert 0 == run.code, run
    assert [
        f"install.sh: passing over {path}/{name}: it does not run" for name in ("python3", "python3.14")
    ] == run.errors


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="there is no /usr/bin/python3 here")
def test_the_stub_of_a_mac_is_not_run(home: Path, tmp_path: Path, release: Release) -> None:
    path = Path(tools(tmp_path / "bin", python=None))
    (path / "uname").unlink()
    (path / "uname").write_text("#!/bin/sh\necho Darwin\n")
    (path / "uname").chmod(0o755)
    (path / "python").symlink_to(PYTHON)
    words = ("--from", str(release.pyz), *BASH)
    run = install(
        release.script, home, *words, path=f"{path}:/usr/bin", env={"ONPATH_PYTHON": "python3"}
    )
    assert 0 == run.code, run
    assert "passing over /usr/bin/python3: it only asks to install the developer tools" in run.err


def test_in_a_virtual_environment_its_base_python_is_used(
    home: Path, tmp_path: Path, path: str, release: Release
) -> None:
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    run = install(
        release.script, home, "--from", str(release.pyz), *BASH, path=f"{tmp_path}/venv/bin:{path}"
    )
    assert 0 == run.code, run
    shutil.rmtree(tmp_path / "venv")
    ask("bash", LOGIN, home, line="ensure-path --version >version")
    assert "onpath 0." in (home / "version").read_text()


def test_where_its_python_is_gone_the_command_takes_another(
    home: Path, path: str, release: Release
) -> None:
    place(release, home, path)
    command = home / ".local" / "bin" / "ensure-path"
    for other, code in ((PYTHON, 0), (None, 127)):
        (Path(path) / "python3").unlink(missing_ok=True)
        (Path(path) / "python").unlink(missing_ok=True)
        if other:
            (Path(path) / "python").symlink_to(other)
        run = subprocess.run(
            [command, "--version"], env={"PATH": path}, capture_output=True, text=True, check=False
        )
        assert code == run.returncode, run
    assert "ensure-path: its Python is gone, and there is no other; install one" in run.stderr


def test_a_python_without_ssl_is_enough_with_curl_and_says_so_without(
    home: Path, tmp_path: Path, path: str, release: Release
) -> None:
    ask_for_ssl = "import _ssl; print(getattr(_ssl, '__file__', ''))"
    module = subprocess.check_output([PYTHON, "-c", ask_for_ssl], text=True).strip()
    prefix = hidden(module)  # as if this Python had been built without
    env = {"ONPATH_BASE_URL": "https://127.0.0.1:1"}
    run = install(release.script, home, path=path, env=env, prefix=prefix)
    assert (1, 1) == (run.code, len(run.errors)), run
    assert "there is neither curl nor wget, and this Python has no ssl: install curl" in run.errors[0]
    assert {} == tree(home)
    with serving(release) as server:
        env["ONPATH_BASE_URL"] = server.url
        with_curl = tools(tmp_path / "with-curl", "curl")
        run = install(release.script, home, *BASH, path=with_curl, env=env, prefix=prefix)
        assert 0 == run.code, run


def hidden(*files: str) -> tuple[str, ...]:
    """Return the words that run a program where `files` cannot be run; skip where that cannot be."""
    there = [file for file in files if os.path.lexists(file)]
    if not there:
        return ()
    binds = "; ".join(f"{MOUNT} --bind /dev/null {os.path.realpath(file)}" for file in there)
    return in_own_mounts(binds)


def in_own_mounts(commands: str) -> tuple[str, ...]:
    """Return the words that run a program after the `commands` that mount; skip where that cannot be."""
    words = (UNSHARE, "--mount", "/bin/sh", "-ec", f'{commands}; exec "$@"', "sh")
    if not UNSHARE or not MOUNT or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("this needs root, or whatever may mount")
    return words


def test_a_scripts_directory_that_cannot_be_written_is_an_error(
    home: Path, path: str, release: Release
) -> None:
    place(release, home, path)
    folder, before = home / ".local" / "bin", tree(home)
    prefix: tuple[str, ...] = ()
    if os.getuid() == 0:
        prefix = in_own_mounts(f"{MOUNT} --bind {folder} {folder}; {MOUNT} -o remount,ro,bind {folder}")
    else:
        folder.chmod(0o555)
    run = install(release.script, home, "--from", str(release.pyz), path=path, prefix=prefix)
    folder.chmod(0o755)
    assert (1, 1, before) == (run.code, len(run.errors), tree(home)), run
    cure = "have it mounted for writing" if prefix else f"run chmod u+w {folder}"
    assert f"cannot write to {folder} (" in run.errors[0]
    assert f"); {cure}, then run this again" in run.errors[0]


@pytest.mark.parametrize("kind", ["a file", "a dangling link"])
def test_what_is_in_the_way_of_the_scripts_directory_is_named(
    home: Path, path: str, release: Release, kind: str
) -> None:
    local = home / ".local"
    if kind == "a file":
        local.touch()
        told = f"{local} (it is not a directory); move it away"
    else:
        local.symlink_to(home / "not" / "there")
        told = f"{local} (it is a dangling link to {home}/not/there); mount or create that"
    before = tree(home)
    run = install(release.script, home, "--from", str(release.pyz), path=path)
    assert (1, [f"install.sh: cannot write to {told}, then run this again"]) == (run.code, run.errors)
    assert before == tree(home)


@pytest.mark.parametrize("downloader", [*DOWNLOADERS, "copy"])
def test_a_full_disk_is_an_error(home: Path, tmp_path: Path, release: Release, downloader: str) -> None:
    path = tools(tmp_path / "bin", *(name for name in (downloader,) if name in {"curl", "wget"}))
    folder = home / ".local" / "bin"
    folder.mkdir(parents=True)
    old = f'printf "#!/bin/sh\\n# {own.MARK}\\n" >{folder}/ensure-path'
    prefix = in_own_mounts(
        f"{MOUNT} -t tmpfs -o size=400k tmpfs {folder}; {old};"
        f"trap 'ls -A {folder}; cat {folder}/e*' EXIT;"
        'code=0; "$@" || code=$?; exit $code; :'
    )
    with serving(release) as server:
        words = ("--from", str(release.pyz)) if downloader == "copy" else ()
        env = {"ONPATH_BASE_URL": server.url, "PYTHONDONTWRITEBYTECODE": "1"}
        run = install(release.script, home, *words, path=f"{path}:/usr/bin:/bin", prefix=prefix, env=env)
    assert (1, 1) == (run.code, len(run.errors)), run
    assert f"ensure-path\n#!/bin/sh\n# {own.MARK}\n" == run.out


@pytest.mark.parametrize("size", ["64k", "600k", "1500k", "2500k"])
def test_a_checkout_that_is_built_on_a_full_disk_is_one_short_line(home: Path, size: str) -> None:
    """While the tree is made, while it is copied, and while it is compiled."""
    fill = f"{MOUNT} -t tmpfs -o size={size} tmpfs {home}; trap 'ls -A {home}' EXIT"
    prefix = in_own_mounts(f'{fill}; code=0; "$@" || code=$?; exit $code; :')
    run = install(installing.ROOT / "install.sh", home, path="/usr/bin:/bin", prefix=prefix)
    complaint = run.err.splitlines()[-1]
    assert (1, "") == (run.code, run.out), run
    assert re.match(r"install.sh: cannot build it: .*No space left.*; repair that, ", complaint), run
    assert len(complaint) < MOST_SHOWN, run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_killed_half_way_it_leaves_nothing_but_the_old_version(
    home: Path, path: str, release: Release, newer: Release, number: int
) -> None:
    place(release, home, path)
    before = tree(home)
    with serving(newer, "a server that stalls half-way") as server:
        with subprocess.Popen(
            ["/bin/sh", newer.script],
            env={"HOME": str(home), "PATH": path, "ONPATH_BASE_URL": server.url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as shell:
            assert server.has_stalled.wait(installing.TIMEOUT_S)
            deadline = time.monotonic() + installing.TIMEOUT_S
            while len(tree(home)) == len(before) and time.monotonic() < deadline:
                time.sleep(0.01)  # what was sent may not have arrived yet
            assert len(before) < len(tree(home))
            os.killpg(shell.pid, number)
            assert 0 != shell.wait(installing.TIMEOUT_S)
        if number == signal.SIGKILL:  # nobody can clean up after that but the next run
            assert before.items() < tree(home).items()
        else:
            assert before == tree(home)
    place(newer, home, path)
    assert set(before) == set(tree(home))


KILL_POINTS = 14
# A Python that knows itself by this name, and is killed, with all of its group, before it changes
# something more than so many times.
KILLED = """#!/bin/bash
if [ "$2" = -c ]; then
    text=$(cat {hook})$'\\n'$3
    shift 3
    set -- -I -c "$text" "$@"
fi
exec -a "$0" {python} "$@"
"""
HOOK = """
import os, sys
NAMES = "os.mkdir os.rename os.remove os.rmdir os.symlink os.chmod subprocess.Popen".split()
seen = []
def count(name, words):
    if name in NAMES or (name == "open" and "w" in str(words[1])):
        seen.append(name)
        if len(seen) > {number}:
            os.killpg(0, 9)
sys.addaudithook(count)
"""


@pytest.mark.parametrize("verb", ["install", "uninstall"])
@pytest.mark.parametrize("number", range(KILL_POINTS))
def test_killed_anywhere_with_all_of_its_group_the_next_run_leaves_nothing(
    home: Path, path: str, release: Release, verb: str, number: int
) -> None:
    """In the moment in which it is about to make, rename or remove something, or to start a program."""
    before = tree(home)
    killer = home.parent / "killer"
    killer.mkdir()
    (killer / "hook.py").write_text(HOOK.format(number=number))
    (killer / "python3").write_text(KILLED.format(hook=killer / "hook.py", python=PYTHON))
    (killer / "python3").chmod(0o755)
    env = {"HOME": str(home), "PATH": f"{killer}:{path}:/usr/bin:/bin"}
    words = ("--uninstall",) if verb == "uninstall" else ("--from", str(release.folder), *BASH)
    if verb == "uninstall":
        place(release, home, path)
    run = subprocess.run(
        ["/bin/sh", str(release.script), *words],
        env=env, stdin=-3, stdout=-3, stderr=-3, start_new_session=True, check=False,
    )  # fmt: skip
    if run.returncode == 0:
        pytest.skip(f"it changes no more than {number} things")
    assert -signal.SIGKILL == run.returncode
    if number % 2:
        place(release, home, path)
    assert 0 == install(release.script, home, "--uninstall", path=path).code
    assert before == tree(home)


def test_what_a_killed_run_left_is_known_whatever_has_its_number(
    home: Path, path: str, release: Release
) -> None:
    """In a container each run may have the same; a zombie has ended; a user's own folder stays."""
    folder = home / ".local" / "bin"
    folder.mkdir(parents=True)
    others = [home / ".ensure-path.1x", home / ".ensure-path.d", folder / ".ensure-path.99a"]
    for each in others:
        each.mkdir()
    before = tree(home)
    zombie = subprocess.Popen(["true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    for number in (zombie.pid, 2**22 + 1):
        (folder / f".ensure-path.{number}").mkdir()
    code = f'mkdir "{folder}/.ensure-path.$$"; mkdir "{home}/.ensure-path.$$"; exec "$@"'
    prefix = ("/bin/sh", "-c", code, "sh")
    run = install(release.script, home, "--from", str(release.folder), *BASH, path=path, prefix=prefix)
    assert 0 == run.code, run
    zombie.wait()
    assert 0 == install(release.script, home, "--uninstall", path=path).code
    assert before == tree(home)


@pytest.mark.parametrize("search", [None, "", ".", ":/nowhere"])
def test_nothing_of_the_folder_that_it_runs_in_is_run(
    home: Path, tmp_path: Path, path: str, release: Release, search: str | None
) -> None:
    """A download folder: modules there could make a wrong checksum a right one."""
    witness = tmp_path / "witness"
    downloads = hostile.fill(tmp_path / "downloads", witness)
    damaged = tmp_path / "damaged.pyz"
    damaged.write_bytes(release.pyz.read_bytes()[:-1] + b"x")
    env = {} if search is None else {"PYTHONPATH": search}
    path = f":{path}:.::" if search is None else path
    python = f"{home}/.local/bin/ensure-path"
    with serving(release) as server:
        for words, code in (
            (["--from", damaged], 1),
            ([*BASH], 0),
            (["--from", release.pyz, *BASH, "--python", "python3"], 0),
            (["--uninstall"], 0),
        ):
            run = subprocess.run(
                ["/bin/sh", release.script, *words],
                env={"HOME": str(home), "PATH": path, "ONPATH_BASE_URL": server.url, **env},
                cwd=downloads,
                capture_output=True,
                text=True,
                check=False,
            )
            assert not witness.exists(), (words, witness.read_text(), run)
            assert code == run.returncode, (words, run)
    assert not os.path.lexists(python)


def test_an_install_that_nobody_listens_to_is_done(home: Path, path: str, release: Release) -> None:
    """Its standard error takes nothing, as that of a pipe whose reader has gone."""
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    words = ["/bin/sh", str(release.script), "--from", str(release.pyz), *BASH]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(words, env={"HOME": str(home), "PATH": path}, stderr=full, check=False)
    assert 0 == done.returncode
    assert (home / ".local/bin/ensure-path").exists()


@pytest.mark.parametrize("words", [BASH, ("--help",), ("--dry-run",), ("--uninstall",)])
def test_a_closed_standard_output_is_no_error(
    home: Path, path: str, release: Release, words: tuple[str, ...]
) -> None:
    source = [] if words[0] in {"--help", "--uninstall"} else ["--from", str(release.pyz)]
    line = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", "/bin/sh", str(release.script), *source, *words]
    done = subprocess.run(line, env={"HOME": str(home), "PATH": path}, capture_output=True, check=False)
    assert 0 == done.returncode, done
    assert b"Traceback" not in done.stderr


def test_a_relative_base_folder_is_looked_for_where_the_script_runs(
    home: Path, path: str, release: Release
) -> None:
    """Its folders were looked for without end."""
    words = ["/bin/sh", str(release.script), "--from", str(release.pyz), *BASH]
    environ = {"HOME": str(home), "PATH": path, "PYTHONUSERBASE": "base"}
    done = subprocess.run(words, cwd=home, env=environ, capture_output=True, check=False, timeout=60)
    assert b"base/bin" in done.stderr, done
    assert 0 == done.returncode, done
    assert (home / "base/bin/ensure-path").exists()


@pytest.mark.parametrize("what", ["a colon", "relative", "no user site", "another's"])
def test_where_nothing_could_be_edited_nothing_is_placed(
    tmp_path: Path, path: str, release: Release, what: str
) -> None:
    home = tmp_path / ("a:b" if what == "a colon" else "home")
    home.mkdir()
    env = {"HOME": "home"} if what == "relative" else {}
    if what == "no user site":
        env = {"PYTHONNOUSERSITE": "1"}
    if what == "another's":
        if os.getuid():
            pytest.skip("only root can give a home to somebody else")
        os.chown(home, 65534, 65534)
        tmp_path.chmod(0o755)
        env = {"SUDO_USER": "nobody", "SUDO_UID": "65534", "SUDO_GID": "65534"}
    run = install(release.script, home, "--from", str(release.pyz), *BASH, path=path, env=env)
    assert run.code in {1, 2}, run
    assert {} == tree(home), run
    assert "unset PYTHONNOUSERSITE" in run.err or what != "no user site"


@pytest.mark.parametrize("path", ["", ":", ".", "bin"])
def test_nor_is_it_where_path_has_nothing_else(
    home: Path, tmp_path: Path, release: Release, path: str
) -> None:
    witness = tmp_path / "witness"
    folder = tmp_path / "downloads"
    for python in (folder / "python3", folder / "bin" / "python3"):
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(f"#!/bin/sh\necho run >{witness}\n")
        python.chmod(0o755)
    words = ["/bin/sh", str(release.script), "--dry-run"]
    environ = {"HOME": str(home), "PATH": path}
    subprocess.run(words, env=environ, cwd=folder, capture_output=True, check=False)
    assert not witness.exists()


def test_what_is_not_ours_is_not_replaced(home: Path, path: str, release: Release) -> None:
    folder = home / ".local" / "bin"
    folder.mkdir(parents=True)
    for name in ("ensure-path", "onpath"):
        for text in ("#!/usr/bin/python3\nfrom onpath.cli import main\n", ""):
            (folder / name).write_text(text)
            before = tree(home)
            run = install(release.script, home, "--from", str(release.pyz), path=path)
            assert (1, 1, before) == (run.code, len(run.errors), tree(home)), run
            assert f"{folder}/{name} was not put there by install.sh; remove it" in run.err
            assert 0 == install(release.script, home, "--uninstall", path=path).code
            assert before == tree(home)
        (folder / name).unlink()


def test_two_at_once_end_in_one_good_file(home: Path, path: str, release: Release) -> None:
    command = ["/bin/sh", str(release.script), "--from", str(release.pyz), *BASH]
    env = {"HOME": str(home), "PATH": path}
    runs = [subprocess.Popen(command, env=env, stdout=-3, stderr=-3, stdin=-3) for _ in range(3)]
    assert [0, 0, 0] == [run.wait(installing.TIMEOUT_S) for run in runs]
    assert {"ensure-path", "onpath"} == {each.name for each in (home / ".local" / "bin").iterdir()}


@pytest.mark.parametrize("delay_s", [0, 0.2, 0.4])
def test_an_uninstall_beside_an_install_leaves_nothing_that_no_uninstall_takes_back(
    lived_in: Path, path: str, release: Release, newer: Release, delay_s: float
) -> None:
    """Which one is first does not matter; it used to be both, each in part."""
    before = tree(lived_in)
    place(release, lived_in, path)
    env = {"HOME": str(lived_in), "PATH": path}
    again = ["/bin/sh", str(newer.script), "--from", str(newer.pyz), *BASH]
    running = subprocess.Popen(again, env=env, stdout=-3, stderr=-3, stdin=-3)
    time.sleep(delay_s)
    uninstall = install(newer.script, lived_in, "--uninstall", path=path)
    assert 0 == running.wait(installing.TIMEOUT_S)
    is_replaced = "was replaced meanwhile; run this again" in uninstall.err
    assert (uninstall.code, "Traceback" in uninstall.err) == (int(is_replaced), False), uninstall
    assert 0 == install(newer.script, lived_in, "--uninstall", path=path).code
    assert before == tree(lived_in)


def test_two_uninstalls_at_once_end_well(lived_in: Path, path: str, release: Release) -> None:
    before = tree(lived_in)
    place(release, lived_in, path)
    command = ["/bin/sh", str(release.script), "--uninstall"]
    env = {"HOME": str(lived_in), "PATH": path}
    runs = [subprocess.Popen(command, env=env, stdout=-3, stderr=-3, stdin=-3) for _ in range(3)]
    assert [0, 0, 0] == [run.wait(installing.TIMEOUT_S) for run in runs]
    assert before == tree(lived_in)


def test_a_home_that_is_no_whole_path_is_told_before_anything_is_placed(
    home: Path, path: str, release: Release
) -> None:
    words = ("--from", str(release.pyz), "--home", str(home))
    run = install(release.script, home, *words, path=path, env={"HOME": "."})
    assert (1, 1, []) == (run.code, len(run.errors), os.listdir(home)), run
    assert "is no whole path; set HOME to one" in run.err
    assert "name one with --home" not in run.err


# 5. Install, upgrade, uninstall


def test_all_is_as_it_was_after_install_upgrade_and_uninstall(
    lived_in: Path, path: str, release: Release, newer: Release
) -> None:
    home = lived_in
    before = tree(home)
    place(release, home, path)
    old = tree(home)
    place(newer, home, path)
    new = tree(home)
    assert {".local/bin/ensure-path"} == {name for name in old if old[name] != new[name]}
    assert set(old) == set(new)
    run = install(newer.script, home, "--uninstall", path=path)
    assert (0, before) == (run.code, tree(home)), run
    again = install(newer.script, home, "--uninstall", path=path)
    assert (0, before) == (again.code, tree(home))
    assert "nothing to take back" in again.err


def test_folders_that_were_there_stay_and_those_of_others_too(
    home: Path, path: str, release: Release
) -> None:
    (home / ".local" / "bin").mkdir(parents=True)
    before = tree(home)
    place(release, home, path)
    assert 0 == install(release.script, home, "--uninstall", path=path).code
    assert before == tree(home)
    (home / ".local" / "bin").rmdir()
    (home / ".local").rmdir()
    place(release, home, path)
    (home / ".local" / "bin" / "http").write_text("#!/bin/sh\n")
    assert 0 == install(release.script, home, "--uninstall", path=path).code
    assert {".local", ".local/bin", ".local/bin/http"} == set(tree(home))


@pytest.mark.parametrize("is_copy", [True, False], ids=["copied", "moved"])
def test_all_is_taken_back_in_a_home_that_was_moved_or_copied(
    home: Path, path: str, release: Release, *, is_copy: bool
) -> None:
    place(release, home, path)
    before = tree(home)
    other = move(home, is_copy=is_copy)
    run = install(release.script, other, "--uninstall", path=path)
    assert (0, {}) == (run.code, tree(other)), run
    assert not is_copy or before == tree(home)


def test_folders_that_a_run_has_made_before_go_with_the_last_that_is_in_them(
    home: Path, path: str, release: Release
) -> None:
    before = tree(home)
    assert 0 == ensure_path(home, *BASH).code
    place(release, home, path)
    assert 0 == install(release.script, home, "--uninstall", path=path).code
    assert before == tree(home)


@pytest.mark.parametrize("told", ["--no-modify-path", "ONPATH_NO_MODIFY_PATH=1"])
def test_told_to_edit_nothing_it_edits_nothing_until_told_otherwise(
    lived_in: Path, path: str, release: Release, newer: Release, told: str
) -> None:
    home, names = lived_in, (".bashrc", ".profile")
    everything = tree(home)
    before = {name: everything[name] for name in names}

    def run(*words: str, env: dict[str, str] | None = None) -> installing.Run:
        run = install(newer.script, home, "--from", str(newer.pyz), *BASH, *words, path=path, env=env)
        assert 0 == run.code, run
        return run

    name, _, value = told.partition("=")
    told_once = run(env={name: value}) if value else run(told)
    assert "looked only, changed nothing" in told_once.out
    assert "installed with --no-modify-path (run the installer with --modify-path" in told_once.out
    assert "is set" not in told_once.out
    place(release, home, path)  # an update
    command = [str(home / ".local" / "bin" / "ensure-path"), *BASH]
    by_hand = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 1 == by_hand.returncode
    assert "ONPATH_NO_MODIFY_PATH=0" in by_hand.stdout
    assert before == {name: tree(home)[name] for name in names}

    otherwise = run(env={"ONPATH_NO_MODIFY_PATH": "0"}) if value else run("--modify-path")
    assert "proven in" in otherwise.out
    assert "proven in" not in run().out  # all is there already
    run(told if not value else "--no-modify-path")
    assert 0 == install(newer.script, home, "--uninstall", path=path).code
    assert everything == tree(home)


def test_an_undo_that_is_refused_keeps_the_command(home: Path, path: str, release: Release) -> None:
    place(release, home, path)
    text = (home / ".bashrc").read_text()
    (home / ".bashrc").write_text(text + text)  # a doubled block
    run = install(release.script, home, "--uninstall", path=path)
    assert 1 == run.code
    assert "stays until that is repaired; then run this again" in run.err
    assert (home / ".local" / "bin" / "ensure-path").exists()
    (home / ".bashrc").write_text(text)
    assert 0 == install(release.script, home, "--uninstall", path=path).code
    assert {} == tree(home)


# 6. What the installers of others stumble over, see docs/installers.md


def test_a_noexec_folder_for_temporary_files_is_no_obstacle(
    home: Path, tmp_path: Path, path: str, release: Release
) -> None:
    folder = tmp_path / "noexec"
    folder.mkdir()
    prefix = in_own_mounts(f"{MOUNT} -t tmpfs -o noexec tmpfs {folder}")
    words = ("--from", str(release.pyz), *BASH)
    env = {"TMPDIR": str(folder)}
    run = install(release.script, home, *words, path=f"{path}:/usr/bin:/bin", prefix=prefix, env=env)
    assert (0, []) == (run.code, run.errors), run


def test_a_command_that_is_hidden_by_another_is_told(home: Path, path: str, release: Release) -> None:
    other = home / "other"
    other.mkdir()
    (other / "ensure-path").write_text("#!/bin/sh\n")
    (other / "ensure-path").chmod(0o755)
    (home / ".bashrc").write_text(f'PATH="{other}:$PATH:$HOME/.local/bin"\n')
    (home / ".profile").write_text(f'PATH="{other}:$PATH:$HOME/.local/bin"\n')
    run = place(release, home, path)
    assert "there, but" in run.out
    assert "ensure-path" in run.out


def test_names_with_quotes_and_spaces_are_literal(tmp_path: Path, release: Release) -> None:
    home = tmp_path / "it's $HOME; a `home`"
    home.mkdir()
    path = tools(tmp_path / 'it\'s a "bin" $(exit)')
    run = place(release, home, path)
    assert "proven in" in run.out
    run = install(release.script, home, "--uninstall", path=path)
    assert (0, {}) == (run.code, tree(home)), run
