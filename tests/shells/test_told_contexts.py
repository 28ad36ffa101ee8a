"""Contexts that nothing of the user's decides, by the real programs: what is told works to the letter.

cron with a spool of its own, sudo out of its package, a real `systemd --user`, a container's first
process, busybox, IPython. Each has namespaces of its own, and is a visible skip where it cannot be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands import (
    HELLO,
    PROGRAM,
    TIMEOUT_S,
    Run,
    changed,
    ensure_path,
    environment,
    put_tools,
    snapshot,
)
from judging import write
from terminals import PATH
from unpacked import inside, need_namespaces, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping

if sys.platform == "win32":
    pytest.skip("programs of Unix", allow_module_level=True)

SYSTEMD = Path("/usr/lib/systemd/systemd")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Make the folder whose files lie over /etc; skip where there can be no namespaces."""
    folder = tmp_path / "etc"
    need_namespaces(folder)
    return folder


def script(home: Path, within: tuple[str, ...], text: str, env: Mapping[str, str] | None = None) -> Run:
    """Run a script of sh in these namespaces; what is left running ends with it."""
    done = subprocess.run(
        [*within, "/bin/sh", "-c", text],
        env={"HOME": str(home), "PATH": PATH, "USER": "root", "LOGNAME": "root", **(env or {})},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def told(run: Run, where: str) -> str:
    """Return the line that a run tells, which changes nothing and is no success."""
    assert 1 == run.code, run
    line = run.stdout.partition(f"{where}: ")[2].partition("\n")[0]
    assert line, run
    return line


# cron


def by_cron(home: Path, etc: Path, crontab: str) -> str:
    """Have the real cron run HELLO with this crontab; return which program ran, if one did."""
    out, done, file = (home.parent / name for name in ("out", "done", "crontab"))
    for each in (out, done):
        each.unlink(missing_ok=True)
    # These jobs run when cron starts.
    file.write_text(f"{crontab}@reboot {HELLO} {out}; echo >{done}\n")
    within = inside(etc, "cron")
    wait = f"while ! [ -e {done} ]; do kill -0 $! || exit; sleep 0.05; done"
    run = script(home, within, f"crontab {file} && {{ /usr/sbin/cron -f & {wait}; }}")
    assert 0 == run.code, run
    return out.read_text() if out.exists() else ""


def ensure_by_cron(home: Path, etc: Path, crontab: str, tools: Path) -> Run:
    """Run `--for cron` for a user who has this crontab."""
    file = write(home.parent, "crontab", crontab)
    words = ("/bin/sh", "-c", f'crontab {file} && exec "$@"', "sh") if crontab else ()
    return ensure_path(home, tools, "--for", "cron", within=(*inside(etc, "cron"), *words))


@pytest.mark.parametrize("name", ["tools", "my tools", "a$b"])
def test_the_line_for_the_crontab_works_in_the_real_cron(home: Path, etc: Path, name: str) -> None:
    unpacked("cron", "usr/sbin/cron")
    tools = put_tools(home, name)
    before = snapshot(home)
    line = told(ensure_by_cron(home, etc, "", tools), "at the top of what `crontab -e` opens")
    assert {} == changed(before, snapshot(home))
    assert "" == by_cron(home, etc, "")
    assert str(tools / HELLO) == by_cron(home, etc, f"{line}\n")
    run = ensure_by_cron(home, etc, f"{line}\n", tools)
    assert (0, {}) == (run.code, changed(before, snapshot(home))), run
    assert "already there" in run.stdout


@pytest.mark.parametrize(
    ("crontab", "works"),
    [
        ("PATH=$HOME/tools:/usr/bin:/bin\n", False),
        ("PATH=~/tools:/usr/bin:/bin\n", False),
        ('PATH = "{home}/tools:/usr/bin:/bin" \n', True),
        ("PATH='{home}/tools:/usr/bin:/bin'\n", True),
        ("PATH={home}/tools\nPATH=/usr/bin:/bin\n", False),
        ("# PATH={home}/tools:/usr/bin\n", False),
        ("SHELL=/bin/bash\nBASH_ENV={home}/tools/env\n", True),
    ],
)
def test_what_the_crontab_says_already_is_judged_as_cron_judges_it(
    home: Path, tools: Path, etc: Path, crontab: str, works: bool
) -> None:
    unpacked("cron", "usr/sbin/cron")
    write(tools, "env", f'PATH="{tools}:$PATH"\n')
    text = crontab.replace("{home}", str(home))
    assert works is (str(tools / HELLO) == by_cron(home, etc, text))
    assert (0 if works else 1) == ensure_by_cron(home, etc, text, tools).code


# sudo


def by_sudo(home: Path, etc: Path, command: str) -> str:
    """Have a shell whose PATH has the tools run `command`; return which program ran, if one did."""
    out = home.parent / "out"
    out.unlink(missing_ok=True)
    script(home, inside(etc, "sudo"), f'PATH="$HOME/tools:$PATH"; {command} {out}')
    return out.read_text() if out.exists() else ""


def sudoers(etc: Path, secure_path: str) -> None:
    """Have sudo give this PATH, or the caller's if it is empty."""
    text = "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n"
    file = write(
        etc, "sudoers", text + (f'Defaults secure_path="{secure_path}"\n' if secure_path else "")
    )
    file.chmod(0o440)


def test_the_line_for_sudo_works_where_the_bare_name_does_not(
    home: Path, tools: Path, etc: Path
) -> None:
    unpacked("sudo", "usr/bin/sudo")
    within = inside(etc, "sudo")  # with Debian's own sudoers
    line = told(ensure_path(home, tools, "--for", "sudo", within=within), "with your PATH")
    assert "" == by_sudo(home, etc, f"sudo {HELLO}")
    assert str(tools / HELLO) == by_sudo(home, etc, line.replace("COMMAND", HELLO))


@pytest.mark.parametrize(
    ("secure_path", "code"), [("{tools}:/usr/bin:/bin", 0), ("/usr/bin:/bin", 1), ("", 0)]
)
def test_sudo_is_judged_by_its_own_file(
    home: Path, tools: Path, etc: Path, secure_path: str, code: int
) -> None:
    unpacked("sudo", "usr/bin/sudo")
    sudoers(etc, secure_path.format(tools=tools))
    has_run = str(tools / HELLO) == by_sudo(home, etc, f"sudo {HELLO}")
    assert has_run is (code == 0)
    env = {"PATH": f"{tools}:{environment(home)['PATH']}"}
    run = ensure_path(home, tools, "--for", "sudo", within=inside(etc, "sudo"), env=env)
    assert code == run.code, run


# systemd


def by_unit(home: Path, etc: Path, line: str) -> str:
    """Have a real `systemd --user` start a unit with this `ExecStart=`; return which program ran."""
    out = home.parent / "out"
    out.unlink(missing_ok=True)
    write(home, ".config/systemd/user/try.service", f"[Service]\nType=oneshot\n{line} {out}\n")
    ready = "until systemctl --user show-environment >/dev/null 2>&1; do sleep 0.05; done"
    text = f"{SYSTEMD} --user >/dev/null 2>&1 & {ready}; systemctl --user start try.service"
    script(home, inside(etc), text, {"XDG_RUNTIME_DIR": "/run/user/0"})
    return out.read_text() if out.exists() else ""


@pytest.mark.parametrize("name", ["tools", "my tools", "50%", "a$b", "it's", 'q"q', "b\\b"])
def test_the_line_for_a_unit_works_in_a_real_service_manager(home: Path, etc: Path, name: str) -> None:
    if not SYSTEMD.exists():
        pytest.skip("systemd is not installed")
    tools = put_tools(home, name)
    line = told(ensure_path(home, tools, "--for", "unit"), "in the unit, by its full name")
    assert "%h/" in line
    assert "" == by_unit(home, etc, f"ExecStart={HELLO}")
    assert str(tools / HELLO) == by_unit(home, etc, line.replace("COMMAND", HELLO))


def test_what_a_unit_starts_has_what_the_desktop_has(home: Path, tools: Path, etc: Path) -> None:
    if not SYSTEMD.exists():
        pytest.skip("systemd is not installed")
    line = f"ExecStart=/bin/sh -c '{HELLO} $0'"
    assert "" == by_unit(home, etc, line)
    assert 0 == ensure_path(home, tools, "--for", "desktop", within=inside(etc)).code
    assert str(tools / HELLO) == by_unit(home, etc, line)


# containers


def in_container(home: Path, etc: Path, path: str, *words: str | Path) -> Run:
    """Run a command beside a first process that has the PATH of the image, as `docker exec` does."""
    text = f'PATH={path}; export PATH; exec /bin/sh -c \'"$@"; exit\' sh "$@"'
    within = (*inside(etc), "env", "-i", "container=docker", f"HOME={home}", "/bin/sh", "-c", text, "sh")
    done = subprocess.run(
        [*within, *words], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)


def as_docker(line: str, path: str) -> str:
    """Return the PATH that Docker makes of an `ENV PATH="..."`, by its rules for double quotes."""
    assert line.startswith('ENV PATH="')
    text, found, at = line[len('ENV PATH="') : -1], "", 0
    while at < len(text):
        if text[at] == "\\":
            found, at = found + text[at + 1], at + 2
        elif text.startswith("$PATH", at):
            found, at = found + path, at + 5
        else:
            found, at = found + text[at], at + 1
    return found


def test_a_container_is_judged_by_its_first_process_and_the_line_serves_it(
    home: Path, tools: Path, etc: Path
) -> None:
    words = (PROGRAM, tools, "--for", "container")
    before = snapshot(home)
    line = told(in_container(home, etc, PATH, *words), "in the Dockerfile")
    path = as_docker(line, PATH)
    run = in_container(home, etc, path, *words)
    assert (0, {}) == (run.code, changed(before, snapshot(home))), run
    assert "already there" in run.stdout


@pytest.mark.parametrize("name", ["tools", "my tools", 'q"$x', "it's"])
def test_the_lines_of_a_dockerfile_serve_every_start_in_the_image(
    home: Path, etc: Path, name: str
) -> None:
    """`RUN` and `docker exec` by busybox as /bin/sh, a login shell after Debian's /etc/profile."""
    tools, busybox = put_tools(home, name), shutil.which("busybox")
    run = ensure_path(home, tools, "--dockerfile")
    assert (0, "") == (run.code, run.stderr)
    env, login = (line for line in run.stdout.splitlines() if not line.startswith("#"))
    path = as_docker(env, PATH)
    out = home.parent / "out"
    if busybox:
        subprocess.run([busybox, "sh", "-c", f"{HELLO} {out}"], env={"PATH": path}, check=True)
        assert str(tools / HELLO) == out.read_text()
        out.unlink()
    assert login.startswith("RUN ")
    write(
        etc, "profile", "PATH=/usr/bin:/bin\nexport PATH\nfor i in /etc/profile.d/*.sh; do . $i; done\n"
    )
    (etc / "profile.d").mkdir()
    step = login[4:].replace(">/etc/", f">{etc}/")
    subprocess.run(["/bin/sh", "-c", step], check=True)
    script(home, inside(etc), f"exec bash -l -c '{HELLO} {out}'", {"PATH": path})
    assert str(tools / HELLO) == out.read_text()


# notebooks


def in_cell(home: Path, line: str, path: str) -> str:
    """Have the real IPython run `line` and then HELLO; return which program ran, if one did."""
    python = Path(sys.executable).with_name("ipython")
    program = str(python) if python.exists() else shutil.which("ipython")
    if program is None:
        pytest.skip("ipython is not installed")
    out = home.parent / "out"
    out.unlink(missing_ok=True)
    cell = write(home.parent, "cell.ipy", f"{line}\n!{HELLO} {out}\n")
    env = {"HOME": str(home), "IPYTHONDIR": str(home.parent / "ipython"), "PATH": path}
    done = subprocess.run(
        [program, "--no-banner", str(cell)], env=env, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done
    return out.read_text() if out.exists() else ""


def test_the_line_for_a_cell_works_in_the_real_ipython(home: Path, tools: Path) -> None:
    path = os.environ["PATH"]
    env = {"JPY_PARENT_PID": "1", "PATH": path}
    before = snapshot(home)
    line = told(ensure_path(home, tools, "--for", "notebook", env=env), "in a cell")
    assert {} == changed(before, snapshot(home))
    assert "" == in_cell(home, "pass", path)
    assert str(tools / HELLO) == in_cell(home, line, path)
    there = {**env, "PATH": f"{tools}:{path}"}
    assert 0 == ensure_path(home, tools, "--for", "notebook", env=there).code


# CIs that take lines from standard output


@pytest.mark.parametrize(
    ("env", "start"),
    [
        ({"TF_BUILD": "True"}, "##vso[task.prependpath]"),
        ({"TEAMCITY_VERSION": "2025.1"}, "##teamcity[setParameter name='env.PATH' value='"),
    ],
)
def test_a_ci_that_reads_standard_output_gets_its_line_alone(
    home: Path, tools: Path, env: dict[str, str], start: str
) -> None:
    before = snapshot(home)
    run = ensure_path(home, tools, "--for", "ci", env=env)
    assert (0, {}) == (run.code, changed(before, snapshot(home))), run
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("##"))
    assert line.startswith(f"{start}{tools}")
    look = ensure_path(home, tools, "--for", "ci", "--check", env=env)
    assert (1, False) == (look.code, "##" in look.stdout), look
    # The next step has what the CI made of it.
    later = {**env, "PATH": f"{tools}:{environment(home)['PATH']}"}
    again = ensure_path(home, tools, "--for", "ci", env=later)
    assert (0, False) == (again.code, "##" in again.stdout), again
