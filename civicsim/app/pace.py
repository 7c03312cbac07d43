"""When the server deals with a message of a page: one at a time, first that of the visitor who has kept it busy least.

All pages share one interpreter. Were their messages dealt with at the same time, a visitor would wait for all who send; so one
waits for the message that is being dealt with. Tabs of a visitor share what the visitor may take, also those that are opened anew, and
a message that waits becomes more urgent by the second. Who sends more than a share waits although no other does. The server reads no more
from a connection of which messages wait, so that what it sends piles up with the sender.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from starlette.types import Message, Receive

SHARE, AT_ONCE, LONGEST = 0.05, 10.0, 2.0
"""Share of the time for which the server deals with messages of a visitor, seconds of it that may be taken at once, and seconds that
a message waits at most for that. Assumption: a visitor in a hurry moves a lever a second, and to draw the page anew takes 50 ms."""
MOMENT = 0.2
"""Seconds after which a message no longer keeps others waiting: it may wait itself, for a slow network to take an answer.
Assumption: most are done by then."""


@dataclass(eq=False)
class _Account:
    """What a visitor may take: seconds, and when they were counted. One who comes has half, and does not go before those who are there."""

    left: float = field(default_factory=lambda: AT_ONCE / 2.0)
    counted: float = field(default_factory=time.monotonic)

    def count(self, spent: float = 0.0) -> float:
        """Take off what was spent and add what has come in meanwhile; return what is left."""
        now = time.monotonic()
        self.left = max(min(AT_ONCE, self.left + SHARE * (now - self.counted)) - spent, -SHARE * LONGEST)
        self.counted = now
        return self.left


@dataclass(eq=False)
class _Turn:
    """A message that waits to be dealt with: whose it is, since when it waits, and what is set when it is its turn."""

    account: _Account
    since: float
    come: asyncio.Future[None]

    def urgency(self) -> float:
        """Return the seconds that its visitor has left and those that it has waited."""
        return self.account.left + time.monotonic() - self.since


class Pace:
    """The order in which the server deals with messages."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        self._waiting: list[_Turn] = []
        self._now: _Turn | None = None

    def paced(self, receive: Receive, visitor: str) -> Receive:
        """Return a function that receives the messages of a page of a visitor, each when it is its turn.

        A message is being dealt with until the next is asked for.
        """
        account = self._account(visitor)
        given: float | None = None
        turn: _Turn | None = None

        async def receive_in_turn() -> Message:
            nonlocal given, turn
            left = account.count(0.0 if given is None else time.monotonic() - given)
            self._end(turn)
            if left < 0.0:
                await asyncio.sleep(-left / SHARE)
            message = await receive()
            # The page sends no bytes, and a message of a few can claim to have two thousand million parts.
            if message.get("bytes") is not None:
                return {"type": "websocket.disconnect", "code": 1003}
            if message["type"] == "websocket.receive":
                turn = _Turn(account, time.monotonic(), asyncio.get_running_loop().create_future())
                self._waiting.append(turn)
                self._begin_next()
                await turn.come
            given = time.monotonic()
            return message

        return receive_in_turn

    def _account(self, visitor: str) -> _Account:
        # One that has not been used for so long that it would be as good as new need not be kept.
        since = time.monotonic() - AT_ONCE / 2.0 / SHARE
        self._accounts = {name: own for name, own in self._accounts.items() if own.counted > since}
        return self._accounts.setdefault(visitor, _Account())

    def _begin_next(self) -> None:
        # One whose connection has ended no longer waits.
        self._waiting = [turn for turn in self._waiting if not turn.come.done()]
        if self._now is None and self._waiting:
            self._now = max(self._waiting, key=_Turn.urgency)
            self._now.come.set_result(None)
            asyncio.get_running_loop().call_later(MOMENT, self._end, self._now)

    def _end(self, turn: _Turn | None) -> None:
        if turn is not None and turn is self._now:
            self._now = None
            self._begin_next()
