"""When the server deals with a message of a page: one at a time, first that of the page that has kept it busy least.

All pages share one interpreter. Were their messages dealt with at the same time, a visitor would wait for all who send; so one
waits for the message that is being dealt with. A page that sends more than its share waits although no other does. The server reads no
more from a connection of which messages wait, so that what it sends piles up with the sender.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.types import Message, Receive

SHARE, AT_ONCE, LONGEST = 0.05, 10.0, 2.0
"""Share of the time for which the server deals with messages of a page, seconds of it that may be taken at once, and seconds that
a message waits at most for that. Assumption: a visitor in a hurry moves a lever a second, and to draw the page anew takes 50 ms."""
MOMENT = 0.2
"""Seconds after which a message no longer keeps others waiting: it may wait itself, for a slow network to take an answer.
Assumption: most are done by then."""


@dataclass(eq=False)
class _Turn:
    """A message that waits to be dealt with: seconds that its page has left, and what is set when it is its turn."""

    left: float
    come: asyncio.Future[None]


class Pace:
    """The order in which the server deals with messages."""

    def __init__(self) -> None:
        self._waiting: list[_Turn] = []
        self._now: _Turn | None = None

    def paced(self, receive: Receive) -> Receive:
        """Return a function that receives the messages of a page, each when it is its turn.

        A message is being dealt with until the next is asked for. A page has half of what it may take at once when it is opened, so
        that those who open many do not go before those who are there.
        """
        left, given, turn = AT_ONCE / 2.0, time.monotonic(), None

        async def receive_in_turn() -> Message:
            nonlocal left, given, turn
            asked = time.monotonic()
            left = max(left - (asked - given), -SHARE * LONGEST)
            self._end(turn)
            if left < 0.0:
                await asyncio.sleep(-left / SHARE)
            message = await receive()
            # The page sends no bytes, and a message of a few can claim to have two thousand million parts.
            if message.get("bytes") is not None:
                return {"type": "websocket.disconnect", "code": 1003}
            if message["type"] == "websocket.receive":
                turn = _Turn(left, asyncio.get_running_loop().create_future())
                self._waiting.append(turn)
                self._begin_next()
                await turn.come
            given = time.monotonic()
            left = min(AT_ONCE, left + SHARE * (given - asked))
            return message

        return receive_in_turn

    def _begin_next(self) -> None:
        # One whose connection has ended no longer waits.
        self._waiting = [turn for turn in self._waiting if not turn.come.done()]
        if self._now is None and self._waiting:
            self._now = max(self._waiting, key=lambda turn: turn.left)
            self._now.come.set_result(None)
            asyncio.get_running_loop().call_later(MOMENT, self._end, self._now)

    def _end(self, turn: _Turn | None) -> None:
        if turn is not None and turn is self._now:
            self._now = None
            self._begin_next()
