"""The command ``find``: policies that reach goals."""

from __future__ import annotations

from civicsim.cli.commands import Find
from civicsim.cli.effort import check_effort
from civicsim.cli.files import Folder, file_lines, files_of
from civicsim.cli.output import Line, Output
from civicsim.cli.progress import progress
from civicsim.cli.running import about_scenarios
from civicsim.cli.scenarios import scenario_of
from civicsim.cli.tables import grid
from civicsim.errors import ScenarioError
from civicsim.experiment.run import seeds_of
from civicsim.experiment.wording import counted
from civicsim.report.goals import CHANCE, answers, goal_text
from civicsim.report.words import size_text
from civicsim.scenario.sizes import n_posts
from civicsim.study.analysis.goals import EXAMPLE
from civicsim.study.analysis.policies import SEARCHED, find_policy, work_of


def find(output: Output, request: Find) -> None:
    """Search the levers for policies that reach goals, and show a few different answers."""
    if not request.goals:
        raise ScenarioError(f"find: expected --goal, such as {EXAMPLE}")
    scenario = scenario_of(request)
    seeds = seeds_of(request.seeds, scenario.seed)
    sizes = (request.trials, len(seeds), request.fresh, request.draws)
    work = n_posts(scenario) * work_of(scenario, *sizes)
    check_effort(output, [scenario], max(len(seeds), request.fresh), work)
    folder = Folder(request.out) if request.out is not None else None
    with progress(output, work) as report:
        found = find_policy(
            request.goals,
            scenario,
            levers=request.levers or SEARCHED,
            trials=request.trials,
            seeds=seeds,
            fresh=request.fresh,
            draws=request.draws,
            pay=request.pay,
            seed=request.search_seed,
            progress=report,
        )
    texts = answers(found)
    if folder is not None:
        with folder.writing(output, about_scenarios({scenario.style: scenario}, seeds, "each")):
            folder.write_csv("answers.csv", "what each answer reaches and costs", found.answers)
            folder.write_csv("trials.csv", "every policy tried", found.trials)
            for k, text in enumerate(texts):
                name = f"answer-{text.number}.toml"
                folder.write_text(name, f"answer {text.number}", found.scenario(k).to_toml(folder.path))
    if not found.met:
        output.warn("no policy tried meets all goals; these answers come nearest")
    lines: list[Line] = [f"{size_text(scenario)}; {counted(len(found.trials), 'policy', 'policies')} tried."]
    lines += [f"  {goal_text(goal, found)}" for goal in found.goals]
    for text in texts:
        mark = ", the most robust" if text.robust else ""
        rows = [["Levers", text.levers], ["Sets aside", text.minutes], ["", text.hours]]
        rows += [["In money", text.money]] if text.money else []
        rows += [[label, value] for label, value in text.goals]
        rows += [["Robust", text.draws]] if text.draws else []
        title = f"Answer {text.number}{mark}{'' if text.met else ', misses a goal'}"
        lines += ["", title, grid(rows, head=False, first="dim", indent=2)]
    lines += ["", CHANCE, *file_lines(folder)]
    data = {"scenario": scenario.digest, "goals": list(request.goals), "levers": list(found.levers), "met": found.met}
    data |= {"answers": found.answers, "trials": len(found.trials), "runs": found.runs, "fresh": found.fresh}
    data |= {"draws": found.draws, "files": files_of(folder), "warnings": output.warnings}
    example = f"{folder.path}/answer-1.toml" if folder is not None else "--out DIR writes the answers as scenario files"
    output.show(data, lines, f"civicsim compare {example}" if folder is not None else example)
