"""What the address of an index answers: asked where pip and uv say only that it has nothing.

Both take every page for one of an index, also that of a hotel's network which wants a log-in first.
"""

from __future__ import annotations

import re

FILE = re.compile(
    r"""href\s*=\s*["']?[^"'>]*\.(?:whl|zip|egg|tgz|tbz|tar\.\w+)["'#?>\s]""", re.IGNORECASE
)
# What an index writes into the page of a project without any file.
EMPTY = re.compile(r"pypi:repository-version|<(?:title|h1)>\s*(?:links for|simple index)", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
TITLE_LENGTH = 80  # of it, that are told
PAGE_MAX_BYTES = 4 << 20
OF_AN_INDEX = {401, 403, 404, 410}  # pip and uv may know a password that this does not


def oddity(page: str, limit_s: float) -> str:
    """Return what the address `page` of a project answers that no index would; else an empty text.

    Empty as well where there is no answer within `limit_s` seconds: that shows nothing.
    """
    from http.client import HTTPException, responses  # noqa: PLC0415  (each only where something failed)
    from urllib.error import HTTPError  # noqa: PLC0415

    if not page.lower().startswith(("http://", "https://")):
        return ""
    try:
        text = get(page, limit_s, PAGE_MAX_BYTES).decode("utf-8", "replace")
    except HTTPError as error:
        told = f"with {error.code} {responses.get(error.code, '')}".rstrip()
        return "" if error.code in OF_AN_INDEX else told
    except (OSError, ValueError, HTTPException):
        return ""
    if FILE.search(text) or EMPTY.search(text) or _is_json_of_an_index(text):
        return ""
    title = TITLE.search(text)
    named = _plain(title[1]) if title else ""
    return f'with the page "{named}"' if named else "with a page that lists no file"


def get(address: str, limit_s: float, max_bytes: int) -> bytes:
    """Return what is at the address, in which there may be a user and a password."""
    import base64  # noqa: PLC0415
    import urllib.parse  # noqa: PLC0415
    from urllib.request import Request, urlopen  # noqa: PLC0415

    parts = urllib.parse.urlsplit(address)
    user, _, host = parts.netloc.rpartition("@")
    request = Request(parts._replace(netloc=host).geturl())  # noqa: S310  (the index that pip would ask)
    if user:
        told = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {told}")
    with urlopen(request, timeout=limit_s) as answer:  # noqa: S310  (as above)
        raw: bytes = answer.read(max_bytes)
    return raw


def _is_json_of_an_index(text: str) -> bool:
    """Say whether that is the page of a project in JSON (PEP 691), of this version or a later one."""
    import json  # noqa: PLC0415

    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and "meta" in found and isinstance(found.get("files"), list)


def _plain(text: str) -> str:
    """Return `text` in one short line without control characters."""
    words = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return words if len(words) <= TITLE_LENGTH else f"{words[:TITLE_LENGTH]}..."
