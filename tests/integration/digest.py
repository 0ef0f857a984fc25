# SPDX-License-Identifier: BSD-2-Clause
"""A fake LDAP server for what slapd cannot be made to do: it offers DIGEST-MD5 in two realms, and lets nobody in."""
import contextlib
import re
import socketserver
import threading

REALMS = ("first", "second")
CHALLENGE = ",".join([*(f'realm="{realm}"' for realm in REALMS), 'nonce="bm9uY2U="', 'qop="auth"', "charset=utf-8",
                      "algorithm=md5-sess"]).encode()
IN_PROGRESS, INVALID_CREDENTIALS = b"\x0e", b"\x31"  # RFC 4511, appendix A


def element(tag, *contents):
    """One of BER, of up to 65535 bytes (X.690)."""
    content = b"".join(contents)
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + content


def bind_response(number, code, credentials=b""):
    """RFC 4511, section 4.2.2."""
    return element(0x30, element(0x02, number), element(
        0x61, element(0x0a, code), element(0x04), element(0x04), element(0x87, credentials)))


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionError):  # a worker that ends does not read what it is told
            self.answer()

    def answer(self):
        while request := self.request.recv(65536):
            # the length of an LDAPMessage takes one to five bytes; an INTEGER, its messageID, follows
            number = re.match(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x02\x01(.)", request, re.S)[1]
            realm = re.search(rb'realm="([^"]*)"', request)
            if realm:
                self.server.named.append(realm[1].decode())
                self.request.sendall(bind_response(number, INVALID_CREDENTIALS))
            else:
                self.request.sendall(bind_response(number, IN_PROGRESS, CHALLENGE))


class TwoRealms(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.named = []  # the realms that clients chose
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
