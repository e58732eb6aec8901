"""One table of what SQS, DynamoDB and STS do, run through boto3 against any endpoint that claims to be them.

    python3 behaviour.py --endpoint http://127.0.0.1:4566 --server simulator
    python3 behaviour.py --ministack .venv/bin/ministack --server ministack

Prints a JSON line a case: {"case", "expected", "got", "agrees"}. What is expected is what AWS's documentation says
(each case names the page); where a server is known to do otherwise, the table says so beside the case, and then that
other thing is what is expected of it.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

from cases import sqs_queues, sqs_sending, sqs_receiving  # noqa: F401  In this order the table is run.
from cases import dynamodb_tables, dynamodb_writing, dynamodb_reading, signatures  # noqa: F401
from cases.table import CASES, World

def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(ministack):
    port = free_port()
    log = tempfile.TemporaryFile()
    process = subprocess.Popen(
        [ministack], env={**os.environ, "GATEWAY_PORT": str(port)}, stdout=log, stderr=subprocess.STDOUT)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    log.seek(0)
    raise SystemExit(f"ministack did not start: {log.read().decode()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--endpoint")
    parser.add_argument("--ministack")
    parser.add_argument("--only")
    options = parser.parse_args()
    process, endpoint = start(options.ministack) if options.ministack else (None, options.endpoint)
    try:
        world = World(endpoint)
        for name, rule, expected, deviations, function in CASES:
            if options.only and options.only != name:
                continue
            reason = None
            if options.server in deviations:
                expected, reason = deviations[options.server]
            try:
                got = function(world)
            except Exception:
                got = traceback.format_exc(limit=-2)
            # Through JSON, so that tuples and the like compare as they print.
            got = json.loads(json.dumps(got, default=str))
            print(json.dumps({
                "case": name, "rule": rule, "deviation": reason, "expected": expected, "got": got,
                "agrees": got == expected}), flush=True)
    finally:
        if process:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    sys.exit(main())
