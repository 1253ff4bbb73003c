"""Plays random walks: run.py [--seeds N] [--start S] [--jobs 2] [--seconds T]; or one, told in full: run.py --seed S -v."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from simulation.campaign import main

    sys.exit(main())
