"""Connections to the page: how many there may be, and for how long one may stay without a request.

Connections cost a program nothing to open, and the server one of a few hundred open files each. Without bounds, some hundred
that ask for nothing would make the page unreachable.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PATIENCE = 10.0
"""Seconds that a connection may take until its request is complete. Assumption: enough for a slow mobile network."""
STALLED = 30.0
"""Seconds in which a page has to take something of what is sent to it. Assumption: after them a slow network is one that has failed."""
MOST = 1_000
"""Most connections at the same time, where the system allows that many open files."""
SHARE = 4
"""An address of another computer may have one in so many of them; behind a proxy all visitors have that of the proxy."""
_FEW = 128
_LOOPBACK = ("127.0.0.1", "::1")


def room() -> int:
    """Return how many connections there may be: half of the open files that the system allows, and at most :data:`MOST`."""
    with contextlib.suppress(ImportError):
        import resource

        return max(16, min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
    return _FEW


class Bounded(H11Protocol):
    """A connection that is closed where there are too many, or where it brings no request in time."""

    most = room()

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or close it at once."""
        super().connection_made(transport)
        self._waiting: asyncio.TimerHandle | None = None
        all_there: set[Any] = self.connections
        address = self.client[0] if self.client else ""
        of_this = sum(other.client is not None and other.client[0] == address for other in all_there)
        if len(all_there) > self.most or (address not in _LOOPBACK and of_this > self.most // SHARE):
            transport.close()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take part of a request."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Give a request that has not begun the time there is; more bytes of it give it no more."""
        if self._idle() and self._waiting is None:
            self._waiting = self.loop.call_later(PATIENCE, self._expire)

    def _idle(self) -> bool:
        cycle: Any = self.cycle
        upgraded = self.transport.get_protocol() is not self
        return not upgraded and (cycle is None or cycle.response_complete)

    def _expire(self) -> None:
        self._waiting = None
        if self._idle():
            self.transport.close()


class Taking(WebSocketsSansIOProtocol):
    """A connection of a page that ends where the page takes nothing of what is sent to it.

    A network that fails, or a page that never reads, says no word: the thread that sends and its message would stay for as long as the
    system believes in the connection, and where it is to be closed, that too would wait for the message to be taken.
    """

    _look: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Have those who send wait, and look now and then whether something is taken."""
        super().pause_writing()
        self._later()

    def resume_writing(self) -> None:
        """Let those who send go on."""
        self._forget()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._forget()
        super().connection_lost(exc)

    def _later(self) -> None:
        self._look = self.loop.call_later(STALLED, self._end_if_stalled, self.transport.get_write_buffer_size())

    def _end_if_stalled(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._later()
        else:
            self.transport.abort()

    def _forget(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
