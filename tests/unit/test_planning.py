"""What is told of the files that no plan can edit: each reason once, with all that it concerns."""

from __future__ import annotations

from onpath import planning
from onpath.model import INTERACTIVE, LOGIN, Context, File, Refusal

LOGINS, TERMINALS = Context(LOGIN, "fish"), Context(INTERACTIVE, "fish")


def test_what_is_in_the_way_of_a_folder_is_told_once_for_all_files_in_it() -> None:
    why = "cannot be made: ~/.config is a file"
    one = Refusal(File("/h/.config/fish/conf.d/onpath.fish"), why, serves=(LOGINS,))
    other = Refusal(File("/h/.config/fish/config.fish"), why, serves=(TERMINALS, LOGINS))
    (told,) = planning.merged((one, other))
    assert (one.target, (LOGINS, TERMINALS)) == (told.target, told.serves)


def test_files_that_are_read_only_are_told_each() -> None:
    targets = (File("/h/.bashrc"), File("/h/.profile"))
    refusals = tuple(Refusal(target, "is read-only", serves=(LOGINS,)) for target in targets)
    assert refusals == planning.merged(refusals)
    twice = (*refusals, Refusal(targets[0], "is read-only", serves=(TERMINALS,)))
    assert [(LOGINS, TERMINALS), (LOGINS,)] == [each.serves for each in planning.merged(twice)]
