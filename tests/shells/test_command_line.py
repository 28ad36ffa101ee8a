"""What the command prints and how it ends: the contract that people and other programs rely on."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

import interrupting
import leftovers
import terminals
from onpath import cli, verbs
from onpath.changes import Changes
from onpath.cli import grammar
from onpath.host import unix
from onpath.model import Installed
from onpath.places import environment_d

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

# pytest-xdist has threads, and new Pythons warn of a fork then.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

ADD = 'PATH="$HOME/tools:$PATH"\n'
NOW = 'For this session:  export PATH="$HOME/tools:$PATH"\n'
TIMEOUT_S = 20.0


@pytest.fixture(autouse=True)
def bash(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the user sit in bash, with an empty directory `tools`."""
    program = shutil.which("bash") or pytest.skip("bash is not installed")
    monkeypatch.setattr(os, "fsync", lambda _: None)  # disks are slow
    monkeypatch.setattr(unix, "running_shell", lambda _: Installed("bash", program))
    monkeypatch.setattr(unix, "own_entry", lambda: ("ada", str(home), program))
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    (home / "tools").mkdir()
    return program


class Command:
    """The command line, run in this process."""

    def __init__(self, home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
        self.home, self.captured = home, capsysbinary

    def run(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, output and errors; times are `N`, and the home is `HOME`."""
        code = cli.main(words)
        out, err = (
            re.sub(r"\b[\d.]+ ms", "N ms", os.fsdecode(raw)).replace(str(self.home), "HOME")
            for raw in self.captured.readouterr()
        )
        return code, re.sub(r"  +(\S+ in N ms)", r"  \1", out), err

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run for `tools` in bash; an undo is of all shells."""
        shell = () if "--undo" in words else ("--shell", "bash")
        return self.run(*shell, *words, f"{self.home}/tools")


@pytest.fixture
def command(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Return the command line."""
    return Command(home, capsysbinary)


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return all in `folder`: names, modes, and what is in the files."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


# What is printed.


def test_a_first_run_says_what_it_added_and_that_it_is_proven(command: Command) -> None:
    expected = (
        "HOME/tools\n"
        "  bash       login        added by ~/.profile  proven in N ms\n"
        "  bash       interactive  added by ~/.bashrc  proven in N ms\n"
        f"{NOW}"
    )
    assert (0, expected, "") == command()


def test_a_second_run_says_that_it_is_there(command: Command) -> None:
    command()
    expected = (
        "HOME/tools\n"
        "  bash       login        already there\n"
        "  bash       interactive  already there\n"
        f"{NOW}"
    )
    assert (0, expected, "") == command()


@pytest.mark.parametrize(
    "shell", ["bash", "zsh", "dash", "ksh93", "mksh", "yash", "posh", "ash", "fish", "tcsh"]
)
def test_the_line_for_this_session_works_when_pasted_though_a_terminal_cannot_show_the_name(
    home: Path, command: Command, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    """Entered at the prompt of the real shell."""
    program = terminals.find(shell) or pytest.skip(f"{shell} is not installed")
    row = terminals.PROGRAMS[shell].row or shell
    monkeypatch.setattr(unix, "running_shell", lambda _: Installed(row, str(program)))
    odd = set("\x1b\udcff!'%\u200b") - set(terminals.PROGRAMS[shell].unspellable)
    directory = home / f"b{''.join(sorted(odd))}"
    directory.mkdir()
    terminals.put_command(directory, "hello")
    code, out, _ = command.run("--shell", "dash", "--mode", "login", str(directory))
    line = out.rpartition("For this session:  ")[2].rstrip("\n").replace("HOME/", f"{home}/")
    assert (0, True, True) == (code, line.isascii(), line.isprintable())
    answer = terminals.ask(shell, terminals.INTERACTIVE, home, line=line, command="hello")
    assert str(directory / "hello") == answer.ran, (line, answer)


def test_where_it_is_on_path_already_no_line_for_this_session_is_needed(
    home: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{home}/tools:/usr/bin:/bin")
    assert NOW not in command()[1]


def test_a_look_says_what_is_missing(command: Command, home: Path) -> None:
    (home / ".profile").write_text(ADD)
    code, out, err = command("--check")
    rows = "HOME/tools\n  bash       login        already there\n  bash       interactive  missing\n"
    cure = "To put it there:  ensure-path --shell bash HOME/tools\n"
    assert (1, rows + cure, "") == (code, out, err)


def test_a_look_that_finds_all_there_ends_with_0(command: Command, home: Path) -> None:
    (home / ".profile").write_text(ADD)
    (home / ".bashrc").write_text(ADD)
    assert 0 == command("--check")[0]


def test_what_was_added_at_the_end_is_said(command: Command, home: Path) -> None:
    (home / ".bashrc").write_text("PATH=/usr/bin:/bin\n")
    assert "added by ~/.bashrc, at its end  proven" in command()[1]


def test_an_edit_that_was_put_back_is_told_with_the_line_in_its_way(
    command: Command, home: Path
) -> None:
    (home / ".bashrc").write_text("# mine\nexit 7\n")
    code, out, err = command()
    assert 3 == code
    fact = (
        "ended with status 7 before it answered; see HOME/.bashrc:2: exit 7; "
        "change that line, and run this again"
    )
    assert f"  bash       interactive  unknown: {fact}\n" in out
    expected = (
        "ensure-path: ~/.bashrc was put back as it was: "
        "ended with status 7 before it answered; see HOME/.bashrc:2: exit 7\n"
    )
    assert expected == err


def test_a_file_that_is_left_alone_is_told_with_what_to_paste(command: Command, home: Path) -> None:
    (home / ".bashrc").write_text("ls\n")
    (home / ".bashrc").chmod(0o444)
    code, out, err = command()
    assert 3 == code
    assert (
        "  bash       interactive  missing: HOME/.bashrc is read-only; run chmod u+w ~/.bashrc\n" in out
    )
    assert err.startswith(
        "ensure-path: ~/.bashrc is read-only, so it was left alone; run chmod u+w ~/.bashrc\n"
    )
    assert "put this below the last line that sets PATH, or else at its top:\ncase" in err


def test_a_look_tells_what_no_run_could_edit(command: Command, home: Path) -> None:
    """There, to run ensure-path would be no cure."""
    (home / ".bashrc").write_text("ls\n")
    (home / ".bashrc").chmod(0o444)
    (home / ".profile").write_text("ls\n")
    code, out, _ = command("--check")
    row = "  bash       interactive  missing: HOME/.bashrc is read-only; run chmod u+w ~/.bashrc\n"
    assert code == 1
    assert row in out
    assert "  bash       login        missing\n" in out
    assert "To put it there:" in out
    (home / ".profile").chmod(0o444)
    code, out, _ = command("--check")
    assert code == 1
    assert row in out
    assert "To put it there:" not in out


def test_a_shadowed_command_is_told(command: Command, home: Path) -> None:
    for folder in ("tools", "before"):
        (home / folder).mkdir(exist_ok=True)
        (home / folder / "tool").write_text("")
        (home / folder / "tool").chmod(0o755)
    (home / ".bashrc").write_text(f"{ADD}PATH=$HOME/before:$PATH\n")
    (home / ".profile").write_text(ADD)
    code, out, _ = command("--check")
    assert 0 == code
    assert "there, but tool is hidden by HOME/before/tool" in out


def test_verbose_tells_every_mode_and_why_the_shell_is_served(command: Command) -> None:
    code, out, err = command("-v", "--check")
    assert (1, "") == (code, err)
    for mode in ("login", "interactive", "session", "command"):
        assert re.search(rf"^  bash +{mode} +missing.* answered in N ms$", out, re.MULTILINE)
    assert "reads no startup file" in out
    assert "asked for" in out


def test_quiet_tells_errors_only(command: Command) -> None:
    assert (0, "", "") == command("-q")
    assert (0, "", "") == command("-q", "--check")
    assert (0, "", "") == command.run("-q", "--undo")
    code, out, err = command("-q", "--check")
    fact, _, cure = err.partition("; see ")
    assert (1, "", "ensure-path: not effective everywhere (missing)") == (code, out, fact)
    assert cure.startswith("ensure-path ")
    assert ["--check"] == [word for word in cure.split() if word in {"--check", "-q"}]
    assert "missing" in command.run(*shlex.split(cure.replace("HOME", str(command.home)))[1:])[1]


def test_unverified_is_said(command: Command) -> None:
    code, out, err = command("--no-verify")
    expected = (
        "HOME/tools\n"
        "  bash       login        added by ~/.profile, not verified\n"
        "  bash       interactive  added by ~/.bashrc, not verified\n"
    )
    assert (3, "") == (code, err)
    assert out.startswith(expected)


def test_undo_says_what_it_did(command: Command, home: Path) -> None:
    (home / ".bashrc").write_text("ls\n")
    command()
    assert (0, "removed ~/.profile\ntaken out of ~/.bashrc\n", "") == command.run("--undo")
    assert (0, "there was nothing to take back\n", "") == command.run("--undo")


def test_the_line_for_this_session_can_be_evaluated(command: Command, home: Path, bash: str) -> None:
    code, out, err = command.run("--print", f"{home}/tools")
    assert (0, 'export PATH="$HOME/tools:$PATH"\n', "") == (code, out, err)
    done = subprocess.check_output(
        [bash, "-c", f'{out}printf %s "$PATH"'], env={"HOME": str(home), "PATH": "/bin"}
    )
    assert f"{home}/tools:/bin" == done.decode()


def test_there_is_no_line_for_this_session_where_it_is_true(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{home}/tools:/bin")
    assert (0, "", "") == command.run("--print", f"{home}/tools")


def test_help_and_version(command: Command) -> None:
    assert (0, grammar.help_text(), "") == command.run("--help")
    assert (0, f"onpath {version('onpath')}\n", "") == command.run("--version")


@pytest.mark.parametrize("action", ["--check", "--no-verify"])
def test_nothing_that_a_name_holds_reaches_the_terminal_as_it_is(
    command: Command, home: Path, action: str
) -> None:
    """Its control characters and odd bytes are spelled out."""
    name = "a\x1b[31mred\x07\rb\udcff"
    (home / name).mkdir()
    _, out, err = command.run(action, "--shell", "bash", f"{home}/{name}")
    assert out.startswith("HOME/a\\x1b[31mred\\x07\\rb\\xff\n")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\udc80-\udcff]", out + err)


# The diff.


@pytest.mark.parametrize(
    "bashrc",
    [
        None,
        "ls",
        "#!/bin/bash\n" + "ls\n" * 9,
        "ls\r\n",
        "page\x0cbreak\nline\x85s\u2028\n",
        "odd \udce9 byte\n",
    ],
)
def test_the_diff_is_the_change(command: Command, home: Path, bashrc: str | None) -> None:
    """What `patch` makes of it is what a run makes."""
    patch = shutil.which("patch") or pytest.skip("patch is not installed")
    if bashrc is not None:
        (home / ".bashrc").write_bytes(bashrc.encode("utf-8", "surrogateescape"))
    before = everything(home)
    assert 0 == cli.main(["--diff", "--shell", "bash", f"{home}/tools"])
    diff = command.captured.readouterr().out
    assert before == everything(home)
    subprocess.run([patch, "-s", "-p1", "-d", "/"], input=diff, check=True, timeout=TIMEOUT_S)
    patched = everything(home)
    for name in patched.keys() - before.keys():
        (home / name).unlink()
    for name, (_, raw) in before.items():
        if (home / name).is_file():
            (home / name).write_bytes(raw)
    assert 0 == command()[0]
    changed = {n: content for n, (_, content) in everything(home).items() if ".local" not in n}
    assert changed == {n: content for n, (_, content) in patched.items()}


def test_a_diff_of_nothing_is_empty(command: Command) -> None:
    command()
    assert (0, "", "") == command("--diff")


# JSON.


def document(command: Command, *words: str) -> dict[str, Any]:
    """Return what is on stdout, which must be one JSON document and nothing else."""
    code, out, err = command("--json", *words)
    assert "" == err
    found: dict[str, Any] = json.loads(out)
    assert code == found["exit_code"]
    return found


def test_the_document_tells_all_of_a_run(command: Command) -> None:
    found = document(command)
    times = [probe.pop("duration_ms") for probe in found["shells"][0]["probes"]]
    assert all(0 < took < TIMEOUT_S * 1000 for took in times)
    probes = [
        {
            "mode": mode,
            "required": True,
            "verdict": "effective",
            "before": "missing",
            "reason": "",
            "edit": f"HOME/{name}",
        }
        for mode, name in (("login", ".profile"), ("interactive", ".bashrc"))
    ]
    expected = {
        "version": 1,
        "status": "changed",
        "exit_code": 0,
        "directories": ["HOME/tools"],
        "shells": [{"name": "bash", "probes": probes}],
        "contexts": [],
        "edits": [
            {"target": f"HOME/{name}", "position": "top", "created": True}
            for name in (".profile", ".bashrc")
        ],
        "put_back": [],
        "refused": [],
        "notes": [],
        "activate": 'export PATH="$HOME/tools:$PATH"',
        "announcements": [],
        "where": [],
    }
    assert expected == found


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("--check",), "missing", 1),
        (("--diff",), "missing", 1),
        (("--no-verify",), "partial", 3),
        (("--undo",), "unchanged", 0),
        ((), "changed", 0),
    ],
)
def test_every_action_has_the_same_document(
    command: Command, words: tuple[str, ...], status: str, code: int
) -> None:
    found = document(command, *words)
    keys = "version status exit_code directories shells contexts edits put_back refused notes"
    assert [*keys.split(), "activate", "announcements", "where"] == list(found)
    assert (status, code) == (found["status"], found["exit_code"])


def test_a_context_without_a_shell_has_a_place_of_its_own_in_the_document(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment_d, "GENERATOR_FOLDERS", ())
    found = document(command, "--check", "--mode", "desktop")
    (context,) = found["contexts"]
    assert ("desktop", True, "unknown") == (context["mode"], context["required"], context["verdict"])
    assert "no systemd" in context["reason"]
    assert ("partial", []) == (found["status"], found["shells"])
    _, out, _ = command("--check", "--mode", "desktop")
    assert out.startswith("HOME/tools\n  desktop                 unknown: this machine has no systemd")


def test_the_document_tells_what_was_put_back_and_refused(command: Command, home: Path) -> None:
    (home / ".bashrc").write_text("exit 7\n")
    (home / ".profile").write_text("ls\n")
    (home / ".profile").chmod(0o444)
    code, out, _ = command("--json")
    found = json.loads(out)
    assert (1, "missing") == (code, found["status"])
    assert [{"target": "HOME/.profile", "reason": "is read-only; run chmod u+w ~/.profile"}] == found[
        "refused"
    ]
    assert ["HOME/.bashrc"] == [each["target"] for each in found["put_back"]]
    assert [] == found["edits"]


def test_an_odd_name_is_valid_json(command: Command, home: Path) -> None:
    (home / "a\udcff\x1b").mkdir()
    _, out, _ = command.run("--json", "--check", "--shell", "bash", f"{home}/a\udcff\x1b")
    assert ["HOME/a\udcff\x1b"] == json.loads(out)["directories"]
    assert out.isascii()


# Colour.


@pytest.mark.parametrize(
    ("environ", "is_terminal", "has_color"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm"}, False, False),
    ],
)
def test_there_is_colour_on_a_terminal_only_and_never_where_it_is_not_wanted(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    is_terminal: bool,
    has_color: bool,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    code, out, err = command("--check")
    assert (1, "") == (code, err)
    assert has_color == ("\x1b[31mmissing\x1b[0m" in out)
    assert has_color == ("\x1b" in out)


def test_on_a_terminal_a_line_shows_that_shells_are_asked_until_they_have_answered(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, _, err = command("--check")
    assert "asking fresh shells" in err
    assert err.endswith("\r\x1b[K")
    assert err.count("asking") == err.count("\r\x1b[K")


def test_a_look_says_whether_it_is_where_an_order_wants_it_and_which_run_moves_it(
    command: Command,
) -> None:
    """The line that is to move is told once that run has failed to."""
    command()
    code, out, _ = command("--check", "--append")
    assert (1, 2) == (code, out.count("missing: it is on PATH, but before /")), out
    assert "; move the line" not in out
    assert out.endswith("To put it there:  ensure-path --shell bash --append HOME/tools\n"), out
    assert 0 == command("--check", "--prepend")[0]
    assert 0 == command("--append")[0]
    assert 0 == command("--check", "--append")[0]
    assert 1 == command("--check", "--prepend")[0]


# How it ends.


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nope"], "ensure-path: unknown option --nope; ensure-path --help lists them\n"),
        (
            ["--check", "--diff"],
            "ensure-path: --check and --diff exclude each other; give one of them\n",
        ),
        (["--undo", "--shell", "bash"], "ensure-path: --shell does nothing with --undo; leave it out\n"),
        (["--undo", "--append"], "ensure-path: --append does nothing with --undo; leave it out\n"),
        (["--home", ""], "ensure-path: home: an empty name means no place; name one, or leave it out\n"),
        (
            ["--timeout", "never"],
            "ensure-path: --timeout never is not a number of seconds; give one above 0, up to 3600\n",
        ),
        (["--shell", "nonsense"], "ensure-path: unknown shell 'nonsense'; leave out --shell, or name "),
        (["--mode", "often"], "ensure-path: unknown mode 'often'; give one of login, "),
        (["--python", "python9"], "ensure-path: there is no Python 'python9'; name one by "),
        (["/opt/a:b"], "ensure-path: '/opt/a:b' cannot be on PATH: there is a ':' in its name"),
        ([""], "ensure-path: an empty name cannot be the scripts directory; name one"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_one_line(
    command: Command, words: list[str], message: str
) -> None:
    before = everything(command.home)
    code, out, err = command.run(*words)
    assert (2, "") == (code, out)
    assert err.startswith(message)
    assert 1 == err.count("\n")
    assert before == everything(command.home)


def test_what_may_not_be_done_ends_with_1(command: Command, home: Path) -> None:
    (home / "tools").chmod(0o777)
    code, out, err = command()
    assert (1, "HOME/tools\n") == (code, out)
    assert "ensure-path: everybody can write to HOME/tools, so others could put programs" in err


def test_another_home_is_served_in_its_place(command: Command, home: Path) -> None:
    other = home / "other"
    other.mkdir()
    code, _, err = command.run("--home", str(other), "--shell", "bash", f"{home}/tools")
    assert (0, "") == (code, err)
    assert {".bashrc", ".profile", ".local"} == set(os.listdir(other))
    assert {"other", "tools"} == set(os.listdir(home))
    assert 0 == command.run("--home", str(other), "--undo")[0]
    assert [] == os.listdir(other)


def test_a_bug_is_one_line_and_no_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless somebody wants to see where it is."""

    def fail(_: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(verbs, "ensure", fail)
    code, out, err = command()
    assert (1, "") == (code, out)
    assert err.startswith("ensure-path: this is a bug: ValueError: odd; nothing was changed\n")
    assert "ONPATH_DEBUG=1" in err
    assert "Traceback" not in err
    monkeypatch.setenv("ONPATH_DEBUG", "1")
    with pytest.raises(ValueError, match="odd"):
        command()


def test_too_little_memory_is_no_bug(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(verbs, "ensure", fail)
    code, out, err = command()
    assert (1, "", 1) == (code, out, len(err.splitlines()))
    assert "there is not enough memory; end other programs or allow it more (ulimit -v)" in err


@pytest.mark.parametrize("words", [(), ("--check",), ("--undo",), ("--diff",)])
def test_an_interrupt_ends_with_130(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def fail(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs, words[0][2:] if words else "ensure", fail)
    assert (130, "", "ensure-path: interrupted; nothing was changed\n") == command(*words)


def test_an_interrupt_while_python_makes_a_class_is_one(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until 3.11 it comes as a RuntimeError, which was "a bug"."""
    monkeypatch.setattr(verbs, "ensure", make_class)
    assert (130, "", "ensure-path: interrupted; nothing was changed\n") == command()


class Interrupting:
    """An attribute whose class cannot be made."""

    def __set_name__(self, _owner: object, _name: str) -> None:
        """Be interrupted."""
        raise KeyboardInterrupt


def make_class(_: object) -> None:
    """Make a class, as an import does, and be interrupted."""
    type("Made", (), {"attribute": Interrupting()})


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(5, "Input/output error")])
def test_what_was_done_before_is_told_and_ends_with_3(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """As where the lock is given back: 1 and 130 say that nothing was changed."""

    def fail(_: object) -> None:
        monkeypatch.setattr(Changes, "has_kept", True)
        raise error

    monkeypatch.setattr(verbs, "undo", fail)
    code, out, err = command("--undo")
    assert (3, "") == (code, out)
    assert err.endswith("; what it had to do was done before; see ensure-path --check\n")


# The real program, in a process of its own.


@pytest.fixture
def start(home: Path) -> Any:
    """Return the function that starts the program."""

    def popen(*words: str, **options: Any) -> subprocess.Popen[bytes]:
        environ = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        return subprocess.Popen(
            [sys.executable, "-m", "onpath", "--shell", "bash", *words, f"{home}/tools"],
            **{
                "env": {**environ, **options.pop("environ", {})},
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **options,
            },
        )

    return popen


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + TIMEOUT_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} does not come"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGINT, "sleep 30", ()),
        (signal.SIGTERM, "grep -q onpath ~/.bashrc && sleep 30", ()),
        (signal.SIGHUP, "grep -q onpath ~/.bashrc && sleep 30", ()),
        (signal.SIGINT, "grep -q onpath ~/.bashrc && sleep 30", ()),
        (signal.SIGTERM, "sleep 30", ("--check",)),
        (signal.SIGHUP, "sleep 30", ("--diff",)),
    ],
)
def test_a_signal_during_a_run_changes_nothing(
    home: Path, start: Any, number: int, code: str, words: tuple[str, ...]
) -> None:
    """Neither while it looks nor while its edits are in place and are being proven; nothing stays."""
    sleeps = code.replace("sleep 30", "{ : >~/../started; sleep 30; }")
    (home / ".bashrc").write_text(f"{sleeps}\n")
    before = everything(home)
    with tempfile.TemporaryDirectory() as temporary:  # a short name, else it is not used
        with start("--timeout", "30", *words, environ={"TMPDIR": temporary}) as child:
            wait_for(home.parent / "started")
            child.send_signal(number)
            out, err = child.communicate(timeout=TIMEOUT_S)
        assert [] == os.listdir(temporary)
    assert (130, b"ensure-path: interrupted; nothing was changed\n") == (child.returncode, err)
    assert b"added" not in out
    assert before == everything(home)
    assert [] == leftovers.alive(-1, f"HOME={home}")


@pytest.mark.parametrize("module", ["onpath.cli", "onpath.host", "onpath.survey"])
def test_an_interrupt_while_it_is_imported_is_no_traceback(
    home: Path, start: Any, tmp_path: Path, module: str
) -> None:
    before = everything(home)
    with start("--check", environ=interrupting.environ_of(tmp_path, module)) as child:
        out, err = child.communicate(timeout=TIMEOUT_S)
    assert child.returncode in {-signal.SIGINT, 130}
    assert (b"", before) == (out, everything(home))
    assert err in {b"", b"ensure-path: interrupted; nothing was changed\n"}


def test_a_second_signal_does_not_stop_the_putting_back(home: Path, start: Any) -> None:
    (home / ".bashrc").write_text(
        "grep -q onpath ~/.bashrc && { : >~/../started; trap '' INT TERM HUP; sleep 30; }\n"
    )
    before = everything(home)
    with start("--timeout", "30") as child:
        wait_for(home.parent / "started")
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            child.send_signal(number)
        child.communicate(timeout=TIMEOUT_S)
    assert 130 == child.returncode
    assert before == everything(home)


def test_output_that_nobody_reads_ends_nothing(home: Path, start: Any) -> None:
    """`ensure-path | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    with start(stdout=writer) as child:
        os.close(writer)
        _, err = child.communicate(timeout=TIMEOUT_S)
    assert (0, b"") == (child.returncode, err)
    assert (home / ".bashrc").exists()


def test_a_terminal_that_lacks_letters_is_shown_escapes(home: Path, start: Any) -> None:
    (home / "é").mkdir()
    with start("--check", f"{home}/é", environ={"PYTHONIOENCODING": "ascii"}) as child:
        out, err = child.communicate(timeout=TIMEOUT_S)
    assert (1, b"") == (child.returncode, err)
    assert rb"/\xe9" in out


def test_the_installed_commands_are_this_program(start: Any) -> None:
    """`ensure-path`, `onpath` and `python -m onpath`."""
    with start("--version") as child:
        expected = (child.communicate(timeout=TIMEOUT_S)[0], child.returncode)
    for name in ("ensure-path", "onpath"):
        program = os.path.join(os.path.dirname(sys.executable), name)
        if not os.path.exists(program):
            pytest.skip("it is not installed")
        done = subprocess.run([program, "--version"], capture_output=True, check=False)
        assert expected == (done.stdout, done.returncode)
