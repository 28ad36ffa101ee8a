"""What answers at the address of an index: an index, or something else."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from onpath.installers import answers

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 5.0
HOTEL = "<html><head>\n<TITLE>\n Welcome to\x1b the  Hotel</TITLE></head><form action=/login></form>"


@contextmanager
def answering(code: int, text: str) -> Iterator[str]:
    """Run a server that answers everything so, and give the address of a page of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple/cow/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


OF_AN_INDEX = {
    "a file": (200, '<a href="../../cow-1.0-py3-none-any.whl#sha256=0">cow</a>'),
    "a file, in another spelling": (200, "<A HREF = ../cow-1.0.tar.gz>cow</A>"),
    "no file": (200, '<meta name="pypi:repository-version" content="1.4"><title>cow</title>'),
    "no file, of an old index": (200, "<html><head><title>Links for cow</title></head></html>"),
    "JSON": (200, '{"meta": {"api-version": "1.1"}, "name": "cow", "files": []}'),
    "no such package": (404, HOTEL),
    "a password is wanted": (401, HOTEL),
}
ODD = {
    "a log-in": (200, HOTEL, 'with the page "Welcome to the Hotel"'),
    "a long title": (200, f"<title>{'x' * 999}</title>", f'with the page "{"x" * 80}..."'),
    "nothing": (200, "", "with a page that lists no file"),
    "other JSON": (200, '{"error": "log in"}', "with a page that lists no file"),
    "a list": (200, "[]", "with a page that lists no file"),
    "a circle": (302, "", "with 302 Found"),
    "a broken server": (500, HOTEL, "with 500 Internal Server Error"),
    "an unknown code": (499, "", "with 499"),
}


@pytest.mark.parametrize("name", OF_AN_INDEX)
def test_what_an_index_answers_is_not_odd(name: str) -> None:
    with answering(*OF_AN_INDEX[name]) as page:
        assert "" == answers.oddity(page, LIMIT_S)


@pytest.mark.parametrize("name", ODD)
def test_what_no_index_answers_is_told(name: str) -> None:
    code, text, told = ODD[name]
    with answering(code, text) as page:
        assert told == answers.oddity(page, LIMIT_S)


@pytest.mark.parametrize("page", ["http://127.0.0.1:1/cow/", "file:///cow/", "http://[x/cow/", "cow"])
def test_where_nothing_answers_nothing_is_told(page: str) -> None:
    assert "" == answers.oddity(page, LIMIT_S)
