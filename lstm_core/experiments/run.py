"""Run the parts of claims and judge them."""

import platform
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np

from lstm_core.experiments import results


def run(claim, seeds=None, quick=False, workers=1):
    """Run a claim: a `results.Result`."""
    seeds = claim.seeds if seeds is None else seeds
    found, begun = {}, time.perf_counter()
    parts = claim.parts(seeds, quick)
    if workers == 1:
        for part in parts:
            found[part.key] = part.run(**part.settings)
            print(f"{claim.id}: {part.key}", flush=True)
    else:
        with ProcessPoolExecutor(workers) as pool:
            jobs = {pool.submit(part.run, **part.settings): part for part in parts}
            for job in as_completed(jobs):
                found[jobs[job].key] = job.result()
    found = {part.key: found[part.key] for part in parts}
    outcome = claim.judge(found, seeds, quick)
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    seconds = round(time.perf_counter() - begun, 1)
    facts = {"seeds": list(seeds), "quick": quick, "parts": found}
    return results.of(claim, outcome, versions=versions, seconds=seconds, **facts)
