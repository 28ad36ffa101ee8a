r"""Who may write to a folder of Windows: its security descriptor, read and understood. Writes nothing.

Who counts as an administrator: the system, the group Administrators, TrustedInstaller (which owns what
Windows is made of), and the account of this process. Denials are left out of account, as they could
only make fewer of those who may write.
"""

from __future__ import annotations

import ntpath
import os

from onpath.values import TYPE_CHECKING, dataclass

from .folders import OWNER, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

EVERYBODY = "S-1-1-0"
ADMINISTRATORS = "S-1-5-32-544"
# Local System, Administrators, TrustedInstaller; and names for whoever makes or owns something.
RULERS = frozenset(
    {
        *("S-1-5-18", ADMINISTRATORS, "S-1-3-0", "S-1-3-4"),
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    }
)
# Every user who may log on is one of these: Everyone, Authenticated Users, Users.
ALL_USERS = frozenset({EVERYBODY, "S-1-5-11", "S-1-5-32-545"})

# winnt.h. Of a folder; GENERIC_WRITE is all of the first line but the right to remove what is in it.
ADD_FILE, ADD_FOLDER, DELETE_CHILD, WRITE_ATTRIBUTES = 0x2, 0x4, 0x40, 0x100
DELETE, WRITE_DAC, WRITE_OWNER = 0x10000, 0x40000, 0x80000
GENERIC_ALL, GENERIC_EXECUTE, GENERIC_WRITE, GENERIC_READ = (1 << bit for bit in range(28, 32))
LIST, PASS = 0x1, 0x20
# With these something else can be put in the place of a folder, or of what is in it.
REPLACE = DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL
# And with these a program can be put into it; an empty folder can be made a link by its attributes.
WRITE = REPLACE | ADD_FILE | WRITE_ATTRIBUTES | GENERIC_WRITE
MAKE = REPLACE | ADD_FOLDER | GENERIC_WRITE  # or a folder that does not exist yet

ALLOWS = frozenset({0, 5, 9, 11})  # types of an entry that gives rights
INHERITED_BY_FOLDERS, OF_CHILDREN_ALONE = 0x2, 0x8  # flags of an entry
HAS_LIST = 0x4  # SE_DACL_PRESENT
LIST_HEADER, ENTRY_HEADER, SID_HEADER = 8, 8, 8  # bytes

OWNER_AND_LIST = 0x1 | 0x4  # OWNER_SECURITY_INFORMATION, DACL_SECURITY_INFORMATION
READ_CONTROL, SHARE_ALL, OPEN_EXISTING = 0x20000, 7, 3
ITSELF = 0x02000000 | 0x00200000  # a folder; a link, and not what it leads to (FILE_FLAG_...)
INSUFFICIENT_BUFFER = 122
KEEPS_LISTS = 0x8  # FILE_PERSISTENT_ACLS of a volume
IS_REMOTE = 4  # GetDriveType
SESSION_NAME = "\\??\\"  # how a name begins that `subst` has made


@dataclass(frozen=True)
class Grant:
    """One entry of an access list that gives rights."""

    sid: str
    mask: int
    flags: int

    def counts(self, *, is_inherited: bool) -> bool:
        """Say whether it counts for the thing itself, or for a folder that is made in it."""
        if is_inherited:
            return bool(self.flags & INHERITED_BY_FOLDERS)
        return not self.flags & OF_CHILDREN_ALONE


@dataclass(frozen=True)
class Descriptor:
    """Whose something is, and who may do what with it."""

    owner: str
    grants: tuple[Grant, ...]


