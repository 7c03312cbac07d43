"""The page: explore one organisation, compare ways of running it, try policies, teach.

The server computes whole runs, the browser plays them. ``civicsim app`` serves it, and so does
``solara run civicsim.app``, with the same checks (see :mod:`civicsim.app.guard`).
"""

from __future__ import annotations

from civicsim.app import hosting

hosting.prepare_environment()

import solara  # noqa: E402

from civicsim.app.frame import Frame  # noqa: E402
from civicsim.app.pages.about import About  # noqa: E402
from civicsim.app.pages.compare import Compare  # noqa: E402
from civicsim.app.pages.explore import Explore  # noqa: E402
from civicsim.app.pages.lesson import Lessons  # noqa: E402
from civicsim.app.pages.policy import Policy  # noqa: E402
from civicsim.app.pages.results import Results  # noqa: E402

hosting.prepare_server()

routes = [
    solara.Route(path="/", component=Explore, label="Explore · civicsim", layout=Frame),
    solara.Route(path="compare", component=Compare, label="Compare · civicsim"),
    solara.Route(path="policy", component=Policy, label="Policy simulator · civicsim"),
    solara.Route(path="lessons", component=Lessons, label="Lessons · civicsim"),
    solara.Route(path="results", component=Results, label="Results · civicsim"),
    solara.Route(path="about", component=About, label="About · civicsim"),
]
