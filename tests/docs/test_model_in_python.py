"""The guided reading shows the twin's source as it is.

To renew its excerpts after a change of the twin: ``uv run python tests/docs/test_model_in_python.py``
"""

import ast
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE, TWIN = ROOT / "docs" / "model-in-python.md", ROOT / "tests" / "twin"
EXCERPT = re.compile(r"<!-- (\w+\.py): ([\w.]+) -->\n```python\n(.*?)```", re.DOTALL)


def name_of(node):
    """Return the name that a statement defines."""
    return node.targets[0].id if isinstance(node, ast.Assign) else getattr(node, "name", None)


def excerpt(file, name):
    """Return the source of a function, method or constant, without its docstring."""
    text = (TWIN / file).read_text(encoding="utf-8")
    node = ast.parse(text)
    for part in name.split("."):
        node = next(inner for inner in node.body if name_of(inner) == part)
    lines = text.splitlines()
    chosen = lines[node.lineno - 1 : node.end_lineno]
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
        docstring = node.body[0]
        chosen = lines[node.lineno - 1 : docstring.lineno - 1] + lines[docstring.end_lineno : node.end_lineno]
    return textwrap.dedent("\n".join(chosen)) + "\n"


def meaning(code):
    """Return the syntax tree of code in words, so that layout does not matter: the formatter joins dedented lines."""
    return ast.dump(ast.parse(code))


def renewed():
    """Return the page with its excerpts as the source is now."""
    return EXCERPT.sub(
        lambda found: f"<!-- {found[1]}: {found[2]} -->\n```python\n{excerpt(found[1], found[2])}```",
        PAGE.read_text(encoding="utf-8"),
    )


def test_excerpts_are_the_source_of_the_twin():
    shown = EXCERPT.findall(PAGE.read_text(encoding="utf-8"))
    stale = [f"{file}: {name}" for file, name, code in shown if meaning(code) != meaning(excerpt(file, name))]
    assert (stale, len(shown) > 10) == ([], True), "renew: uv run python tests/docs/test_model_in_python.py"


def test_every_excerpt_is_marked_with_its_place():
    assert PAGE.read_text(encoding="utf-8").count("```python\n") == len(
        EXCERPT.findall(PAGE.read_text(encoding="utf-8"))
    )


if __name__ == "__main__":
    PAGE.write_text(renewed(), encoding="utf-8")
