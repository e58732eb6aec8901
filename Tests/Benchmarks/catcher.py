"""The catcher beside its Go peers: CPU a beacon, bill, latency, memory, scale, start.

    make bench-catcher                            # everything
    python3 Tests/Benchmarks/catcher.py --only cpu --rounds 3 --seconds 10
"""

import argparse
import json
import subprocess
import time

from harness import (
    Process, Simulator, built, free_port, machine, median, product, progress, table)


def ours(simulator, *options):
    port, admin = free_port(), free_port()
    process = Process(
        [product("catcher"), "serve", "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}", *options],
        simulator.environment, ready=f"http://127.0.0.1:{admin}/readyz")
    process.port = port
    return process


def go(mode):
    def start(simulator, *_):
        # Debian's SDK speaks to SQS in the Query protocol: a process beside it translates, and is not counted.
        proxy = Process(
            [built("peers"), "query-proxy", "-upstream", simulator.endpoint], text_line=True)
        port = free_port()
        environment = {
            **simulator.environment, "SQS_ENDPOINT": f"http://{proxy.line}",
            "DYNAMODB_ENDPOINT": simulator.endpoint}
        process = Process(
            [built("peers"), "catcher", "-listen", f"127.0.0.1:{port}", "-mode", mode], environment,
            ready=f"http://127.0.0.1:{port}/readyz")
        process.port = port
        process.proxy = proxy
        return process
    return start


