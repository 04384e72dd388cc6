"""``python -m kerasguard``."""

import sys

from kerasguard.cli import main

if __name__ == "__main__":
    sys.exit(main())
