"""Every code block of the pages runs, in the order of its page, or is listed here with the reason.

Commands run in an organisation of two teams in place of forty; else they are run as they are printed. A block that is to be
saved has "Save this as `NAME`" in the paragraph above it. The cells of notebooks run here too, in one process; building the
manual executes them as a reader would, with a kernel for each.
"""

import functools
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import civicsim as cs
from civicsim.cli import main
from civicsim.scenario import shipped

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "experiments").rglob("*.md"))
)
BLOCK = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
NO_CODE = {
    "": "listings",
    "text": "listings and equations",
    "dockerfile": "for another program",
    "ini": "for another program",
    "nginx": "a setting of another program",
}
"""Languages of blocks that are no code of civicsim's."""
BUILT = {"{toctree}", "{eval-rst}"}
"""Blocks for the build of the manual: tests/docs/test_manual.py."""
TESTED_ELSEWHERE = {
    "docs/how-to/factorial.md": "tests/docs/test_factorial.py",
    "docs/model-in-python.md": "tests/docs/test_model_in_python.py",
    "docs/own-measure.md": "tests/docs/test_own_measure.py",
    "docs/own-process.md": "tests/docs/test_own_process.py",
}
"""Pages with a test of their own, which runs their blocks with more to check."""
NOT_RUN = {
    "pip install": "needs a connection; .ci/run does it",
    "pip download": "needs a connection",
    "docker ": "needs Docker",
    "uv sync": "needs a connection",
    "uvx pre-commit": "needs a connection; the checks are those of .ci/run",
    "uv run ruff": "checks the repository; .ci/run does it",
    "uv run mypy": "checks the repository; .ci/run does it",
    "uv run pytest": "the tests themselves; the files that it names exist",
    "uv run sphinx-build": "tests/docs/test_manual.py does it",
    "uv run python -m benchmarks": "measures the machine for minutes; tests/test_benchmarks.py",
    "uv run python tests/contract/test_golden_run.py": "would change the golden run",
    "python -m experiments": "takes hours; tests/test_experiments.py runs small versions",
    "civicsim app": "serves until it is stopped; tests/app does it",
    "civicsim calibrate": "takes hours; tests/calibration does it with few points",
    "civicsim validate": "takes minutes; tests/calibration does it on few runs",
    "civicsim order": "takes minutes; tests/cli/test_running_commands.py does it on few runs",
    "civicsim warmup": "compiles for minutes; tests/cli/test_doctor.py",
    "civicsim demo": "takes half a minute; .ci/run does it",
    "civicsim compare compact --draws": "twenty comparisons; tests/cli does it with two",
    "civicsim study run experiments/": "takes minutes to hours; tests/contract reads these studies",
    "civicsim study compare pilot": "results of a study that takes hours",
    "civicsim study compare one-at-a-time": "results of a study that takes minutes",
    "civicsim study ablation": "a study per mechanism, for minutes; tests/study/test_ablation.py",
    "civicsim study adversary": "a search of hundreds of trials; tests/study/test_adversary.py",
    "civicsim study run study.toml --out results": "RESULTS stands for these results, as every analysis can read it",
    "civicsim study decide results": "needs twenty draws; docs/notebooks/calibration.md has them",
    "civicsim study expand results larger.toml": "needs a changed study file; tests/study/test_expand.py",
    "civicsim study contrasts workload": "results of a study that takes hours; tests/contract/test_hypotheses.py",
    "civicsim study effects protected": "results of a study of 600 staff; tests/docs/test_factorial.py",
    "civicsim study NAME": "stands for an analysis that is yet to be written",
    "bash study-slurm.sh": "for the scheduler of a cluster; tests/cli/test_clusters.py reads and runs it",
    "from dask_jobqueue": "for the scheduler of a cluster",
}
"""Beginnings of commands and of Python blocks that are not run, and the reason."""
STAND_INS = {
    "--weeks 52 --seeds 10": "--weeks 8 --seeds 3",
    '"weeks_to_response", seeds=10)': '"weeks_to_response", seeds=3)',
    "process NAME": "process voice",
    "measure NAME": "measure trust",
    "style NAME": "style compact",
    "shock NAME": "shock surge",
    "kind NAME": "kind district-hospital",
    "set NAME": "set fear",
    "compare NAME": "compare compact",
    "study run ": "study run --processes 0 ",
    "study expand ": "study expand --processes 0 ",
    "--add-seeds 20": "--add-seeds 1",
    "plot results --as effects --factors weight_protected,permission": "plot results --as effects --factors permission,style",
    'run_study(study, "permission")': 'run_study(study, "permission", processes=0)',
}
"""What stands for NAME in the checklists, and for what takes long: more seeds, and processes that have to start."""
RESULTS = {
    "question": "Which of three styles, and does it depend on permission?",
    "styles": ["status-quo", "compact", "command"],
    "seeds": 2,
    "weeks": 13,
    "burn_in_weeks": 4,
    "factors": {"permission": [0.2, 0.8]},
    "uncertainties": {"voice.intercept": {"low": -1.8, "high": -1.0}},
    "design": {"draws": 10},
    "measures": ["trust", "burnt_out_share"],
    "summaries": ["all"],
    "weekly": ["trust"],
    "contrast": [{"name": "trust", "measure": "trust", "sign": "+", "a": {"style": "compact"}, "b": {}}],
}
"""What pages call `results`: small, and fit for every other analysis."""


