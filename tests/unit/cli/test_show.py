"""What people and programs see of a report: each kind of line, the diff, the document of the schema."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.cli import show
from onpath.contexts import MODES
from onpath.model import (
    EFFECTIVE,
    END,
    EXIT_CODES,
    INTERACTIVE,
    LOGIN,
    MISSING,
    SHADOWED,
    UNKNOWN,
    Context,
    Edit,
    File,
    Outcome,
    Probe,
    Refusal,
    RegistryValue,
    Report,
    Standing,
)
from samples import BOUNDED

if TYPE_CHECKING:
    from typing import Any

SCHEMA: Any = json.loads(
    (Path(__file__).resolve().parents[3] / "docs" / "report.schema.json").read_text()
)
BASH = Context(LOGIN, "bash")
EDIT = Edit(File("/home/ada/.profile"), None, "x\n", (BASH,))

CONTEXTS = st.builds(Context, st.sampled_from(MODES), st.sampled_from(["", "bash", "zsh"]))
VERDICTS = st.sampled_from([EFFECTIVE, SHADOWED, MISSING, UNKNOWN])
PROBES = st.builds(Probe, CONTEXTS, VERDICTS, st.text(max_size=5), duration_ms=st.floats(0, 9))
EDITS = st.builds(Edit, st.just(EDIT.target), st.none() | st.text(max_size=5), st.text(max_size=5))
OUTCOMES = st.builds(
    Outcome,
    CONTEXTS,
    st.none() | PROBES,
    st.none() | PROBES,
    st.none() | EDITS,
    st.booleans(),
    st.text(max_size=5),
)
REPORTS = st.builds(
    Report,
    st.sampled_from(sorted(EXIT_CODES)),
    st.just(("/home/ada/.local/bin",)),
    st.lists(OUTCOMES, max_size=3).map(tuple),
    st.lists(EDITS, max_size=2).map(tuple),
    st.just((Refusal(EDIT.target, "is read-only", (BASH,), "PATH=x\n"),)),
    st.just(((EDIT, "it did not help"),)),
    st.just(("a note",)),
    st.just("export PATH"),
)


@BOUNDED
@given(REPORTS)
def test_every_document_is_as_the_schema_says(report: Report) -> None:
    jsonschema.validate(json.loads(show.as_json(report, report.exit_code)), SCHEMA)


def test_the_schema_names_every_field_that_a_document_has() -> None:
    document = json.loads(show.as_json(Report("missing", ("/x",)), 1))
    assert set(document) == set(SCHEMA["properties"]) == set(SCHEMA["required"])
    assert set(MODES) == set(SCHEMA["$defs"]["context"]["enum"])
    assert set(EXIT_CODES) == set(SCHEMA["properties"]["status"]["enum"])
    assert set(EXIT_CODES.values()) == set(SCHEMA["properties"]["exit_code"]["enum"])


def test_shells_and_other_contexts_are_apart_in_a_document() -> None:
    outcomes = (
        Outcome(BASH, None),
        Outcome(Context(INTERACTIVE, "bash"), None),
        Outcome(Context("ci"), None),
    )
    document = json.loads(show.as_json(Report("partial", ("/x",), outcomes), 3))
    assert [("bash", 2)] == [(shell["name"], len(shell["probes"])) for shell in document["shells"]]
    assert ["ci"] == [each["mode"] for each in document["contexts"]]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(BASH, Probe(BASH, EFFECTIVE)), "already there"),
        (Outcome(BASH, Probe(BASH, MISSING)), "missing"),
        (
            Outcome(BASH, Probe(BASH, MISSING), note="reads no startup file"),
            "missing: reads no startup file",
        ),
        (
            Outcome(BASH, Probe(BASH, SHADOWED, "ls is hidden by /bin/ls")),
            "there, but ls is hidden by /bin/ls",
        ),
        (Outcome(BASH, Probe(BASH, UNKNOWN, "no answer in 5 s")), "unknown: no answer in 5 s"),
        (Outcome(BASH, None, edit=EDIT), "added by /home/ada/.profile, not verified"),
        (Outcome(BASH, None, Probe(BASH, EFFECTIVE), EDIT), "added by /home/ada/.profile"),
        (
            Outcome(BASH, None, Probe(BASH, EFFECTIVE), Edit(EDIT.target, "", "x", (), END)),
            "added by /home/ada/.profile, at its end",
        ),
    ],
)
def test_each_outcome_has_its_words(
    capsys: pytest.CaptureFixture[str], outcome: Outcome, words: str
) -> None:
    show.Printer(verbosity=0).settled(outcome)
    line = capsys.readouterr().out
    assert line.startswith("  bash       login        ")
    shown = line[len("  bash       login        ") :]
    assert words == shown.split("  ")[0].rstrip("\n")


def test_a_context_without_a_shell_is_named_by_its_mode(capsys: pytest.CaptureFixture[str]) -> None:
    show.Printer(verbosity=0).settled(Outcome(Context("desktop"), Probe(Context("desktop"), EFFECTIVE)))
    assert "  desktop                 already there\n" == capsys.readouterr().out


def test_a_diff_can_be_applied_and_ends_as_the_file_does() -> None:
    edit = Edit(File("/x/.profile"), "one\ntwo", "block\none\ntwo")
    assert (
        "--- /x/.profile\n+++ /x/.profile\n@@ -1,2 +1,3 @@\n+block\n one\n two\n"
        "\\ No newline at end of file\n"
    ) == show.as_diff(Report("missing", ("/x",), edits=(edit,)))


def test_a_diff_names_a_file_as_patch_wants_it(tmp_path: Path) -> None:
    """A tab ends a name with a space in it, and no link is named, which patch(1) leaves alone."""
    (tmp_path / "z d").mkdir()
    file, link = tmp_path / "z d" / "rc", tmp_path / ".bashrc"
    file.write_text("one\n")
    link.symlink_to(file)
    edit = Edit(File(str(link)), "one\n", "one\ntwo\n")
    diff = show.as_diff(Report("missing", ("/x",), edits=(edit,)))
    assert [f"--- {file}\t", f"+++ {file}\t"] == diff.splitlines()[:2]
    if shutil.which("patch"):
        patch = ["patch", "-s", "-p0", "-d", "/"]
        subprocess.run(patch, input=diff, text=True, check=True)
        assert (True, "one\ntwo\n") == (link.is_symlink(), link.read_text())


LINE = "PATH=/home/a-user-with-a-long-name/.local/bin:/usr/local/bin:/usr/bin:/bin:/and/so/on/and/on"
TABLE = (
    Standing("ssh", "ssh HOST COMMAND", True, "missing", (), "", "ensure-path --for ssh", ""),
    Standing("login", "consoles", False, "effective", ("/home/ada/.profile", "/home/ada/.zshrc")),
    Standing("cron", "jobs of crontab", False, "missing", (), "", f"at its top: {LINE}", LINE),
    Standing("sudo", "sudo COMMAND", False, "unknown", (), " ".join(["word"] * 40)),
    Standing("unit", "units", False, "shadowed", (), "x is hidden by /bin/x"),
)


def test_the_table_fits_80_columns_and_never_breaks_what_is_to_be_pasted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = Report("missing", ("/x",), standings=TABLE)
    show.report(report, "where", show.Printer(verbosity=0, has_table=True), (), is_json=False, code=0)
    lines = capsys.readouterr().out.splitlines()
    assert [f"{'':20}{LINE}"] == [line for line in lines if len(line) > 80]
    assert lines[0] == "* ssh          no   " + f"{'ssh HOST COMMAND':<35} ensure-path --for ssh"
    assert lines[1] == "  login        yes  consoles"
    assert lines[2] == f"{'':20}/home/ada/.profile, /home/ada/.zshrc"
    assert "  sudo         ?    sudo COMMAND" in lines
    assert "  unit         yes  " + f"{'units':<35} x is hidden by /bin/x" in lines
    assert lines[-1] == "* this command runs in such a context"


def test_the_line_of_an_image_is_one_line_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    line = 'ENV PATH="/home/a user with a long name and more of it/.local/bin and no end:$PATH"'
    row = Standing("command", "-c", False, "missing", (), "", f"in an image it is the line {line}")
    report = Report("missing", ("/x",), standings=(row,))
    show.report(report, "where", show.Printer(verbosity=0, has_table=True), (), is_json=False, code=0)
    assert f"{'':20}{line}" in capsys.readouterr().out.splitlines()


def test_the_table_is_a_list_in_the_document() -> None:
    document = json.loads(show.as_json(Report("missing", ("/x",), standings=TABLE), 0))
    jsonschema.validate(document, SCHEMA)
    assert ["ssh", "login", "cron", "sudo", "unit"] == [row["context"] for row in document["where"]]
    assert LINE == document["where"][2]["line"]


def test_where_a_table_comes_no_line_of_a_context_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(Context("ssh"), Probe(Context("ssh"), EFFECTIVE))
    show.Printer(verbosity=0, has_table=True).settled(outcome)
    assert "" == capsys.readouterr().out


def test_a_cure_names_the_directory_in_full_wherever_it_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", f"{tmp_path}/home")
    named = (f"{tmp_path}/tools", f"{tmp_path}/home/bin")
    words = ("tools", "~/bin", "--shell", "bash")
    assert [*named, "--shell", "bash"] == [show.whole(word, named) for word in words]


@pytest.mark.parametrize("text", ["PATH='/b\udcff':$PATH\n", "it's 100%\\\n", "\x1b!\u200b\nx\n"])
def test_what_cannot_be_shown_is_given_as_a_command_that_prints_it(text: str) -> None:
    odd = f"\x7f{text}"
    told, line = show.by_hand(odd.rstrip("\n"), File("/x")).split("\n")
    assert "put what this prints below the last line that sets PATH" in told
    assert line.isprintable()
    done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, check=True)
    assert os.fsencode(odd) == done.stdout


def test_what_can_be_shown_is_pasted_as_it_is() -> None:
    line = 'export PATH="$HOME/日本\'s!":"$PATH"'
    assert line == show.pasteable(line)
    assert f"{show.BY_HAND['file'].format('this')}\n{line}" == show.by_hand(line, File("/x"))


def test_a_value_of_the_registry_has_entries_and_no_top() -> None:
    told = show.by_hand("C:\\\udc80", RegistryValue("HKEY_CURRENT_USER\\Environment", "Path"))
    assert "to serve it by hand, add this to its entries:\nC:\\\udc80" == told


def test_a_line_of_a_language_that_has_no_other_spelling_is_left_to_print(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = Outcome(BASH, Probe(BASH, EFFECTIVE))
    report = Report("effective", ("/b\x01",), (outcome,), activate="path=('/b\x01' $path)")
    show.Printer(verbosity=0).finish(report)
    assert f"For this session:  {show.BY_PRINT}\n" == capsys.readouterr().out


def test_a_character_that_the_stream_cannot_write_is_spelled_by_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert "eval \"$(printf 'export PATH=/\\303\\266')\"" == show.pasteable("export PATH=/ö")


def test_a_line_of_the_table_that_cannot_be_shown_is_given_as_a_command_that_prints_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line, command = "ENV PATH=/b\udcff", "ensure-path '/b\udcff' --for ssh"
    rows = (
        Standing("container", "x", False, "missing", cure=f"in the Dockerfile: {line}", line=line),
        Standing("ssh", "x", False, "missing", cure=command, line=command),
    )
    show.Printer(verbosity=0, has_table=True).table(Report("missing", ("/b",), standings=rows))
    out = capsys.readouterr().out
    assert "in the Dockerfile:\n" in out
    assert "what this prints: printf 'ENV PATH=/b\\377\\012'\n" in out
    assert "eval \"$(printf 'ensure-path \\047/b\\377\\047 --for ssh')\"\n" in out
