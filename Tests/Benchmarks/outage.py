"""The catcher in hard times: SQS away for a minute under load, and crowds of idle and slow connections.

    make bench-outage                             # everything
    python3 Tests/Benchmarks/outage.py --only outage --rate 2000 --seconds 60
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import Process, Simulator, built, fetch, free_port, machine, product, progress, table

DOWN = [{"kind": "dropBefore"}]


class Catcher(Process):
    def __init__(self, simulator, *options, port=None, admin=None):
        self.port, self.admin = port or free_port(), admin or free_port()
        super().__init__(
            [product("catcher"), "serve", "--listen", f"127.0.0.1:{self.port}", "--admin",
             f"127.0.0.1:{self.admin}", *options], simulator.environment)

    def metric(self, name):
        try:
            text = fetch(f"http://127.0.0.1:{self.admin}/metrics", timeout=2).decode()
        except OSError:
            return 0.0
        for line in text.splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def wait(self):
        self.wait_until_ready(f"http://127.0.0.1:{self.admin}/readyz")

    def kill(self):
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()


def begin(simulator, kind):
    if kind == "down":
        fetch(simulator.endpoint + "/_simulator/faults", "PUT", json.dumps({"faults": DOWN}).encode())
    else:
        simulator.popen.send_signal(signal.SIGSTOP)


def end(simulator, kind):
    if kind == "down":
        simulator.no_faults()
    else:
        simulator.popen.send_signal(signal.SIGCONT)


def start_load(port, connections, rate, seconds):
    return subprocess.Popen(
        [built("load"), "--port", str(port), "--connections", str(connections), "--rate", str(rate), "--seconds",
         str(seconds)], stdout=subprocess.PIPE)


def stored_events(simulator):
    """Empties the queue with a worker, and counts the events in the table."""
    admin = free_port()
    with Process(
            [product("worker"), "run", "--admin", f"127.0.0.1:{admin}", "--workers", "64"], simulator.environment):
        quiet = 0
        while quiet < 3:
            time.sleep(0.5)
            quiet = quiet + 1 if simulator.queue_depth() <= 0 else 0
    items = fetch(simulator.endpoint + "/_simulator/items?table=beacons&prefix=e%23", timeout=120)
    return items.count(b"\n")


def outage(kind, spooled, rate, seconds, connections, restarts):
    """One outage in the middle of a steady load."""
    with Simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        simulator.set_up()
        options = ["--spool", folder] if spooled else []
        catcher = Catcher(simulator, *options)
        catcher.wait()
        program = start_load(catcher.port, connections, rate, seconds + 15)
        time.sleep(5)
        begin(simulator, kind)
        peak = 0.0
        if restarts:
            time.sleep(seconds / 2)
            peak = catcher.memory()
            catcher.kill()
            catcher = Catcher(simulator, *options, port=catcher.port, admin=catcher.admin)
            time.sleep(seconds / 2)
        else:
            time.sleep(seconds)
        queued = catcher.metric('catcher_beacons_total{outcome="queued"}')
        end(simulator, kind)
        back = time.monotonic()
        while catcher.metric('catcher_beacons_total{outcome="queued"}') <= queued:
            if time.monotonic() > back + 30:
                break
            time.sleep(0.02)
        recovery = time.monotonic() - back
        answer = json.loads(program.communicate()[0])
        while catcher.metric("catcher_spool_bytes") > 0 and time.monotonic() < back + 300:
            time.sleep(0.2)
        drained = time.monotonic() - back
        peak = max(peak, catcher.memory())
        status = catcher.stop()
        stored = stored_events(simulator)
        ok = answer["status"].get("200", 0)
        progress(f"  {kind}, spool {spooled}, restart {restarts}: {answer}, stored {stored}, exit {status}")
        return [
            "down" if kind == "down" else "black hole", "yes" if spooled else "no", "kill -9" if restarts else "–",
            f"{answer['sent']:,}", f"{ok:,}", f"{answer['status'].get('503', 0):,}",
            f"{answer['failed'] + answer['sent'] - answer['answered'] - answer['failed']:,}",
            "none" if stored >= ok else f"**{ok - stored}**",
            f"{answer['max_ms'] / 1000:.1f}", f"{recovery:.2f}", f"{drained:.0f}" if spooled else "–", f"{peak:.0f}"]


class Slow(threading.Thread):
    """Clients that send a byte of a request's body every half second, and begin again when they are cut off."""

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.port, self.count, self.stopped, self.cut = port, count, False, 0
        self.sockets = [self.open() for _ in range(count)]

    def open(self):
        client = socket.create_connection(("127.0.0.1", self.port))
        client.sendall(b"POST /work HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n{")
        return client

    def run(self):
        while not self.stopped:
            time.sleep(0.5)
            for position, client in enumerate(self.sockets):
                try:
                    client.sendall(b" ")
                except OSError:
                    self.cut += 1
                    client.close()
                    self.sockets[position] = self.open()

    def stop(self):
        self.stopped = True
        self.join()
        for client in self.sockets:
            client.close()


def crowd(rate, seconds, rounds):
    """Normal load alone, then beside 5,000 idle and 500 slow connections, by turns."""
    rows = []
    for number in range(rounds):
        for crowded in (False, True, False):
            with Simulator() as simulator:
                simulator.set_up()
                with Catcher(simulator, "--idle-timeout", "10m") as catcher:
                    catcher.wait()
                    idle = slow = None
                    if crowded:
                        idle = subprocess.Popen(
                            [built("load"), "--port", str(catcher.port), "--connections", "5000", "--idle",
                             "--seconds", str(seconds + 60)], stdout=subprocess.DEVNULL)
                        slow = Slow(catcher.port, 500)
                        slow.start()
                        while catcher.metric("catcher_connections") < 5500:
                            time.sleep(0.1)
                    answer = json.loads(start_load(catcher.port, 200, rate, seconds).communicate()[0])
                    rows.append([
                        "5,000 idle, 500 slow" if crowded else "alone", f"{rate:,}",
                        *(f"{answer[key]:.1f}" for key in ("p50_ms", "p99_ms", "p999_ms", "max_ms")),
                        f"{answer['answered'] - answer['status'].get('200', 0):,}", f"{catcher.memory():.0f}"])
                    progress("  " + " ".join(rows[-1]))
                    if crowded:
                        slow.stop()
                        idle.kill()
                        idle.wait()
    table(
        "Catcher: a normal load beside a crowd, by turns",
        ["connections beside it", "beacons/s", "p50 ms", "p99 ms", "p99.9 ms", "most ms", "not 200", "peak MiB"], rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=["outage", "crowd"], default=[])
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    parts = options.only or ["outage", "crowd"]
    machine()
    if "outage" in parts:
        rows = []
        for kind in ("down", "black hole"):
            for spooled, restarts in ((True, False), (True, True), (False, False)):
                # Without a spool every request waits for five seconds before it is answered.
                connections = options.rate * 6 if not spooled else options.rate * 2
                rows.append(outage(kind, spooled, options.rate, options.seconds, connections, restarts))
        table(
            f"Catcher: SQS away for {options.seconds} s at {options.rate:,} beacons/s",
            ["SQS", "spool", "catcher", "sent", "200", "503", "unanswered", "acknowledged and lost",
             "longest answer, s", "first queued after, s", "spool empty after, s", "peak MiB"], rows)
    if "crowd" in parts:
        crowd(options.rate // 2, min(options.seconds, 20), options.rounds)


main()
