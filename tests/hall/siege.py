"""People who hold on to a server without wanting anything of it: half a request, or an answer that they hardly read."""

import contextlib
import socket


class Siege:
    """Open connections that are kept, to be closed together."""

    def __init__(self, port):
        self.port, self.sockets = port, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for held in self.sockets:
            held.close()

    def connect(self, *, room=None):
        held = socket.socket()
        if room:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        held.settimeout(10)
        held.connect(("127.0.0.1", self.port))
        self.sockets.append(held)
        return held

    def half_heads(self, count):
        for _ in range(count):
            self.connect().sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX-Slow: ".encode())

    def half_posts(self, count, path="/accounts/sign-in/", *, length=1000):
        for _ in range(count):
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
            )
            self.connect().sendall(head.encode() + b"name=a")

    def slow_readers(self, count, path):
        """Each asks for a page and reads one byte of it."""
        for _ in range(count):
            held = self.connect(room=1024)
            held.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            held.recv(1)

    def drip(self, data=b"x"):
        """One more byte of each; who was turned away hears so."""
        for held in self.sockets:
            with contextlib.suppress(OSError):
                held.sendall(data)
