"""A class at once: ``python -m benchmarks.classroom`` opens a room, lets thirty devices in, leads a lesson, and prints how
late each answer came and what memory the server took.

A device here is what a browser does on the wire, without the drawing, which devices of a class do themselves. The figures
hold for the load of the machine that is printed with them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

DEVICES, LESSON = 30, "voice-without-response"
HISTOGRAM, ANSWER, MEMORY = 2.0, 5.0, 2_048
"""Seconds until a guess is in the histogram and until any other answer, and MiB of the server, at most."""
LONG = 300.0
State = dict[str, Any]


class Device:
    """A page that is open on a device: the widgets that the server has sent, and what is pressed in them."""

    def __init__(self, address: str, path: str) -> None:
        self.address, self.path = address, path
        self.widgets: dict[str, State] = {}
        self._changed = asyncio.Event()

    async def open(self) -> None:
        """Load the page, for its cookie, and connect as its script does."""
        answer = await asyncio.to_thread(urllib.request.urlopen, self.address + self.path)
        cookie, self.session = answer.headers["Set-Cookie"].split(";")[0], str(uuid.uuid4())
        answer.close()
        url = f"{self.address.replace('http', 'ws')}/jupyter/api/kernels/{uuid.uuid4()}/channels?session_id={self.session}"
        headers = {"Cookie": cookie, "Origin": self.address}
        self.socket: ClientConnection = await connect(url, additional_headers=headers, max_size=None, open_timeout=60)
        self.reading = asyncio.create_task(self._read())
        control = uuid.uuid4().hex
        await self._send("comm_open", {"comm_id": control, "target_name": "solara.control", "data": {}})
        themes = {"path": self.path, "dark": False, "themes": {"light": {}, "dark": {}}, "appName": None}
        await self._send("comm_msg", {"comm_id": control, "data": {"method": "run", "args": themes}})

    async def close(self) -> None:
        """Leave the page."""
        self.reading.cancel()
        await self.socket.close()

    async def press(self, has: str, event: str, data: Any) -> None:
        """Let an event happen in the widget whose state has a key."""
        (name,) = [name for name, state in self.widgets.items() if has in state and "template" in state]
        content = {"method": "custom", "content": {"event": event, "data": data}}
        await self._send("comm_msg", {"comm_id": name, "data": content})

    async def press_words(self, words: str, button: str) -> None:
        """Press a button in the words that contain others."""
        (name,) = [name for name, state in self.widgets.items() if words in str(state.get("html"))]
        content = {"method": "custom", "content": {"event": "press", "data": button}}
        await self._send("comm_msg", {"comm_id": name, "data": content})

    async def until(self, there: Callable[[State], Any]) -> float:
        """Wait until a widget is in some state, and return when it was."""
        async with asyncio.timeout(LONG):
            while not any(there(state) for state in list(self.widgets.values())):
                self._changed.clear()
                await self._changed.wait()
        return time.perf_counter()

    async def shows(self, words: str) -> float:
        """Wait until words are on the page, and return when they were."""
        return await self.until(lambda state: words in str(state.get("html", state.get("children", ""))))

    async def _read(self) -> None:
        async for raw in self.socket:
            message = json.loads(raw[raw.index(b"{") : raw.rindex(b"}") + 1] if isinstance(raw, bytes) else raw)
            content = message["content"]
            data, name = content.get("data") or {}, content.get("comm_id")
            if message["msg_type"] == "comm_close":
                self.widgets.pop(name, None)
            elif message["msg_type"] in ("comm_open", "comm_msg") and "state" in data:
                self.widgets.setdefault(name, {}).update(data["state"])
            self._changed.set()

    async def _send(self, kind: str, content: dict[str, Any]) -> None:
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": self.session,
            "username": "",
            "version": "5.2",
        }
        header["date"] = "2026-01-01T00:00:00.000Z"
        message = {"buffers": [], "channel": "shell", "content": content, "header": header}
        await self.socket.send(json.dumps(message | {"metadata": {}, "parent_header": {}}))


@contextmanager
def served() -> Iterator[tuple[str, str, str, int]]:
    """Open a room; give its address on this computer, its code, the path of the teacher's view, and the process."""
    command = [sys.executable, "-m", "civicsim.cli", "app", "--class", "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        printed = "".join(server.stdout.readline() for _ in range(3))
        code, teacher = re.search(r"code (\w+)", printed), re.search(r"(http://127\S+?)(/class/teach\S+)", printed)
        if code is None or teacher is None:
            raise SystemExit("the server printed no address of a class")
        yield teacher[1], code[1], teacher[2], server.pid
    finally:
        server.terminate()
        server.wait(30)


def memory(pid: int, of: str = "VmRSS") -> float:
    """Return the memory of a process in MiB."""
    return int(re.search(rf"{of}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))[1]) / 1024  # type: ignore[index]


def processor_time(pid: int) -> float:
    """Return the seconds that a process has had of the processors."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


class Report:
    """How late answers came, what they took of the processors, and whether any was later than it may be."""

    def __init__(self, pid: int) -> None:
        self.late: list[str] = []
        self.pid, self.spent = pid, processor_time(pid)

    def line(self, what: str, seconds: list[float], limit: float) -> None:
        """Print median and slowest of some answers."""
        slowest, spent = max(seconds), processor_time(self.pid)
        times = f"median {np.median(seconds):5.2f} s, slowest {slowest:5.2f} s (n = {len(seconds)})"
        print(f"{what:58} {times}; processors {spent - self.spent:5.2f} s", flush=True)
        self.spent = spent
        if slowest > limit:
            self.late.append(f"{what}: {slowest:.2f} s, later than {limit:g} s")


async def every(began: float, waits: list[Awaitable[float]]) -> list[float]:
    """Return how long after a moment each of several things came."""
    return [at - began for at in await asyncio.gather(*waits)]


async def lesson(address: str, code: str, teach: str, pid: int, n: int) -> list[str]:
    report = Report(pid)
    teacher = Device(address, teach)
    await teacher.open()
    await teacher.shows("Lead the class")
    print(f"server before the class: {memory(pid):.0f} MiB", flush=True)

    devices = [Device(address, f"/class/{code}") for _ in range(n)]
    began = time.perf_counter()
    await asyncio.gather(*(device.open() for device in devices))
    report.line(
        "all open the page at once: it is there",
        await every(began, [d.shows("You have joined") for d in devices]),
        ANSWER,
    )

    async def lead(button: str, what: str, waits: Callable[[Device], Awaitable[float]]) -> None:
        moment = time.perf_counter()
        await teacher.press_words("Lead the class", button)
        report.line(what, await every(moment, [waits(device) for device in devices]), ANSWER)

    await lead(f"lesson:{LESSON}", "a lesson is chosen: on all screens", lambda d: d.shows("The situation"))
    # Meanwhile the class reads; the runs are simulated once, for all.
    moment = time.perf_counter()
    report.line(
        "the runs of the lesson have been simulated", [await teacher.shows("All runs are ready") - moment], LONG
    )
    await lead(
        "step:predict",
        "the step “predict”: on all screens",
        lambda d: d.until(lambda s: "event_set_guess" in str(s) or "low" in s),
    )

    async def guess(device: Device, value: float, count: int) -> float:
        moment = time.perf_counter()
        await device.press("low", "set_guess", value)
        return await teacher.until(lambda s: counted(s, "guesses: half") >= count) - moment

    values = np.random.default_rng(1).uniform(0.1, 0.9, n).round(2)
    one_by_one = []
    for k, device in enumerate(devices[: n // 2]):
        # A histogram is shown from three guesses on.
        if k < 2:
            await device.press("low", "set_guess", float(values[k]))
        else:
            one_by_one.append(await guess(device, float(values[k]), k + 1))
    report.line("half guess one by one: each in the histogram", one_by_one, HISTOGRAM)
    rest = devices[n // 2 :]
    at_once = await asyncio.gather(*(guess(d, float(v), n) for d, v in zip(rest, values[n // 2 :], strict=True)))
    report.line("the others guess at once: all in the histogram", list(at_once), HISTOGRAM)

    await lead(
        "step:run",
        "the step “run”: two runs to play on all screens",
        lambda d: d.until(lambda s: s.get("runs") and s.get("scene")),
    )
    await asyncio.gather(*(d.shows("guesses: half") for d in devices))
    where = {"week": 51, "play": False, "speed": 8, "state": "propensity", "measure": "voice_share"}
    await teacher.until(lambda s: s.get("runs"))
    moment = time.perf_counter()
    await teacher.press("runs", "lead", where)
    moved = [d.until(lambda s: (s.get("go_to") or {}).get("week") == 51) for d in devices]
    report.line("the teacher goes to a week: all players", await every(moment, moved), ANSWER)

    await lead("step:quiz", "the step “quiz”: on all screens", lambda d: d.shows("cv-quiz"))

    async def pick(device: Device, k: int) -> float:
        moment = time.perf_counter()
        await device.press_words("cv-quiz", f"{k % 3}.{k % 3}")
        return await device.shows('aria-pressed="true"') - moment

    report.line(
        "all answer a question at once: shown as chosen",
        list(await asyncio.gather(*map(pick, devices, range(n)))),
        ANSWER,
    )
    await lead("step:answers", "the right answers: on all screens", lambda d: d.shows("In thirty runs"))
    print(f"server after the lesson: {memory(pid):.0f} MiB, at most {memory(pid, 'VmHWM'):.0f} MiB", flush=True)
    if memory(pid, "VmHWM") > MEMORY:
        report.late.append(f"the server took more than {MEMORY} MiB")
    await asyncio.gather(teacher.close(), *(device.close() for device in devices))
    return report.late


def counted(state: State, words: str) -> int:
    """Return the number before some words of a widget."""
    found = re.search(rf"(\d+) {words}", str(state.get("html")))
    return int(found[1]) if found else 0


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classroom", description="Measure a class at once.")
    parser.add_argument("--devices", type=int, default=DEVICES, metavar="N", help=f"how many devices ({DEVICES})")
    given = parser.parse_args(words)
    print(f"{given.devices} devices on {os.cpu_count()} cores; load before: {os.getloadavg()[0]:.1f}", flush=True)
    with served() as (address, code, teach, pid):
        late = asyncio.run(lesson(address, code, teach, pid, given.devices))
    print("\n".join(late) or "All in time.")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
