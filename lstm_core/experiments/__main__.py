"""The claims of the book from the command line.

    python -m lstm_core.experiments list
    python -m lstm_core.experiments run gate-range --seeds 0:20 --workers 4
    python -m lstm_core.experiments run all --quick --out somewhere
    python -m lstm_core.experiments report
    python -m lstm_core.experiments judge all

`judge` applies the rules again to numbers that are there, and trains nothing.
Ctrl-C stops a run and keeps what is finished; the same command goes on from there.
On many machines: `dask scheduler`, then `dask worker tcp://HOST:8786 --nthreads 1`
wherever there is room, then `run all --dask tcp://HOST:8786`.
"""

import argparse
import os
import sys
from contextlib import closing, nullcontext
from pathlib import Path

from lstm_core.experiments import claims, kept, report, results, workers
from lstm_core.experiments.progress import Progress, duration
from lstm_core.experiments.run import judge_again, run_all

FAILED, WRONG, STOPPED = 1, 2, 130  # exit codes: a part or a claim; the command; Ctrl-C
SEEDS_END = 1_000_000  # where the seeds of the batches begin


class Stop(Exception):
    """An end that one sentence explains."""


def seeds_of(text):
    """The range "0:20" of seeds; it must hold at least two, from 0 to 999999."""
    try:
        begin, end = map(int, text.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a range of seeds such as 0:20, got {text!r}"
        ) from None
    if not (0 <= begin and begin + 2 <= end <= SEEDS_END):
        raise argparse.ArgumentTypeError(
            f"expected two seeds at least, from 0 to {SEEDS_END - 1}, got {text!r}"
        )
    return range(begin, end)


def count_of(text):
    """A number of workers, from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Stop(f"{message}; {self.prog} --help tells more")


def parsed(arguments):
    parser = _Parser(
        prog="python -m lstm_core.experiments",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="the claims, and what they say")
    run = commands.add_parser("run", help="run claims and write their results")
    run.add_argument("claims", nargs="+", metavar="CLAIM", help="a claim's id, or all")
    run.add_argument("--seeds", type=seeds_of, metavar="A:B", help="such as 0:20")
    run.add_argument("--quick", action="store_true", help="short, and less sure")
    run.add_argument("--workers", type=count_of, metavar="N", help="processes")
    run.add_argument("--dask", metavar="ADDRESS", help="of a Dask scheduler")
    ledger = commands.add_parser("report", help="the ledger of verdicts")
    again = commands.add_parser("judge", help="apply the rules to results once more")
    again.add_argument("claims", nargs="+", metavar="CLAIM", help="an id, or all")
    for one in (run, ledger, again):
        one.add_argument("--out", type=Path, metavar="FOLDER", help="of the results")
    for one in (listing, run, ledger):
        one.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args(arguments)
    if args.command == "run" and args.dask and args.workers:
        raise Stop("--workers counts processes of this machine: not with --dask")
    return args


def main(arguments=None):
    """Do what the arguments say; returns the exit code."""
    try:
        args = parsed(arguments)
        return COMMANDS[args.command](args)
    except Stop as stop:
        return _said(stop, WRONG)
    except BrokenPipeError:
        # Whoever read the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, workers.Unavailable) as error:
        return _said(error, WRONG)
    except OSError as error:
        name = f" {error.filename}" if error.filename else ""
        return _said(f"could not read or write{name}: {error.strerror}", WRONG)


def _said(what, code):
    text = " ".join(str(what).split())
    print(text if text.endswith((".", "?")) else f"{text}.", file=sys.stderr)
    return code


# --- commands -------------------------------------------------------------------------


def list_(args):
    if args.json:
        fields = ("id", "statement", "source", "kind", "chapter", "prediction")
        fields += ("metric", "rule", "smallest")
        found = [{f: getattr(one, f) for f in fields} for one in claims.ALL.values()]
        print(results.text(found))
        return 0
    size = max(map(len, claims.NAMES), default=0) + 2
    for claim in claims.ALL.values():
        print(f"{claim.id:{size}}{claim.statement}")
    return 0


def report_(args):
    rows = report.ledger(args.out or results.STORED)
    print(results.text(report.as_list(rows)) if args.json else report.as_text(rows))
    return 0


def judge(args):
    out = args.out or results.STORED
    for claim in chosen_claims(args.claims):
        result = judge_again(claim, results.load(claim.id, out))
        results.save(result, out)
        print(f"{claim.id}: {result.verdict}. {result.sentence}")
    return 0


def run(args):
    chosen = chosen_claims(args.claims)
    out = args.out or default_out(args.quick, args.seeds)
    for claim in chosen:
        refuse_to_overwrite(claim, out, args.quick)
    folder = kept.folder_beside(out)
    total = sum(
        len(claim.parts(seeds_for(claim, args), args.quick)) for claim in chosen
    )
    with _executors(args) as (pool, slots):
        seen = Progress(total)
        try:
            return _run(args, chosen, out, folder, pool, slots, seen)
        except KeyboardInterrupt:
            seen.close()
            print(
                f"Stopped; {seen.done} of {total} parts are kept in {folder}, and the "
                "same command goes on from there.",
                file=sys.stderr,
            )
            return STOPPED


def _run(args, chosen, out, folder, pool, slots, seen):
    failures, made = [], []
    hand_out = 10**6 if args.dask else slots  # a cluster has a queue of its own
    ends = run_all(chosen, args.seeds, args.quick, pool, hand_out, folder, seen)
    with closing(ends):
        for end in ends:
            failures += end.failures
            for failure in end.failures:
                seen.line(failure)
            if end.result:
                path = results.save(end.result, out)
                made.append(results.as_dict(end.result))
                if not args.json:
                    _tell(end.result, path, seen)
    seen.close()
    if args.json:
        print(results.text(made))
    return FAILED if failures else 0


def _tell(result, path, seen):
    seen.clear()
    took = duration(result.seconds)
    print(f"{result.claim}: {result.verdict}. {result.sentence} ({took}, {path})")
    sys.stdout.flush()


def _executors(args):
    if args.dask:
        return workers.on_cluster(args.dask)
    slots = args.workers or os.cpu_count() or 1
    return nullcontext((lambda: workers.processes(slots), slots))


def seeds_for(claim, args):
    return claim.seeds if args.seeds is None else args.seeds


def chosen_claims(names):
    """The claims of these ids, each once; "all" is every one."""
    if "all" in names:
        return list(claims.ALL.values())
    return [claims.get(name) for name in dict.fromkeys(names)]


def default_out(quick, seeds):
    """Where results go: only a full run on the claims' own seeds, in a checkout of the
    repository, replaces the stored ones."""
    if not (kept.ROOT / "pyproject.toml").exists():
        return Path("experiments")
    if not quick and seeds is None:
        return results.STORED
    return kept.ROOT / "_build" / "experiments" / ("quick" if quick else "seeds")


def refuse_to_overwrite(claim, out, quick):
    """Raise Stop where a file of the claim is not ours, or is of a longer run."""
    path = Path(out) / f"{claim.id}.json"
    if not path.exists():
        return
    try:
        found = results.load(claim.id, out)
    except ValueError as error:
        raise Stop(f"{error}; move it away, or choose another --out") from None
    if quick and not found.quick:
        raise Stop(
            f"{path} is of a full run, which a quick one does not replace; choose "
            "another --out"
        )


COMMANDS = {"list": list_, "run": run, "report": report_, "judge": judge}

if __name__ == "__main__":
    sys.exit(main())
