"""`python -m lstm_core.experiments.stacks autoencoder|reader|language|libraries`."""

import argparse
import importlib


def main():
    parser = argparse.ArgumentParser(prog="python -m lstm_core.experiments.stacks")
    names = ("autoencoder", "reader", "language", "libraries")
    parser.add_argument("which", nargs="+", choices=names)
    for name in parser.parse_args().which:
        module = importlib.import_module(f"lstm_core.experiments.stacks.{name}")
        print(module.train(), flush=True)


if __name__ == "__main__":
    main()
