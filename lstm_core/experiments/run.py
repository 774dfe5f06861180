"""Run the parts of claims, wherever there is room, and judge what they return.

    for end in run_all([claims.get("gate-range")], quick=True):
        print(end.result.sentence)

Parts of all claims share one queue, so no worker waits for the slowest part of a claim.
What has been finished is kept at once; a run that is stopped goes on from there.

Chapter: claims.
"""

import re
from collections import deque
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import contextmanager
from pathlib import Path
from traceback import format_tb
from typing import Any, NamedTuple

from lstm_core.experiments import kept, redraw, results
from lstm_core.experiments.claim import Claim, Part
from lstm_core.experiments.workers import processes, work

TRIES = 2  # how often a part may lose its worker before it is given up


class End(NamedTuple):
    """How a claim ended: with a `results.Result`, or with sentences of what failed."""

    claim: Claim
    result: Any
    failures: tuple


class Job(NamedTuple):
    """A part that waits or runs; alone: only while nothing else runs."""

    claim: Claim
    part: Part
    who: dict
    alone: bool
    tries: int = 0


def run(claim, seeds=None, quick=False, workers=1):
    """Run a claim, in this process or in several: a `results.Result`.

    Raises RuntimeError where a part failed.  Nothing is kept.
    """
    pool = here if workers == 1 else lambda: processes(workers)
    (end,) = run_all([claim], seeds, quick, pool, workers)
    if end.failures:
        raise RuntimeError("; ".join(end.failures))
    return end.result


def run_all(
    claims, seeds=None, quick=False, pool=None, slots=1, folder=None, seen=None
):
    """Yield the `End` of each claim as soon as it is there.

    seeds: for all claims; or a function that takes a claim to its own.
    pool: opens an executor, as `workers.processes` and `workers.cluster` do; it is
        called again when a worker has died.  slots: how many parts to hand out at a
        time.  folder: where finished parts are kept; None keeps none.
    seen: a `progress.Progress`, or nothing.
    """
    open_ = {claim.id: _Open(claim, seeds, quick) for claim in claims}
    jobs = [job for one in open_.values() for job in one.jobs]
    waiting = []
    for job in jobs:
        finished = kept.load(folder, job.who) if folder else None
        if finished is None:
            waiting.append(job)
        else:
            _note(seen, job, finished, found=True)
            open_[job.claim.id].found[job.part.key] = finished
    yield from _ends(open_)
    for job, outcome in _computed(waiting, pool or here, slots, seen):
        one = open_[job.claim.id]
        if isinstance(outcome, kept.Finished):
            if folder:
                kept.save(folder, job.who, outcome)
            _note(seen, job, outcome)
            one.found[job.part.key] = outcome
        else:
            one.failures[job.part.key] = outcome
        yield from _ends(open_)


def _note(seen, job, finished, found=False):
    if seen:
        seen.part(job.claim.id, job.part.key, finished.seconds, found)


# --- claims, part by part -----------------------------------------------------------


class _Open:
    """A claim some of whose parts are not there yet."""

    def __init__(self, claim, seeds, quick):
        self.claim, self.quick = claim, quick
        own = claim.seeds if seeds is None else seeds
        self.seeds = own(claim) if callable(own) else own
        self.parts = list(claim.parts(self.seeds, quick))
        self.found, self.failures = {}, {}
        keys = [part.key for part in self.parts]
        if len(set(keys)) < len(keys) or not keys:
            raise ValueError(f"expected parts with keys of their own, got {keys}")
        self.jobs = [
            Job(claim, part, kept.identity(claim, part, quick), part.alone)
            for part in self.parts
        ]

    def complete(self):
        return len(self.found) + len(self.failures) == len(self.parts)

    def end(self):
        """Judge what was found, in the order of the parts wherever they ran."""
        if self.failures:
            said = (f"{self.claim.id}: {k!r} {v}" for k, v in self.failures.items())
            return End(self.claim, None, tuple(said))
        try:
            return End(self.claim, self.result(), ())
        except Exception as error:
            said = f"{self.claim.id}: could not be judged: {_say(error)}"
            return End(self.claim, None, (said,))

    def result(self):
        found = {part.key: self.found[part.key].value for part in self.parts}
        seconds = round(sum(one.seconds for one in self.found.values()), 1)
        return _judged(
            self.claim,
            self.parts,
            found,
            self.seeds,
            self.quick,
            versions=self.jobs[0].who["versions"],
            seconds=seconds,
            settings={job.part.key: job.who["settings"] for job in self.jobs},
        )


