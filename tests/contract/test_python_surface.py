"""What ``import civicsim as cs`` shows: names, signatures, help and types."""

import dataclasses
import inspect
import subprocess
import sys
from pathlib import Path

import civicsim as cs

ROOT = Path(__file__).parents[2]
LONGEST_SIGNATURE = 600


def test_dir_and_all_show_every_public_name_and_each_exists():
    assert {"run", "compare", "Scenario", "Study", "Store", "open_store", "styles", "Measure", "Process"} <= set(
        dir(cs)
    )
    assert set(dir(cs)) <= set(cs.__all__)
    assert [name for name in cs.__all__ if getattr(cs, name) is None] == []


def test_every_public_function_and_class_explains_itself_in_help():
    named = {name: getattr(cs, name) for name in cs.__all__ if callable(getattr(cs, name))}
    assert [name for name, thing in named.items() if len((inspect.getdoc(thing) or "").splitlines()) < 1] == []
    functions = {name: thing for name, thing in named.items() if inspect.isfunction(thing)}
    undocumented = [
        f"{name}({parameter})"
        for name, thing in functions.items()
        for parameter in inspect.signature(thing).parameters
        if len(inspect.signature(thing).parameters) > 1 and parameter not in (inspect.getdoc(thing) or "")
    ]
    assert undocumented == []


def signatures():
    """Yield every public function, class and method by name, with its signature as help shows it."""
    for name in cs.__all__:
        thing = getattr(cs, name)
        if callable(thing) and not (inspect.isclass(thing) and issubclass(thing, Exception)):
            yield name, str(inspect.signature(thing))
        if inspect.isclass(thing):
            for part, own in inspect.getmembers_static(thing):
                own = own.__func__ if isinstance(own, classmethod | staticmethod) else own
                if inspect.isfunction(own) and not part.startswith("_"):
                    yield f"{name}.{part}", str(inspect.signature(own))


def test_signatures_are_short_enough_to_be_read():
    lengths = {name: len(text) for name, text in signatures()}
    assert {"run", "Study", "Study.with_", "Scenario.from_dict"} <= set(lengths)
    assert {name: length for name, length in lengths.items() if length > LONGEST_SIGNATURE} == {}


def test_the_signature_of_a_study_names_every_key_with_its_default():
    parameters = inspect.signature(cs.Study).parameters
    assert [field.name for field in dataclasses.fields(cs.Study)] == list(parameters)
    assert (parameters["seeds"].default, parameters["measures"].default) == (30, "all")
    assert [name for name in parameters if name not in (inspect.getdoc(cs.Study) or "")] == []


def test_type_checkers_see_the_signatures(tmp_path):
    (tmp_path / "right.py").write_text("import civicsim as cs\nresult: cs.Result = cs.run(seeds=3)\n")
    (tmp_path / "wrong.py").write_text("import civicsim as cs\ncs.run(sedes=3)\n")
    done = subprocess.run(
        # With the settings and what is cached of the project: the packages that it uses are not read anew.
        [sys.executable, "-m", "mypy", *(str(tmp_path / name) for name in ("right.py", "wrong.py"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, done.stdout
    assert 'Unexpected keyword argument "sedes" for "run"' in errors[0]
