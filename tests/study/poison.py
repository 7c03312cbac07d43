"""Custom code that goes wrong in every way there is, for some seeds: loaded by workers as a study's ``code``."""

import os
import time

import numpy as np

from civicsim.engine.process import Process
from civicsim.model.measuring import Measure
from civicsim.model.week import WEEK as PUBLISHED

EXCEPTION, DEATH, QUIET_END, LOOP, MEMORY, EXIT, NOT_A_NUMBER = range(101, 108)
BAD_WEEK = 1


def go_wrong(history):
    seeds = history.organisation["seed"].tolist()
    if EXCEPTION in seeds:
        raise ZeroDivisionError("a poisoned run")
    if DEATH in seeds:
        os._exit(3)
    if QUIET_END in seeds:
        os._exit(0)
    if EXIT in seeds:
        raise SystemExit("leaving")
    while LOOP in seeds:
        time.sleep(0.01)
    if MEMORY in seeds:
        return np.ones((int(10e9) // 8, 1))
    return np.ones(history.tally.shape)


def spoil(cohort, first, last):
    for o in range(first, last):
        if cohort.organisation["seed"][o] == NOT_A_NUMBER and cohort.week == BAD_WEEK:
            cohort.person["trust"][cohort.organisation["first_person"][o] + 2] = np.nan


MEASURES = [Measure("poison", "Poison", "0–1", "Goes wrong for some seeds.", "neither", go_wrong)]
SPOILING = Process("spoil", "Spoils a number.", PUBLISHED[0].parameters, act=spoil)
SPOILT_WEEK = (*PUBLISHED[:-3], SPOILING, *PUBLISHED[-3:])
