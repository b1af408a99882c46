"""``python -m netmon`` is ``netmon``."""

from netmon.cli import main

if __name__ == "__main__":
    main()
