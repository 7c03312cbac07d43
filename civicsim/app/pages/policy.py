"""Policy simulator: move levers, and see the effects over five years in matched runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import solara

import civicsim
from civicsim.app import widgets, work
from civicsim.app.common import ActionPanel, LeverPanel, shock_titles
from civicsim.app.files import CSV, HTML, Make
from civicsim.app.frame import Button, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.report import report_page
from civicsim.app.state import change_scenario, chosen, event_groups, preset, set_scenario, with_event
from civicsim.app.verdicts import Verdict, band, verdict
from civicsim.app.words import HAPPENS, unbroken
from civicsim.model.measures import MEASURES
from civicsim.report.words import scale_of
from civicsim.scenario.scenario import PARAMETERS, Scenario

LEAST = {
    "survey_all_safe": 20,
    "survey_all_addressed": 20,
    "burnt_out_share": 15,
    "leaver_rate": 6,
    "quality_true": 10,
    "harm_rate": 4,
    "closure_share": 20,
    "hours_participation": 0.5,
}
"""Measures with a chart, and the least span of its axis in their unit, so that small differences look small."""
CHARTS = tuple(LEAST)
TEAMS = 20
"""Teams of organisations that are simulated many times; larger ones take longer and give similar results."""
ASSUMPTIONS = (
    ("structure.improvement_share", 0.01, 0.05, 0.005),
    ("population.demand_per_post", 29.0, 35.0, 0.5),
    ("population.alignment_mean", 0.4, 1.0, 0.05),
    ("population.kappa_low", 0.0, 0.9, 0.1),
)
"""Assumptions that can be tried: key, and range and step of the slider."""
HEADLINE = ("survey_all_safe", "closure_share")
"""Measures in the sentence at the top."""
CONDITIONS = (
    ("surge", "a surge of demand comes"),
    ("leader-exit", "the chief executive leaves"),
    ("scandal", "a scandal breaks"),
    ("vacancy-wave", "a tenth of staff leave at once"),
    ("reorganisation", "teams are reorganised"),
)
"""Shipped events under which the choice is tried again, and their words."""
RESTS_ON = (
    f"Each condition is tried alone in {work.FEW} matched runs of at most 300 staff. Other conditions, and several at once, may "
    "change the result too; five runs miss small differences."
)
_TROUBLE = work.Kept(2_000_000, lambda lines: 200 + sum(map(len, lines)))
"""Conditions under which choices do worse, as far as visitors have searched."""


def small(scenario: Scenario) -> Scenario:
    """Return the scenario on an organisation small enough to be computed many times over."""
    if scenario.roster is not None or scenario.structure.n_teams <= TEAMS:
        return scenario
    return scenario.set("structure.n_teams", TEAMS)


def current_practice(scenario: Scenario) -> Scenario:
    """Return the same organisation under current practice, with the same assumptions and outside events."""
    happens = tuple(event for event in scenario.interventions if event.name in HAPPENS)
    return dataclasses.replace(
        scenario, levers=scenario.habits, interventions=happens, title="Current practice", style="status-quo"
    )


def answer(scenario: Scenario, runs: int, stop: Callable[[], bool]) -> dict[str, Any]:
    """Return charts and verdicts of a scenario compared with current practice over matched runs."""
    own, base = small(scenario), current_practice(small(scenario))
    before = work.batch(base, runs, stop)
    same = own.digest == base.digest
    after = before if same else work.batch(own, runs, stop)
    verdicts = [verdict(name, before, after) for name in work.SHOWN]
    by_name = {v.name: v for v in verdicts}
    charts = []
    for name in CHARTS:
        about, v = MEASURES[name], by_name[name]
        text = v.scale.text(v.before) if same else v.text
        chart: dict[str, Any] = {
            "name": name,
            "label": about.label,
            "help": about.help,
            "text": unbroken(text),
            "tone": v.tone,
        }
        chart |= {"unit": v.scale.unit, "decimals": 1 if v.scale.unit == " %" else 2, "least": LEAST[name]}
        chart |= {"base": band(before, name), "yours": None if same else band(after, name)}
        charts.append(chart | {"word": "" if same else v.word})
    return {"charts": charts, "verdicts": verdicts, "runs": runs, "same": same, "posts": len_posts(own)}


def csv_of(found: dict[str, Any], scenario: Scenario) -> str:
    """Return the verdicts of an answer as CSV, with the scenario in its first lines."""
    lines = [f"# civicsim {civicsim.__version__}, {found['runs']} matched runs, last year of each"]
    lines += [f"# {line}" for line in small(scenario).to_toml().splitlines()]
    lines.append("measure,runs,current_practice,yours,yours_low,yours_high,verdict")
    lines += [
        f"{v.name},{v.runs},{v.before:.6g},{v.after:.6g},{v.low:.6g},{v.high:.6g},{v.word}" for v in found["verdicts"]
    ]
    return "\n".join(lines) + "\n"


def report_of(scenario: Scenario, runs: int) -> str:
    """Return an answer as a page of HTML."""
    own, base = small(scenario), current_practice(small(scenario))
    if own.digest == base.digest:
        return report_page(
            "Current practice", ["Current practice"], [base], [work.batch(base, runs)], CHARTS, work.SHOWN
        )
    label = scenario.title or scenario.style
    label = f"{label}, changed" if own.levers != preset(own.style, own.kind).levers else label
    label = "Your policy" if label in ("", base.title) else label
    batches = [work.batch(one, runs) for one in (base, own)]
    return report_page(
        f"{label}, compared with current practice", [base.title, label], [base, own], batches, CHARTS, work.SHOWN
    )


def len_posts(scenario: Scenario) -> int:
    """Return how many posts of staff an organisation has."""
    return scenario.structure.n_teams * scenario.structure.team_size


def conditions(scenario: Scenario) -> list[tuple[str, Scenario]]:
    """Return a choice under other conditions, each with its words: an event, or an assumption at one end of its range."""
    found = [(words, with_event(scenario, name, 52)) for name, words in CONDITIONS]
    for key, low, high, _ in ASSUMPTIONS:
        about = PARAMETERS[key]
        for value in (low, high):
            if getattr(getattr(scenario, about.section), about.name) != value:
                words = f"“{about.label}” is {scale_of(about.unit).text(value)} instead"
                found.append((words, scenario.set(key, value)))
    return found


def where_it_fails(scenario: Scenario, stop: Callable[[], bool], show: Show) -> None:
    """Try the choice under other conditions, one at a time, and show where it does worse."""
    found: list[dict[str, Any]] = []
    plain = {v.name: v for v in answer(scenario, work.FEW, stop)["verdicts"]}
    tried = conditions(scenario)
    for words, changed in tried:
        now = {v.name: v for v in answer(changed, work.FEW, stop)["verdicts"]}
        found.append({"when": words, "lines": _turned(plain, now)})
        show({"done": len(found), "of": len(tried), "found": list(found)})
    _TROUBLE.get(_key(scenario), lambda: tuple(trouble_lines(found)))


def _key(scenario: Scenario) -> tuple[str, int]:
    return scenario.digest, scenario.seed


def trouble_lines(found: list[dict[str, Any]]) -> list[str]:
    """Return the findings in sentences, conditions with a worse result first."""
    lines = [f"If {row['when']}: {'; '.join(row['lines'])}." for row in found if row["lines"]]
    fine = [str(row["when"]) for row in found if not row["lines"]]
    if fine:
        lines.append(
            f"Nothing is clearly worse than under current practice in the same conditions if {'; if '.join(fine)}."
        )
    return [*lines, RESTS_ON]


def _turned(plain: dict[str, Verdict], now: dict[str, Verdict]) -> list[str]:
    """Return the measures that are worse under a condition, and those that are no longer better."""
    lines = []
    for name in CHARTS:
        label = MEASURES[name].label
        if now[name].tone == "worse":
            lines.append(f"{label} is worse than under current practice: {now[name].text}")
        elif plain[name].tone == "better" and now[name].tone in ("open", "same"):
            lines.append(f"{label} is no longer clearly better: {now[name].text}")
    return lines


def assumption_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the assumptions that can be tried, as the lever panel shows them."""
    base = preset(scenario.style, scenario.kind)
    rows = []
    for key, low, high, step in ASSUMPTIONS:
        about = PARAMETERS[key]
        scale = scale_of(about.unit)
        value, was = (getattr(getattr(s, about.section), about.name) for s in (scenario, base))
        before = "" if value == was else f"was {scale.text(was)}"
        row: dict[str, Any] = {"name": key, "label": about.label, "help": about.help, "cost": f"Source: {about.source}"}
        row |= {"group": "", "front": True, "low": low, "high": high, "step": step, "value": value, "was": was}
        row |= {"zero": scale.text(low), "one": scale.text(high), "text": scale.text(value), "before": before}
        rows.append(row | {"unit": "share" if scale.unit == " %" and step >= 0.01 else ""})
    return rows


