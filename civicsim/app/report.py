"""What pages say over matched runs, as one file to hand on: everything is in it, and it fetches nothing.

Numbers are those on screen, with how many runs they rest on, their intervals and verdicts; scenarios are in it whole, so that
anybody can repeat it.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Sequence
from html import escape

from civicsim import __version__
from civicsim.app.state import event_groups, preset
from civicsim.app.verdicts import band, verdict
from civicsim.app.words import LEVER_WORDS, MEASURE_WORDS, hours_rows, percent, value_text, week_text
from civicsim.app.work import MANY, Batch
from civicsim.report.words import INTERVAL, THINKING_AID, counted, kind_text, number, seeds_text, time_text
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.scenario.shipped import shocks

_COLOURS = ("#55626e", "#005b94", "#a63f00", "#00573f")
_DASHES = ("5 3", "", "8 3 2 3", "2 3")
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b2733}}
h1{{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}} h2{{font-size:1.15rem;margin:2rem 0 .4rem}}
h3{{font-size:.95rem;margin:0}} small,.soft{{color:#4a5865}} ul{{padding-left:1.3rem}}
.charts{{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem}} figure{{margin:0}}
svg{{width:100%;height:auto;display:block}} .wide{{overflow-x:auto}}
table{{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}}
th,td{{text-align:left;padding:.25rem .9rem .25rem 0;border-bottom:1px solid #c9d2db;vertical-align:top}}
.short{{border:2px solid #a63f00;padding:.4rem .8rem;border-radius:.4rem}}
pre{{background:#f4f6f8;padding:.8rem;overflow:auto;font-size:.8rem}}
@media print{{details{{display:none}} body{{margin:0}}}}
</style></head><body>
"""


def report_page(
    title: str, labels: Sequence[str], scenarios: Sequence[Scenario], batches: Sequence[Batch], charts: Sequence[str],
    measures: Sequence[str], more: Iterable[tuple[str, Sequence[str]]] = (),
) -> str:  # fmt: skip
    """Return scenarios on matched runs as one page of HTML.

    Parameters
    ----------
    title : str
    labels : sequence of str
        What the scenarios are called; the first is what the others are set against.
    scenarios : sequence of Scenario
        As they were run.
    batches : sequence of Batch
        What came of them, of the same seeds.
    charts, measures : sequence of str
        Measures that are drawn, and those in the table.
    more : iterable of (str, sequence of str)
        Further sections: a heading, and sentences.
    """
    first, runs, seeds = scenarios[0], len(batches[0].seeds), batches[0].seeds
    posts = first.structure.n_teams * first.structure.team_size
    short = (
        f'<p class="short"><strong>Only {counted(runs, "run")} of each.</strong> The page goes on to {MANY}; what is called '
        "too close here may be told apart then.</p>"
        if runs < MANY
        else ""
    )
    parts = [
        _HEAD.format(title=escape(title)),
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(' against '.join([*labels[1:], labels[0]]))}. {escape(kind_text(first))}, {posts} staff, "
        f"{time_text(first.weeks)}: {counted(runs, 'matched run')} of each ({seeds_text(list(seeds))}), all of which came to "
        f"their end. {THINKING_AID}</p>",
        short,
        "<h2>What was set</h2>",
        *(_settings(label, scenario) for label, scenario in zip(labels, scenarios, strict=True)),
        "<h2>How it goes</h2>",
        f'<p class="soft">Lines are means over runs, bands hold the middle eight tenths of the runs. {_key(labels)}</p>',
        f'<div class="charts">{"".join(_chart(name, labels, batches, first.weeks) for name in charts)}</div>',
        "<h2>The last year</h2>",
        _table(labels, batches, measures),
        *(_section(heading, lines) for heading, lines in more),
        "<h2>What this rests on</h2>",
        _rests_on(scenarios),
        "<h2>To repeat it</h2>",
        _repeat(labels, scenarios, runs),
        f"<p><small>civicsim {__version__}, {platform.system()}, Python {platform.python_version()}. Scenarios "
        f"{', '.join(scenario.digest for scenario in scenarios)}; {seeds_text(list(seeds))}. {THINKING_AID} "
        "These are people in a model.</small></p></body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _key(labels: Sequence[str]) -> str:
    kinds = ("grey and dashed", "blue and solid", "brown and dash-dotted", "green and dotted")
    return escape("; ".join(f"{label}: {kind}" for label, kind in zip(labels, kinds, strict=False)) + ".")


def _settings(label: str, scenario: Scenario) -> str:
    """Return what is set otherwise than today, what it costs in hours, and what happens when."""
    titles = shocks()
    rows = []
    for name, words in LEVER_WORDS.items():
        value, was = getattr(scenario.levers, name), getattr(scenario.habits, name)
        if value != was:
            share = not name.startswith("weight_")
            said = (percent(was), percent(value)) if share else (number(was, 1), number(value, 1))
            rows.append(f"{words.label}: {said[0]} → {said[1]}" + ("" if share else " parts of the hours"))
    rows += [
        f"{titles.get(group[0].name, group[0].name)}, from {week_text(group[0].week)}"
        for group in event_groups(scenario)
    ]
    hours = ", ".join(f"{row['label']} {number(row['minutes'], 0)}" for row in hours_rows(scenario))
    listed = "".join(f"<li>{escape(row)}</li>" for row in rows) or "<li>As today.</li>"
    return (
        f"<h3>{escape(label)}</h3><ul>{listed}</ul>"
        f'<p class="soft">Minutes of each person and week, of those set aside: {escape(hours) or "none"}.</p>'
    )


