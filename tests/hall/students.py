"""Students as an asyncio client: each keeps every receipt it was given, to be compared with the database.

It sends as the browser's queue does: one request at a time, the same ids again until a receipt has come, 1, 2, 4 … 30
seconds between tries, spread by chance. `pace` makes these seconds shorter.
"""

import asyncio
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

SECRET = "0123456789abcdefABCDEF0123456789"  # of the CSRF cookie; what counts is that cookie and header agree


@dataclass(frozen=True)
class Receipt:
    client_id: str
    attempt: int
    number: int
    text: str
    at: float  # by this machine's clock that nobody sets
    told: dict


@dataclass
class Seen:
    """What all students of a run saw: how every answer and every failure came out, and how long saves took."""

    statuses: Counter = field(default_factory=Counter)
    broken: int = 0
    waits: list[float] = field(default_factory=list)  # of each answered request for a save
    retry_after: set = field(default_factory=set)


class Student:
    def __init__(self, port, seat, *, rng, seen=None, pace=1.0, timeout=15.0, host="127.0.0.1"):
        self.port, self.seat, self.rng, self.pace = port, seat, rng, pace
        self.seen = seen or Seen()
        self.timeout, self.host = timeout, host
        self.writer_id = f"js-{rng.getrandbits(96):024x}"
        self.sent = 0
        self.receipts: list[Receipt] = []
        self.reader = self.writer = None

    async def ask(self, method, path, fields=None, *, headers=()):
        """One request over the open connection: (status, headers, body). Raises OSError where the network fails."""
        body = urlencode(fields, doseq=True).encode() if fields is not None else b""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            f"Cookie: session={self.seat['session']}; csrf={SECRET}",
            f"X-CSRFToken: {SECRET}",
            *headers,
        ]
        if fields is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        try:
            return await asyncio.wait_for(
                self._exchange("\r\n".join([*lines, "", ""]).encode() + body), self.timeout
            )
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.hang_up()
            raise OSError(str(error)) from error

    async def _exchange(self, request):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        self.writer.write(request)
        await self.writer.drain()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int((await self.reader.readline()).strip(), 16):
                body += await self.reader.readexactly(size)
                await self.reader.readline()
            await self.reader.readline()
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.hang_up()
        return int(head[0].split(" ")[1]), headers, body

    def hang_up(self):
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None

    # --- saving

    def new_answer(self, number, text):
        """The fields of one save, as the page would send them."""
        self.sent += 1
        name = {"true_false": "answer", "short_text": "text"}[self.seat["kinds"][number - 1]]
        return {
            "client_id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "writer": self.writer_id,
            "number": str(self.sent),
            f"q{number}_{name}": text,
        }

    async def post(self, number, fields):
        """Send a save once; its receipt is kept, where one comes. (status, headers, body)"""
        text = next(value for name, value in fields.items() if name.startswith("q"))
        path = f"/attempts/{self.seat['attempt']}/{number}/save/"
        began = time.monotonic()
        try:
            status, headers, body = await self.ask("POST", path, fields)
        except OSError:
            self.seen.broken += 1
            raise
        self.seen.waits.append(time.monotonic() - began)
        self.seen.statuses[status] += 1
        if status == 503:
            self.seen.retry_after.add(headers.get("retry-after"))
        if status == 200:
            told = json.loads(body)
            assert told["client_id"] == fields["client_id"]
            self.receipts.append(
                Receipt(fields["client_id"], self.seat["attempt"], number, text, time.monotonic(), told)
            )
        return status, headers, body

    async def save(self, number, text):
        """Send until the receipt is there, as the page does."""
        fields, failures = self.new_answer(number, text), 0
        while True:
            try:
                status = (await self.post(number, fields))[0]
                if status == 200:
                    return self.receipts[-1]
                assert status in (408, 503), f"answered {status}"
            except OSError:
                pass
            wait = min(30, 2 ** min(failures, 5)) * self.pace
            failures += 1
            await asyncio.sleep(wait * self.rng.uniform(0.8, 1.2))

    async def write(self, until: asyncio.Event, *, every=10.0):
        """Answer again and again, about every so many seconds, until told to stop; the last answer is saved too."""
        await asyncio.sleep(self.rng.uniform(0, every))
        while not until.is_set():
            number = self.rng.randrange(len(self.seat["kinds"])) + 1
            is_text = self.seat["kinds"][number - 1] == "short_text"
            text = f"answer {self.rng.getrandbits(40)}" if is_text else self.rng.choice(["true", "false"])
            await self.save(number, text)
            try:
                await asyncio.wait_for(until.wait(), every * self.rng.uniform(0.8, 1.2))
            except TimeoutError:
                continue


def receipts_of(students) -> list[Receipt]:
    return [receipt for student in students for receipt in student.receipts]


def compare(receipts, rows) -> dict:
    """Receipts against rows of the database: which are lost, which stand twice or say something else."""
    stored = {}
    for row in rows:
        stored.setdefault(row["client_id"], []).append(row)
    lost = [r for r in receipts if r.client_id not in stored]
    other = [
        r
        for r in receipts
        if r.client_id in stored
        and (r.attempt, r.number, r.text)
        != tuple(stored[r.client_id][0][name] for name in ("attempt", "number", "text"))
    ]
    return {
        "lost": len(lost),
        "double": sum(len(found) > 1 for found in stored.values()),
        "other": len(other),
    }


SOUND = {"lost": 0, "double": 0, "other": 0}


def percentile(values, share) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