@solara.component
def Policy() -> None:
    """Show the effects of the chosen levers, compared with current practice."""
    scenario = chosen.value.scenario

    def compute(stop: Callable[[], bool], show: Show) -> None:
        show(answer(scenario, work.FEW, stop))
        show(answer(scenario, work.MANY, stop))

    found, of, problem = use_latest(compute, [scenario])
    with solara.v.Html(tag="div", class_="cv-columns"):
        with solara.v.Html(tag="div"):
            LeverPanel("Your policy")
            AssumptionPanel()
        with solara.v.Html(tag="div"):
            with solara.v.Html(tag="div", class_="cv-between"):
                Text("h1", "What would change in five years?")
                Text("span", _standing(found, of == [scenario]), class_="soft")
            if problem:
                Text("p", problem, class_="cv-note")
            elif found is None:
                Text(
                    "p",
                    "Five organisations are being simulated for five years. The first time takes a minute or two.",
                    class_="cv-card",
                )
            else:
                Headline(found)
                widgets.Bands(
                    charts=found["charts"],
                    every=work.STEP,
                    span=f"year {scenario.weeks // 52}",
                    busy=of != [scenario],
                    stamp=f"{scenario.digest}-{scenario.seed}-{found['runs']}" if of == [scenario] else "old",
                )
                ActionPanel(
                    "Add an event",
                    from_clock=False,
                    makes=[
                        Make(*CSV, scenario.style, lambda: csv_of(found, scenario)),
                        Make(*HTML, f"report-{scenario.style}", lambda: report_of(scenario, found["runs"])),
                    ],
                )
                happening = [shock_titles()[g[0].name] for g in event_groups(scenario) if g[0].name in HAPPENS]
                if happening:
                    Text("p", f"Also happens under current practice: {', '.join(happening)}.", class_="soft")
                TradeOffs(found)
                GoesWrong()


