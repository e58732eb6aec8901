"""The worker beside its Go peers: CPU an event, memory, bill, throughput, start.

    make bench-worker                             # everything
    python3 Tests/Benchmarks/worker.py --only cpu --events 200000 --rounds 3
"""

import argparse
import time

from backlog import fill, messages
from harness import Process, Simulator, built, free_port, machine, median, product, progress, table


def ours(simulator, *options):
    admin = free_port()
    return Process(
        [product("worker"), "run", "--admin", f"127.0.0.1:{admin}", *options], simulator.environment,
        ready=f"http://127.0.0.1:{admin}/readyz")


def go(mode):
    def start(simulator, *_):
        # Debian's SDK speaks to SQS in the Query protocol: a process beside it translates, and is not counted.
        proxy = Process([built("peers"), "query-proxy", "-upstream", simulator.endpoint], text_line=True)
        process = Process([built("peers"), "worker", "-mode", mode], {
            **simulator.environment, "SQS_ENDPOINT": f"http://{proxy.line}", "DYNAMODB_ENDPOINT": simulator.endpoint})
        process.proxy = proxy
        return process
    return start


class Run:
    """One program works a backlog off, from its start to the last delete."""

    def __init__(self, start, events, maps=20, beacons_a_message=None, options=(), latency=0, limit=600, batch=10,
            may_lose=0):
        with Simulator("--ignore-signatures", "--discard-items", "--event-loops", "1") as simulator:
            simulator.set_up()
            self.messages = fill(simulator, messages(events, maps, beacons_a_message), batch)
            if latency:
                simulator.latency(latency)
            began = time.monotonic()
            with start(simulator, *options) as process:
                while simulator.queue_depth() > may_lose and time.monotonic() < began + limit:
                    time.sleep(0.05)
                self.seconds = time.monotonic() - began
                self.cpu = process.cpu()
                self.peak = process.memory()
                self.ready_ms = process.ready_ms
                self.left = simulator.queue_depth()
                process.stop()
                if hasattr(process, "proxy"):
                    process.proxy.stop()
            self.meter = simulator.meter()
        if self.left > may_lose:
            progress(f"  {self.left} messages left")
        events -= self.left * events // self.messages
        self.microseconds = self.cpu / events * 1e6
        self.rate = events / self.seconds
        self.dollars = {name: value * 1e6 / events for name, value in self.meter["dollars"].items()}


