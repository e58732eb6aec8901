"""What the benchmarks share: processes and what they cost, the simulator and its meter, tables.

CPU is user + system of one process, as the operating system counts it: it holds on a machine that does other things
too, unlike the wall clock. Every comparison runs its programs by turns in one run, and a figure is the median.
"""

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))
PRODUCTS = os.environ.get("BEACON_PRODUCTS", os.path.join(ROOT, ".build", "release"))
BUILT = os.environ.get("BENCH_BUILT", os.path.join(ROOT, ".build", "benchmarks"))
TICK = os.sysconf("SC_CLK_TCK")


def product(name):
    return os.path.join(PRODUCTS, name)


def built(name):
    return os.path.join(BUILT, name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, method="GET", body=None, timeout=10):
    request = urllib.request.Request(url, data=body, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read()


class Process:
    """A program that runs until it is stopped, and what it cost."""

    def __init__(self, command, environment=None, ready=None, log=None, text_line=False):
        self.began = time.monotonic()
        self.log = open(log, "ab") if log else subprocess.DEVNULL
        self.popen = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stderr=self.log,
            stdout=subprocess.PIPE if text_line else self.log)
        self.pid = self.popen.pid
        self.line = self.popen.stdout.readline().decode().strip() if text_line else ""
        self.ready_ms = None
        if ready:
            self.wait_until_ready(ready)

    def wait_until_ready(self, url):
        """Asks every millisecond whether it is ready, and keeps how long that took."""
        deadline = time.monotonic() + 30
        while True:
            try:
                fetch(url, timeout=2)
                self.ready_ms = (time.monotonic() - self.began) * 1000
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if self.popen.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.popen.args[0]} did not get ready at {url}")
                time.sleep(0.001)

    def cpu(self):
        """Seconds of user and system time so far."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self, field="VmHWM"):
        """MiB: the peak of what is resident, or what is now (VmRSS)."""
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(rf"{field}:\s+(\d+)", file.read()).group(1)) / 1024

    def reset_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(30)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        return self.popen.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Simulator(Process):
    """The simulator: SQS and DynamoDB in memory, with its meter."""

    def __init__(self, *options):
        super().__init__([product("simulator"), "--listen", "127.0.0.1:0", *options], text_line=True)
        self.endpoint = f"http://{self.line}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}

    def meter(self):
        return json.loads(fetch(self.endpoint + "/_simulator/meter"))

    def reset_meter(self):
        fetch(self.endpoint + "/_simulator/meter/reset", "POST")

    def latency(self, milliseconds, *operations):
        faults = [{"kind": "latency", "latency_ms": milliseconds, **({"operations": operations} if operations else {})}]
        fetch(self.endpoint + "/_simulator/faults", "PUT", json.dumps({"faults": faults}).encode())

    def no_faults(self):
        fetch(self.endpoint + "/_simulator/faults", "DELETE")

    def set_up(self):
        """Queue and table, by the product's own command."""
        subprocess.run(
            [product("worker"), "setup"], env={**os.environ, **self.environment}, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def queue_depth(self):
        """Messages not yet deleted."""
        meter = self.meter()["sqs"]
        return meter["messages_sent"] - meter["messages_deleted"]


def median(values):
    return statistics.median(values)


def table(title, columns, rows):
    """Prints a Markdown table; rows are lists of text."""
    print(f"\n**{title}**\n")
    print("| " + " | ".join(columns) + " |")
    print("|" + "|".join("---" for _ in columns) + "|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


def progress(text):
    print(text, file=sys.stderr, flush=True)


def machine():
    """The machine, the commit and the load of others, which a figure cannot do without."""
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read()).group(1)
    commit = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores of {model}, Linux {os.uname().release}, commit {commit}, load average {load:.1f}")
