"""The page: explore one organisation, compare ways of running it, try policies, teach.

The server computes whole runs, the browser plays them. ``civicsim app`` serves it, and so does
``solara run civicsim.app``, with the same checks (see :mod:`civicsim.app.guard`).
"""

from __future__ import annotations

from civicsim.app import hosting

hosting.prepare_environment()

import solara  # noqa: E402

from civicsim.app.frame import TABS, Frame  # noqa: E402
from civicsim.app.pages.about import About  # noqa: E402
from civicsim.app.pages.classroom import Classroom  # noqa: E402
from civicsim.app.pages.compare import Compare  # noqa: E402
from civicsim.app.pages.explore import Explore  # noqa: E402
from civicsim.app.pages.goal import FindPolicy  # noqa: E402
from civicsim.app.pages.lesson import Lessons  # noqa: E402
from civicsim.app.pages.policy import Policy  # noqa: E402
from civicsim.app.pages.results import Results  # noqa: E402
from civicsim.app.pages.start import Start  # noqa: E402
from civicsim.app.pages.yours import Yours  # noqa: E402

hosting.prepare_server()

components = (Start, Explore, Compare, Policy, FindPolicy, Yours, Lessons, Classroom, Results, About)
routes = [
    solara.Route(path or "/", component=component, label=f"{label} · civicsim", layout=None if path else Frame)
    for (path, label), component in zip(TABS, components, strict=True)
]
