"""A network that is only half there: a TCP proxy that delays, cuts, swallows answers and closes one side."""

import asyncio
import contextlib
from collections import Counter

FAULTS = ("none", "delay", "cut the request", "cut the answer", "swallow the answer", "half-close", "refuse")


class HalfDead:
    """Passes connections on to `port` of this machine, each with a fault that `choose()` names for it.

    With `exchanges` a fault strikes only after so many bytes of answers have passed whole.
    """

    def __init__(self, port, choose, *, rng):
        self.target, self.choose, self.rng = port, choose, rng
        self.struck = Counter()
        self.passing = set()
        self.server = None

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for task in self.passing:
            task.cancel()
        await asyncio.wait(self.passing, timeout=5) if self.passing else None
        await asyncio.sleep(0.05)

    async def _pass_on(self, reader, writer):
        self.passing.add(task := asyncio.current_task())
        task.add_done_callback(self.passing.discard)
        fault = self.choose()
        self.struck[fault] += 1
        if fault == "refuse":
            writer.transport.abort()
            return
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        limit = self.rng.randrange(1, 400)
        ways = [
            self._carry(reader, there_writer, fault, limit if fault == "cut the request" else None),
            self._carry(
                there_reader,
                writer,
                fault,
                {"cut the answer": limit, "swallow the answer": 0}.get(fault),
            ),
        ]
        running = [asyncio.ensure_future(way) for way in ways]
        try:
            done, waiting = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if not any(way.result() for way in done):
                await asyncio.wait(running, timeout=5)
        finally:
            for way in running:
                way.cancel()
            for end in (writer, there_writer):
                end.transport.abort()

    async def _carry(self, source, target, fault, limit):
        """Pass bytes on; True where the fault ended it."""
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if fault == "delay":
                    await asyncio.sleep(self.rng.uniform(0.02, 0.2))
                if limit is not None:
                    data, limit = data[:limit], limit - len(data)
                target.write(data)
                await target.drain()
                if limit is not None and limit <= 0:
                    return True
                if fault == "half-close" and target.can_write_eof():
                    target.write_eof()
                    fault = "none"
            if target.can_write_eof():
                target.write_eof()
        return False
