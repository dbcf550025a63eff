"""The command line: the one place that knows all parts and puts them together."""

import argparse
import sys

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run one command of `./hotline`; the result is the process's exit code."""
    parser = argparse.ArgumentParser(prog="hotline", description="A call-centre appliance.")
    parser.parse_args(argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