def parse(raw: bytes) -> Descriptor:
    """Return what a self-relative security descriptor says ([MS-DTYP] 2.4.6). Pure.

    Without an access list everybody may do everything. Raises ValueError if it is none.
    """
    try:
        control = _number(raw, 2, 2)
        owner_at, list_at = _number(raw, 4, 4), _number(raw, 16, 4)
        owner = _sid(raw, owner_at) if owner_at else ""
        if not control & HAS_LIST or not list_at:
            return Descriptor(owner, (Grant(EVERYBODY, GENERIC_ALL, 0),))
        grants = []
        at = list_at + LIST_HEADER
        for _ in range(_number(raw, list_at + 4, 2)):
            kind, flags, size = raw[at], raw[at + 1], _number(raw, at + 2, 2)
            if kind in ALLOWS:
                grants.append(Grant(_sid(raw, _sid_at(raw, at, kind)), _number(raw, at + 4, 4), flags))
            at += size
    except IndexError:
        raise ValueError("a security descriptor that is cut off") from None
    return Descriptor(owner, tuple(grants))


def _sid_at(raw: bytes, at: int, kind: int) -> int:
    """Return where the name is in the entry at `at`: one for objects may have up to two GUIDs first."""
    if kind not in {5, 11}:
        return at + ENTRY_HEADER
    present = _number(raw, at + ENTRY_HEADER, 4)
    return at + ENTRY_HEADER + 4 + 16 * (bool(present & 1) + bool(present & 2))


def _sid(raw: bytes, at: int) -> str:
    authority = int.from_bytes(raw[at + 2 : at + SID_HEADER], "big")
    parts = (_number(raw, at + SID_HEADER + 4 * i, 4) for i in range(raw[at + 1]))
    return "-".join(("S", str(raw[at]), str(authority), *map(str, parts)))


def _number(raw: bytes, at: int, size: int) -> int:
    found = raw[at : at + size]
    if len(found) < size:
        raise IndexError
    return int.from_bytes(found, "little")


def strangers(descriptor: Descriptor, mask: int, own: str, *, is_inherited: bool = False) -> list[str]:
    """Return who has one of the rights of `mask` and is neither an administrator nor `own`. Pure.

    `is_inherited` asks for what a folder that is made in it would give.
    """
    return [
        grant.sid
        for grant in descriptor.grants
        if grant.mask & mask
        and grant.sid not in RULERS | {own}
        and grant.counts(is_inherited=is_inherited)
    ]


def is_open_to_all(descriptor: Descriptor) -> bool:
    """Say whether every user may look into a folder, and run what is in it. Pure."""
    mask = 0
    for grant in descriptor.grants:
        if grant.sid in ALL_USERS and grant.counts(is_inherited=False):
            mask |= grant.mask
    is_generic = mask & GENERIC_ALL or (mask & GENERIC_READ and mask & GENERIC_EXECUTE)
    return bool(is_generic or (mask & LIST and mask & PASS))


def other_writers(directory: str) -> Iterator[tuple[str, str]]:
    """Yield who besides administrators could put programs into `directory`, or another in its place.

    Of each folder and link on the way to it, written and resolved. For one that does not exist, who may
    make it, and who could write to it by what it inherits. What cannot be read is left out.
    """
    own = own_sid()
    for path in dict.fromkeys((directory, os.path.realpath(directory))):
        there = nearest(path)
        for each in above(there):
            yield from _writers(each, REPLACE, own)
        if there == path:
            yield from _writers(there, WRITE, own)
        else:
            yield from _writers(there, MAKE, own)
            yield from _writers(there, WRITE, own, heir=path)


def _writers(folder: str, mask: int, own: str, heir: str = "") -> Iterator[tuple[str, str]]:
    """Yield who has a right of `mask` on `folder`, or will have one on its `heir`."""
    found = read(folder)
    if found:
        yield from _told(found, folder, mask, own, heir)


