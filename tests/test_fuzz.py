"""A sample of the malformed inputs of ``python -m benchmarks.fuzz``: each is read, or refused in one line."""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import fuzz
from civicsim.errors import CivicsimError


def test_malformed_inputs_are_read_or_refused_in_one_line(tmp_path):
    names = fuzz.readers(tmp_path)
    assert len(names) >= 18
    assert [fault for name in names for fault in fuzz.faults_of(name, 25, seed=7)] == []


def test_inputs_differ_from_the_good_one_and_are_the_same_for_a_seed():
    made = [[fuzz.mutated(fuzz.TIES, random.Random(f"{seed} {k}")) for k in range(200)] for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert len(set(made[0]) - {fuzz.TIES.encode()}) > 150


def test_faults_are_found(monkeypatch):
    def read(path):
        text = path.read_bytes()
        if text == b"good":
            return
        path.with_name("stray").touch()
        if len(text) % 2:
            raise CivicsimError("two\nlines")
        raise ValueError("a traceback")

    monkeypatch.setattr(fuzz, "readers", lambda folder: {"bad": (".csv", "good", read)})
    found = " ".join(fuzz.faults_of("bad", 40))
    for words in ("several lines: 'two\\nlines'", "ValueError: a traceback", "files were written"):
        assert words in found, words
