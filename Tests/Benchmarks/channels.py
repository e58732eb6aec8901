"""Our Channel beside swift-async-algorithms' AsyncChannel and Go's channels, on the worker's shapes: CPU a message."""

import argparse
import subprocess
import sys

from harness import built, machine, median, progress, table


def run(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return float(result.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=300_000)
    options = parser.parse_args()
    machine()
    shapes = [("channel of channels", "workers", workers, f"{workers} workers") for workers in (8, 16, 64)]
    shapes += [
        (f"{name}, {'unbuffered' if capacity == 0 else f'{capacity} buffered'}", name, capacity,
         {"spsc": "1 to 1", "mpsc": "4 to 1", "mpmc": "4 to 4"}[name])
        for name in ("spsc", "mpsc", "mpmc") for capacity in (0, 100)]
    swift, count = built("ChannelsBenchmark"), str(options.count)
    rows = []
    for title, shape, size, who in shapes:
        rivals = {
            "ours, on queues": [swift, "ours", "queues", shape, str(size), count],
            "ours, on the pool": [swift, "ours", "pool", shape, str(size), count],
            "Go": [built("peers"), "channels", "-shape", shape, "-count", count,
                   "-workers" if shape == "workers" else "-capacity", str(size)]}
        if shape == "workers" or size == 0:
            rivals["theirs, on queues"] = [swift, "theirs", "queues", shape, str(size), count]
            rivals["theirs, on the pool"] = [swift, "theirs", "pool", shape, str(size), count]
        figures = {name: [] for name in rivals}
        for _ in range(options.rounds):
            for name, command in rivals.items():
                figures[name].append(run(command))
        cells = [f"{median(figures[name]):.2f}" if name in figures else "no buffer" for name in (
            "ours, on queues", "theirs, on queues", "ours, on the pool", "theirs, on the pool", "Go")]
        rows.append([title, who, *cells])
        progress("  " + " ".join(rows[-1]))
    table(
        f"Channels: CPU a message, µs, median of {options.rounds} rounds by turns, {options.count:,} messages",
        ["shape", "tasks", "Channel, on serial queues", "AsyncChannel, on serial queues", "Channel, on the pool",
         "AsyncChannel, on the pool", "Go 1.19"], rows)


main()
