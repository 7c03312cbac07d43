"""A driver that is killed at any moment, again and again, leaves what an undisturbed one leaves, in any order of hashes."""

import os
import subprocess
import sys
from pathlib import Path

from studies import hashed_study, small_study, table_hashes

from civicsim.study.run.runner import run_study
from civicsim.study.store.store import open_store

KILLS = 3
HASHED = """
import hashlib, sys, warnings
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from studies import hashed_study
print(hashed_study(Path(sys.argv[1])))
"""
SCRIPT = """
import os, random, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from studies import small_study
from civicsim.study.run.runner import run_study

study, folder = small_study(seeds=16), Path(sys.argv[1])
chance = random.Random(7)
whole = time.monotonic()
run_study(study, folder / "timed", processes=0)
whole = time.monotonic() - whole
for kill in range(int(sys.argv[3])):
    child = os.fork()
    if child == 0:
        run_study(study, folder / "killed", processes=0)
        os._exit(0)
    # Drivers are killed sooner and sooner after they began, in the runs and while tables are put together.
    time.sleep(whole * chance.uniform(0.05, 0.6))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
run_study(study, folder / "killed", processes=0)
"""


def test_a_driver_killed_at_random_moments_leaves_the_same_tables(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path), str(Path(__file__).parent), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "1"})
    assert done.returncode == 0, done.stderr
    assert open_store(tmp_path / "killed").complete
    assert table_hashes(tmp_path / "killed") == table_hashes(tmp_path / "timed")
    # Here with another order of hashes.
    run_study(small_study(seeds=16), tmp_path / "here", processes=0)
    assert table_hashes(tmp_path / "here") == table_hashes(tmp_path / "timed")
    assert not list((tmp_path / "killed").glob("**/.draft-*"))


def test_every_order_of_hashes_gives_the_same_bytes(tmp_path):
    """Python keeps sets of words in an order that follows from a seed; 1 is tried above, 2 on the disk that is full."""
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", HASHED, str(tmp_path / str(seed)), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )
        for seed in (0, 3, 4)
    ]
    ended = [(*process.communicate(), process.returncode) for process in started]
    assert all(code == 0 for _, _, code in ended), ended
    assert {output for output, _, _ in ended} == {f"{hashed_study(tmp_path / 'here')}\n"}
