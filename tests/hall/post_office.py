"""A mail server of this process: takes letters by SMTP, encrypted or not, or fails in the way it is told to."""

import base64
import contextlib
import socketserver
import ssl
import subprocess
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

LINE = 2_000


@dataclass(frozen=True)
class Letter:
    sender: str
    receivers: list[str]
    message: EmailMessage
    user: str  # who had signed in
    is_encrypted: bool


class PostOffice:
    """`fault`: "" or "refuses" (no such receiver), "cuts" (the line, after the text), "gibberish".

    `tls`: "", "starttls" or "smtps", with `certificate` (file with certificate and key); `users` must sign in, where given.
    Nobody is greeted before `open_doors`.
    """

    def __init__(self, *, fault="", tls="", certificate=None, users=None):
        self.fault, self.tls, self.users = fault, tls, users or {}
        self.letters, self.said = [], []
        self.doors = threading.Event()
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)

    def __enter__(self):
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Counter)
        self.server.office = self
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.doors.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def open_doors(self):
        self.doors.set()
        return self


class _Counter(socketserver.StreamRequestHandler):
    """One connection; RFC 5321 as far as a client that behaves needs it."""

    def handle(self):
        with contextlib.suppress(OSError):  # the other side hung up
            self._converse(self.server.office)

    def finish(self):
        super().finish()
        self.connection.close()  # the encrypted one, which the server knows nothing of

    def _converse(self, office):
        user, is_encrypted, sender, receivers = "", False, "", []
        office.doors.wait(30)
        if office.tls == "smtps":
            self._encrypt(office)
            is_encrypted = True
        self._say("nonsense" if office.fault == "gibberish" else "220 post.example")
        while line := self.rfile.readline(LINE):
            word, _, rest = line.decode().strip().partition(" ")
            office.said.append((word.upper(), is_encrypted))
            match word.upper():
                case "EHLO":
                    offers = ["AUTH PLAIN"] if office.users and (is_encrypted or not office.tls) else []
                    offers += ["STARTTLS"] if office.tls == "starttls" and not is_encrypted else []
                    for offer in ["post.example", *offers]:
                        self._say(f"250-{offer}")
                    self._say("250 8BITMIME")
                case "STARTTLS":
                    self._say("220 go ahead")
                    self._encrypt(office)
                    is_encrypted = True
                case "AUTH":
                    _, name, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
                    user = name if office.users.get(name) == password else ""
                    self._say("235 welcome" if user else "535 wrong user or password")
                case "MAIL":
                    sender = _address(rest)
                    self._say("530 sign in first" if office.users and not user else "250 ok")
                case "RCPT":
                    receivers.append(_address(rest))
                    self._say("550 no such receiver" if office.fault == "refuses" else "250 ok")
                case "DATA":
                    self._say("354 end with a point")
                    text = self._text()
                    if office.fault == "cuts":
                        return
                    message = message_from_bytes(text, policy=policy.default)
                    office.letters.append(Letter(sender, receivers, message, user, is_encrypted))
                    receivers = []
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 goodbye")
                    return
                case _:
                    self._say("250 ok")

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def _text(self):
        lines = []
        while (line := self.rfile.readline(LINE)) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _encrypt(self, office):
        self.request = office.context.wrap_socket(self.request, server_side=True)
        self.connection = self.request
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = socketserver._SocketWriter(self.connection)


def _address(text):
    return text.partition("<")[2].partition(">")[0]


def make_certificate(folder: Path, address: str) -> Path:
    """A certificate for this address that nobody but its own file vouches for, with its key behind it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=post",
         "-addext", f"subjectAltName=IP:{address}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    return certificate
