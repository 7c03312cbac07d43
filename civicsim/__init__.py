"""civicsim simulates civic culture in a healthcare organisation."""

__version__ = "0.1.0"
