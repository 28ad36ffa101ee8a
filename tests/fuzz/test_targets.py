"""The short mode of fuzzing: what was found once, and some seconds of new texts. `run.py` does more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import named_shells
from samples import BOUNDED, EXAMPLES
from targets import TARGETS, Target

LENGTH = 24
SHORT = settings(BOUNDED, max_examples=EXAMPLES or 300)
EACH_SHELL = 25  # names a shell


def texts(target: Target) -> st.SearchStrategy[bytes]:
    """Return a strategy of texts made of the words of `target`, or of its corpus with more after it."""
    piece = st.sampled_from(target.words) | st.binary(max_size=4)
    made_up = st.lists(piece, max_size=LENGTH).map(b"".join)
    return made_up | st.tuples(st.sampled_from(target.corpus()), made_up).map(b"".join)


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_once_is_found_no_more(name: str) -> None:
    target = TARGETS[name]
    corpus = target.corpus()
    assert corpus
    for text in corpus:
        target.check(text)


@pytest.mark.parametrize("name", TARGETS)
def test_the_laws_hold_for_made_up_texts(name: str) -> None:
    target = TARGETS[name]

    @SHORT
    @given(texts(target))
    def law(text: bytes) -> None:
        target.check(text)

    law()


@pytest.mark.parametrize("name", named_shells.names())
def test_a_real_shell_takes_any_name_literally(name: str) -> None:
    """The directory is on PATH once, first, under its own name, and nothing in the name has run."""
    tried = named_shells.Figures()
    named_shells.attack(name, EACH_SHELL if named_shells.is_quick(name) else 2, seed=0, figures=tried)
    assert [] == tried.wrong
    assert tried.served + tried.refused > 0
