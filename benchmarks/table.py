"""Writes docs/performance.md from what was measured. No figure in that page is written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
INTRODUCTION = """\
# How fast it is

A program writes this page from its measurements (`benchmarks/table.py`); do not edit it by hand. To repeat them:

```console
uv run python -m benchmarks --out benchmarks.json      # everything, best on an idle machine; --only limits,twin for parts
uv run python -m benchmarks table benchmarks.json      # writes this page
uv run civicsim run --profile                          # where the time of your own scenario goes
```

A **person-week** is one week of one person; a person is a member of staff or a manager, vacant posts included. Times are
of one thread unless a table states otherwise, with the full model (all mechanisms, and all measures recorded) in its
published order, after a burn-in at the status quo. Alternatives were run in turn within one process; times are medians, and
the range in brackets is that of the single times. A ratio is the median of the ratios of neighbouring times.
"""


def page(found: dict[str, Any]) -> str:
    """Return the page for what was measured."""
    parts = found["parts"]
    blocks = [INTRODUCTION, _machine(found)]
    blocks += [write(parts[name]) for name, write in _SECTIONS.items() if name in parts]
    return "\n".join(blocks)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join(['---'] + ['--:'] * (len(heads) - 1))}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _machine(found: dict[str, Any]) -> str:
    about = found["machine"]
    versions = ", ".join(
        f"{name} {about[name]}" for name in ("civicsim", "python", "numpy", "numba", "llvmlite", "mesa")
    )
    loads = [part["load_before"] for part in found["parts"].values() if "load_before" in part]
    idle = f" The machine's load at the start of each part was {min(loads):.1f} to {max(loads):.1f}." if loads else ""
    quick = " **Measured with --quick: these figures only show that the harness works.**" if found["quick"] else ""
    return (
        f"Measured on: {about['processor']} ({about['architecture']}, cache {about['cache'] or 'unknown'}), {about['threads']} "
        f"threads, memory {about['memory'] or 'unknown'}, {about['system']}; {versions}. "
        f"Each time was measured {found['repeats']} times.{idle}{quick}\n"
    )


def _ns(row: dict[str, Any]) -> str:
    each = 1e9 / row["person_weeks"]
    return f"{_short(row['ns_per_person_week'])} ({_short(row['least'] * each)}–{_short(row['most'] * each)})"


def _short(value: float) -> str:
    """Return three digits."""
    if value >= 1_000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _times(about: dict[str, float]) -> str:
    return f"{_short(about['median'])} ({_short(about['least'])}–{_short(about['most'])})"


def _seconds(row: dict[str, Any]) -> str:
    if len(row["seconds"]) == 1:
        return f"{_short(row['median'])} s"
    return f"{_short(row['median'])} s ({_short(row['least'])}–{_short(row['most'])})"


def _bytes(n: float) -> str:
    return f"{n / 2**30:.2f} GiB" if n >= 2**30 else f"{n / 2**20:.0f} MiB"


def _profile(part: dict[str, Any]) -> str:
    places = part["places"]
    rows = [
        (f"`{name}`", *(f"{place['processes'][k]['nanoseconds']:.1f}" for place in places))
        for k, name in enumerate(process["name"] for process in places[0]["processes"])
    ]
    for label, key in (("calls", "calls"), ("all, process by process", "one_by_one"), ("all, in one loop", "together")):
        rows.append((label, *(_short(place[key]) for place in places)))
    text = (
        "Timed process by process, ns per person-week; *calls* are the cost of handing the tables over. Ordinary runs use one "
        "compiled loop. What does not fit into the processor's cache is fetched from memory.\n"
    )
    heads = ("process", *(f"{place['n_persons']:,} people, runs: {place['n_runs']}" for place in places))
    return f"## Where the time goes\n\n{text}\n" + _table(heads, rows)


def _twin(part: dict[str, Any]) -> str:
    rows = [
        (
            f"{row['staff']:,}",
            _ns(row["engine"]),
            str(row["engine"]["weeks"]),
            _ns(row["twin"]),
            str(row["twin"]["weeks"]),
            _times(row["ratio"]),
        )
        for row in part["rows"]
    ]
    text = (
        "The twin (`tests/twin`) is the same model as plain Mesa objects; tests require the same decisions of both. It has no survey "
        "and no weekly record, which the engine's time includes.\n"
    )
    heads = ("staff", "engine, ns per person-week", "weeks", "twin, ns per person-week", "weeks", "twin / engine")
    return f"## Against the plain twin\n\n{text}\n" + _table(heads, rows)


def _numpy(part: dict[str, Any]) -> str:
    rows = [
        (
            f"{row['staff']:,}",
            f"{row['runs']:,}",
            _ns(row["full"]),
            _ns(row["core"]),
            _ns(row["numpy"]),
            _times(row["numpy_over_core"]),
            _times(row["numpy_over_full"]),
        )
        for row in part["rows"]
    ]
    text = (
        f"`benchmarks/numpy_rival.py` has the rules of {', '.join(part['covers'])} in vectorised NumPy: float32, sparse matrices for "
        "ties, running sums for teams, Philox numbers. The engine is measured with the full model, and with these processes only. "
        "NumPy / core compares the same rules; NumPy / full compares the rules of a part with the whole model. In large "
        "organisations both wait for memory, from which the rival fetches four bytes a number and the engine eight.\n"
    )
    heads = ("staff", "runs", "engine, full model", "engine, core", "NumPy, core", "NumPy / core", "NumPy / full")
    return f"## Against NumPy\n\n{text}\n" + _table(heads, rows)


def _peers(part: dict[str, Any]) -> str:
    rows: list[tuple[str, ...]] = []
    missing: set[str] = set()
    for row in part["rows"]:
        missing |= set(row["missing"])
        rows.append((f"{row['staff']:,}", "civicsim", _ns(row["civicsim"]), "1", "–"))
        rows += [
            ("", name, _ns(row[name]), _times(over), f"{row['means_apart'][name]:.1f}")
            for name, over in row["over_civicsim"].items()
        ]
    table = _table(
        ("staff", "package", "ns per person-week", "package / civicsim", "means apart, standard errors"), rows
    )
    words = (
        "The same rules (noticing, voice, learning and exhaustion) in other packages, each as its documentation suggests, in a process and "
        "an environment of its own (`benchmarks/peers`). civicsim writes its weekly record of all measures, the others record five means. "
        "JAX is compiled before the clock runs, as civicsim is, and draws in single precision. The last column is that of the measure "
        f"whose means differ most, over {part['seeds']} runs of civicsim; beyond {part['most_apart']:g} the rules would not be the same."
    )
    absent = f" Not installed on this machine: {', '.join(sorted(missing))}." if missing else ""
    return f"## Against other packages\n\n{words}{absent}\n\n" + table


def _limits(part: dict[str, Any]) -> str:
    rows = [
        (
            f"{row['staff']:,}",
            f"{row['runs']:,}",
            *(_ns(row[name]) for name in ("engine", "gather", "draw_and_touch", "exponentials", "visits")),
            _times(row["engine_over_limits"]),
            _times(row["engine_over_all"]),
        )
        for row in part["rows"]
    ]
    reads, writes = part["visits"]
    text = (
        "The least that any engine has to do, measured in the same run: one fetch of a state along all ties, and a loop that "
        f"draws {part['calls_of_the_generator']} times four numbers per person and adds to every word of the state once. "
        f"The week needs more, as its processes come one after another and people react to what others did before: "
        f"at least {part['exponentials']} exponentials per person, and a visit of each process to each person. *Visits* fetches the columns of "
        f"people that the processes declare ({reads} to be read and {writes} to be written, those of newcomers and of people who are "
        "asked left out), adds them up, and does nothing else. What is left for the engine is the equations, decisions, teams, "
        "practices and patients, and the record. Where visits take longer than the whole week, as in large organisations, they are no bound.\n"
    )
    heads = (
        "staff",
        "runs",
        "engine",
        "gather along ties",
        "draw and touch",
        "exponentials",
        "visits",
        "engine / first two",
        "engine / all four",
    )
    return f"## Against the machine's limits\n\n{text}\n" + _table(heads, rows)


def _threads(part: dict[str, Any]) -> str:
    text = (
        "Nanoseconds per person-week, and how many times as long one thread takes as two. Many runs are shared out among threads; "
        "a large run is shared by them part by part, and they meet after every kernel. Results are the same bytes.\n"
    )
    places = {f"{part['runs']} runs of 600 staff": part} | {
        f"one run: {name}": of for name, of in part["within"].items()
    }
    rows = [
        (name, f"{of['persons']:,}", *(_ns(of["threads"][n]) for n in ("1", "2")), _times(of["one_over_two"]))
        for name, of in places.items()
    ]
    return f"## Threads\n\n{text}\n" + _table(("", "people", "one thread", "two threads", "one / two"), rows)


def _starting(part: dict[str, Any]) -> str:
    rows = [
        (f"`{name}`" if name.startswith("civicsim ") else name, _seconds(row)) for name, row in part["times"].items()
    ]
    text = "From the start of a process to its end, with compiled code and bytecode in the cache.\n"
    return f"## Starting\n\n{text}\n" + _table(("", "seconds"), rows)


def _compiling(part: dict[str, Any]) -> str:
    alone = part["alone"]
    whole = alone["kernels"] + alone["week"]
    return (
        f"## Compiling\n\nWith empty caches, `civicsim run` of one run takes {_seconds(part['run'])} and `civicsim warmup`, which compiles "
        f"everything, {_seconds(part)}: {part['functions']} functions, {_bytes(part['bytes'])} in "
        "the cache.\n\n"
        f"One process needs {whole:.0f} s of processor time for the week: {alone['kernels']:.0f} s for the kernels, which several "
        f"processes share, and {alone['week']:.0f} s to put them together as one function, which cannot be shared. LLVM takes "
        f"{alone['llvm']:.0f} s of it ({100.0 * alone['llvm'] / whole:.0f} %); the rest is numba's own work in Python, mostly type inference "
        "and lowering. Two cores thus need at least "
        f"{alone['kernels'] / 2.0 + alone['week']:.0f} s.\n"
    )


def _line(line: dict[str, float], what: str, size: int = 1) -> str:
    return (
        f"Fitted line: a week takes {line['fixed'] * 1e6:.0f} µs + {line['each'] * 1e9 / size:.0f} ns per {what}, at most "
        f"{line['worst'] * 100:.0f} % off; exponent of a power law {line['exponent']:.3f} (1 is linear).\n"
    )


def _scaling(part: dict[str, Any]) -> str:
    def row(first: int, about: dict[str, Any]) -> tuple[str, ...]:
        return (
            f"{first:,}",
            f"{about['persons']:,}",
            str(about["weeks"]),
            _ns(about),
            f"{about['person_weeks_per_second'] / 1e6:.2f}",
            f"{_short(about['build_seconds'])} s",
            f"{about['bytes_per_person']:.0f}",
            _bytes(about["peak_bytes"]),
        )

    heads = (
        "persons",
        "weeks",
        "ns per person-week",
        "million person-weeks per second",
        "build",
        "bytes per person",
        "peak memory",
    )
    staff = _table(("staff", *heads), [row(about["staff"], about) for about in part["staff"]])
    runs = _table(("runs", *heads), [row(about["runs"], about) for about in part["runs"]])
    n = part["staff_of_each_run"]
    return (
        "## Scaling\n\nOne run of one organisation; the last row is one run of 210 linked organisations, the size of the English NHS. "
        "Bytes per person are those of all tables, patients, practices and ties included; peak memory is that of the process.\n\n"
        f"{staff}\n{_line(part['line_in_staff'], 'person')}\nRuns of {n} staff in one cohort:\n\n{runs}\n{_line(part['line_in_runs'], 'run')}"
    )


def _studies(part: dict[str, Any]) -> str:
    long, many = part["thousand"], part["replicates"]
    rows = [
        (
            f"`civicsim run --seeds {long['runs']} --out DIR`: 600 staff, {long['burn_in_weeks']} weeks of burn-in and {long['weeks']} weeks, stored",
            _seconds(long),
        ),
        (
            f"{many['runs']} runs of 300 staff over {many['weeks']} weeks, after a burn-in that was simulated before",
            _seconds(many),
        ),
    ]
    return "## Typical waiting times\n\nOn all threads.\n\n" + _table(("", "seconds"), rows)


def _pairing(part: dict[str, Any]) -> str:
    def cell(about: dict[str, float]) -> str:
        return f"{_ratio(about['ratio'])} ({_ratio(about['low'])}–{_ratio(about['high'])})"

    style, rule = part["style"], part["rule"]
    rows = [(own["label"], cell(own), cell(rule["measures"][name])) for name, own in style["measures"].items()]
    text = (
        f"{part['seeds']} matched runs of {part['staff']} staff, compared with the {part['against']}. A ratio of 0.2 means that a fifth of the "
        "runs gives an interval as narrow; in brackets, the middle 95 % of resamples of seeds. The ratio is 0 where nothing differs.\n"
    )
    heads = (
        "Var(paired) / Var(unpaired)",
        f"{style['name']}, {style['weeks']} weeks",
        f"{rule['name']}, {rule['weeks']} weeks",
    )
    return f"## What pairing saves\n\n{text}\n" + _table(heads, rows)


def _ratio(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _million(part: dict[str, Any]) -> str:
    return (
        f"## A million runs on a cluster\n\n{part['runs']:,} points on {part['workers']} workers of a Dask cluster that sleep instead of "
        "simulating; the plan, the scheduler, the files of workers, the driver and the merge are real (`python -m benchmarks.million`). "
        f"Planned in {_short(part['plan_seconds'])} s; the driver was killed after {part['killed_after']:,} runs, and found "
        f"{part['resumed_with']:,} of them in {_short(part['resume_seconds'])} s; merged in {_short(part['merge_seconds'])} s. Everything but "
        f"simulating takes {part['milliseconds_of_all']:.3f} ms a run, and the driver grew by {part['growth']:.0f} MB from "
        f"{part['megabytes']:,.0f} MB.\n"
    )


PRICE = 0.05
"""Price of a core for an hour on a rented machine, in pounds. Assumption: of the order of what clouds ask; put in your own."""


def _nhs(part: dict[str, Any]) -> str:
    text = (
        f"{part['persons']:,} people in linked organisations, one run of {part['weeks']} weeks, simulated in stretches of {part['stretch']} "
        "weeks that one thread and all threads take in turn, so that both meet the same moments of the machine. Results are the same bytes "
        "for any number of threads.\n"
    )
    stretches = part["weeks"] / part["stretch"]
    rows = [
        (threads, f"{row['median'] * stretches:.0f} s", _ns(row), f"{row['least'] * stretches:.0f} s")
        for threads, row in part["threads"].items()
    ]
    heads = ("threads", f"time for {part['weeks']} weeks", "ns per person-week", "at the pace of the fastest stretch")
    one, times = part["threads"]["1"], part["one_over_all"]
    persons, hours = 10 * part["persons"], 10 * one["median"] * stretches / 3600.0
    ten = (
        f"One thread takes {_times(times)} times as long as all. Runs that have nothing to do with each other, one for each core, get "
        f"{_times(part['machine'])} times as much done together as one alone: no single run can gain more. It was built in {_short(part['build_seconds'])} s, and took "
        f"{_bytes(part['peak_bytes'])} of memory at most.\n\n"
        f"Ten times as many (15 million staff, {persons:,} people) would take, at the same time and memory per person, "
        f"{_bytes(10 * part['peak_bytes'])} of memory and {hours:.1f} hours on one thread for {part['weeks']} weeks: about £{PRICE * hours:.2f} at "
        f"£{PRICE:g} per core and hour (an assumption). That was reckoned and not run. People are numbered with 32 bits, which is enough "
        "for 2,000 million.\n"
    )
    return f"## The whole NHS\n\n{text}\n" + _table(heads, rows) + f"\n{ten}"


_SECTIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "twin": _twin,
    "numpy": _numpy,
    "peers": _peers,
    "limits": _limits,
    "profile": _profile,
    "scaling": _scaling,
    "threads": _threads,
    "starting": _starting,
    "compiling": _compiling,
    "studies": _studies,
    "pairing": _pairing,
    "million": _million,
    "nhs": _nhs,
}
