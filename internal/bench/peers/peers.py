"""Does the bench's work on one peer: peers.py ipyparallel, dask or ray.

It reads requests from standard input, {"work": "pi", "size": 1000000, "engines": 4}, one a line, and answers each with a line of figures in
seconds, things a second, or bytes a second, {"figures": {"pi": 0.26}}, or with what went wrong, {"error": "..."}. The first is "start". What
the results are is checked: who is fast and wrong fails. See package peers.
"""

import importlib.metadata
import json
import math
import os
import random
import statistics
import sys
import time

CHUNK = 10_000  # elements in one message, where a peer does not find that itself
CHUNK_FACTORS = 50
WARM = 20


def same(x=None):
    return x


def throw(_):
    import random

    x, y = random.random(), random.random()
    return 1 if x * x + y * y < 1 else 0


def factors(n):
    found, p = [], 2
    while p * p <= n:
        if n % p == 0:
            found.append(p)
            n //= p
        else:
            p += 1 if p == 2 else 2
    if n > 1:
        found.append(n)
    return found


def nap(ms):
    import time

    time.sleep(ms / 1000)
    return ms


def sames(chunk):
    return [same(i) for i in chunk]


def throws(chunk):
    return [throw(i) for i in chunk]


def factorings(chunk):
    return [factors(n) for n in chunk]


def numbers(n):
    return [999_999_999_999 + 2 * i for i in range(n)]


def chunks(values, size):
    return [values[i : i + size] for i in range(0, len(values), size)]


def flat(lists):
    return [x for part in lists for x in part]


def timed(f):
    began = time.perf_counter()
    value = f()
    return time.perf_counter() - began, value


def check(right, what):
    if not right:
        raise AssertionError(what)


class Peer:
    """A peer says how it starts, calls, maps and moves data; what is measured is the same for all."""

    def start(self, engines):
        """Starts a cluster and returns when so many engines are ready."""

    def stop(self):
        """Stops it."""

    def call(self, x):
        """Calls same(x) on an engine and waits for the result."""

    def calls(self, n):
        """Submits n calls of same, one by one, and returns all results."""

    def map_all(self, f, of_chunk, n):
        """Maps f over range(n), n elements of their own; of_chunk does that for a list."""

    def factor_all(self, values):
        """Factors all values."""

    def same_all(self, values):
        """Maps same over few values, each a task."""

    def nap_all(self, naps):
        """Maps nap, each a task."""

    def prepare(self):
        """Has the engines ready to keep what is pushed."""

    def push(self, array):
        """Returns when every engine has the array."""

    def scatter(self, array):
        """Returns when every engine has its part."""

    def gather(self):
        """Returns the parts as one array."""


class Ipyparallel(Peer):
    def start(self, engines):
        import ipyparallel

        self.cluster = ipyparallel.Cluster(n=engines, log_level=40)
        self.client = self.cluster.start_and_connect_sync()
        self.one, self.all, self.balanced = self.client[0], self.client[:], self.client.load_balanced_view()

    def stop(self):
        self.client.close()
        self.cluster.stop_cluster_sync()

    def call(self, x):
        return self.one.apply_sync(same, x)

    def calls(self, n):
        return [r.get() for r in [self.balanced.apply_async(same, i) for i in range(n)]]

    def map_all(self, f, _, n):
        return self.all.map_sync(f, range(n))

    def factor_all(self, values):
        return self.balanced.map_sync(factors, values, chunksize=CHUNK_FACTORS)

    def same_all(self, values):
        return self.all.map_sync(same, values)

    def nap_all(self, naps):
        return self.balanced.map_sync(nap, naps, chunksize=1)

    def push(self, array):
        self.all.push({"pushed": array}, block=True)

    def scatter(self, array):
        self.all.scatter("part", array, block=True)

    def gather(self):
        return self.all.gather("part", block=True)


class Dask(Peer):
    def start(self, engines):
        from dask.distributed import Client, LocalCluster

        self.cluster = LocalCluster(n_workers=engines, threads_per_worker=1, dashboard_address=None)
        self.client, self.engines = Client(self.cluster), engines
        self.client.wait_for_workers(engines)

    def stop(self):
        self.client.close()
        self.cluster.close()

    def call(self, x):
        return self.client.submit(same, x, pure=False).result()

    def map(self, f, values):
        return self.client.gather(self.client.map(f, values, pure=False))

    def calls(self, n):
        return self.client.gather([self.client.submit(same, i, pure=False) for i in range(n)])

    def map_all(self, _, of_chunk, n):
        return flat(self.map(of_chunk, chunks(range(n), CHUNK)))

    def factor_all(self, values):
        return flat(self.map(factorings, chunks(values, CHUNK_FACTORS)))

    def same_all(self, values):
        return self.map(same, values)

    def nap_all(self, naps):
        return self.map(nap, naps)

    def push(self, array):
        self.pushed = self.client.scatter(array, broadcast=True, hash=False)

    def scatter(self, array):
        import numpy

        self.parts = self.client.scatter(numpy.array_split(array, self.engines), hash=False)

    def gather(self):
        import numpy

        return numpy.concatenate(self.client.gather(self.parts))


class Keeper:
    """An actor of Ray's."""

    def keep(self, array):
        self.array = array
        return float(array[0])

    def give(self):
        return self.array


