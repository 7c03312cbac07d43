"""The house stays in order: imports point one way, Mesa stays out of workers, names are public once."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import civicsim as cs

PACKAGE = Path(cs.__file__).parent

ORDER = (
    "errors",
    "extras",
    "checks",
    "engine",
    "model",
    "scenario",
    "experiment",
    "study.questions",
    "study.design",
    "study.store",
    "study.run",
    "study.analysis",
    "calibration",
    "staffing",
    "docking",
    "mesa_face",
    "report",
    "app",
    "cli",
)
"""The layers from bottom to top. Each imports from itself and from those before it."""

UPWARD = {
    ("experiment.run", "report"): "Result.plot and the notebook's view are drawn by the layer of reports",
    ("study.store.store", "report"): "Store.plot and its kinds are drawn by the layer of reports",
    ("experiment.why", "report"): "the notebook's view of an explanation is drawn by the layer of reports",
    ("experiment.compare", "report"): "Comparison.plot and the notebook's view are drawn by the layer of reports",
}
"""Imports against the order, all inside a function, and the reason for each."""

LAZY = {
    "pandas": "only tables need it; a run starts without",
    "scipy": "only intervals and samples need it; a run starts without",
    "SALib": "only Sobol' and Morris designs need it, and it takes a second to load",
    "networkx": "only the export and import of graphs need it",
    "sklearn": "comes with an extra",
    "threadpoolctl": "comes with scikit-learn",
    "optuna": "comes with an extra",
    "distributed": "comes with an extra",
    "resource": "does not exist on Windows",
    "civicsim.experiment.variance": "brings pandas along",
    "civicsim.experiment.profile": "brings pandas along",
}
"""What files below the faces may import inside a function, and the reason."""

FACES = ("report", "app", "cli")
"""Layers that start fast because they load what a command or a view needs when it is needed."""

MESA, PAGE = {"mesa_face"}, {"app"}


def layer(parts):
    """Return the layer of a module, given the parts of its name without the package."""
    two = ".".join(parts[:2])
    return two if two in ORDER else parts[0]


def modules():
    """Yield each module's parts and syntax tree; the packages at the top of layers have nothing but a sentence."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts not in {("__init__",), ("study", "__init__")}:
            yield parts, ast.parse(path.read_text())


def imported(node):
    """Return the full names that an import statement brings in, with what is taken from packages spelt out."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def imports(tree):
    """Yield each name imported anywhere in a file, and whether the import stands inside a function."""
    inside = {
        id(node) for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        for name in imported(node):
            yield name, id(node) in inside


def test_every_file_has_a_place_in_the_order():
    assert {layer(parts) for parts, _ in modules()} <= set(ORDER)


def test_imports_point_only_to_lower_layers_even_inside_functions():
    found = []
    for parts, tree in modules():
        own = layer(parts)
        for name, inside in imports(tree):
            if not name.startswith("civicsim.") or name == "civicsim.__version__":
                continue
            other = layer(name.split(".")[1:])
            allowed = inside and (".".join(parts), other) in UPWARD
            if other not in ORDER or (ORDER.index(other) > ORDER.index(own) and not allowed):
                found.append(f"{'/'.join(parts)} imports {name}")
    assert found == []


def test_imports_inside_functions_stand_at_the_faces_or_have_a_reason():
    found = []
    for parts, tree in modules():
        for name, inside in imports(tree):
            reasons = [package for package in LAZY if name == package or name.startswith(f"{package}.")]
            upward = name.startswith("civicsim.") and (".".join(parts), layer(name.split(".")[1:])) in UPWARD
            if inside and layer(parts) not in FACES and not reasons and not upward:
                found.append(f"{'/'.join(parts)} imports {name} inside a function")
    assert found == []


def test_only_the_mesa_face_imports_mesa_and_only_the_page_solara():
    for parts, tree in modules():
        packages = {name.split(".")[0] for name, _ in imports(tree)}
        assert layer(parts) in MESA or "mesa" not in packages, parts
        # The command line starts the page's server.
        assert layer(parts) in PAGE | {"cli"} or "solara" not in packages, parts


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


def test_every_module_states_what_it_is():
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(("civicsim", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        assert importlib.import_module(module).__doc__, module
