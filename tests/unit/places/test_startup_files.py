"""What is to be changed, decided in memory: one edit a file, the least, and never what may not be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.host import ways
from onpath.model import (
    APPEND,
    COMMAND,
    END,
    INTERACTIVE,
    LOGIN,
    PREPEND,
    SESSION,
    SHELL_MODES,
    TOP,
    Context,
    Edit,
    File,
    Plan,
    Receipt,
    Refusal,
    Want,
)
from onpath.places import fence, startup_files
from onpath.planning import MAX_ATTEMPTS
from onpath.shells import UNIX_ROWS, render
from onpath.values import replace
from samples import BOUNDED, HOME, UNREADABLE, installed, make_host, make_machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = make_host()
DIRECTORY = f"{HOME}/.local/bin"
KEY = "~/.local/bin"
BASHRC, PROFILE = (File(f"{HOME}/{name}") for name in (".bashrc", ".profile"))
BASH = (Context(LOGIN, "bash"), Context(INTERACTIVE, "bash"))
ZSH = Context(LOGIN, "zsh")


def wanting(
    *contexts: Context,
    directories: tuple[str, ...] = (DIRECTORY,),
    order: str | None = None,
    position: str = TOP,
    told_folders: tuple[tuple[Context, Mapping[str, str]], ...] = (),
) -> Want:
    """Return what a run asks for that has to serve `contexts`."""
    return Want(
        HOST,
        directories,
        contexts,
        tuple(installed(shell) for shell in dict.fromkeys(context.shell for context in contexts)),
        told_folders,
        order,
        position,
    )


def make(
    files: dict[str, str],
    *contexts: Context,
    directories: tuple[str, ...] = (DIRECTORY,),
    order: str | None = None,
    position: str = TOP,
    refused: dict[str, str] | None = None,
    is_one_file: bool = False,
) -> Plan:
    """Plan for `contexts` in a home with `files`, which are named relative to it."""
    return startup_files.plan(
        wanting(*contexts or BASH, directories=directories, order=order, position=position),
        make_machine(
            {f"{HOME}/{name}": text for name, text in files.items()},
            refused={f"{HOME}/{name}": reason for name, reason in (refused or {}).items()},
            is_one_file=is_one_file,
        ),
    )


def only(planned: Plan) -> Edit:
    """Return the single edit of a plan that refuses nothing."""
    assert () == planned.refusals
    (edit,) = planned.edits
    return edit


def body(
    shell: str,
    directory: str = DIRECTORY,
    order: str = PREPEND,
    mode: str = LOGIN,
    *,
    is_moved: bool = False,
) -> str:
    """Return the lines of a block of `shell`."""
    startup = UNIX_ROWS[shell].startup[mode][0]
    return render.body(shell, directory, HOME, order, startup, is_moved=is_moved)


# One edit a file.


def test_each_file_that_is_needed_gets_one_edit() -> None:
    planned = make({".bashrc": "ls\n", ".profile": "pwd\n"})
    assert {PROFILE: (Context(LOGIN, "bash"),), BASHRC: (Context(INTERACTIVE, "bash"),)} == {
        edit.target: edit.serves for edit in planned.edits
    }
    assert [("pwd\n", TOP), ("ls\n", TOP)] == [(edit.before, edit.position) for edit in planned.edits]
    assert () == planned.refusals


def test_a_file_that_several_shells_read_gets_one_edit() -> None:
    edit = only(
        make(
            {".profile": "ls\n"},
            Context(LOGIN, "bash"),
            Context(LOGIN, "dash"),
            Context(LOGIN, "posh"),
            Context(SESSION, "bash"),
        )
    )
    assert (
        Context(LOGIN, "bash"),
        Context(LOGIN, "dash"),
        Context(LOGIN, "posh"),
        Context(SESSION, "bash"),
    ) == edit.serves
    assert {KEY: body("dash")} == fence.bodies(edit.after)


def test_a_file_that_is_not_there_is_made() -> None:
    edit = only(make({}, Context(INTERACTIVE, "bash")))
    assert (BASHRC, None) == (edit.target, edit.before)
    assert {KEY: body("bash", mode=INTERACTIVE)} == fence.bodies(edit.after)


@pytest.mark.parametrize(("mode", "is_shared"), [(0o644, True), (0o600, False), (None, True)])
def test_root_edits_no_file_outside_the_home_that_every_user_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int | None, is_shared: bool
) -> None:
    """As ENV may name one of a package's, or one that is still to be made in a folder for all."""
    file = tmp_path / "shrc"
    seen = str(file) if mode else "/"  # pytest's own folders are private
    monkeypatch.setattr(ways, "walk", lambda _: [(seen, os.lstat(seen))])
    if mode is not None:
        file.touch(mode=mode)
    for uid in (0, 1000):
        host = replace(HOST, uid=uid, environ={"ENV": str(file)})
        want = replace(wanting(Context(INTERACTIVE, "dash")), host=host)
        planned = startup_files.plan(want, make_machine({str(file): "# x\n"} if mode else {}))
        refused = [refusal.reason for refusal in planned.refusals]
        assert (is_shared and not uid) == bool(refused) == (not planned.edits)
        assert all("every user may read it; put the line into a file of your own" in r for r in refused)


