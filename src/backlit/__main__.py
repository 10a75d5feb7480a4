"""``python -m backlit`` is the command ``backlit``."""

import sys

from backlit.cli import main

if __name__ == "__main__":
    sys.exit(main())
