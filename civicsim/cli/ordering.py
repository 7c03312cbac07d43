"""What ``order`` does: how far results move with the order of processes within a week."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pandas as pd
from rich.text import Text

from civicsim.cli.effort import check_effort
from civicsim.cli.files import Folder
from civicsim.cli.output import Output
from civicsim.cli.progress import progress
from civicsim.cli.running import about_scenarios, files_of, sample_text, say_files, title_text, warn_of_dates
from civicsim.cli.scenarios import Changes, load, n_posts
from civicsim.cli.tables import between, fixed
from civicsim.errors import CivicsimError, nearest
from civicsim.experiment.order import MATTERS, BurnIn, order_study
from civicsim.experiment.run import measure_names, seeds_of
from civicsim.model.week import PUBLISHED

_BURN_INS = ("same", "published")
_WORDS = {
    "same": "The burn-in was lived in the same order as the weeks looked at.",
    "published": "The burn-in was lived in the published order.",
}
_EXPLAINED = (
    "runs: standard deviation between runs in the published order. orders: standard deviation between shuffled "
    "orders, with what luck adds taken off. largest shift: of the order that moves the mean furthest from the "
    "published one, between runs of the same seed; intervals hold for all orders at once (95 %, Bonferroni). "
    f"matters: whether an order moves the measure by more than a fifth ({MATTERS:g}) of the standard deviation "
    "between runs, which is what is called a small effect."
)


def order(
    output: Output, name: str | None, against: str | None, kind: str | None, orders: int, seeds: int, burn_in: str,
    changes: Changes, measures: Sequence[str] | None, out: str | None,
) -> None:  # fmt: skip
    """Run a scenario in the published order and in shuffled ones, and show how far its measures move."""
    if burn_in not in _BURN_INS:
        raise CivicsimError(f"--burn-in {burn_in}: {nearest(burn_in, _BURN_INS)}")
    if orders < 2 or seeds < 2:
        raise CivicsimError(f"--orders {orders} --seeds {seeds}: expected at least 2 of each, to tell order from luck")
    scenario = changes.apply(load(name, None, kind))
    other = None if against is None else changes.apply(load(against, None, kind))
    measure_names(measures)
    weeks = scenario.weeks * (1 if other is None else 2) * (orders + 1)
    weeks += scenario.burn_in_weeks * (1 if burn_in == PUBLISHED else orders + 1)
    work = float(n_posts(scenario.structure) * weeks * seeds)
    check_effort(output, [scenario] if other is None else [scenario, other], seeds, work)
    numbers = seeds_of(seeds, scenario.seed)
    folder = Folder(out) if out is not None else None
    warn_of_dates(output, [scenario] if other is None else [scenario, other])
    with progress(output, work) as report:
        study = order_study(
            scenario, orders, numbers, against=other, burn_in=cast(BurnIn, burn_in), measures=measures, progress=report
        )
    table = study.table()
    scenarios = {scenario.style: scenario} | ({} if other is None else {"against": other})
    about = {
        **about_scenarios(scenarios, numbers, "each"), "burn_in": burn_in, "smallest_that_matters": MATTERS,
        "orders": study.orders,
    }  # fmt: skip
    if folder is not None:
        with folder:
            folder.write_csv("orders.csv", "how far each measure moves with the order", table)
            folder.write_csv("runs.csv", "every measure of every run in every order", study.values)
            folder.write_manifest(output.arguments, about)
    if output.json:
        output.data(
            {**about, "table": table.to_dict("records"), "files": files_of(folder), "warnings": output.warnings}
        )
        return
    output.say(title_text(scenario), sample_text(numbers, scenario, "runs in each order"))
    output.say(f"{orders} shuffled orders of the week beside the published one. {_WORDS[burn_in]}")
    if other is not None:
        output.say(f"Values are differences from {other.title or other.style}, between matched runs.")
    output.say("", *_lines(table, output.width), "", _EXPLAINED, _in_short(table))
    say_files(output, folder)
    output.hint(f"Next: civicsim run --order {table['largest_order'].iloc[0]}   (one run in another order)")


def _in_short(table: pd.DataFrame) -> str:
    counts = table["exceeds"].value_counts()
    shares = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("yes", "no", "cannot tell"))
    return f"Does the order matter, over {len(table)} measures: {shares}. More --seeds tell more."


def _lines(table: pd.DataFrame, width: int) -> Iterator[Text]:
    """Yield a row per measure; where there is no room for the interval in words, ``±`` and half of it."""
    for written_out in (True, False):
        rows = [["", "mean", "runs", "orders", "largest shift", "matters"]]
        rows += [_cells(row, written_out) for row in table.to_dict("records")]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        if sum(widths) + 2 * len(widths) <= width:
            break
    widths[0] = max(8, widths[0] - max(0, sum(widths) + 2 * (len(widths) - 1) - width))
    for index, (label, *numbers, verdict) in enumerate(rows):
        name = label if len(label) <= widths[0] else f"{label[: widths[0] - 1]}…"
        cells = [f"{cell:>{size}}" for cell, size in zip(numbers, widths[1:-1], strict=True)]
        yield Text("  ".join([f"{name:<{widths[0]}}", *cells, verdict]), style="" if index else "dim")


def _cells(row: dict[Any, Any], written_out: bool) -> list[str]:
    size = row["threshold"]
    # Two digits of the shift that matters tell everything in the row apart.
    decimals = 4 if not size > 0 else min(5, max(0, 1 - math.floor(math.log10(size))))

    def shown(key: str, sign: bool = False) -> str:
        return "–" if math.isnan(row[key]) else fixed(row[key], decimals, sign)

    shift = shown("largest", sign=True)
    low, high = row["largest_low"], row["largest_high"]
    if not math.isnan(low):
        words = (
            f"({between(low, high, decimals, sign=True)})" if written_out else f"± {fixed((high - low) / 2, decimals)}"
        )
        shift = f"{shift} {words}"
    return [row["label"], shown("mean"), shown("seed_sd"), shown("order_sd"), shift, row["exceeds"]]
