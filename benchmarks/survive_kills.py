"""Kill the driver of a study again and again, and compare what is left with an undisturbed study, byte for byte.

    python benchmarks/survive_kills.py                  1,000 runs, 20 kills of the driver, 10 of a worker
    python benchmarks/survive_kills.py --kills 3 --seeds 50

After each kill the same command is given again. Prints what was there at each kill, how many runs were done twice, and
whether the tables are the same. Exit code 1 if they are not.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

STUDY = """question = "Does a study survive its driver?"
styles = ["status-quo", "civic-culture"]
seeds = {seeds}
weeks = 130
burn_in_weeks = 130
measures = "flagship"
weekly = ["quality_true"]
[factors]
n_teams = 8
team_size = 10
n_executives = 2
fear = [0.1, 0.5]
"""
TABLES = ("points.parquet", "runs.parquet", "weekly.parquet", "failures.parquet", "manifest.json")


def start(folder: Path, out: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "civicsim.cli",
        "study",
        "run",
        str(folder / "study.toml"),
        "--out",
        str(folder / out),
    ]
    return subprocess.Popen(
        [*command, "--processes", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def parts(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("parts/runs-*")}


def wait_for_work(driver: subprocess.Popen, folder: Path, before: set[str], patience: float = 120.0) -> None:
    """Wait until the driver has brought something new, or is done."""
    began = time.monotonic()
    while driver.poll() is None and parts(folder) <= before and time.monotonic() - began < patience:
        time.sleep(0.02)


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in TABLES}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=250, help="seeds of each of 4 points")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--moments", type=int, default=1, help="seed of the moments")
    asked = parser.parse_args()
    moments, lost = random.Random(asked.moments), 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "study.toml").write_text(STUDY.format(seeds=asked.seeds))
        began = time.monotonic()
        undisturbed = start(folder, "undisturbed")
        undisturbed.communicate()
        print(
            f"undisturbed: {4 * asked.seeds} runs in {time.monotonic() - began:.0f} s, exit code {undisturbed.returncode}"
        )
        killed = folder / "killed"
        for number in range(1, asked.kills + 1):
            before = parts(killed)
            driver = start(folder, "killed")
            if number % 4 == 0:
                # Some are killed while they begin.
                time.sleep(moments.uniform(0.0, 6.0))
            else:
                wait_for_work(driver, killed, before)
                time.sleep(moments.uniform(0.0, 1.5))
            if number % 2 == 0 and driver.poll() is None:
                workers = [p for p in psutil.Process(driver.pid).children(recursive=True) if p.cpu_percent(0.05) > 1]
                for worker in workers[:1]:
                    worker.kill()
                time.sleep(moments.uniform(0.0, 0.5))
            over = driver.poll() is not None
            if not over:
                os.kill(driver.pid, signal.SIGKILL)
            driver.communicate()
            gone = before - parts(killed) if not (killed / "runs.parquet").exists() else set()
            lost += len(gone)
            print(
                f"kill {number:2}: {'was done already' if over else f'{len(parts(killed))} parts there, {len(gone)} lost'}"
            )
        began = time.monotonic()
        last = start(folder, "killed")
        _, printed = last.communicate()
        print(f"last command: {time.monotonic() - began:.0f} s, exit code {last.returncode}")
        aside = list(killed.glob("set-aside/*"))
        same = hashes(folder / "undisturbed") == hashes(killed)
        print(f"parts lost: {lost}; files set aside: {len(aside)}; tables {'are the same' if same else 'DIFFER'}")
        if not same:
            print(printed)
        time.sleep(2.0)
        left = [p.pid for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or [])]
        print(f"processes left behind: {len(left)}")
        return 0 if same and not lost else 1


if __name__ == "__main__":
    raise SystemExit(main())