def test_nothing_wanted_is_nothing_planned() -> None:
    assert Plan() == startup_files.plan(wanting(), make_machine())


def test_a_mode_without_a_startup_file_is_passed_over() -> None:
    assert Plan() == make(
        {}, Context(INTERACTIVE, "dash"), Context(INTERACTIVE, "posh"), Context(SESSION, "elvish")
    )


def test_what_is_there_already_is_changed_by_no_edit() -> None:
    after = only(make({}, ZSH)).after
    assert after
    assert after == only(make({".zshrc": after}, ZSH)).after


def test_what_an_older_version_wrote_is_replaced_in_its_place() -> None:
    old = fence.insert("ls\n", KEY, "export PATH=~/.local/bin:$PATH\n")
    assert fence.insert("ls\n", KEY, body("zsh")) == only(make({".zshrc": old}, ZSH)).after


def test_a_folder_that_the_shell_told_is_where_the_edit_goes() -> None:
    want = wanting(
        ZSH,
        told_folders=(
            (Context(LOGIN, "bash"), {"zdotdir": "/wrong"}),
            (ZSH, {"zdotdir": f"{HOME}/.zsh"}),
        ),
    )
    planned = startup_files.plan(want, make_machine())
    assert File(f"{HOME}/.zsh/.zshrc") == only(planned).target


def test_a_drop_in_is_ours_from_the_first_line_to_the_last() -> None:
    """And undo removes it."""
    edit = only(make({}, Context(LOGIN, "fish"), Context(INTERACTIVE, "fish")))
    assert edit.after == fence.insert(None, KEY, body("fish"))
    assert fence.remove(edit.after) is None


def test_a_new_yashrc_goes_on_loading_what_yash_would_have_loaded() -> None:
    edit = only(make({}, Context(LOGIN, "yash")))
    assert edit.after
    assert ". --autoload initialization/sample" in edit.after.splitlines()
    assert "sample" not in (only(make({".yashrc": ""}, Context(LOGIN, "yash"))).after or "")


def test_a_new_yashrc_loads_it_once_for_several_directories() -> None:
    after = only(make({}, Context(LOGIN, "yash"), directories=("/opt/a", "/opt/b"))).after
    assert after
    assert 1 == after.count("initialization/sample")


def test_a_new_yashrc_that_is_planned_again_is_left_alone() -> None:
    """A second run finds its own file and has nothing to add or to take away."""
    after = only(make({}, Context(LOGIN, "yash"))).after
    assert after
    assert after == only(make({".yashrc": after}, Context(LOGIN, "yash"))).after


# Where in the file, and where on PATH.


@pytest.mark.parametrize(
    ("position", "order", "blocks"),
    [
        (TOP, None, ["~/c", "~/b", "~/a"]),
        (TOP, PREPEND, ["~/c", "~/b", "~/a"]),
        (TOP, APPEND, ["~/a", "~/b", "~/c"]),
        (END, PREPEND, ["~/c", "~/b", "~/a"]),
        (END, APPEND, ["~/a", "~/b", "~/c"]),
    ],
)
@pytest.mark.parametrize("before", [None, "ls\n"])
def test_several_directories_keep_their_order_on_path(
    position: str, order: str | None, blocks: list[str], before: str | None
) -> None:
    """The first that is named is the first on PATH: it is prepended last, or appended first."""
    directories = tuple(f"{HOME}/{name}" for name in "abc")
    files = {} if before is None else {".zshrc": before}
    edit = only(make(files, ZSH, directories=directories, order=order, position=position))
    assert blocks == list(fence.bodies(edit.after))


def test_a_block_that_appends_goes_on_appending() -> None:
    old = fence.insert("ls\n", KEY, body("zsh", order=APPEND))
    assert old == only(make({".zshrc": old}, ZSH)).after
    moved = only(make({".zshrc": old}, ZSH, position=END)).after
    assert fence.insert("ls\n", KEY, body("zsh", order=APPEND), END) == moved