def compare(rounds, events, peers):
    programs = {
        "ours, 64 kB messages": (ours, events, None), "ours again, 64 kB messages": (ours, events, None),
        "ours, `segments`": (lambda s: ours(s, "--layout", "segments"), events, None),
        "ours, a beacon a message": (ours, events // 5, 1)}
    if peers:
        programs |= {
            "Go, as the article": (go("article"), events // 10, 1), "Go, tuned": (go("tuned"), events // 5, 1),
            "Go, tuned, our 64 kB messages": (go("tuned"), events // 2, None)}
    runs = {name: [] for name in programs}
    for number in range(rounds):
        for name, (start, count, packed) in programs.items():
            # The article's catcher sends each message alone.
            # Debian's SDK loses an answer now and then ("use of closed network connection"), whose messages come
            # again only after their visibility: they are not waited for.
            run = Run(
                start, count, beacons_a_message=packed, batch=1 if "article" in name else 10,
                may_lose=50 if "Go" in name else 0)
            runs[name].append(run)
            progress(f"  round {number + 1}, {name}: {run.microseconds:.1f} us, {run.rate:.0f}/s, {run.peak:.0f} MiB")
    table(
        f"Worker: CPU an event, median of {rounds} rounds by turns, 20 maps",
        ["program", "CPU an event, µs (least–most)", "events/s", "peak MiB", "$ a million, sends included"],
        [[name, f"{median([r.microseconds for r in list_]):.1f} ({min(r.microseconds for r in list_):.1f}–"
          f"{max(r.microseconds for r in list_):.1f})", f"{median([r.rate for r in list_]):,.0f}",
          f"{max(r.peak for r in list_):.0f}", f"{list_[0].dollars['total']:.2f}"] for name, list_ in runs.items()])


def bill(events):
    rows = []
    for layout in ("events", "segments"):
        for maps in (1, 20, 1000):
            run = Run(lambda s: ours(s, "--layout", layout), events, maps=maps)
            units = run.meter["dynamodb"]["write_units"] / events * 1000
            rows.append([
                f"`{layout}`", f"{maps:,}", f"{units:,.0f}", f"{run.meter['sqs']['billed_requests'] / events * 1000:.1f}",
                f"{run.dollars['sqs']:.3f}", f"{run.dollars['dynamodb']:.3f}", f"**{run.dollars['total']:.2f}**",
                f"{run.microseconds:.1f}", f"{run.peak:.0f}"])
            progress("  " + " ".join(rows[-1]))
    # One beacon a second shares nothing: a message, a receive, a delete and two items each.
    for layout in ("events", "segments"):
        with Simulator("--ignore-signatures", "--discard-items") as simulator:
            simulator.set_up()
            with ours(simulator, "--layout", layout) as process:
                simulator.reset_meter()
                count = 60
                for body in messages(count, 20, 1):
                    fill(simulator, [body])
                    time.sleep(1)
                while simulator.queue_depth():
                    time.sleep(0.05)
                meter, peak = simulator.meter(), process.memory()
        scaled = {name: value * 1e6 / count for name, value in meter["dollars"].items()}
        rows.append([
            f"`{layout}`, 1 beacon/s", "20", f"{meter['dynamodb']['write_units'] / count * 1000:,.0f}",
            f"{meter['sqs']['billed_requests'] / count * 1000:.0f}", f"{scaled['sqs']:.3f}",
            f"{scaled['dynamodb']:.3f}", f"**{scaled['total']:.2f}**", "–", f"{peak:.0f}"])
        progress("  " + " ".join(rows[-1]))
    table(
        f"AWS bill of a million beacons, from {events:,} in 64 kB messages",
        ["layout", "maps", "write units per 1,000", "SQS requests per 1,000", "SQS $", "DynamoDB $", "total $",
         "CPU an event, µs", "peak MiB"], rows)


def memory(sizes):
    rows = []
    for events in sizes:
        run = Run(ours, events)
        rows.append([
            f"{events:,}", f"{run.messages:,}", f"{run.peak:.0f}", f"{run.microseconds:.1f}", f"{run.rate:,.0f}",
            f"{run.seconds:.1f}"])
        progress("  " + " ".join(rows[-1]))
    table(
        "Worker: a backlog of a million costs no more memory than one of a thousand",
        ["events", "messages", "peak MiB", "CPU an event, µs", "events/s", "seconds"], rows)


def throughput(latency):
    rows = []
    for workers in (1, 2, 4, 8, 16, 64):
        cells = [str(workers)]
        for packed, events in ((None, 4000 * min(workers, 16) + 4000), (1, 300 * min(workers, 16) + 300)):
            run = Run(
                lambda s: ours(s, "--workers", str(workers)), events, beacons_a_message=packed, latency=latency)
            cells += [f"{run.rate:,.0f}", f"{run.messages / run.seconds:,.0f}", f"{run.microseconds:.1f}",
                      f"{run.peak:.0f}"]
        rows.append(cells)
        progress("  " + " ".join(cells))
    table(
        f"Worker: throughput at {latency} ms simulated latency of every request",
        ["workers", "64 kB messages: events/s", "messages/s", "CPU an event, µs", "peak MiB",
         "a beacon a message: events/s", "messages/s", "CPU an event, µs", "peak MiB"], rows)


def start_up(rounds):
    times = []
    with Simulator() as simulator:
        simulator.set_up()
        for _ in range(rounds):
            with ours(simulator) as process:
                times.append(process.ready_ms)
                idle = process.memory()
                process.popen.kill()  # a drain would wait for its long poll to end
                process.popen.wait()
    table(
        "Worker: from the start to ready", ["ms, median of %d" % rounds, "ms, most", "peak MiB then"],
        [[f"{median(times):.0f}", f"{max(times):.0f}", f"{idle:.1f}"]])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--only", action="append", choices=["cpu", "peers", "bill", "memory", "throughput", "start"], default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--backlog", type=int, default=1_000_000)
    options = parser.parse_args()
    parts = options.only or ["peers", "bill", "memory", "throughput", "start"]
    machine()
    if "cpu" in parts:
        compare(options.rounds, options.events, peers=False)
    if "peers" in parts:
        compare(options.rounds, options.events, peers=True)
    if "memory" in parts:
        memory([1000, 10_000, 100_000, options.backlog])
    if "bill" in parts:
        bill(options.events)
    if "throughput" in parts:
        throughput(5)
    if "start" in parts:
        start_up(15)


main()
