"""Lets ``python -m civicsim.cli`` do what ``civicsim`` does."""

import sys

from civicsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