def _standing(found: dict[str, Any] | None, fresh: bool) -> str:
    if found is None:
        return ""
    if not fresh:
        return "computing …"
    more = f"; refining to {work.MANY}" if found["runs"] < work.MANY else ""
    return f"{found['runs']} matched runs of {found['posts']} staff{more}"


@solara.component
def Headline(found: dict[str, Any]) -> None:
    """Show the main result in one sentence."""
    by_name = {v.name: v for v in found["verdicts"]}
    if found["same"]:
        words = "This is current practice. Move a lever on the left, or add an event."
    else:
        shown = (by_name[name] for name in HEADLINE)
        words = " ".join(f"{MEASURES[v.name].label}: {v.text}, {_compared(v)}." for v in shown)
    with solara.v.Html(tag="p", class_="cv-headline cv-card", attributes={"aria-live": "polite"}):
        Text("span", words)


def _compared(v: Verdict) -> str:
    return v.word if v.tone in ("open", "same") else f"{v.word} than today"


@solara.component
def TradeOffs(found: dict[str, Any]) -> None:
    """Show gains and costs side by side."""
    if found["same"]:
        return
    groups = (
        ("Gets better", ("better",), "cv-better"),
        ("The cost: gets worse", ("worse",), "cv-worse"),
        ("Changes; whether that is good depends", ("higher", "lower"), "cv-open"),
        ("Hardly different or too close to call", ("same", "open"), "cv-open"),
    )
    with solara.v.Html(tag="section", class_="cv-card", style_="margin-top:10px"):
        Text("h2", "Gains and costs")
        Text(
            "p",
            f"Means of the last year over {found['runs']} matched runs, with 95 % intervals. “Better” and “worse” compare matched runs: same organisation, same random events. Intervals show run-to-run variation, not whether the assumptions are right.",
            class_="soft",
        )
        with solara.v.Html(tag="div", class_="cv-halves"):
            for title, tones, class_ in groups:
                rows = [v for v in found["verdicts"] if v.tone in tones]
                with solara.v.Html(tag="div"):
                    Text("h3", f"{title} ({len(rows)})", class_=class_)
                    with solara.v.Html(tag="ul"):
                        for v in rows:
                            Text("li", f"{MEASURES[v.name].label}: {v.text}")


