"""Proxy of plain sockets: HTTP CONNECT and forwarding, over TLS too, or SOCKS 5, with or without a password."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
import time
from types import TracebackType

from tests.support.rawserver import header, read_request


class ProxyServer:
    """A proxy on loopback that connects to any address.

    Args:
        password: ``user:password`` that clients must send; empty for none.
        socks: Speak SOCKS 5 instead of HTTP.
        tls: Server context of an ``https://`` proxy.
        refusal: SOCKS reply code to send instead of connecting; 0 connects.
        nonsense: Answer a SOCKS password with bytes that are not SOCKS.
        part: Bytes of an answer that are passed on at once.
        pause: Seconds to wait after each part.
    """

    def __init__(
        self,
        password: str = "",
        *,
        socks: bool = False,
        tls: ssl.SSLContext | None = None,
        refusal: int = 0,
        nonsense: bool = False,
        part: int = 65536,
        pause: float = 0.0,
    ) -> None:
        self.asked: list[str] = []
        """First lines of the HTTP requests, or addresses of the SOCKS requests."""
        self._password = password
        self._serve = self._socks if socks else self._http
        self._tls = tls
        self._refusal = refusal
        self._nonsense = nonsense
        self._part = part
        self._pause = pause
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        scheme = "socks5" if socks else "https" if tls else "http"
        self.url = f"{scheme}://{password + '@' if password else ''}127.0.0.1:{self.port}"
        self._open: list[socket.socket] = [self._listener]

    def __enter__(self) -> ProxyServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = secured = self._tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
                self._open.append(connection)
                try:
                    secured.do_handshake()
                except ssl.SSLError:
                    while socket.socket.recv(connection, 65536):  # else it would reset before the client is told why
                        pass
            self._serve(connection)
        except (OSError, ValueError, IndexError):  # the client left
            pass
        finally:
            connection.close()

    def _http(self, connection: socket.socket) -> None:
        while request := read_request(connection):
            line = request.partition(b"\r\n")[0].decode()
            self.asked.append(line)
            token = base64.b64encode(self._password.encode()).decode()
            if self._password and header(request, "Proxy-Authorization") != f"Basic {token}":
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            if line.startswith("CONNECT"):
                host, _, port = line.split()[1].rpartition(":")
                with self._reach(host.strip("[]"), int(port)) as other:
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    self._join(connection, other)
                return
            found = re.match(r"(\w+) http://([^/:]+):(\d+)(\S*)", line)
            assert found is not None
            with self._reach(found[2], int(found[3])) as other:
                other.sendall(request.replace(line.encode(), f"{found[1]} {found[4]} HTTP/1.1".encode(), 1))
                self._join(connection, other)

    def _socks(self, connection: socket.socket) -> None:
        methods = connection.recv(2 + connection.recv(2, socket.MSG_PEEK)[1])[2:]
        if self._password:
            if b"\x02" not in methods:
                connection.sendall(b"\x05\xff")
                return
            connection.sendall(b"no" if self._nonsense else b"\x05\x02")
            user, _, word = self._password.partition(":")
            told = bytes([1, len(user)]) + user.encode() + bytes([len(word)]) + word.encode()
            wrong = connection.recv(1024) != told
            connection.sendall(bytes([1, wrong]))
            if wrong:
                return
        else:
            assert b"\x00" in methods
            connection.sendall(b"\x05\x00")
        request = connection.recv(1024)
        kind, rest = request[3], request[4:]
        host = socket.inet_ntoa(rest[:4]) if kind == 1 else rest[1 : 1 + rest[0]].decode()
        port = int.from_bytes(rest[-2:], "big")
        self.asked.append(f"{host}:{port}")
        if self._refusal:
            connection.sendall(bytes([5, self._refusal, 0, 1, *[0] * 6]))
            return
        with self._reach(host, port) as other:
            for byte in b"\x05\x00\x00\x03\x09localhost\x00\x50":  # in pieces, as networks may
                connection.sendall(bytes([byte]))
                time.sleep(0.001)
            self._join(connection, other)

    def _answer(self, connection: socket.socket, data: bytes) -> None:
        while data:
            part = self._part  # which may change meanwhile
            connection.sendall(data[:part])
            data = data[part:]
            time.sleep(self._pause)

    def _reach(self, host: str, port: int) -> socket.socket:
        other = socket.create_connection((host, port), 5)
        self._open.append(other)
        return other

    def _join(self, one: socket.socket, other: socket.socket) -> None:
        """Copy bytes both ways until one side ends."""

        def passing(source: socket.socket, target: socket.socket) -> None:
            try:
                while data := source.recv(65536):
                    if target is other:
                        target.sendall(data)
                    else:
                        self._answer(target, data)
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        back = threading.Thread(target=passing, args=(other, one), daemon=True)
        back.start()
        passing(one, other)
        back.join(5)