def test_a_file_with_two_names_gets_one_edit() -> None:
    """`.bash_profile` is a link to `.bashrc`: it is edited by the name that comes first."""
    files = {".bash_profile": "ls\n", ".bashrc": "ls\n"}
    edit = only(make(files, Context(LOGIN, "bash"), Context(INTERACTIVE, "bash"), is_one_file=True))
    assert f"{HOME}/.bash_profile" == str(edit.target)
    assert (Context(LOGIN, "bash"), Context(INTERACTIVE, "bash")) == edit.serves


def test_a_file_with_two_names_is_taken_back_once() -> None:
    text = fence.insert("ls\n", KEY, "a\n")
    assert "ls\n" == only(take_back({"/a": text, "/b": text}, is_one_file=True)).after


@pytest.mark.parametrize(("old", "new"), [(APPEND, PREPEND), (PREPEND, APPEND)])
def test_an_order_that_is_asked_for_replaces_the_other(old: str, new: str) -> None:
    before = fence.insert("ls\n", KEY, body("zsh", order=old))
    edit = only(make({".zshrc": before}, ZSH, order=new))
    assert fence.insert("ls\n", KEY, body("zsh", order=new)) == edit.after


@BOUNDED
@given(
    st.sampled_from([None, "", "ls", "ls\n", "#!/bin/sh\n", "\ufeff"]),
    st.sampled_from([TOP, END]),
    st.sampled_from([None, PREPEND, APPEND]),
    st.permutations(["/opt/a", f"{HOME}/b", "/opt/it's"]),
)
def test_planning_again_after_the_edit_changes_nothing(
    before: str | None, position: str, order: str | None, directories: list[str]
) -> None:
    for shell in ("zsh", "tcsh", "fish", "yash"):
        files = {} if before is None else {".zshrc": before, ".cshrc": before, ".yashrc": before}
        edit = only(
            make(
                files,
                Context(LOGIN, shell),
                directories=tuple(directories),
                order=order,
                position=position,
            )
        )
        assert edit.after
        name = str(edit.target)[len(f"{HOME}/") :]
        again = make(
            {name: edit.after}, Context(LOGIN, shell), directories=tuple(directories), position=position
        )
        assert edit.after == only(again).after
        assert before == fence.remove(edit.after) or shell == "fish"


# What may not be edited.


def refused(planned: Plan) -> Refusal:
    """Return the single refusal of a plan that edits nothing."""
    assert () == planned.edits
    (refusal,) = planned.refusals
    return refusal


def test_a_file_that_may_not_be_edited_is_left_with_what_to_paste() -> None:
    """And only its own modes go unserved."""
    planned = make({".bashrc": "ls\n", ".profile": ""}, refused={".bashrc": "is read-only"})
    assert [PROFILE] == [edit.target for edit in planned.edits]
    (refusal,) = planned.refusals
    assert (BASHRC, "is read-only", (Context(INTERACTIVE, "bash"),)) == (
        refusal.target,
        refusal.reason,
        refusal.serves,
    )
    assert body("bash", mode=INTERACTIVE) == refusal.snippet


def test_what_to_paste_has_every_directory_in_the_order_asked_for() -> None:
    refusal = refused(
        make(
            {".zshrc": ""},
            ZSH,
            directories=("/opt/a", "/opt/b"),
            order=APPEND,
            refused={".zshrc": "is read-only"},
        )
    )
    moved = [body("zsh", each, APPEND, is_moved=True) for each in ("/opt/a", "/opt/b")]
    assert "".join(moved) == refusal.snippet  # where it is there already, what only adds would not help


def test_what_to_paste_leads_to_the_same_order_on_path_as_an_edit() -> None:
    """The first that is named is the first on PATH: of two that are prepended it comes last."""
    refusal = refused(
        make(
            {".zshrc": ""},
            ZSH,
            directories=("/opt/a", "/opt/b"),
            refused={".zshrc": "is read-only"},
        )
    )
    assert body("zsh", "/opt/b") + body("zsh", "/opt/a") == refusal.snippet


def test_a_file_that_cannot_be_read_is_refused() -> None:
    refusal = refused(make({".zshrc": UNREADABLE}, ZSH))
    assert "cannot be read (permission denied)" == refusal.reason


def test_a_file_with_damaged_markers_is_refused() -> None:
    refusal = refused(make({".zshrc": fence.CLOSING + fence.CLOSED}, ZSH))
    assert "closed but not opened" in refusal.reason


