"""The manual: ``uv run sphinx-build -W -c docs . build/manual`` builds it, and needs no connection.

Its pages are the Markdown files of the repository, which read as well without it. Notebooks are executed while it is built.
"""

import civicsim

project = "civicsim"
author = "The civicsim authors"
copyright = author  # the name that Sphinx gives it
version = release = civicsim.__version__
language = "en-GB"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["docs/**", "*.md", "experiments/**"]
exclude_patterns = [".*", "build", "dist", "results", "civicsim", "tests", "benchmarks", "**/out", "**/discussion.md"]

# Links to headings, as a code host makes them.
myst_heading_anchors = 4
myst_enable_extensions = []

# Docstrings are NumPy's style, read by napoleon; a name is documented where it is used, as cs.name.
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
add_module_names = False

# Every notebook is executed anew, and an error ends the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_output_stderr = "remove"  # the line of progress, which is blank at the end

html_theme = "furo"
html_title = f"civicsim {version}"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_extra_path = ["_static/index.html"]
html_copy_source = False
html_show_sourcelink = False
# Summaries would be fetched, which a page opened from a folder may not do.
html_show_search_summary = False
html_theme_options = {"navigation_with_keys": True}
