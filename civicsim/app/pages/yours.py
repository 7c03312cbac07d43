"""Your organisation: your own teams, scenario file and staff survey, read in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from civicsim.app import own, widgets, work
from civicsim.app.files import File, Files
from civicsim.app.frame import Box, Heading, Html, Problem, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.state import Chosen, chosen, open_scenario
from civicsim.app.widgets import field
from civicsim.calibration.own_survey import FEW, FIGURES, check_figures, fit_survey
from civicsim.errors import CivicsimError
from civicsim.model.calendar import YEAR
from civicsim.report import own_survey as words
from civicsim.report.importing import staff_lines, tie_lines
from civicsim.report.words import size_text
from civicsim.scenario.sizes import n_posts, n_staff
from civicsim.study.design.draws import draws_for

SEEDS = 6
"""Organisations of each parameter set on the page; the command takes more."""
_CSV, _TOML = ".csv,text/csv", ".toml,application/toml"
_STAFF_COLUMNS = "CSV: person, team, profession, manager; division if there is one"


@solara.component
def Yours() -> None:
    """Bring your own organisation to the page."""
    Heading(
        "Your organisation",
        "Bring your own teams, scenario and survey figures: they stay in the memory of this page and are stored nowhere.",
    )
    with Box("cv-halves"):
        with Box("cv-apart"):
            Teams()
            ScenarioFile()
        Survey()


@solara.component
def Teams() -> None:
    """Read a staff table and a table of ties."""
    scenario = chosen.value.scenario
    shown, show = solara.use_state((list[str](), ""))
    files = solara.use_memo(own.Files, [])

    def keep() -> None:
        if scenario.roster is None:
            own.without_table.set(scenario)

    solara.use_effect(keep, [scenario])

    def press(given: dict[str, Any]) -> None:
        now = chosen.peek().scenario
        if given.get("button") == "usual":
            chosen.set(Chosen(own.usual_teams(now, own.without_table.peek())))
            show(([], ""))
            return
        try:
            changed, found = own.import_own(
                now, files.needed("staff", "a staff table"), files.get("ties"), files.get("professions")
            )
        except CivicsimError as error:
            show(([], str(error)))
            return
        chosen.set(Chosen(changed, ("A link cannot hold your teams: save the scenario file to come back to them.",)))
        warning = [found.kept.warning] if found.kept is not None and found.kept.warning else []
        show(([*staff_lines(found), *tie_lines(found), *(f"{note}." for note in found.notes), *warning], ""))

    lines, problem = shown
    with Box("cv-card", tag="section"):
        Text("h2", "Your teams")
        Text("p", f"Now: {size_text(scenario)}{'' if scenario.roster is None else ', from your table'}.")
        widgets.Form(
            name="teams",
            title="Your teams",
            fields=[
                field("staff", "Staff table", "file", accept=_CSV, help=_STAFF_COLUMNS),
                field("ties", "Ties, if known", "file", accept=_CSV, help="CSV: from and to, or a matrix"),
                field(
                    "professions",
                    "Names of professions, if needed",
                    "file",
                    accept=_CSV,
                    help="CSV: name and profession",
                ),
            ],
            buttons=[
                {"name": "import", "label": "Use these teams"},
                {"name": "usual", "label": "Back to the usual teams", "disabled": scenario.roster is None},
            ],
            most_bytes=own.MOST_BYTES,
            event_chose=files.take,
            event_press=press,
        )
        if problem:
            Html("imported", class_="cv-below", problem=problem, lines=[])
        elif lines:
            Html("imported", class_="cv-below", problem="", lines=lines)


@solara.component
def ScenarioFile() -> None:
    """Open and save a scenario file."""
    scenario = chosen.value.scenario
    problem, set_problem = solara.use_state("")
    files = solara.use_memo(own.Files, [])

    def press(_: dict[str, Any]) -> None:
        try:
            opened = own.read_scenario(files.needed("scenario", "a scenario file"))
        except CivicsimError as error:
            set_problem(str(error))
            return
        set_problem("")
        open_scenario(opened)

    with Box("cv-card", tag="section"):
        Text("h2", "A scenario file")
        Text(
            "p",
            "Opens a file that this page or the command line has written. It replaces what is on the page.",
            class_="soft",
        )
        widgets.Form(
            name="scenario",
            title="A scenario file",
            fields=[field("scenario", "File to open", "file", accept=_TOML)],
            buttons=[{"name": "open", "label": "Open"}],
            most_bytes=own.MOST_BYTES,
            event_chose=files.take,
            event_press=press,
        )
        Problem(problem)
        Files("Save what is on the page", [File(f"{scenario.style}.toml", scenario.to_toml)])


@solara.component
def Survey() -> None:
    """Weight simulated organisations by the visitor's survey figures."""
    scenario, fit = chosen.value.scenario, own.own_fit.value
    asked, ask = solara.use_state(None)
    refused, refuse = solara.use_state("")
    current = fit if own.fits(fit, scenario) else None

    def press(given: dict[str, Any]) -> None:
        refuse("")
        if given.get("button") in ("stop", "forget"):
            ask(None)
            if given.get("button") == "forget":
                own.own_fit.set(None)
            return
        try:
            values = dict(given.get("values", {}))
            figures = own.figures_of(values, tuple(FIGURES))
            answers = own.figures_of(values, ("answers",)).get("answers", n_staff(scenario) // 2)
            check_figures(figures, max(1, int(answers)))
        except CivicsimError as error:
            refuse(str(error).removeprefix("own survey: "))
            return
        ask((tuple(figures.items()), max(1, int(answers)), scenario))

    def compute(stop: Callable[[], bool], show: Show) -> None:
        if asked is None:
            return
        figures, answers, of = asked
        base = own.practice(of).set("weeks", 2 * YEAR)
        total = float(n_posts(base) * (base.burn_in_weeks + base.weeks) * SEEDS * len(draws_for(base)))
        with work.turn(base, SEEDS, stop) as over:
            progress = own.counting(total, over, show)
            show(fit_survey(dict(figures), base, answers=answers, seeds=SEEDS, progress=progress))

    found, of, problem = use_latest(compute, [asked])
    done = found if of == [asked] and asked is not None and not isinstance(found, float) else None

    def store() -> None:
        if done is not None:
            own.own_fit.set(done)

    solara.use_effect(store, [done])
    working = asked is not None and done is None and not (problem and of == [asked])
    known = dict(current.figures) if current else {}
    with Box("cv-card", tag="section"):
        Text("h2", "Your staff survey")
        Text(
            "p",
            "Fill in what you have, in per cent of those who answered. Organisations are simulated with every parameter set that fits published data, and weighted by how near their survey is to yours.",
            class_="soft",
        )
        fields = []
        for name, question in FIGURES.items():
            place, _, asks = question.asks.partition(", ")
            label, value = asks.partition(":")[0].capitalize(), known.get(name, "")
            fields.append(field(name, label, "number", value, unit=f"question {place}", min=0.5, max=99.5))
        count = current.answers if current else ""
        fields.append(field("answers", "People who answered", "number", count, min=1, step=1))
        widgets.Form(
            name="survey",
            title="Your staff survey",
            fields=fields,
            buttons=[
                {"name": "fit", "label": "Find organisations like yours", "disabled": working},
                {"name": "stop", "label": "Stop", "disabled": not working},
                {"name": "forget", "label": "Forget these figures", "disabled": current is None},
            ],
            event_press=press,
        )
        if refused or (problem and of == [asked]):
            Text("p", refused or problem, class_="cv-note")
        elif working:
            share = found if isinstance(found, float) and of == [asked] else 0.0
            with Box("cv-below", role="status"):
                Text("p", f"Simulating {SEEDS * len(draws_for(scenario)):,} organisations: {100 * share:.0f} % done.")
        elif current is not None:
            Html(
                "like_yours",
                class_="cv-below",
                left=words.left_text(current),
                warning=current.warning,
                few=FEW,
                head=words.HEAD,
                tables={
                    "The last survey": list(words.rows(current, True)),
                    "Two years later, under current practice": list(words.rows(current, False)),
                },
                assumed=words.ASSUMED,
            )