def test_a_name_that_a_shell_cannot_spell_is_refused_for_that_shell_alone() -> None:
    planned = make({}, Context(LOGIN, "tcsh"), ZSH, directories=("/opt/*",))
    assert [File(f"{HOME}/.zshrc")] == [edit.target for edit in planned.edits]
    assert [(Context(LOGIN, "tcsh"),)] == [refusal.serves for refusal in planned.refusals]
    assert "cannot put '/opt/*' on the PATH of csh" in planned.refusals[0].reason
    assert "" == planned.refusals[0].snippet


def test_of_several_names_one_that_cannot_be_spelled_leaves_the_whole_file() -> None:
    """A file gets all of them or none."""
    refused(make({}, Context(LOGIN, "tcsh"), directories=("/opt/a", "/opt/*")))


# Taking back.

ZSHRC = f"{HOME}/.zshrc"


def take_back(
    files: dict[str, str],
    *,
    receipt: Receipt | None = None,
    directories: tuple[str, ...] = (),
    told_folders: tuple[tuple[Context, Mapping[str, str]], ...] = (),
    reasons: dict[str, str] | None = None,
    is_one_file: bool = False,
) -> Plan:
    """Plan to take back what is in `files`, which are in the receipt, wherever the plan looks."""
    record = receipt or Receipt(tuple(files))
    want = Want(HOST, directories, told_folders=told_folders, find_receipt=lambda: record)
    machine = make_machine(files, refused=reasons or {}, is_one_file=is_one_file)
    return replace(startup_files.undo(want, machine), looked_at=())


def test_every_block_is_taken_out() -> None:
    text = fence.insert(fence.insert("ls\n", KEY, "a\n"), "/opt", "b\n")
    assert Plan((Edit(File(ZSHRC), text, "ls\n"),)) == take_back({ZSHRC: text})


def test_only_the_blocks_that_are_named_are_taken_out() -> None:
    rest = fence.insert("ls\n", KEY, "a\n")
    text = fence.insert(rest, "/opt", "b\n")
    assert Plan((Edit(File(ZSHRC), text, rest),)) == take_back(
        {ZSHRC: text}, directories=("/opt", "/other")
    )
    assert Plan() == take_back({ZSHRC: text}, directories=("/other",))


def test_a_file_of_ours_goes_and_one_that_others_wrote_to_stays() -> None:
    ours = fence.insert(None, KEY, "a\n")
    assert Plan((Edit(File(ZSHRC), ours, None),)) == take_back({ZSHRC: ours})
    assert Plan((Edit(File(ZSHRC), f"{ours}ls\n", "ls\n"),)) == take_back({ZSHRC: f"{ours}ls\n"})


def test_without_a_receipt_the_candidates_are_looked_at() -> None:
    text = fence.insert("ls\n", KEY, "a\n")
    found = take_back({ZSHRC: text}, receipt=Receipt())
    assert [File(ZSHRC)] == [edit.target for edit in found.edits]


def test_a_file_that_is_named_twice_is_taken_back_once() -> None:
    """By the receipt, and as one that a shell may read."""
    text = fence.insert("ls\n", KEY, "a\n")
    assert 1 == len(take_back({ZSHRC: text}).edits)


def test_a_file_that_is_gone_or_has_no_block_needs_nothing() -> None:
    record = Receipt((ZSHRC, f"{HOME}/.bashrc"))
    assert Plan() == take_back({ZSHRC: "ls\n"}, receipt=record)


def test_a_file_that_may_not_be_edited_is_told() -> None:
    text = fence.insert("ls\n", KEY, "a\n")
    found = take_back({ZSHRC: text}, reasons={ZSHRC: "is read-only"})
    assert [(File(ZSHRC), "is read-only")] == [(r.target, r.reason) for r in found.refusals]
    assert () == found.edits


def test_a_file_that_holds_a_block_is_told_even_if_the_receipt_does_not_name_it() -> None:
    """Else undo would say that there was nothing to take back."""
    text = fence.insert("ls\n", KEY, "a\n")
    found = take_back({ZSHRC: text}, receipt=Receipt(), reasons={ZSHRC: "is read-only"})
    assert ["is read-only"] == [refusal.reason for refusal in found.refusals]


def test_damaged_markers_are_told_wherever_they_are() -> None:
    found = take_back({ZSHRC: fence.OPENING}, receipt=Receipt())
    assert 1 == len(found.refusals)


def test_a_file_that_we_never_wrote_to_and_cannot_read_is_passed_over() -> None:
    assert Plan() == take_back({ZSHRC: UNREADABLE}, receipt=Receipt())
    assert 1 == len(take_back({ZSHRC: UNREADABLE}).refusals)


