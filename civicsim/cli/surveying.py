"""The command ``org survey``: organisations like yours by your own survey figures."""

from __future__ import annotations

from civicsim.calibration.own_survey import FIGURES, fit_survey
from civicsim.cli.commands import OrgSurvey
from civicsim.cli.effort import check_effort
from civicsim.cli.files import table_writer, write_file
from civicsim.cli.output import Line, Output
from civicsim.cli.progress import progress
from civicsim.cli.scenarios import scenario_of
from civicsim.cli.tables import grid
from civicsim.model.calendar import YEAR
from civicsim.report import own_survey as words
from civicsim.report.words import size_text
from civicsim.scenario.sizes import n_posts, n_staff
from civicsim.study.design.draws import draws_for


def survey(output: Output, request: OrgSurvey) -> None:
    """Weight simulated organisations by survey figures; show what they go on to do, and write the parameter sets left."""
    scenario = scenario_of(request).set("weeks", 2 * YEAR)
    figures = {name: value for name in FIGURES if (value := getattr(request, name)) is not None}
    work = float(
        n_posts(scenario) * (scenario.burn_in_weeks + scenario.weeks) * request.seeds * len(draws_for(scenario))
    )
    check_effort(output, [scenario], request.seeds, work)
    answers = request.answers or max(1, n_staff(scenario) // 2)
    with progress(output, work) as report:
        fit = fit_survey(figures, scenario, answers=answers, seeds=request.seeds, progress=report)
    if fit.warning:
        output.warn(fit.warning)
    tables = {"The last survey, %": words.rows(fit, True), "Two years later": words.rows(fit, False)}
    lines: list[Line] = [f"Organisations like yours: {size_text(scenario)}.", words.left_text(fit)]
    for title, rows in tables.items():
        lines += ["", title, grid([words.HEAD, *rows], right=(1, 2, 3, 4), indent=1)]
    lines += ["", words.ASSUMED]
    hint = "civicsim org survey … --out draws.csv   (for [uncertainties] file of a study)"
    if request.out is not None:
        write_file(request.out, table_writer(fit.draws_frame(), "%.6g"))
        lines.append(f"Wrote {request.out}: the parameter sets left, the heaviest first.")
        hint = f'a study with [uncertainties] file = "{request.out}"'
    data = {"scenario": fit.scenario.digest, "figures": fit.figures, "answers": answers, "seeds": request.seeds}
    data |= {"draws": len(fit.draws), "draws_left": len(fit.left), "effective_organisations": fit.effective}
    data |= {"table": fit.table(), "file": request.out, "warnings": output.warnings}
    output.show(data, lines, hint)
