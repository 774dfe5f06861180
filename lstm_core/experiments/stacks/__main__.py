"""`python -m lstm_core.experiments.stacks autoencoder|reader|language|libraries`."""

import argparse
import importlib

MODULES = {
    "autoencoder": "reconstructions",
    "reader": "reader",
    "language": "language",
    "libraries": "libraries",
}


def main():
    parser = argparse.ArgumentParser(prog="python -m lstm_core.experiments.stacks")
    parser.add_argument("which", nargs="+", choices=MODULES)
    for name in parser.parse_args().which:
        module = importlib.import_module(f"{__package__}.{MODULES[name]}")
        print(module.train(), flush=True)


if __name__ == "__main__":
    main()
