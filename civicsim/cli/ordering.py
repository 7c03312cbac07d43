"""The command ``order``: how far results depend on the order of processes within a week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd
from rich.padding import Padding

from civicsim.cli.commands import OrderStudy
from civicsim.cli.files import file_lines, files_of
from civicsim.cli.output import Output
from civicsim.cli.progress import progress
from civicsim.cli.running import about_scenarios, measures_of, prepare, sample_text, title_text
from civicsim.cli.scenarios import scenario_of
from civicsim.cli.tables import fits, grid, spread
from civicsim.errors import CivicsimError, nearest
from civicsim.experiment.order import MATTERS, BurnIn, order_study
from civicsim.experiment.wording import number
from civicsim.model.week import PUBLISHED
from civicsim.report.words import INTERVAL
from civicsim.scenario.sizes import n_posts

_BURN_INS = {
    "same": "The burn-in ran in the same order as the weeks studied.",
    "published": "The burn-in ran in the published order.",
}
_HEAD = ["", "mean", "runs", "orders", "largest shift", "matters"]
_EXPLAINED = (
    "runs: standard deviation between runs in the published order. orders: standard deviation between shuffled orders, less "
    "the share that run-to-run variation adds. largest shift: of the order that moves the mean furthest from the published "
    f"one, between runs of the same seed; intervals hold for all orders at once ({INTERVAL}, Bonferroni). matters: whether an "
    f"order moves the measure by more than a fifth ({MATTERS:g}) of the standard deviation between runs, a small effect by "
    "convention."
)


def order(output: Output, request: OrderStudy) -> None:
    """Run a scenario in the published order and in shuffled ones, and show how far its measures move."""
    burn_in = request.burn_in
    if burn_in not in _BURN_INS:
        raise CivicsimError(f"--burn-in {burn_in}: {nearest(burn_in, _BURN_INS)}")
    scenario = scenario_of(request)
    against = request.against
    other = None if against is None else scenario_of(request, against)
    scenarios = {scenario.style: scenario} | ({} if other is None else {"against": other})
    measures = measures_of(request, scenario)
    weeks = scenario.weeks * len(scenarios) * (request.orders + 1)
    weeks += scenario.burn_in_weeks * (1 if burn_in == PUBLISHED else request.orders + 1)
    work = float(n_posts(scenario) * weeks * request.seeds)
    seeds, folder = prepare(output, list(scenarios.values()), request.seeds, request.out, work)
    with progress(output, work) as report:
        study = order_study(
            scenario,
            request.orders,
            seeds,
            against=other,
            burn_in=cast(BurnIn, burn_in),
            measures=measures,
            progress=report,
        )
    table = study.table()
    about = about_scenarios(scenarios, seeds, "each")
    about |= {"burn_in": burn_in, "smallest_that_matters": MATTERS, "orders": study.orders}
    if folder is not None:
        with folder.writing(output, about):
            folder.write_csv("orders.csv", "how far each measure moves with the order", table)
            folder.write_csv("runs.csv", "every measure of every run in every order", study.values)
    lines = [title_text(scenario), sample_text(seeds, scenario, "run", " in each order")]
    lines.append(f"{request.orders} shuffled orders of the week beside the published one. {_BURN_INS[burn_in]}")
    if other is not None:
        lines.append(f"Values are differences from {other.title or other.style}, between matched runs.")
    output.show(
        {**about, "table": table, "files": files_of(folder), "warnings": output.warnings},
        [*lines, "", _grid(table), "", _EXPLAINED, _in_short(table), *file_lines(folder)],
        f"civicsim run --order {table['largest_order'].iloc[0]}   (one run in another order)",
    )


def _in_short(table: pd.DataFrame) -> str:
    counts = table["exceeds"].value_counts()
    verdicts = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("yes", "no", "cannot tell"))
    return f"Does the order matter, for {len(table)} measures: {verdicts}. More --seeds give more certainty."


def _grid(table: pd.DataFrame) -> Padding:
    """Return a row per measure; where there is no room for the interval in words, ``±`` and half of it."""
    for written_out in (True, False):
        rows = [_HEAD, *(_cells(row, written_out) for row in table.to_dict("records"))]
        if fits(rows):
            break
    return grid(rows, right=(1, 2, 3, 4))


def _cells(row: Mapping[Any, Any], written_out: bool) -> list[str]:
    numbers = [number(row[key]) for key in ("mean", "seed_sd", "order_sd")]
    return [row["label"], *numbers, spread(row, "largest", True, written_out), row["exceeds"]]
