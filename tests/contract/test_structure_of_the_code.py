"""The house stays in order: imports point one way, Mesa stays out of workers, names are public once."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import civicsim as cs

PACKAGE = Path(cs.__file__).parent

ORDER = [
    "errors", "calendar", "parameters", "compiled", "table_code", "table", "randomness", "kernels", "docking_loops", "docking", "levers", "organisation", "networks", "in_post", "blocks",
    "structure", "linked", "roster", "causes", "practice", "reference", "cohort", "process", "processes", "measures", "recording",
    "together", "schedule", "toml_files", "shipped", "interventions", "scenario", "graphs", "simulate", "timing", "warming", "agents", "model", "posterior",
    "study", "calibration", "report", "staffing", "app", "cli",
]  # fmt: skip
MESA, PAGE = {"agents", "model"}, {"app"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_at_top(path: Path) -> set[str]:
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_every_file_has_a_place_in_the_order():
    rooms = {room(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert rooms <= set(ORDER)


def test_imports_point_only_to_earlier_files():
    for path in PACKAGE.rglob("*.py"):
        own = room(path)
        if own == "__init__":
            continue
        for module in imports_at_top(path):
            parts = module.split(".")
            if parts[0] == "civicsim" and len(parts) > 1 and parts[1] != own:
                assert ORDER.index(parts[1]) < ORDER.index(own), f"{path.name} imports {module}"


def test_only_the_mesa_face_imports_mesa_and_only_the_page_solara():
    for path in PACKAGE.rglob("*.py"):
        packages = {module.split(".")[0] for module in imports_at_top(path)}
        assert room(path) in MESA or "mesa" not in packages, path
        assert room(path) in PAGE or "solara" not in packages, path


def test_running_a_scenario_loads_neither_mesa_nor_solara_nor_matplotlib_nor_what_only_tables_need():
    code = (
        "import sys, civicsim as cs\n"
        "result = cs.run(cs.Scenario.preset().with_(n_teams=1, weeks=1, burn_in_weeks=0))\n"
        "result.values()\n"
        "heavy = ('mesa', 'solara', 'matplotlib', 'networkx', 'pandas', 'scipy.special', 'scipy.stats', 'pyarrow')\n"
        "print([m for m in heavy if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_compiled_already_runs_without_numbas_compiler():
    code = (
        "import sys, civicsim as cs\n"
        "cs.run(cs.Scenario.preset().with_(n_teams=1, weeks=1, burn_in_weeks=0))\n"
        "print([m for m in ('numba.np.arraymath', 'scipy.linalg') if m in sys.modules])\n"
    )
    # The first run compiles what no other test has compiled yet.
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists():
    for name in cs.__all__:
        assert getattr(cs, name) is not None


def test_every_module_says_what_it_is():
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(("civicsim", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        assert importlib.import_module(module).__doc__, module
