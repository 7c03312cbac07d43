"""civicsim simulates civic culture in a healthcare organisation.

>>> import civicsim as cs
>>> result = cs.run(cs.Scenario.preset("status-quo").with_(fear=0.1), seeds=30)
>>> cs.compare("status-quo", "civic-culture", seeds=30).table()
"""

import lazy_loader

__version__ = "0.2.0"

# Names are loaded on first use, so that the command line starts fast and workers never load Mesa.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ = [*__all__, "__version__"]
