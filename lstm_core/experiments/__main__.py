"""`python -m lstm_core.experiments list`, `run CLAIM...`."""

import argparse

from lstm_core.experiments import claims, results
from lstm_core.experiments.run import run


def main():
    parser = argparse.ArgumentParser(prog="python -m lstm_core.experiments")
    parser.add_argument("command", choices=("list", "run"))
    parser.add_argument("claims", nargs="*")
    parser.add_argument("--seeds", default=None)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", default=str(results.STORED))
    args = parser.parse_args()
    if args.command == "list":
        print("\n".join(claims.NAMES))
        return
    seeds = range(*map(int, args.seeds.split(":"))) if args.seeds else None
    for name in args.claims:
        result = run(claims.get(name), seeds, args.quick)
        print(results.save(result, args.out), result.verdict, result.seconds, "s")
        print(result.sentence)


if __name__ == "__main__":
    main()
