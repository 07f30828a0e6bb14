"""What the server runs in each worker: between granian, which holds the connections, and the pages, which take a thread.

granian would let a thread read the request and send the answer, and whoever sends or reads slowly would hold it. So a
request is read here whole, on the event loop, before it stands in line (studyapp/lanes.py), and the answer is handed
over whole. `docs/server.md` says how it is put together and why.
"""

import asyncio
import logging
import tempfile
from functools import partial
from io import BytesIO

from studyapp import leaving

leaving.leave_in_steps()

from studyapp.environs import environ_of  # noqa: E402
from studyapp.lanes import Lane  # noqa: E402  threads and connections come after
from studyapp.wsgi import application as pages  # noqa: E402

log = logging.getLogger(__name__)

SMALL = 65_536  # bytes that are kept in memory; what is longer goes to a temporary file
LARGEST_FORM = 2_600_000  # bytes: a little more than what the pages refuse with words of their own
LARGEST_FILE = 32_000_000  # … and so where files are brought in:
FILES = "/admin/content/"
MOST_ARRIVING = 400_000_000  # bytes of large bodies that may be on their way to this worker at once
GRACE = 15  # seconds that a body has to arrive in,
SLOWEST = 10_000  # and one more for each so many bytes,
LONGEST = 300  # but never more than these

SAFE = ("GET", "HEAD")


class Refused(Exception):
    """Not to be taken: the status that says why (`views.not_taken`)."""

    def __init__(self, status):
        self.status = status


class Served:
    """An RSGI application before a WSGI application."""

    def __init__(self, pages, *, readers, writers):
        self.pages, self.readers, self.writers = pages, readers, writers
        self.arriving = 0

    async def __rsgi__(self, scope, protocol):
        environ = environ_of(scope)
        is_safe = scope.method in SAFE
        if is_safe and scope.path == "/healthz":
            return self.answer(environ, protocol)  # touches nothing, so it waits for nobody
        if scope.method == "POST":
            try:
                environ["wsgi.input"] = await self.body(environ, protocol)
            except Refused as refusal:
                environ["studyapp.refused"] = refusal.status
                return self.answer(environ, protocol)
        lane = self.writers if scope.method == "POST" else self.readers
        loop = asyncio.get_running_loop()
        answered = loop.create_future()
        turn = lane.enter(partial(self.answer_in_thread, environ, protocol, loop, answered))
        if turn is None:
            environ["studyapp.refused"] = 503
            return self.answer(environ, protocol)
        timer = loop.call_later(lane.line, self.give_up, turn, environ, protocol, answered)
        try:
            await answered
        finally:
            timer.cancel()

    def answer_in_thread(self, environ, protocol, loop, answered):
        try:
            self.answer(environ, protocol)
        finally:
            loop.call_soon_threadsafe(end, answered)

    def give_up(self, turn, environ, protocol, answered):
        if turn.claim():
            environ["studyapp.refused"] = 503
            try:
                self.answer(environ, protocol)
            finally:
                end(answered)

    def answer(self, environ, protocol):
        """Run the pages and hand over what they say, whole: who reads slowly keeps memory, not a thread."""
        began = []
        try:
            chunks = self.pages(environ, lambda status, headers, error=None: began.extend((status, headers)))
            try:
                content = b"".join(chunks)
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
            status, headers = int(began[0][:3]), began[1]
        except Exception:
            log.exception("the application failed")
            status, headers, content = 500, [], b""
        protocol.response_bytes(status, headers, content)

    async def body(self, environ, protocol):
        """The whole body as a file. Refused: without a length (411), too large (413), too slow or cut (408), while
        too much else arrives (503)."""
        length = environ.get("CONTENT_LENGTH", "").lstrip("0")
        if "HTTP_TRANSFER_ENCODING" in environ:
            raise Refused(411)
        if not (length.isascii() and length.isdigit()):
            return BytesIO()
        environ["CONTENT_LENGTH"] = length
        if len(length) > 12:
            raise Refused(413)
        length = int(length)
        if length > (LARGEST_FILE if environ["PATH_INFO"].startswith(FILES) else LARGEST_FORM):
            raise Refused(413)
        seconds = min(GRACE + length / SLOWEST, LONGEST)
        try:
            async with asyncio.timeout(seconds):
                if length <= SMALL:
                    return BytesIO(whole(await protocol(), length))
                return await self.large(protocol, length)
        except (TimeoutError, RuntimeError, StopAsyncIteration):  # the last two: the connection broke
            raise Refused(408) from None

    async def large(self, protocol, length):
        """What has arrived counts, not what was announced; and who sends nothing for a while is not waited for."""
        file, arrived, chunks = tempfile.TemporaryFile(), 0, aiter(protocol)  # noqa: SIM115  closed with its request
        try:
            while arrived < length:
                async with asyncio.timeout(GRACE):
                    chunk = await anext(chunks)
                file.write(chunk)
                arrived += len(chunk)
                self.arriving += len(chunk)
                if self.arriving > MOST_ARRIVING:
                    raise Refused(503)
            file.seek(0)
            return file
        finally:
            self.arriving -= arrived


def whole(content, length):
    if len(content) < length:
        raise Refused(408)
    return content


def end(answered):
    if not answered.done():
        answered.set_result(None)


application = Served(
    pages,
    readers=Lane("reading", threads=2, most=512, line=15, lock=0.5),
    writers=Lane("writing", threads=2, most=512, line=5, lock=5),
)
leaving.can_finish()  # all that this process needs is there: from now on it leaves in steps
