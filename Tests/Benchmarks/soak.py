"""Catcher and worker for minutes under 5 % of every fault: what each process holds, minute by minute.

    make bench-soak                               # ten minutes
    python3 Tests/Benchmarks/soak.py --minutes 60 --rate 500
"""

import argparse
import json
import os
import subprocess
import time

from harness import Process, Simulator, built, fetch, free_port, machine, product, progress, table

FAULTS = [
    "latency", "error", "throttle", "dropBefore", "dropAfter", "halfOpen", "cutBody", "partialBatch", "unprocessed",
    "wrongCRC32", "wrongMD5", "skewedClock", "duplicate", "reorder"]


def set_faults(simulator, probability):
    faults = [
        {"kind": kind, "probability": probability, **({"latency_ms": 20} if kind == "latency" else {}),
         **({"status": 500, "code": "InternalError"} if kind == "error" else {}),
         **({"skew_s": 600} if kind == "skewedClock" else {})}
        for kind in FAULTS]
    fetch(simulator.endpoint + "/_simulator/faults", "PUT", json.dumps({"seed": 1, "faults": faults}).encode())


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=int, default=500)
    options = parser.parse_args()
    machine()
    port, admin, worker_admin = free_port(), free_port(), free_port()
    rows = []
    with Simulator("--discard-items") as simulator:
        simulator.set_up()
        with Process(
                [product("catcher"), "serve", "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}",
                 "--ack-timeout", "20s"],
                simulator.environment, ready=f"http://127.0.0.1:{admin}/readyz") as catcher, Process(
                [product("worker"), "run", "--admin", f"127.0.0.1:{worker_admin}"],
                simulator.environment, ready=f"http://127.0.0.1:{worker_admin}/readyz") as worker:
            set_faults(simulator, 0.05)
            program = subprocess.Popen(
                [built("load"), "--port", str(port), "--connections", "2000", "--rate", str(options.rate),
                 "--seconds", str(options.minutes * 60)], stdout=subprocess.PIPE)
            began = time.monotonic()
            while program.poll() is None:
                time.sleep(min(60, options.minutes * 6))
                # It remembers every message otherwise.
                simulator.reset_meter()
                rows.append([
                    f"{(time.monotonic() - began) / 60:.1f}",
                    *(f"{process.memory('VmRSS'):.1f}" for process in (catcher, worker, simulator)),
                    *(str(descriptors(process)) for process in (catcher, worker)),
                    *(f"{process.cpu():.1f}" for process in (catcher, worker))])
                progress("  " + " ".join(rows[-1]))
            answer = json.loads(program.communicate()[0])
    table(
        f"{options.minutes:g} minutes at {options.rate}/s under 5 % of every fault",
        ["minutes", "catcher MiB", "worker MiB", "simulator MiB", "catcher's descriptors", "worker's descriptors",
         "catcher's CPU s", "worker's CPU s"], rows)
    print(json.dumps(answer))


main()
