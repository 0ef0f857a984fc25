# SPDX-License-Identifier: BSD-2-Clause
"""A fake LDAP server for what slapd cannot be made to do: it lets everybody in, has no entries, and says of who is bound
what it was made with, as Active Directory says CORP\\name; None: it does not know that question."""
import contextlib
import re
import socketserver
import threading

from digest import element

BIND, SEARCH, EXTENDED = b"\x60", b"\x63", b"\x77"  # requests (RFC 4511, section 4), and the answer to each
BIND_DONE, SEARCH_DONE, EXTENDED_DONE = 0x61, 0x65, 0x78
SUCCESS, PROTOCOL_ERROR, NO_SUCH_OBJECT = b"\x00", b"\x02", b"\x20"


def result(number, kind, code, *more):
    return element(0x30, element(0x02, number), element(kind, element(0x0a, code), element(0x04), element(0x04), *more))


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionError):
            while request := self.request.recv(65536):
                number, kind = re.match(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x02\x01(.)(.)", request, re.S).groups()
                if kind in (BIND, SEARCH, EXTENDED):
                    self.request.sendall(self.answer(number, kind))

    def answer(self, number, kind):
        if kind == BIND:
            return result(number, BIND_DONE, SUCCESS)
        if kind == SEARCH:
            return result(number, SEARCH_DONE, NO_SUCH_OBJECT)
        if self.server.identity is None:
            return result(number, EXTENDED_DONE, PROTOCOL_ERROR)
        return result(number, EXTENDED_DONE, SUCCESS, element(0x8b, self.server.identity.encode()))


class Nameless(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, identity):
        super().__init__(("127.0.0.1", 0), Handler)
        self.identity = identity
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()

    @property
    def url(self):
        return f"ldap://127.0.0.1:{self.server_address[1]}/"
