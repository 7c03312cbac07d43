"""Disks that fill, clocks that jump, an hour of visitors: ``python -m benchmarks.chaos`` tries them, and prints what was lost.

    python -m benchmarks.chaos disk                     # a study on a disk that is full again and again; mounts, as root
    python -m benchmarks.chaos clock                    # clocks that jump by an hour, for a study and for the page; needs a C compiler
    python -m benchmarks.chaos visitors --minutes 60    # 50 visitors, one hog, and a server that is ended five times

What a study leaves behind is compared byte by byte with an undisturbed one. A visitor has to see the run that the model computes.
A fault ends with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mmap
import os
import random
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import attack
from benchmarks.classroom import memory
from benchmarks.survive_kills import hashes
from civicsim.app import state, work

STUDY = """question = "Does a study survive?"
styles = ["status-quo", "civic-culture"]
seeds = {seeds}
weeks = 26
burn_in_weeks = 13
measures = "flagship"
weekly = ["quality_true", "trust", "load", "psychological_safety", "efficacy"]
[factors]
n_teams = 2
team_size = 6
n_executives = 1
fear = [0.1, 0.5]
"""
ROOM = (0.2, 0.4, 0.6, 0.8, 0.95)
"""Size of the disk at each trial, as a share of what the study takes; then it has room."""
CLOCK = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile long *ahead;
__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("CLOCK_AHEAD");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file >= 0) ahead = mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
}
int clock_gettime(clockid_t clock, struct timespec *at) {
    int found = syscall(SYS_clock_gettime, clock, at);
    if (clock == CLOCK_REALTIME && ahead) at->tv_sec += *ahead;
    return found;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""
"""A library that sets the clock of programs ahead by the seconds in a file, without touching that of the machine."""
HOUR = 3_600
VISITORS = 50
PLACE = "?set=structure.n_teams%3D8&seed=11&weeks=104"
RESTARTS = 5
LOOK = 5.0
"""Minutes between two looks at the server."""
ARRIVING = 60.0
"""Seconds over which visitors come at the beginning. That all come at once is what :mod:`benchmarks.classroom` measures."""
LOOKS = (2.0, 20.0)
"""Seconds for which a visitor looks at what is shown. Assumption: as someone does who reads it."""

Found = Iterator[str]
"""What was seen, a line each; a line that begins with "fault" is one."""


def study(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Give a command on a study; the outcome has what was printed."""
    command = [sys.executable, "-m", "civicsim.cli", "study", *words]
    return subprocess.run(command, cwd=folder, env=os.environ | more, capture_output=True, text=True, timeout=3_600)


def undisturbed(folder: Path, seeds: int) -> Path:
    (folder / "study.toml").write_text(STUDY.format(seeds=seeds), encoding="utf-8")
    done = study(folder, "run", "study.toml", "--out", "undisturbed", "--processes", "2")
    if done.returncode:
        raise SystemExit(done.stderr)
    return folder / "undisturbed"


def parts(store: Path) -> set[str]:
    return {path.name for path in (store / "parts").glob("*.parquet")}


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[Callable[[int], None]]:
    """Mount a disk in memory, and yield what sets its size in bytes."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "civicsim", str(folder)], check=True)

    def resize(size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)

    try:
        yield resize
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def full_disk(given: argparse.Namespace) -> Found:
    """A study on a disk that is too small, then larger, then large enough."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        expected = undisturbed(folder, given.seeds)
        size = sum(path.stat().st_size for path in expected.rglob("*") if path.is_file())
        yield f"undisturbed: {4 * given.seeds:,} runs, {size / 1e6:.1f} MB"
        with disk(folder / "disk") as resize:
            store, n_parts = folder / "disk" / "store", 0
            for share in ROOM:
                resize(int(share * size))
                before = parts(store)
                done = study(folder, "run", "study.toml", "--out", str(store), "--processes", "2")
                lost, n_parts = before - parts(store), len(parts(store))
                last = (done.stderr.strip().splitlines() or [""])[-1]
                yield f"room for {share:.0%}: exit code {done.returncode}, {n_parts} parts there, {len(lost)} lost: {last}"
                if "Traceback" in done.stderr or (done.returncode and "make room" not in done.stderr):
                    yield f"fault: not one line about the disk:\n{done.stderr[-2_000:]}"
                if lost:
                    yield f"fault: {len(lost)} parts lost"
            resize(10 * size)
            done = study(folder, "run", "study.toml", "--out", str(store), "--processes", "2")
            same = done.returncode == 0 and hashes(store) == hashes(expected)
            yield f"with room again: exit code {done.returncode}, tables {'are the same' if same else 'DIFFER'}"
            if not same:
                yield f"fault: the study is not as it would have been\n{done.stderr[-2_000:]}"