def blocks(page):
    """Yield the blocks of a page: line, language, code and the paragraph above."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        line, above = text.count("\n", 0, found.start()) + 1, text[: found.start()].rstrip().rpartition("\n\n")[2]
        yield line, found[2], found[3], above


def commands(code):
    """Yield the commands of a block without their comments, and what follows `&&` by itself."""
    for line in code.replace("\\\n", " ").splitlines():
        for command in re.sub(r"(^|\s)#(?!SBATCH).*", "", line).split(" && "):
            if command.strip():
                yield command.strip().removeprefix("uv run ") if "uv run civicsim" in command else command.strip()


def stood_in(text):
    """Return a command or code with what stands for parts of it."""
    return functools.reduce(lambda text, pair: text.replace(*pair), STAND_INS.items(), text)


def excused(text):
    """Return the beginning of a text that is listed as not run, if it is."""
    return next((start for start in NOT_RUN if text.lstrip().startswith(start)), None)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The folder with the results of RESULTS, which pages copy; first asked for where organisations are small."""
    return cs.run_study(cs.Study(**RESULTS), tmp_path_factory.mktemp("study") / "results", processes=0).path


@pytest.fixture
def small(tmp_path, monkeypatch):
    """An empty working folder, and organisations of two teams, or of two linked ones where there are many."""
    read = shipped.read_shipped

    def shrunk(name, folder):
        found = read(name, folder)
        if folder == "organisations":
            structure = found.setdefault("structure", {})
            structure |= {
                "n_teams": 2,
                "teams_per_division": 2,
                "n_executives": min(structure.get("n_executives", 2), 2),
            }
            if structure.get("n_organisations", 1) > 1:
                structure["n_organisations"] = 2
        return found

    monkeypatch.setattr(shipped, "read_shipped", shrunk)
    monkeypatch.chdir(tmp_path)
    # The pages about contributing build on the example of docs/own-process.md.
    Path("own.py").write_text(next(code for _, _, code, _ in blocks("docs/own-process.md")), encoding="utf-8")
    shutil.copytree(ROOT / "experiments", "experiments", ignore=shutil.ignore_patterns("*.csv", "*.parquet"))
    yield tmp_path
    plt.close("all")


@pytest.mark.parametrize("page", [page for page in PAGES if page not in TESTED_ELSEWHERE])
def test_every_block_of_a_page_runs(page, small, request, capsys):
    names, document = {}, {}
    if re.search(r"\bstudy \w+ results\b", (ROOT / page).read_text(encoding="utf-8")):
        shutil.copytree(request.getfixturevalue("results"), "results")
    for line, language, code, above in blocks(page):
        at = f"{page}:{line}"
        saved = re.search(r"Save this as\s+`([\w.-]+)`", above)
        if saved:
            Path(saved[1]).write_text(code, encoding="utf-8")
        if language in ("python", "{code-cell} ipython3") and not excused(code):
            exec(compile(stood_in(code), at, "exec"), names)
        elif language == "toml":
            document = accepted(code, document, at)
        elif language in ("console", "sh"):
            for command in commands(code):
                if not excused(command):
                    assert command.startswith("civicsim "), f"{at}: {command}: neither civicsim nor listed as not run"
                    code_of_exit = main(shlex.split(stood_in(command))[1:])
                    assert code_of_exit == 0, f"{at}: {command}: {capsys.readouterr().err}"
        else:
            assert language in {*NO_CODE, *BUILT} or excused(code), f"{at}: no rule for blocks of {language!r}"


def accepted(code, document, at):
    """Check a study, a scenario, or a part of the study or scenario above it; keep it as study.toml or my.toml, and return it."""
    given = tomllib.loads(code)
    if not document and "uncertainties" in given:
        # A part of studies that are not on the page.
        cs.Study.from_dict({"question": "?", **given}, at)
        return document
    whole = given if "question" in given or not document else document | given
    reader, name = (cs.Study, "study.toml") if "question" in whole else (cs.Scenario, "my.toml")
    reader.from_dict(whole, at)
    Path(name).write_text(code if whole is given else Path(name).read_text() + code, encoding="utf-8")
    return whole


def test_tests_that_commands_name_exist():
    named = [
        path
        for page in PAGES
        for _, language, code, _ in blocks(page)
        if language in ("console", "sh")
        for path in re.findall(r"\btests/[\w./]+", code)
        if not re.search(r"[A-Z]{3}", path)
    ]
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_everything_listed_is_on_a_page():
    texts = [
        text
        for page in PAGES
        for _, language, code, _ in blocks(page)
        for text in (commands(code) if language in ("console", "sh") else [code])
    ]
    assert [start for start in NOT_RUN if not any(excused(text) == start for text in texts)] == []
    languages = {language for page in PAGES for _, language, _, _ in blocks(page)}
    assert (NO_CODE.keys() | BUILT) - languages == set()
    assert [test for test in TESTED_ELSEWHERE.values() if not (ROOT / test).is_file()] == []


def test_a_command_with_a_mistake_is_found(small):
    assert main(shlex.split("civicsim compare civic-cultur")[1:]) == 2
    assert list(commands("uv run ruff check && uv run civicsim describe  # a comment\n")) == [
        "uv run ruff check",
        "civicsim describe",
    ]