class Ray(Peer):
    def start(self, engines):
        import ray

        self.ray = ray
        ray.init(num_cpus=engines, include_dashboard=False, log_to_driver=False, _temp_dir=os.environ.get("PEER_DIR"))
        self.same, self.sames, self.throws, self.factorings, self.nap = map(ray.remote, (same, sames, throws, factorings, nap))
        ray.get([self.same.remote(i) for i in range(engines)])
        self.engines, self.keepers = engines, []

    def stop(self):
        self.ray.shutdown()

    def call(self, x):
        return self.ray.get(self.same.remote(x))

    def calls(self, n):
        return self.ray.get([self.same.remote(i) for i in range(n)])

    def map_all(self, _, of_chunk, n):
        f = {throws: self.throws, sames: self.sames}[of_chunk]
        return flat(self.ray.get([f.remote(c) for c in chunks(range(n), CHUNK)]))

    def factor_all(self, values):
        return flat(self.ray.get([self.factorings.remote(c) for c in chunks(values, CHUNK_FACTORS)]))

    def same_all(self, values):
        return self.ray.get([self.same.remote(v) for v in values])

    def nap_all(self, naps):
        return self.ray.get([self.nap.remote(n) for n in naps])

    def prepare(self):
        """Actors keep what is pushed: tasks have no memory. They read it where it is, in memory that is shared."""
        import numpy

        if not self.keepers:
            self.keepers = [self.ray.remote(num_cpus=0)(Keeper).remote() for _ in range(self.engines)]
            self.ray.get([k.keep.remote(numpy.zeros(1)) for k in self.keepers])

    def push(self, array):
        ref = self.ray.put(array)
        got = self.ray.get([k.keep.remote(ref) for k in self.keepers])
        check(got == [array[0]] * self.engines, "the engines have something else")

    def scatter(self, array):
        import numpy

        parts = numpy.array_split(array, self.engines)
        self.ray.get([k.keep.remote(p) for k, p in zip(self.keepers, parts)])

    def gather(self):
        import numpy

        return numpy.concatenate(self.ray.get([k.give.remote() for k in self.keepers]))


PEERS = {"ipyparallel": Ipyparallel, "dask": Dask, "ray": Ray}


class Bench:
    """The work, by its name; size and engines are the request's."""

    def __init__(self, peer):
        self.peer, self.engines, self.round = peer, 0, 0

    def start(self, size, engines):
        self.engines = engines
        took, _ = timed(lambda: self.peer.start(engines))
        return {"start": took}

    def roundtrip(self, size, _):
        for i in range(WARM):
            check(self.peer.call(i) == i, "a call came to something else")
        all_ = sorted(timed(lambda: self.peer.call(1))[0] for _ in range(size))
        return {"roundtrip": all_[size // 2], "roundtrip99": all_[min(size - 1, size * 99 // 100)]}

    def submit(self, size, _):
        took, got = timed(lambda: self.peer.calls(size))
        check(list(got) == list(range(size)), "tasks came to something else")
        return {"submit": size / took}

    def pi(self, size, _):
        took, hits = timed(lambda: self.peer.map_all(throw, throws, size))
        check(len(hits) == size and abs(4 * sum(hits) / size - math.pi) < 6.6 / math.sqrt(size), "pi came to something else")
        return {"pi": took}

    def map(self, size, _):
        took, got = timed(lambda: self.peer.map_all(same, sames, size))
        check(list(got) == list(range(size)), "a map came to something else")
        return {"map": size / took}

    def factors(self, size, _):
        values = numbers(size)
        took, got = timed(lambda: self.peer.factor_all(values))
        check([math.prod(f) for f in got] == values, "factors came to something else")
        return {"factors": took}

    def islands(self, size, _):
        import numpy

        islands = [numpy.random.rand(64, 10) for _ in range(16)]
        total, times = sum(float(i.sum()) for i in islands), []
        for _ in range(size + 2):
            took, islands = timed(lambda: self.peer.same_all(islands))
            check(abs(sum(float(i.sum()) for i in islands) - total) < 1e-6, "the islands came back changed")
            random.shuffle(islands := list(islands))
            times.append(took)
        return {"islands": statistics.median(times[2:])}

    def array(self, size):
        import numpy

        self.round += 1  # nothing is sent twice
        array = numpy.arange(size // 8, dtype=float)
        array[0] = self.round
        return array

    def push(self, size, _):
        self.peer.prepare()
        array = self.array(size)
        took, _ = timed(lambda: self.peer.push(array))
        return {"push": self.engines * array.nbytes / took}

    def gather(self, size, _):
        self.peer.prepare()
        array = self.array(size)
        scattering, _ = timed(lambda: self.peer.scatter(array))
        gathering, got = timed(self.peer.gather)
        check(len(got) == len(array) and got[0] == array[0] and got[-1] == array[-1], "something else was gathered")
        return {"scatter": array.nbytes / scattering, "gather": array.nbytes / gathering}

    def efficiency(self, size, _):
        naps = [100 + i * 67 % 101 for i in range(size)]
        took, got = timed(lambda: self.peer.nap_all(naps))
        check(list(got) == naps, "naps came to something else")
        return {"efficiency": sum(naps) / 1000 / self.engines / took}


WORKS = ("start", "roundtrip", "submit", "map", "pi", "factors", "islands", "push", "gather", "efficiency")


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    sys.stdout = sys.stderr
    bench = Bench(PEERS[sys.argv[1]]())
    for line in sys.stdin:
        request = json.loads(line)
        try:
            check(request["work"] in WORKS, "no such work: " + request["work"])
            figures = getattr(bench, request["work"])(request.get("size", 0), request.get("engines", 0))
            answer = {"figures": figures, "version": importlib.metadata.version(sys.argv[1])}
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), file=answers, flush=True)
    if bench.engines:
        bench.peer.stop()


if __name__ == "__main__":
    main()