@contextlib.contextmanager
def jumping(folder: Path, every: float) -> Iterator[tuple[dict[str, str], list[int]]]:
    """Let the clock of programs jump an hour ahead, an hour back, and a year ahead; yields what they have to be started with."""
    (folder / "clock.c").write_text(CLOCK, encoding="utf-8")
    library, ahead = folder / "clock.so", folder / "ahead"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "clock.c"], check=True)
    ahead.write_bytes(bytes(8))
    stop, jumps = threading.Event(), list[int]()
    with ahead.open("r+b") as file, mmap.mmap(file.fileno(), 8) as at:

        def jump() -> None:
            while not stop.wait(every):
                jumps.append((HOUR, -HOUR, 0, 365 * 24 * HOUR, 0)[len(jumps) % 5])
                at[:8] = struct.pack("l", jumps[-1])

        thread = threading.Thread(target=jump)
        thread.start()
        try:
            yield {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(ahead)}, jumps
        finally:
            stop.set()
            thread.join()


def jumping_clock(given: argparse.Namespace) -> Found:
    """A study, its status and its log, and the page, while the clock jumps."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        expected = undisturbed(folder, given.seeds)
        with jumping(folder, 0.7) as (clock, jumps):
            seen = {
                subprocess.run(
                    [sys.executable, "-c", "import time; print(round((time.time() - time.monotonic()) / 3600))"],
                    env=os.environ | clock,
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
                for _ in range(12)
            }
            if len(seen) < 2:
                yield "fault: programs do not see the clock jump"
            outcome: list[Any] = []
            command = ("run", "study.toml", "--out", "jumped", "--processes", "2")
            thread = threading.Thread(target=lambda: outcome.append(study(folder, *command, **clock)))
            thread.start()
            n_asked, odd = 0, list[str]()
            while thread.is_alive():
                asked = study(folder, "status", "jumped", "--json", **clock)
                if asked.returncode == 0:
                    n_asked += 1
                    values = [v for v in json.loads(asked.stdout).values() if isinstance(v, float | int)]
                    odd += [asked.stdout for value in values if not 0 <= value < 1e9][:1]
                elif "Traceback" in asked.stderr or len(asked.stderr.strip().splitlines()) > 1:
                    odd.append(asked.stderr)
                thread.join(0.2)
            (done,) = outcome
            same = done.returncode == 0 and hashes(folder / "jumped") == hashes(expected)
            yield (
                f"study: {len(jumps)} jumps, exit code {done.returncode}, tables {'are the same' if same else 'DIFFER'}, "
                f"status asked {n_asked} times, {len(odd)} odd answers"
            )
            if not same:
                yield f"fault: the study is not as it would have been\n{done.stderr[-2_000:]}"
            yield from (f"fault: {one[:500]}" for one in odd[:3])
            log = [json.loads(line) for line in (folder / "jumped" / "log.jsonl").read_text("utf-8").splitlines()]
            runs = sum(one["runs"] for one in log)
            yield f"log: {len(log)} batches, {runs:,} runs, {min(one['seconds'] for one in log):.2f} s at least"
            if runs != 4 * given.seeds or min(one["seconds"] for one in log) < 0.0:
                yield "fault: the log is wrong"
            os.environ.update(clock)
            with tempfile.TemporaryFile() as file, contextlib.closing(attack.Target(file)) as target:
                for name in clock:
                    del os.environ[name]
                with attack.bounded(2 * attack.STEP * attack.SLOWER):
                    watch, before = attack.Watch(target), len(jumps)
                    for _ in range(20):
                        yield from watch.faults()
                        time.sleep(0.5)
                yield (
                    f"page: {len(jumps) - before} jumps, 20 moves, slowest wait {max(watch.waits):.1f} s, {watch.n_changed} messages "
                    f"too many, log of {os.fstat(file.fileno()).st_size:,} bytes"
                )


class Crowd:
    """Visitors who come, move a lever, wait for the run and leave, and what they have seen."""

    def __init__(self, target: attack.Target) -> None:
        self.target, self.stop, self.down = target, threading.Event(), threading.Event()
        base = state.from_query(PLACE).scenario
        self.fears = [round(0.05 + 0.03 * k, 2) for k in range(20)]
        self.known = {fear: state.with_lever(base, "fear", fear) for fear in self.fears}
        self.packed = {fear: work.playback(scenario).packed for fear, scenario in self.known.items()}
        self.waits, self.faults, self.interrupted = list[float](), list[str](), 0

    def visit(self, chance: random.Random) -> None:
        fear = chance.choice(self.fears)
        page = attack.Page(self.target, f"/explore{state.to_query(self.known[fear])}")
        try:
            self.waits.append(page.until(self.packed[fear], 120.0))
            for _ in range(chance.randrange(8)):
                if self.stop.wait(chance.uniform(*LOOKS)):
                    break
                page.read_all()
                # Another than is shown, or there would be nothing to wait for.
                fear = chance.choice([other for other in self.fears if other != fear])
                page.move("fear", fear)
                self.waits.append(page.until(self.packed[fear], 120.0))
        finally:
            page.leave()
            self.target.pages.remove(page)

    def come(self, k: int) -> None:
        """Visit again and again; what a restart interrupts is no fault."""
        chance = random.Random(k)
        self.stop.wait(chance.uniform(0.0, ARRIVING))
        while not self.stop.wait(chance.uniform(*LOOKS)):
            began = self.target.started
            try:
                self.visit(chance)
            except attack.FAILURES as error:
                if self.down.is_set() or self.target.started != began:
                    self.interrupted += 1
                else:
                    self.faults.append(f"{type(error).__name__}: {error}")

    def hog(self) -> None:
        """Open as many pages with the largest runs as one visitor may, and move their levers."""
        while not self.stop.is_set():
            pages: list[attack.Page] = []
            with contextlib.suppress(*attack.FAILURES):
                cookie = self.target.cookie()
                pages.extend(attack.Page(self.target, f"{attack.LARGEST}&seed={k}", cookie) for k in range(10))
                for k in range(60):
                    for page in pages:
                        page.levers = page.levers or attack.next_levers(page)
                        page.move("fear", (k % 20) / 20)
                    if self.stop.wait(1.0):
                        break
            for page in pages:
                page.leave()
                self.target.pages.remove(page)
            self.stop.wait(1.0)


def visitors(given: argparse.Namespace) -> Found:
    """Many visitors for some minutes, one who takes all that can be had, and a server that is ended now and then."""
    with tempfile.TemporaryFile() as log, contextlib.closing(attack.Target(log)) as target:
        crowd = Crowd(target)
        first = memory(target.process.pid)
        comers = [threading.Thread(target=crowd.come, args=(k,), daemon=True) for k in range(given.visitors)]
        comers.append(threading.Thread(target=crowd.hog, daemon=True))
        for thread in comers:
            thread.start()
        span, peak, began = 60.0 * given.minutes / (given.restarts + 1), 0.0, time.monotonic()
        patience = attack.PATIENCE * attack.SLOWER

        def late(waits: list[float]) -> int:
            return sum(wait > patience for wait in waits)

        for life in range(given.restarts + 1):
            looks = max(2, round(span / 60.0 / LOOK))
            for _ in range(looks):
                time.sleep(span / looks)
                waits = sorted(crowd.waits) or [0.0]
                yield (
                    f"{(time.monotonic() - began) / 60.0:5.1f} min: {len(waits):,} runs seen, median wait {statistics.median(waits):.1f} s, "
                    f"slowest {waits[-1]:.1f} s, {late(waits)} over {patience:.0f} s, server {memory(target.process.pid):.0f} MiB, {target.peak:.0f} at most"
                )
            peak = max(peak, target.peak)
            if life < given.restarts:
                crowd.down.set()
                target.process.send_signal((signal.SIGTERM, signal.SIGKILL)[life % 2])
                target.process.wait(30 * attack.SLOWER)
                target.start(target.port)
                crowd.down.clear()
        crowd.stop.set()
        for thread in comers:
            thread.join(130.0)
        yield (
            f"{given.visitors} visitors and a hog: {len(crowd.waits):,} runs seen, {crowd.interrupted} visits cut off by {given.restarts} "
            f"restarts, server {first:.0f} MiB at the start, {memory(target.process.pid):.0f} at the end, {peak:.0f} at most; "
            f"log of {os.fstat(log.fileno()).st_size / 1e6:.1f} MB; load {attack.LOAD:.1f} before"
        )
        yield from (f"fault: {fault}" for fault in crowd.faults)
        if peak > attack.MEMORY:
            yield f"fault: {peak:.0f} MiB"
        if n_late := late(crowd.waits):
            yield f"fault: {n_late} waits of more than {patience:.0f} s"


TRIALS = {"disk": full_disk, "clock": jumping_clock, "visitors": visitors}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("trial", choices=TRIALS)
    parser.add_argument("--seeds", type=int, default=250, help="of each of the 4 points of the study (250)")
    parser.add_argument("--minutes", type=float, default=60.0, help="of visitors (60)")
    parser.add_argument("--restarts", type=int, default=RESTARTS, help=f"of the server meanwhile ({RESTARTS})")
    parser.add_argument("--visitors", type=int, default=VISITORS, help=f"at the same time ({VISITORS})")
    given = parser.parse_args(words)
    if given.trial == "disk" and not (shutil.which("mount") and os.geteuid() == 0):
        print("disk: needs to mount a disk, as root", file=sys.stderr)
        return 2
    if given.trial == "clock" and not shutil.which("cc"):
        print("clock: needs a C compiler, cc", file=sys.stderr)
        return 2
    n_faults = 0
    try:
        for line in TRIALS[given.trial](given):
            n_faults += line.startswith("fault")
            print(line, flush=True)
    except attack.FAILURES as error:
        n_faults += 1
        print(f"fault: {type(error).__name__}: {error}")
    print(f"{given.trial}: {n_faults} faults")
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
