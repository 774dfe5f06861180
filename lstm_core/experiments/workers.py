"""Where parts run: processes of this machine, or a Dask cluster.

Both are a standard `concurrent.futures.Executor`, opened by a function without
arguments, so that a broken one can be replaced:

    run_all(chosen, pool=lambda: processes(4), slots=4)
    with on_cluster("tcp://HOST:8786") as (pool, slots):
        run_all(chosen, pool=pool, slots=slots)

A cluster is started by two commands, the second on as many machines as there are, each
with this package and the same versions installed:

    dask scheduler
    dask worker tcp://HOST:8786 --nworkers auto --nthreads 1

Chapter: claims.
"""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext

from lstm_core.experiments import results, sources

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PATIENCE = 20  # seconds to wait for a cluster


class Unavailable(Exception):
    """There is no such cluster; one sentence says why."""


def work(function, settings, expected, where):
    """What one part returns, as JSON can hold it, and the seconds of processor it took.

    Those of the whole process (`time.process_time`), which other work on the machine
    leaves as they are; a worker of one thread does nothing else meanwhile.

    expected: the `sources.fingerprint` of who asks.  Raises RuntimeError where this
    process would compute with other code or other versions.
    """
    found = sources.fingerprint(function)
    if found != expected:
        other = "; ".join(
            f"{name} is {found.get(name)} there and {expected.get(name)} here"
            for name in sorted(found.keys() | expected.keys())
            if found.get(name) != expected.get(name)
        )
        raise RuntimeError(f"a worker differs: {other}; make it equal, start it again")
    begun = time.process_time()
    value = results.plain(function(**settings), where)
    return value, time.process_time() - begun


@contextmanager
def processes(workers):
    """A pool of processes with one thread each; they end with the block."""
    before = {name: os.environ.get(name) for name in THREADS}
    others = set(multiprocessing.active_children())
    # Only what a process finds when it starts decides how many threads it uses
    os.environ |= dict.fromkeys(THREADS, "1")
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, spawn, _begin)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        pool.shutdown()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _begin():
    # Ctrl-C goes to every process of the terminal; only the one that asks shall stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


@contextmanager
def on_cluster(address):
    """(opens an executor, how many parts it runs at a time) of a Dask cluster.

    Raises Unavailable where Dask is not installed or nobody answers.
    """
    with connected(address) as client:
        opened = client.get_executor(pure=False)
        yield lambda: nullcontext(opened), sum(client.nthreads().values())


@contextmanager
def connected(address):
    """A client of a Dask cluster that has at least one worker."""
    try:
        from distributed import Client
    except ImportError:
        raise Unavailable(
            'Dask is not installed: pip install "lstm_core[dask]"'
        ) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        why = str(error).splitlines()[0]
        raise Unavailable(f"no Dask scheduler answers at {address}: {why}") from None
    try:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise Unavailable(
                f"the Dask scheduler at {address} has no workers: start one with "
                f"dask worker {address} --nthreads 1"
            ) from None
        yield client
    finally:
        client.close()