def _chart(name: str, labels: Sequence[str], batches: Sequence[Batch], weeks: int) -> str:
    """Return one measure over time as a drawing."""
    about = MEASURE_WORDS[name]
    bands = [band(batch, name) for batch in batches]
    values = [v for own in bands for line in own.values() for v in line if v is not None]
    if not values:
        return ""
    low, high = min(values), max(values)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    n = len(bands[0]["mean"])

    def at(k: int, v: float) -> str:
        return f"{34 + 180 * k / max(1, n - 1):.1f} {8 + 106 * (1 - (v - low) / (high - low)):.1f}"

    drawn = []
    for k, own in enumerate(bands):
        there = [w for w in range(n) if own["low"][w] is not None]
        ends = [at(w, own["high"][w] or 0.0) for w in there] + [at(w, own["low"][w] or 0.0) for w in reversed(there)]
        line = [at(w, v) for w, v in enumerate(own["mean"]) if v is not None]
        colour = _COLOURS[k % len(_COLOURS)]
        if ends:
            drawn.append(f'<path d="M{"L".join(ends)}Z" fill="{colour}" fill-opacity=".16"/>')
        if line:
            drawn.append(
                f'<path d="M{"L".join(line)}" fill="none" stroke="{colour}" stroke-width="2" '
                f'stroke-dasharray="{_DASHES[k % len(_DASHES)]}"/>'
            )
    ticks = "".join(
        f'<line x1="34" x2="214" y1="{at(0, v).split()[1]}" y2="{at(0, v).split()[1]}" stroke="#e1e6eb"/>'
        f'<text x="31" y="{float(at(0, v).split()[1]) + 3.5:.1f}" text-anchor="end" font-size="9" fill="#4a5865">{_tick(v, high - low)}</text>'
        for v in (low, (low + high) / 2, high)
    )
    ends_text = "; ".join(
        f"{label} ends at {value_text(name, float(batch.last_year[name].mean()))}"
        for label, batch in zip(labels, batches, strict=True)
    )
    return (
        f"<figure><figcaption><h3>{escape(about.label)}</h3><small>{escape(about.help)}</small></figcaption>"
        f'<svg viewBox="0 0 224 132" role="img" aria-label="{escape(about.label)}: {escape(ends_text)}">{ticks}{"".join(drawn)}'
        f'<text x="34" y="129" font-size="9" fill="#4a5865">start</text><text x="214" y="129" text-anchor="end" font-size="9" '
        f'fill="#4a5865">{time_text(weeks)}</text></svg></figure>'
    )


def _tick(value: float, span: float) -> str:
    return number(value, max(0, min(3, 1 - math.floor(math.log10(span)))))


def _table(labels: Sequence[str], batches: Sequence[Batch], measures: Sequence[str]) -> str:
    """Return means, intervals, paired differences and verdicts of the last year."""
    runs = len(batches[0].seeds)
    head = "".join(
        f'<th scope="col">{escape(label)}</th>' + ('<th scope="col">Difference</th><th scope="col">Verdict</th>' if k else "")
        for k, label in enumerate(labels)
    )  # fmt: skip
    rows = []
    for name in measures:
        about, cells = MEASURE_WORDS[name], []
        for k, batch in enumerate(batches):
            v = verdict(name, batches[0], batch)
            low, high = (number(end * about.scale, about.decimals) for end in (v.low, v.high))
            cells.append(f"<td>{value_text(name, v.after)} <small>({low}–{high})</small></td>")
            if k:
                cells.append(f"<td>{escape(v.difference)}</td><td>{v.word}</td>")
        rows.append(f'<tr><th scope="row">{escape(about.label)}</th>{"".join(cells)}<td>{runs}</td></tr>')
    return (
        f'<p class="soft">Means with {INTERVAL} intervals, and paired differences from {escape(labels[0])}: both ways with the '
        "same luck. Intervals speak of luck from run to run, not of whether the assumptions are right; they are not widened "
        f'for the number of comparisons.</p><div class="wide"><table><thead><tr><th scope="col">Measure</th>{head}'
        f'<th scope="col">Runs (n)</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _section(heading: str, lines: Sequence[str]) -> str:
    return f"<h2>{escape(heading)}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _rests_on(scenarios: Sequence[Scenario]) -> str:
    """Return what is assumed: how many numbers, and which of them were set otherwise, or beyond their range."""
    own = [p for p in PARAMETERS.values() if p.role != "switch" and p.section != "levers"]
    assumed = sum(p.status == "assumption" for p in own)
    base = preset(scenarios[-1].style, scenarios[-1].kind)
    items = []
    for p in own:
        value, was = (getattr(getattr(scenario, p.section), p.name) for scenario in (scenarios[-1], base))
        if value != was:
            beyond = isinstance(value, int | float) and not p.low <= value <= p.high
            items.append(f"{p.key} = {value} (usually {was}{'; beyond its range' if beyond else ''}). {p.help}")
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    changed = f"<p>Set otherwise than usual, for all:</p><ul>{listed}</ul>" if items else "<p>All are as usual.</p>"
    return (
        f"<p>{assumed} of {len(own)} numbers of the model are assumptions without a source; the page About lists them all. "
        f"The model has not been shown to predict any real organisation.</p>{changed}"
    )


def _repeat(labels: Sequence[str], scenarios: Sequence[Scenario], runs: int) -> str:
    files = " ".join(f"{k + 1}.toml" for k in range(len(scenarios)))
    texts = "".join(
        f"<details><summary>{k + 1}.toml: {escape(label)}</summary><pre>{escape(scenario.to_toml())}</pre></details>"
        for k, (label, scenario) in enumerate(zip(labels, scenarios, strict=True))
    )
    return f"<p>Save the scenarios below and run <code>civicsim compare {files} --seeds {runs}</code>.</p>{texts}"