@solara.component
def GoesWrong() -> None:
    """Search, when asked, for conditions under which the choice does worse."""
    scenario = chosen.value.scenario
    asked, ask = solara.use_state(None)
    wanted = asked == scenario

    def search(stop: Callable[[], bool], show: Show) -> None:
        if wanted:
            where_it_fails(scenario, stop, show)

    found, of, problem = use_latest(search, [scenario, wanted])
    fresh = wanted and of == [scenario, wanted] and found is not None
    with solara.v.Html(tag="section", class_="cv-card", style_="margin-top:10px"):
        Text("h2", "Where could this go wrong?")
        if not wanted:
            Text(
                "p",
                "The same policy is tried under other conditions, one at a time: an event after a year, or another value of an "
                "assumption. Current practice is tried under the same conditions.",
                class_="soft",
            )
            Button("Search for failures", lambda: ask(scenario))
        elif problem:
            Text("p", problem, class_="cv-note")
        elif not fresh:
            Text("p", "Searching …", class_="soft")
        else:
            Troubles(found)


@solara.component
def Troubles(found: dict[str, Any]) -> None:
    """Show the conditions under which the choice does worse, the worst first."""
    rows = sorted(found["found"], key=lambda row: -len(row["lines"]))
    bad = [row for row in rows if row["lines"]]
    if found["done"] < found["of"]:
        Text("p", f"{found['done']} of {found['of']} conditions tried …", class_="soft")
    Text("p", f"At least one result is worse, or no longer clearly better, in {len(bad)} of {len(rows)} conditions.")
    with solara.v.Html(tag="div", class_="cv-cards"):
        parts = [(f"If {row['when']}", row["lines"]) for row in bad]
        fine = [f"if {row['when']}" for row in rows if not row["lines"]]
        for title, lines in [*parts, ("Nothing is clearly worse", fine)] if fine else parts:
            with solara.v.Html(tag="div"):
                Text("h3", title)
                with solara.v.Html(tag="ul"):
                    for line in lines:
                        Text("li", line)
    Text("p", RESTS_ON, class_="soft")


@solara.component
def AssumptionPanel() -> None:
    """Show a few assumptions apart from the levers: they are not decisions, and both policies share them."""
    scenario = chosen.value.scenario

    def move(data: dict[str, Any]) -> None:
        change_scenario(lambda now: now.set(str(data["name"]), float(data["value"])))

    def reset(_: Any) -> None:
        now = chosen.peek().scenario
        base = preset(now.style, now.kind)
        for key, *_rest in ASSUMPTIONS:
            about = PARAMETERS[key]
            now = now.set(key, getattr(getattr(base, about.section), about.name))
        set_scenario(now)

    rows = assumption_rows(scenario)
    with solara.v.Html(tag="details", class_="cv", style_="margin-top:10px"):
        Text("summary", "Assumptions for both policies")
        widgets.Levers(title="Not a decision", rows=rows, event_set_lever=move, event_reset=reset)