def judge_again(claim, result):
    """The Result of the parts of another one under the claim's rule as it is now.

    Nothing is trained.  Raises ValueError where the claim has other parts by now.
    """
    seeds = range(result.seeds[0], result.seeds[-1] + 1)
    parts = list(claim.parts(seeds, result.quick))
    if [part.key for part in parts] != list(result.parts):
        raise ValueError(f"expected the parts of {claim.id} as they are now: run it")
    same = {name: getattr(result, name) for name in ("versions", "seconds", "settings")}
    return _judged(claim, parts, result.parts, seeds, result.quick, **same)


def _judged(claim, parts, found, seeds, quick, **run):
    redrawn = {} if quick else redraw.verdicts(claim, parts, found, seeds)
    made = results.of(
        claim,
        claim.judge(found, seeds, quick),
        seeds=list(seeds),
        quick=quick,
        parts=found,
        redrawn=redrawn,
        **run,
    )
    results.text(results.as_dict(made))  # what JSON cannot hold fails here
    return made


def _ends(open_):
    for name in [name for name, one in open_.items() if one.complete()]:
        yield open_.pop(name).end()


# --- jobs, one by one ---------------------------------------------------------------


def _computed(jobs, pool, slots, seen):
    """Yield (job, Finished or a sentence of what failed) as they end, in any order."""
    waiting = deque(sorted(jobs, key=lambda job: job.alone))
    while waiting:
        running, lost, broken = {}, [], False
        with pool() as executor:
            while running or (waiting and not broken):
                broken = broken or not _hand_out(executor, waiting, running, slots)
                for future in _next(running, seen):
                    job = running.pop(future)
                    if isinstance(_error(future), BrokenExecutor):
                        broken = True
                        lost.append(job)
                    else:
                        yield job, _outcome(future)
        # One of those that were lost has ended its worker: in turn they show which, and
        # none of them is blamed for a loss that it shares
        for job in lost:
            job = job._replace(alone=True, tries=job.tries + (len(lost) == 1))
            if job.tries < TRIES:
                waiting.append(job)
            else:
                yield job, f"lost its worker {TRIES} times (killed, or out of memory?)"


def _hand_out(executor, waiting, running, slots):
    """Hand out what there is room for; false if the executor is broken."""
    while waiting and len(running) < slots:
        job = waiting[0]
        if running and (job.alone or any(one.alone for one in running.values())):
            break
        where = f"what {job.claim.id}, {job.part.key!r} returns"
        arguments = (job.part.run, job.who["settings"], job.who["versions"], where)
        try:
            running[executor.submit(work, *arguments)] = job
        except BrokenExecutor:
            return False
        waiting.popleft()
    return True


def _next(running, seen):
    """The futures that have ended, after a second at most."""
    done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
    if seen:
        seen.draw()
    return done


def _error(future):
    if future.cancelled():
        return CancelledError("the cluster is gone, or has given it up")
    return future.exception()


def _outcome(future):
    error = _error(future)
    return f"failed: {_say(error)}" if error else kept.Finished(*future.result())


def _say(error):
    """An error in one line, with the place where it arose, in whatever process."""
    trace = str(error.__cause__ or "") or "".join(format_tb(error.__traceback__))
    places = re.findall(r'File "([^"]+)", line (\d+)', trace)
    at = f" ({Path(places[-1][0]).name}, line {places[-1][1]})" if places else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}{at}"


class _Here(Executor):
    """An executor that does the work in this process, when it is handed out."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def here():
    """The executor of this process."""
    yield _Here()
