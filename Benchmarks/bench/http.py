"""As little HTTP/1.1 as a load needs: requests in, bodies out, over many connections that stay open."""

import base64
import re
import selectors
import socket
import ssl
from typing import NamedTuple

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
FORM = b"grant_type=client_credentials"


def post(path, body, content_type, authorization):
    return b"".join((
        b"POST ", path, b" HTTP/1.1\r\nHost: localhost\r\nAuthorization: ", authorization,
        b"\r\nContent-Type: ", content_type, b"\r\nContent-Length: ", str(len(body)).encode(), b"\r\n\r\n", body))


def post_form(path, form, basic):
    return post(path, form, b"application/x-www-form-urlencoded", b"Basic " + basic)


def token_request(basic):
    """`basic` is what `credential` made of a key."""
    return post_form(b"/oauth2/token", FORM, basic)


def credential(key):
    return base64.b64encode(b":" + key)


def secret(basic):
    """The key that a credential was made of."""
    return base64.b64decode(basic)[1:]


def get(path):
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Address(NamedTuple):
    host: str
    port: int
    tls: bool = False


def tls_context():
    """TLS 1.3 and nothing else, with whatever certificate: the benchmark made it itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Connection:
    def __init__(self, address, timeout=30):
        """`timeout` is for every step, in seconds: a server that falls silent must not stop the benchmark."""
        self.socket = socket.create_connection(address[:2], timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = len(address) > 2 and address[2]
        if self.tls:
            self.socket = tls_context().wrap_socket(self.socket)
        self.buffer = b""

    def responses(self):
        """The complete responses that have arrived, as (status, body)."""
        found = []
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return found
            length = LENGTH.search(self.buffer, 0, end)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < total:
                return found
            found.append((int(self.buffer[9:12]), self.buffer[end + 4:total]))
            self.buffer = self.buffer[total:]

    def receive(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError("the server closed a connection")
        self.buffer += data
        # What TLS has already decrypted wakes no selector.
        while self.tls and self.socket.pending():
            self.buffer += self.socket.recv(1 << 18)
        return self.responses()

    def ask(self, request):
        """One request, one answer."""
        self.socket.sendall(request)
        found = []
        while not found:
            found = self.receive()
        return found[0]

    def close(self):
        self.socket.close()


def ask_all(address, requests, expected, connections=64, depth=4):
    """Sends every request, `depth` at a time on each connection; the bodies come back in any order.

    A status that is not `expected` ends the benchmark.
    """
    remaining = iter(requests)
    selector = selectors.DefaultSelector()
    waiting = {}
    bodies = []

    def fill(connection):
        batch = []
        while waiting[connection] + len(batch) < depth:
            request = next(remaining, None)
            if request is None:
                break
            batch.append(request)
        if batch:
            connection.socket.sendall(b"".join(batch))
            waiting[connection] += len(batch)

    for _ in range(connections):
        connection = Connection(address)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        waiting[connection] = 0
        fill(connection)
    while any(waiting.values()):
        for key, _ in selector.select(30) or timed_out():
            for status, body in key.data.receive():
                if status != expected:
                    raise SystemExit(f"answer {status} instead of {expected}: {body.decode(errors='replace')}")
                waiting[key.data] -= 1
                bodies.append(body)
            fill(key.data)
    for connection in waiting:
        connection.close()
    return bodies


def timed_out():
    raise SystemExit("the server has not answered for 30 seconds")
