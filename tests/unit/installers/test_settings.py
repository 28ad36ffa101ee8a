"""What a script is told of versions, judged without `packaging`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from onpath.installers.settings import OPERATORS, is_specifier

VERSIONS = st.from_regex(
    r"\Av?([0-9]!)?[0-9]{1,3}(\.[0-9]{1,4}){0,3}([-_.]?(alpha|a|b|beta|rc|c|pre|preview)[-_.]?[0-9]?)?"
    r"((-[0-9])|[-_.]?(post|rev|r)[-_.]?[0-9]?)?([-_.]?dev[-_.]?[0-9]?)?(\.\*|\+[a-z0-9]{1,4}(\.[a-z]+)?)?\Z"
)
CLAUSES = st.builds("{}{}".format, st.sampled_from(OPERATORS), VERSIONS)


def is_one(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


@given(st.lists(CLAUSES, min_size=1, max_size=3).map(" , ".join))
def test_what_packaging_takes_is_taken(text: str) -> None:
    assert is_specifier(text) or not is_one(text)


@pytest.mark.parametrize(
    "text",
    ["==latest", "==*", "==1.0 --index-url x", ">=1 ; python_version<'3'", "==-rx", "=1", ">=1.*", "1"],
)
def test_what_packaging_refuses_is_refused(text: str) -> None:
    assert not is_one(text)
    assert not is_specifier(text)
