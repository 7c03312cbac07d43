"""What is said to carry an effect carries it in other runs: fifteen changes, each named mechanism held, with other seeds.

For each change, :func:`civicsim.why` names mechanisms and links from one set of seeds. With other seeds, each named mechanism is then
held as it is without the change; the share of the effect that is gone has to be the stated one, to within a fifth of the effect, and
certainly not 0. Beside it stands the share that is gone where the mechanism is switched off altogether, in both scenarios, from the
first week that is looked at: that is another organisation, and need not be the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import civicsim as cs
from civicsim.experiment.compare import Starts
from civicsim.experiment.holding import Held, holdable
from civicsim.experiment.why import Why, matched_runs, why

WITHIN = 0.2
"""Largest difference of a share from the stated one: a fifth of the effect."""
CHANGES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"fear": 0.8}, "weeks_to_response"),
    ({"fear": 0.05}, "voice_share"),
    ({"fear": 0.8}, "burnt_out_share"),
    ({"weight_protected": 6.0}, "problems_solved_rate"),
    ({"weight_response": 10.0}, "efficacy"),
    ({"weight_response": 4.0}, "weeks_to_response"),
    ({"weight_response": 1.0}, "closure_share"),
    ({"budget_share": 0.5}, "closure_share"),
    ({"invitation": 0.5}, "efficacy"),
    ({"measured_share": 0.9}, "quality_true"),
    ({"invitation": 0.9}, "voice_share"),
    ({"authority": 0.8}, "leaver_rate"),
    ({"directive_rate": 1.0}, "motivation"),
    ({"style": "civic-culture"}, "quality_true"),
    ({"style": "targets-through-fear"}, "psychological_safety"),
)
"""Changes of the status quo, small and large, levers and styles, and the measure that is to be explained."""


def switched_off(why: Why, mechanism: str, seeds: list[int]) -> float:
    """Return the share of the effect that is gone where a mechanism is switched off in both scenarios after the burn-in."""
    name, starts = why.outcome.measure.name, Starts(seeds)
    means = []
    for switches in ({}, {f"{mechanism}__enabled": False}):
        one, other = (
            cs.run(own.with_(**switches), seeds, start=starts.of(own)).values([name])[name]
            for own in (why.before, why.after)
        )
        means.append(float(np.mean(other - one)))
    return 1.0 - means[1] / means[0]


def checked(found: Why, seeds: list[int], off: bool) -> Iterator[dict[str, Any]]:
    """Yield a row for each named mechanism and link, and for all links at once, with its share in other runs."""
    processes = {process.name: process for process in found.before.week}
    stated = {part.mechanism: part.share for part in found.parts}
    variants: dict[str, Held] = {name: {name: holdable(processes[name])} for name in stated}
    for link in (link for link in found.links if not link.handed):
        key = f"{' + '.join(link.columns)} > {link.target}"
        stated[key], variants[key] = link.share, {link.target: frozenset(link.columns)}
    if found.held and found.explained is not None:
        stated["all links"], variants["all links"] = found.explained, found.held
    runs = matched_runs(found.before, found.after, found.outcome.measure.name, seeds, variants)
    for key, share in stated.items():
        again = runs.share(key)
        without = switched_off(found, key, seeds) if off and key in processes else np.nan
        # A mechanism is named with a share that is known; of a link, the interval states how well it is.
        near = WITHIN if key in processes else max(WITHIN, (share.high - share.low) / 2)
        confirmed = abs(again.mean - share.mean) <= near and (key == "all links" or again.low * again.high > 0.0)
        yield {"what": key, "stated": share.mean, "again": again.mean, "off": without, "confirmed": confirmed}


def run(changes: Sequence[tuple[dict[str, Any], str]], runs: int, teams: int, weeks: int, off: bool) -> int:
    """Print what is named for each change and what is found in other runs; return how many shares are not confirmed."""
    base = cs.Scenario.preset().with_(n_teams=teams, weeks=weeks)
    wrong = 0
    for change, measure in changes:
        before, began = time.perf_counter(), time.process_time()
        found = why(base, base.with_(**change), measure, runs)
        spent = f"{time.process_time() - began:.0f} s of processor time, {time.perf_counter() - before:.0f} s"
        about = found.outcome.change
        print(f"\n{change} {measure}: {about.mean:+.4g} ({about.low:.4g} to {about.high:.4g}), {spent}")
        print(f"  chain: {' > '.join(link.target for link in found.chain)}; last: {found.last}")
        for row in checked(found, list(range(10_001, 10_001 + runs)), off):
            wrong += not row["confirmed"]
            mark = "" if row["confirmed"] else "   NOT CONFIRMED"
            numbers = f"{row['stated']:7.2f} {row['again']:7.2f} {row['off']:7.2f}"
            print(f"  {numbers}  {row['what']}{mark}", flush=True)
    print(f"\n{wrong} shares that are not confirmed (columns: stated, in other runs, switched off)")
    return wrong


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    reader.add_argument("--runs", type=int, default=30)
    reader.add_argument("--teams", type=int, default=20)
    reader.add_argument("--weeks", type=int, default=104)
    reader.add_argument("--off", action="store_true", help="also switch each named mechanism off altogether")
    given = reader.parse_args()
    sys.exit(run(CHANGES, given.runs, given.teams, given.weeks, given.off) > 0)