def nginx(_, *__):
    """What taking a request and answering it costs at the least."""
    port = free_port()
    conf = f"""daemon off; worker_processes 2; pid /tmp/bench-nginx-{port}.pid; error_log /dev/null;
        events {{ worker_connections 8192; }}
        http {{ access_log off; keepalive_requests 100000000; client_body_temp_path /tmp;
        server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }} }}"""
    path = f"/tmp/bench-nginx-{port}.conf"
    with open(path, "w") as file:
        file.write(conf)
    process = Process(["nginx", "-c", path], ready=f"http://127.0.0.1:{port}/")
    process.port = port
    parent = process.cpu
    children = subprocess.run(
        ["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()

    def cpu():
        total = parent()
        for child in children:
            with open(f"/proc/{child}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / 100
        return total

    process.cpu = cpu
    return process


def load(port, connections, rate, seconds, *options):
    output = subprocess.run(
        [built("load"), "--port", str(port), "--connections", str(connections), "--rate", str(rate), "--seconds",
         str(seconds), *options], check=True, capture_output=True, text=True).stdout
    return json.loads(output)


class Run:
    """One program under one load, after a second of warming up."""

    def __init__(self, start, connections, rate, seconds, *load_options, options=(), warm=1.5):
        # Go's clients are not what is measured: the simulator takes what the proxy sends without signatures.
        with Simulator("--ignore-signatures") as simulator:
            simulator.set_up()
            with start(simulator, *options) as process:
                if warm:
                    load(process.port, connections, rate, warm, *load_options)
                simulator.reset_meter()
                before = process.cpu()
                self.answer = load(process.port, connections, rate, seconds, *load_options)
                self.cpu = process.cpu() - before
                self.peak = process.memory()
                self.meter = simulator.meter()
                process.stop()
                if hasattr(process, "proxy"):
                    process.proxy.stop()
        self.beacons = self.answer["answered"]
        self.microseconds = self.cpu / max(1, self.beacons) * 1e6
        self.billed = self.meter["sqs"]["billed_requests"] / max(1, self.beacons) * 1000
        bad = {status: n for status, n in self.answer["status"].items() if status != "200"}
        if bad or self.answer["failed"]:
            progress(f"  not 200: {bad}, failed {self.answer['failed']}")


def compare(programs, loads, rounds, seconds):
    """A then B then A: each program by turns, the medians of all rounds."""
    rows = []
    for title, connections, rate, options in loads:
        runs = {name: [] for name in programs}
        for number in range(rounds):
            for name, start in programs.items():
                run = Run(start, connections, rate, seconds, *options)
                runs[name].append(run)
                progress(
                    f"  {title}, round {number + 1}, {name}: {run.microseconds:.1f} us, "
                    f"{run.answer['rate']:.0f}/s, p99 {run.answer['p99_ms']} ms")
        for name, list_ in runs.items():
            values = [run.microseconds for run in list_]
            rows.append([
                title, name, f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})",
                f"{median([run.answer['rate'] for run in list_]):,.0f}",
                *(f"{median([run.answer[key] for run in list_]):.1f}" for key in ("p50_ms", "p99_ms")),
                f"{median([run.billed for run in list_]):.1f}" if name != "nginx, empty 200" else "–",
                f"{max(run.peak for run in list_):.0f}"])
    table(
        f"Catcher: CPU a beacon, median of {rounds} rounds of {seconds:g} s by turns",
        ["load", "program", "CPU a beacon, µs (least–most)", "beacons/s", "p50 ms", "p99 ms",
         "billed SQS requests per 1,000", "peak MiB"], rows)


class SteadyRun:
    """A fixed rate, measured between the opening of its connections and their end."""

    def __init__(self, connections, rate, seconds):
        with Simulator("--ignore-signatures") as simulator:
            simulator.set_up()
            with ours(simulator) as process:
                program = subprocess.Popen(
                    [built("load"), "--port", str(process.port), "--connections", str(connections), "--rate",
                     str(rate), "--seconds", str(seconds + 4)], stdout=subprocess.PIPE)
                time.sleep(3)
                before, began = process.cpu(), time.monotonic()
                time.sleep(seconds)
                self.cpu, elapsed = process.cpu() - before, time.monotonic() - began
                self.answer = json.loads(program.communicate()[0])
                self.microseconds = self.cpu / (rate * elapsed) * 1e6
                self.peak = process.memory()


def scale(seconds, rounds):
    rows = []
    for connections, rate in ((128, 1000), (512, 1000), (1024, 1000), (2048, 1000), (4096, 1000),
                              (512, 500), (512, 2000), (512, 4000)):
        runs = [SteadyRun(connections, rate, seconds) for _ in range(rounds)]
        rows.append([
            f"{connections:,}", f"{rate:,}", f"{median([run.microseconds for run in runs]):.1f}",
            f"{median([run.answer['p99_ms'] for run in runs]):.1f}", f"{max(run.peak for run in runs):.1f}"])
        progress("  " + " ".join(rows[-1]))
    table(
        "Catcher: twice the connections, twice the beacons",
        ["connections", "beacons/s", "CPU a beacon, µs", "p99 ms", "peak MiB"], rows)


def start_up(rounds):
    times = []
    with Simulator() as simulator:
        simulator.set_up()
        for _ in range(rounds):
            with ours(simulator) as process:
                times.append(process.ready_ms)
                idle = process.memory()
    table(
        "Catcher: from the start to ready", ["ms, median of %d" % rounds, "ms, most", "peak MiB then"],
        [[f"{median(times):.0f}", f"{max(times):.0f}", f"{idle:.1f}"]])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=["cpu", "peers", "scale", "start"], default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    parts = options.only or ["peers", "scale", "start"]
    machine()
    loads = [
        ("1,000/s, 200 connections", 200, 1000, []),
        ("closed loop, 512 connections", 512, 0, []),
        ("1,000/s, a browser's headers", 200, 1000, ["--browser"]),
    ]
    if "cpu" in parts:
        compare({"ours": ours, "ours again": ours}, loads, options.rounds, options.seconds)
    if "peers" in parts:
        compare(
            {"ours": ours, "Go, as the article": go("article"), "Go, tuned": go("tuned"), "ours again": ours,
             "nginx, empty 200": nginx}, loads[:2], options.rounds, options.seconds)
    if "scale" in parts:
        scale(options.seconds, max(1, options.rounds - 1))
    if "start" in parts:
        start_up(15)


main()
