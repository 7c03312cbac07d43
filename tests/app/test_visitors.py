"""No visitor keeps others waiting, fills the memory, or has the server do what the page does not offer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
import uvicorn
from solara.server import kernel_context

from civicsim.app import connections, hooks, pace, visitors, widgets, work
from civicsim.app import turns as turns_module
from civicsim.app.turns import MOMENT, Superseded, Turns
from civicsim.errors import CivicsimError
from civicsim.scenario.scenario import Scenario


def beside(do, *args):
    thread = threading.Thread(target=do, args=args)
    thread.start()
    return thread


def working(turns, visitor, order, seconds, large=False):
    """Work for some seconds of turns, and note the begin and the end."""
    with turns.taken(visitor, large) as job:
        order.append(f"{visitor} begins")
        done = 0.0
        while done < seconds:
            time.sleep(0.01)
            done += 0.01
            job.over()
        order.append(f"{visitor} ends")


def until(condition):
    end = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_long_work_makes_way_for_a_visitor_who_has_had_less():
    turns, order = Turns(1), []
    hog = beside(working, turns, "hog", order, 4 * MOMENT)
    until(lambda: order)
    other = beside(working, turns, "other", order, 0.02)
    for thread in (hog, other):
        thread.join()
    assert order == ["hog begins", "other begins", "other ends", "hog ends"]


def test_many_who_are_new_do_not_go_before_one_who_has_been_there(monkeypatch):
    monkeypatch.setattr(turns_module, "FADES", 0.02)
    turns, order = Turns(1), []
    working(turns, "visitor", order, 0.02)
    time.sleep(0.1)
    monkeypatch.setattr(turns_module, "FADES", 60.0)
    with turns.taken("first"):
        names = ["new 0", "new 1", "new 2", "visitor"]
        threads = []
        for name in names:
            threads.append(beside(working, turns, name, order, 0.02))
            until(lambda: len(turns._waiting) == len(threads))
    for thread in threads:
        thread.join()
    assert order[2:4] == ["visitor begins", "visitor ends"]
    # Nor are those who are new kept out.
    assert {f"new {k} ends" for k in range(3)} < set(order)


def test_a_second_large_one_waits_and_keeps_no_small_one_from_its_turn():
    turns, order = Turns(2), []
    threads = [beside(working, turns, "first", order, 2 * MOMENT, True)]
    until(lambda: order)
    threads.append(beside(working, turns, "second", order, 0.02, True))
    until(lambda: turns.crowded)
    threads.append(beside(working, turns, "small", order, 0.02))
    for thread in threads:
        thread.join()
    assert order.index("small ends") < order.index("first ends") < order.index("second begins")


def test_work_that_is_given_up_while_it_waits_leaves_its_place():
    turns, over = Turns(1), threading.Event()
    with turns.taken("one"):
        over.set()
        with pytest.raises(Superseded), turns.taken("two", stop=over.is_set):
            pass
    assert not turns.crowded
    with turns.taken("two"):
        pass


def page_of(visitor, *status):
    pages = {str(k): kernel_context.PageStatus(one) for k, one in enumerate(status)}
    page = SimpleNamespace(session_id=visitor, page_status=pages, closed_event=threading.Event(), reasons=[])
    page.close = lambda reason: (page.closed_event.set(), contexts_without(page))
    return page


def contexts_without(page):
    for key, one in list(kernel_context.contexts.items()):
        if one is page:
            del kernel_context.contexts[key]


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.setattr(kernel_context, "contexts", {})
    return kernel_context.contexts


def test_a_visitor_has_so_many_pages_and_those_left_make_room(pages):
    for k in range(visitors.MOST_EACH):
        pages[str(k)] = page_of("hog", "connected")
    assert not visitors.is_room("hog")
    assert visitors.is_room("hog", "3")
    assert visitors.is_room("other")
    pages["0"].page_status["0"] = kernel_context.PageStatus.DISCONNECTED
    assert visitors.is_room("hog")
    assert len(pages) == visitors.MOST_EACH - 1


def test_pages_count_from_when_they_are_let_in(pages, monkeypatch):
    monkeypatch.setattr(visitors, "_opening", {})
    let_in = [visitors.admit("hog", str(k)) for k in range(2 * visitors.MOST_EACH)]
    assert let_in == [True] * visitors.MOST_EACH + [False] * visitors.MOST_EACH
    assert visitors.admit("other", "one")
    visitors.gone("3")
    assert visitors.admit("hog", "more")


def test_all_visitors_have_so_many_pages_together(pages):
    for k in range(visitors.MOST_PAGES):
        pages[str(k)] = page_of(str(k), "connected")
    assert not visitors.is_room("new")
    assert visitors.is_room("7", "7")


def test_the_server_ends_without_waiting_for_pages_that_have_something_to_send(pages):
    from solara.server import starlette

    pages["busy"] = page_of("someone", "connected")
    starlette.on_shutdown()
    assert not pages["busy"].closed_event.is_set()


def test_large_runs_are_refused_in_one_sentence_where_pages_hold_too_many(monkeypatch, pages):
    tiny = Scenario.preset().with_(n_teams=2, team_size=4, weeks=4, burn_in_weeks=1, seed=77)
    held = work.playback(tiny)
    monkeypatch.setattr(work, "MOST_HELD", held.n_bytes // 2)
    with pytest.raises(CivicsimError, match="as many large runs as it has room for"):
        work.playback(tiny.with_(seed=78))


def test_work_stops_when_the_page_is_lost_and_is_done_again_when_it_is_back(monkeypatch):
    import solara

    lost, tries, shown, held, left = threading.Event(), [], [], [], []
    monkeypatch.setattr(visitors, "unseen", lost.is_set)

    def seen_again(stop):
        left.extend(array() for array in held)
        until(lambda: not lost.is_set())
        return True

    monkeypatch.setattr(visitors, "seen_again", seen_again)

    def work_on(stop, show):
        tries.append(1)
        if len(tries) == 1:
            large = np.zeros(1000)
            held.append(weakref.ref(large))
            lost.set()
            until(stop)
            raise Superseded
        show("done")

    @solara.component
    def Page():
        shown.append(hooks.use_latest(work_on, [])[0])
        solara.Text("x")

    _, context = solara.render(Page(), handle_error=False)
    until(lambda: len(tries) == 1)
    time.sleep(0.05)
    assert len(tries) == 1
    lost.clear()
    until(lambda: shown[-1] == "done")
    assert len(tries) == 2
    # What was computed takes no memory while no one looks.
    assert left == [None]
    context.close()


def test_a_page_can_call_events_that_are_declared_and_nothing_else(tmp_path):
    import solara

    got, made = [], tmp_path / "made"

    @solara.component
    def Page():
        widgets.Words(html="", class_="", event_press=got.append)

    box, context = solara.render(Page(), handle_error=False)
    widget = next(one for one in [box, *box.children] if hasattr(one, "events"))
    for content in (
        {"create_widget": ["pathlib", "Path"], "props": {}, "id": "1"},
        {"create_widget": ["logging", "basicConfig"], "props": {"filename": str(made)}, "id": "2"},
        {"update_ref": {"functionRef": "close_all"}, "id": widget.model_id, "prop": "html"},
        {"event": "nothing"},
        {"event": ["press"]},
        {"event": None},
        [],
        "press",
        None,
    ):
        widget._handle_custom_msg(content, [])
    assert got == []
    assert not made.exists()
    widget._handle_custom_msg({"event": "press", "data": "x"}, [])
    assert got == ["x"]
    context.close()


def sends(n):
    """Return a function that receives n messages of a page."""
    messages = iter([{"type": "websocket.receive", "text": ""}] * n)

    async def receive():
        return next(messages, {"type": "websocket.disconnect"})

    return receive


def test_messages_of_a_page_that_keeps_the_server_busy_wait(monkeypatch):
    monkeypatch.setattr(pace, "AT_ONCE", 0.2)
    monkeypatch.setattr(pace, "LONGEST", 0.1)
    waits = []

    async def send_many(seconds, n):
        receive = pace.Pace().paced(sends(n), "one")
        for _ in range(n):
            began = time.monotonic()
            await receive()
            waits.append(time.monotonic() - began)
            # The time that the server takes for it.
            await asyncio.sleep(seconds)

    asyncio.run(send_many(0.02, 12))
    assert max(waits[:4]) < 0.09
    assert min(waits[-3:]) > 0.09
    waits.clear()
    asyncio.run(send_many(0.0, 100))
    assert sum(waits) < 0.09


def test_a_visitor_waits_for_one_message_of_those_who_flood_the_server(monkeypatch):
    monkeypatch.setattr(pace, "MOMENT", 60.0)
    order = []

    async def page(name, n, door):
        receive = door.paced(sends(n), name)
        while (await receive())["type"] == "websocket.receive":
            order.append(name)
            time.sleep(0.001)

    async def flood():
        door = pace.Pace()
        crowd = asyncio.gather(*(page("flood", 20, door) for _ in range(8)))
        while len(order) < 24:
            await asyncio.sleep(0.0)
        order.append("sent")
        await asyncio.gather(page("visitor", 1, door), crowd)

    asyncio.run(flood())
    assert order.index("visitor") - order.index("sent") <= 2
    assert order.count("flood") == 160


def test_pages_that_one_visitor_opens_again_and_again_do_not_go_before_those_of_others(monkeypatch):
    monkeypatch.setattr(pace, "MOMENT", 60.0)
    monkeypatch.setattr(pace, "AT_ONCE", 0.2)
    monkeypatch.setattr(pace, "LONGEST", 0.0)
    order = []

    async def page(name, seconds, door):
        receive = door.paced(sends(1), name)
        await receive()
        order.append(name)
        # Meanwhile the others come.
        await asyncio.sleep(0.0)
        time.sleep(seconds)
        await receive()

    async def meet():
        door = pace.Pace()
        await page("visitor", 0.02, door)
        await page("hog", 0.15, door)
        # All wait for one page, and a visitor comes last.
        await asyncio.gather(
            page("other", 0.01, door), *(page("hog", 0.01, door) for _ in range(5)), page("visitor", 0.0, door)
        )

    asyncio.run(meet())
    assert order == ["visitor", "hog", "other", "visitor", *["hog"] * 5]


def test_a_message_that_has_waited_long_goes_before_one_of_a_visitor_who_has_taken_less():
    less, more = pace._Account(5.0), pace._Account(2.0)
    now = time.monotonic()
    waits = [pace._Turn(more, now - 4.0, None), pace._Turn(less, now, None)]
    assert max(waits, key=pace._Turn.urgency) is waits[0]


def test_a_message_that_waits_for_a_slow_network_keeps_others_waiting_for_a_moment_only(monkeypatch):
    monkeypatch.setattr(pace, "MOMENT", 0.01)

    async def two():
        door = pace.Pace()
        await door.paced(sends(1), "one")()
        await asyncio.wait_for(door.paced(sends(1), "one")(), 10.0)
        # One whose connection ends while it waits leaves its place.
        await door.paced(sends(1), "one")()
        gone = asyncio.create_task(door.paced(sends(1), "one")())
        await asyncio.sleep(0.0)
        gone.cancel()
        await asyncio.wait_for(door.paced(sends(1), "one")(), 10.0)

    asyncio.run(two())


def test_a_message_that_is_not_text_ends_the_connection():
    async def receive():
        return {"type": "websocket.receive", "bytes": b"\x7f\xff\xff\xff", "text": None}

    assert asyncio.run(pace.Pace().paced(receive, "one")())["type"] == "websocket.disconnect"


# -- pages that take nothing -----------------------------------------------------------------------------------------------

_HELLO = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


@contextlib.contextmanager
def sending_without_end():
    """Serve a page to which something is sent all the time; yields its port and what is set when that has come to an end."""
    ended = threading.Event()

    async def page(scope, receive, send):
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "bytes": bytes(100_000)})
        except OSError:
            ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        # What the system keeps of what is sent, it passes on in pieces of a third of this.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        server = uvicorn.Server(uvicorn.Config(page, ws=connections.Taking, lifespan="off", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1], ended
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


@pytest.mark.parametrize("reads", [False, True])
def test_a_page_that_takes_nothing_of_what_is_sent_to_it_keeps_no_thread_waiting(reads, monkeypatch):
    monkeypatch.setattr(connections, "STALLED", 1.0)
    with sending_without_end() as (port, ended), socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.connect(("127.0.0.1", port))
        client.sendall(_HELLO)
        if reads:
            # One that is slow is no such page.
            for _ in range(40):
                client.recv(50_000)
                time.sleep(0.1)
            assert not ended.is_set()
        else:
            # As where a network fails: the connection says no word, and is not closed.
            assert ended.wait(10.0)
