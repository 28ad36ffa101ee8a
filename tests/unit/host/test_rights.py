"""Security descriptors of Windows, understood on any system."""

from __future__ import annotations

import struct

import pytest

from onpath.host import rights
from onpath.host.rights import Descriptor, Grant

SYSTEM, ADMINISTRATORS, USERS = "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545"
AUTHENTICATED, EVERYBODY = "S-1-5-11", "S-1-1-0"
ADA = "S-1-5-21-1-2-3-1001"
INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
FULL, READ, MODIFY = 0x1F01FF, 0x1200A9, 0x1301BF
ALL, INSIDE_ALONE = 0x3, 0xB  # flags: (OI)(CI), (OI)(CI)(IO)


def sid(text: str) -> bytes:
    """Return the binary form of `S-1-...`."""
    _, revision, authority, *parts = text.split("-")
    start = bytes([int(revision), len(parts)]) + int(authority).to_bytes(6, "big")
    return start + b"".join(struct.pack("<I", int(part)) for part in parts)


def entry(name: str, mask: int, flags: int = 0, kind: int = 0, extra: bytes = b"") -> bytes:
    """Return an entry of an access list."""
    body = struct.pack("<I", mask) + extra + sid(name)
    return struct.pack("<BBH", kind, flags, 4 + len(body)) + body


def raw(owner: str, *entries: bytes, control: int = 0x8004) -> bytes:
    """Return a self-relative security descriptor."""
    names = sid(owner) + sid(SYSTEM)
    body = b"".join(entries)
    size = 8 + len(body)
    access = struct.pack("<BBHHH", 2, 0, size, len(entries), 0) + body
    offsets = (20, 20 + len(sid(owner)), 0, 20 + len(names) if control & 4 else 0)
    return struct.pack("<BBHIIII", 1, 0, control, *offsets) + names + access


def test_owner_and_grants_are_read_and_denials_left_out() -> None:
    found = rights.parse(
        raw(
            INSTALLER,
            entry(USERS, FULL, kind=1),
            entry(SYSTEM, FULL, ALL),
            entry(ADA, MODIFY, kind=9),
            entry(EVERYBODY, READ, kind=5, extra=struct.pack("<I", 1) + bytes(16)),
        )
    )
    grants = (Grant(SYSTEM, FULL, ALL), Grant(ADA, MODIFY, 0), Grant(EVERYBODY, READ, 0))
    assert Descriptor(INSTALLER, grants) == found


def test_without_an_access_list_everybody_may_do_everything() -> None:
    found = rights.parse(raw(SYSTEM, control=0x8000))
    assert [EVERYBODY] == rights.strangers(found, rights.WRITE, ADA)
    assert [] == rights.strangers(rights.parse(raw(SYSTEM)), rights.WRITE, ADA)  # an empty one: nobody


@pytest.mark.parametrize("size", [0, 5, 19, 30, 60])
def test_what_is_cut_off_is_no_descriptor(size: int) -> None:
    whole = raw(SYSTEM, entry(USERS, READ))
    with pytest.raises(ValueError, match="cut off"):
        rights.parse(whole[:size])


# The access lists that Windows itself makes.
DRIVE = (
    *((ADMINISTRATORS, FULL, ALL), (SYSTEM, FULL, ALL), (USERS, READ, ALL)),
    *((AUTHENTICATED, 0xE0010000, INSIDE_ALONE), (AUTHENTICATED, 0x4, 0)),
)
PROGRAM_DATA = (
    *((SYSTEM, FULL, ALL), (ADMINISTRATORS, FULL, ALL), ("S-1-3-0", 0x10000000, INSIDE_ALONE)),
    *((USERS, READ, ALL), (USERS, 0x116, 0x2)),
)
PROGRAM_FILES = (
    *((INSTALLER, FULL, 0), (SYSTEM, MODIFY, 0), (ADMINISTRATORS, MODIFY, 0), (USERS, READ, 0)),
    *((USERS, 0xA0000000, INSIDE_ALONE), ("S-1-3-0", 0x10000000, INSIDE_ALONE)),
)
IN_PROFILE = ((SYSTEM, FULL, ALL), (ADMINISTRATORS, FULL, ALL), (ADA, FULL, ALL))


def descriptor(*grants: tuple[str, int, int]) -> Descriptor:
    """Return a descriptor of the system's with these grants."""
    return Descriptor(SYSTEM, tuple(Grant(*grant) for grant in grants))


@pytest.mark.parametrize(
    ("grants", "mask", "is_inherited", "expected"),
    [
        (DRIVE, rights.REPLACE, False, []),  # as a folder above another one
        (DRIVE, rights.MAKE, False, [AUTHENTICATED]),
        (DRIVE, rights.WRITE, True, [AUTHENTICATED]),  # C:\tools, as everybody makes it
        (PROGRAM_DATA, rights.REPLACE, False, []),
        (PROGRAM_DATA, rights.WRITE, True, [USERS]),
        (PROGRAM_FILES, rights.WRITE, False, []),
        (PROGRAM_FILES, rights.MAKE, False, []),
        (PROGRAM_FILES, rights.WRITE, True, []),
        (IN_PROFILE, rights.WRITE, False, []),  # of the account that runs this
        (((USERS, 0x2, 0),), rights.WRITE, False, [USERS]),
        (((USERS, 0x40000, 0),), rights.REPLACE, False, [USERS]),  # may change the list
        (((USERS, 0x100, 0),), rights.WRITE, False, [USERS]),  # may make it a link
        (((USERS, 0x10000000, 0),), rights.REPLACE, False, [USERS]),
        (((USERS, READ, 0),), rights.WRITE, False, []),
    ],
)
def test_who_could_put_something_there(
    grants: tuple[tuple[str, int, int], ...], mask: int, *, is_inherited: bool, expected: list[str]
) -> None:
    found = descriptor(*grants)
    assert expected == rights.strangers(found, mask, ADA, is_inherited=is_inherited)


def test_another_account_is_a_stranger() -> None:
    assert [ADA] == rights.strangers(descriptor(*IN_PROFILE), rights.WRITE, "S-1-5-21-1-2-3-1002")


@pytest.mark.parametrize(
    ("grants", "is_open"),
    [
        *((DRIVE, True), (PROGRAM_DATA, True), (PROGRAM_FILES, True), (IN_PROFILE, False)),
        (((EVERYBODY, 0x1, 0), (USERS, 0x20, 0)), True),
        (((EVERYBODY, 0x1, 0),), False),
        (((USERS, READ, INSIDE_ALONE),), False),
        (((USERS, 0xA0000000, 0),), True),
    ],
)
def test_whether_every_user_may_run_what_is_there(
    grants: tuple[tuple[str, int, int], ...], *, is_open: bool
) -> None:
    assert is_open == rights.is_open_to_all(descriptor(*grants))


def test_the_folders_above_begin_with_the_drive() -> None:
    assert ("C:\\", "C:\\a", "C:\\a\\b") == rights.above("C:\\a\\b\\c")
    assert () == rights.above("C:\\")