def test_in_a_folder_that_a_shell_told_the_blocks_are_found_too() -> None:
    text = fence.insert("ls\n", KEY, "a\n")
    path = f"{HOME}/.zsh/.zshrc"
    assert Plan() == take_back({path: text}, receipt=Receipt())
    told = ((ZSH, {"zdotdir": f"{HOME}/.zsh"}),)
    found = take_back({path: text}, receipt=Receipt(), told_folders=told)
    assert [File(path)] == [edit.target for edit in found.edits]


def test_it_says_where_it_has_looked_so_that_left_overs_can_be_swept() -> None:
    """The files of the receipt, and every file that a shell may read, be they there or not."""
    want = Want(HOST, (), find_receipt=lambda: Receipt(("/elsewhere/rc",)))
    found = startup_files.undo(want, make_machine())
    assert File("/elsewhere/rc") == found.looked_at[0]
    assert {BASHRC, PROFILE, File(ZSHRC)} < set(found.looked_at)


# The other members of a place.


def test_each_shell_has_the_modes_that_it_can_be_asked_in_shell_by_shell() -> None:
    shells = (installed("zsh"), installed("bash"))
    expected = (
        *(Context(mode, "zsh") for mode in (LOGIN, COMMAND)),
        *(Context(mode, "bash") for mode in (LOGIN, COMMAND)),
    )
    assert expected == startup_files.contexts(HOST, shells, (LOGIN, COMMAND))
    assert () == startup_files.contexts(HOST, shells, ())


@pytest.mark.parametrize("shell", UNIX_ROWS)
def test_a_shell_is_asked_as_its_row_says(shell: str) -> None:
    for context in startup_files.contexts(HOST, (installed(shell),), SHELL_MODES):
        assert UNIX_ROWS[shell].asks[context.mode] == startup_files.ask(HOST, context, make_machine())


def test_each_attempt_edits_the_next_of_the_files_that_can_serve_a_context() -> None:
    """The first attempt the preferred one; and after the last there is nothing to edit."""
    for shell in UNIX_ROWS:
        for mode in SHELL_MODES:
            context = Context(mode, shell)
            want = wanting(context)
            targets = startup_files.targets(want, context, make_machine())
            assert len(targets) == len(set(targets)) < MAX_ATTEMPTS
            planned = [
                [edit.target for edit in startup_files.plan(attempt, make_machine()).edits]
                for attempt in (replace(want, attempt=number) for number in range(MAX_ATTEMPTS))
            ]
            assert [[target] for target in targets] == list(filter(None, planned))
            assert planned[len(targets) :] == [[]] * (MAX_ATTEMPTS - len(targets))


def test_who_else_writes_a_file_is_remarked(tmp_path: Path) -> None:
    """Of an edit and of a refusal alike, and of no other file."""
    source = tmp_path / ".local/share/chezmoi"
    source.mkdir(parents=True)
    for name in ("dot_zshrc", "dot_profile"):
        (source / name).touch()
    want = Want(make_host(str(tmp_path)), ())
    edits = tuple(Edit(File(f"{tmp_path}/{name}"), None, "x\n") for name in (".zshrc", ".bashrc"))
    refusal = Refusal(File(f"{tmp_path}/.profile"), "is read-only", ())
    remarks = startup_files.remarks(want, Plan(edits, (refusal,)), make_machine())
    assert [f"{tmp_path}/.zshrc: chezmoi", f"{tmp_path}/.profile: chezmoi"] == [
        remark.partition(" manages")[0] for remark in remarks
    ]
    assert () == startup_files.remarks(want, Plan(), make_machine())


def test_in_a_container_where_nothing_can_be_edited_the_line_of_an_image_is_told() -> None:
    """Where a part is served, the shells are; what no shell starts is another matter."""
    image = replace(HOST, surroundings=("container",))
    want = replace(wanting(*BASH), host=image)
    refusal = Refusal(PROFILE, "belongs to root", BASH[:1])
    told = "in an image this line serves all that does not set PATH itself"
    line = f'{told}: ENV PATH="{DIRECTORY}:$PATH"'
    assert (line,) == startup_files.remarks(want, Plan((), (refusal,)), make_machine())
    edit = Edit(BASHRC, None, "", BASH[1:])
    assert () == startup_files.remarks(want, Plan((edit,), (refusal,)), make_machine())
    assert () == startup_files.remarks(wanting(*BASH), Plan((), (refusal,)), make_machine())