def _told(
    found: Descriptor, folder: str, mask: int, own: str, heir: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the same of what is known of `folder`."""
    if not heir and found.owner not in RULERS | {own}:
        yield OWNER, folder
    if leads_elsewhere(folder):
        mask |= WRITE  # it can be led elsewhere
    for sid in strangers(found, mask, own, is_inherited=bool(heir)):
        yield account(sid), heir or folder


def why_unknown(directory: str) -> str:
    """Return why it cannot be told who may write on the way to `directory`; a fact, or nothing.

    It is on a drive of another machine, or on one without access lists, or an access list is secret.
    """
    for path in dict.fromkeys((directory, os.path.realpath(directory))):
        drive, there = ntpath.splitdrive(path)[0], nearest(path)
        if drive.startswith("\\\\") or kernel().GetDriveTypeW(drive + "\\") == IS_REMOTE:
            return f"{directory} is on another machine, which knows who may write there"
        if _is_of_session(drive):
            return f"{drive} is a name that only this session has (subst)"
        if not _keeps_lists(drive):
            return f"the drive {drive} keeps no permissions, so everybody can write to it"
        secret = next((each for each in (*above(there), there) if read(each) is None), None)
        if secret:
            return f"it cannot be told who can write to {secret}"
    return ""


def others_reason(path: str, *, was_read: bool = False) -> str:
    """Return why the file `path` may be what others have made it; the end of a sentence, or nothing.

    One that `was_read` must still be there, with its folder: who can put them there can take them away.
    """
    folder, own = ntpath.dirname(path), own_sid()
    steps = (*((each, REPLACE) for each in above(folder)), (folder, WRITE | ADD_FOLDER))
    for each, mask in (*steps, (path, WRITE | ADD_FOLDER)):
        found = read(each)
        others = list(_told(found, each, mask, own)) if found else []
        if (found is None and (was_read or os.path.lexists(each))) or others:
            who, where = others[0] if others else ("nobody knows who", each)
            fact = f"{where} belongs to {who}" if who == OWNER else f"{who} can write to {where}"
            return f"may be another's, as {fact}; look at it, and remove {folder}"
    return ""


def is_administrator() -> bool:
    """Say whether this process has an administrator's rights, and not only the account of one."""
    library = _ctypes()
    security = library.WinDLL("advapi32")
    security.CheckTokenMembership.argtypes = [library.c_void_p] * 3
    found = library.c_int(0)
    with _Sid(ADMINISTRATORS) as sid:
        is_told = security.CheckTokenMembership(None, sid, library.addressof(found))
    return bool(is_told and found.value)


def own_sid() -> str:
    """Return the name of this process's account, as access lists have it."""
    library = _ctypes()
    security, windows = library.WinDLL("advapi32"), kernel()
    token, size = library.c_void_p(), library.c_ulong(0)
    security.OpenProcessToken.argtypes = [library.c_void_p, library.c_ulong, library.c_void_p]
    security.GetTokenInformation.argtypes = [
        *(library.c_void_p, library.c_int, library.c_void_p, library.c_ulong, library.c_void_p)
    ]
    query, user = 0x8, 1  # TOKEN_QUERY, TokenUser
    if not security.OpenProcessToken(windows.GetCurrentProcess(), query, library.addressof(token)):
        return ""
    buffer = library.create_string_buffer(256)
    size = library.addressof(size)
    is_told = security.GetTokenInformation(token, user, buffer, len(buffer), size)
    windows.CloseHandle(token)
    if not is_told:
        return ""
    at = library.c_void_p.from_buffer(buffer).value - library.addressof(buffer)
    return _sid(buffer.raw, at)


def account(sid: str) -> str:
    r"""Return what Windows calls an account, `BUILTIN\Users`, or `sid` itself where it has no name."""
    library = _ctypes()
    look = library.WinDLL("advapi32").LookupAccountSidW
    look.argtypes = [*(library.c_void_p,) * 7]
    name, domain = (library.create_unicode_buffer(256) for _ in range(2))
    sizes = (library.c_ulong * 3)(256, 256, 0)
    name_size, domain_size, kind = (library.addressof(sizes) + 4 * i for i in range(3))
    with _Sid(sid) as opened:
        if not look(None, opened, name, name_size, domain, domain_size, kind):
            return sid
    return "\\".join(filter(None, (domain.value, name.value)))


def read(path: str) -> Descriptor | None:
    """Return the descriptor of a file or folder, of a link itself; None if it cannot be read."""
    library, windows = _ctypes(), kernel()
    handle = windows.CreateFileW(path, READ_CONTROL, SHARE_ALL, None, OPEN_EXISTING, ITSELF, None)
    if handle == no_handle():
        return None
    security = library.WinDLL("advapi32", use_last_error=True)
    ask = security.GetKernelObjectSecurity
    ask.argtypes = [
        *(library.c_void_p, library.c_ulong, library.c_void_p, library.c_ulong, library.c_void_p)
    ]
    size = library.c_ulong(0)
    buffer = library.create_string_buffer(1)
    try:
        while not ask(handle, OWNER_AND_LIST, buffer, len(buffer), library.addressof(size)):
            if library.get_last_error() != INSUFFICIENT_BUFFER or size.value <= len(buffer):
                return None
            buffer = library.create_string_buffer(size.value)
    finally:
        windows.CloseHandle(handle)
    try:
        return parse(buffer.raw)
    except ValueError:
        return None


def above(path: str) -> tuple[str, ...]:
    """Return the folders above `path`, the drive's own first."""
    found: list[str] = []
    while ntpath.dirname(path) != path:
        path = ntpath.dirname(path)
        found.insert(0, path)
    return tuple(found)


def leads_elsewhere(path: str) -> bool:
    """Say whether a folder leads elsewhere: a link, a junction, or another point of that kind."""
    try:
        return bool(getattr(os.lstat(path), "st_file_attributes", 0) & 0x400)  # REPARSE_POINT
    except OSError:
        return False


def folder_of(name: str) -> str:
    """Return a folder of Windows, by its number in shlobj.h; not by a variable, which a user may set."""
    library = _ctypes()
    buffer = library.create_unicode_buffer(260)
    library.WinDLL("shell32").SHGetFolderPathW(None, FOLDERS[name], None, 0, buffer)
    return str(buffer.value)


FOLDERS = {"ProgramData": 0x23, "Windows": 0x24, "ProgramFiles": 0x26}  # CSIDL_...


def _is_of_session(drive: str) -> bool:
    buffer = _ctypes().create_unicode_buffer(1024)
    kernel().QueryDosDeviceW(drive, buffer, len(buffer))
    return str(buffer.value).startswith(SESSION_NAME)


def _keeps_lists(drive: str) -> bool:
    library = _ctypes()
    flags = library.c_ulong(0)
    where = library.addressof(flags)
    is_told = kernel().GetVolumeInformationW(drive + "\\", None, 0, None, None, where, None, 0)
    return bool(is_told and flags.value & KEEPS_LISTS)


class _Sid:
    """The form in which Windows takes the name of an account, for `with`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> Any:
        library = _ctypes()
        self.sid = library.c_void_p()
        make = library.WinDLL("advapi32").ConvertStringSidToSidW
        make.argtypes = [library.c_wchar_p, library.c_void_p]
        make(self.text, library.addressof(self.sid))
        return self.sid

    def __exit__(self, *_error: object) -> None:
        free = _ctypes().WinDLL("kernel32").LocalFree
        free.argtypes = [_ctypes().c_void_p]
        free(self.sid)


def kernel() -> Any:
    """Return the library of Windows that opens and closes things."""
    library = _ctypes()
    windows = library.WinDLL("kernel32", use_last_error=True)
    pointer, number, text = library.c_void_p, library.c_ulong, library.c_wchar_p
    windows.CreateFileW.argtypes = [text, number, number, pointer, number, number, pointer]
    windows.CreateFileW.restype = windows.GetCurrentProcess.restype = pointer
    windows.CloseHandle.argtypes = [pointer]
    windows.GetDriveTypeW.argtypes = [text]
    windows.QueryDosDeviceW.argtypes = [text, pointer, number]
    windows.GetVolumeInformationW.argtypes = [text, pointer, number, *(pointer,) * 4, number]
    return windows


def no_handle() -> int:
    """Return what stands for no handle: INVALID_HANDLE_VALUE."""
    found: int = _ctypes().c_void_p(-1).value
    return found


def _ctypes() -> Any:
    import ctypes  # noqa: PLC0415  (only Windows)

    return ctypes
