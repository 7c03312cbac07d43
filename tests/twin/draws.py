"""Chance and a few small formulas, in plain Python.

Every random number has an address: seed of the run, name of the decision, week, row and item. Four numbers stand at each
address. They come from Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011, doi:10.1145/2063384.2063405).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from functools import cache

WORD = 0xFFFFFFFF


@cache
def stream_of(name: str) -> int:
    """Return the number under which the draws of a decision are kept."""
    return zlib.crc32(name.encode())


def draw(seed: int, name: str, week: int, row: int, item: int) -> tuple[float, float, float, float]:
    """Return the four uniform numbers in (0, 1) at an address."""
    a, b, c, d = row & WORD, week & WORD, stream_of(name), item & WORD
    key_a, key_b = seed & WORD, seed >> 32
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (right >> 32) ^ b ^ key_a, right & WORD, (left >> 32) ^ d ^ key_b, left & WORD
        key_a, key_b = (key_a + 0x9E3779B9) & WORD, (key_b + 0xBB67AE85) & WORD
    return (a + 0.5) / 2**32, (b + 0.5) / 2**32, (c + 0.5) / 2**32, (d + 0.5) / 2**32


def bell(seed: int, name: str, week: int, row: int) -> float:
    """Return a bell-shaped number with mean 0 and variance 1: a sum of four uniforms, scaled."""
    return (sum(draw(seed, name, week, row, 0)) - 2.0) * math.sqrt(3.0)


def unit(x: float) -> float:
    """Return ``x`` held between 0 and 1."""
    return min(max(x, 0.0), 1.0)


def logistic(x: float) -> float:
    """Return 1/(1+e^-x)."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))


def either(p: float, q: float) -> float:
    """Return the chance that at least one of two independent chances comes true."""
    return 1.0 - (1.0 - p) * (1.0 - q)


def mean(values: Iterable[float]) -> float:
    """Return the mean, 0 of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def how_many(rate: float, u: float, most: int) -> int:
    """Return a Poisson number with that mean, at most ``most``: the first whose cumulated probability reaches ``u``."""
    cumulated = probability = math.exp(-rate)
    for count in range(most):
        if u <= cumulated:
            return count
        probability *= rate / (count + 1)
        cumulated += probability
    return most


def pick(weights: list[float], u: float) -> int:
    """Return a place with probability proportional to its weight; the last where rounding leaves none."""
    x = u * sum(weights)
    for place, weight in enumerate(weights):
        x -= weight
        if x < 0.0:
            return place
    return len(weights) - 1
