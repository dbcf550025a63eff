"""`python -m sim.switch`: the same as `./hotline sim switch`."""

import argparse
import sys

from sim.switch.console import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m sim.switch", description="a simulated telephone switch with a CSTA link")
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
