"""AWSCore beside boto3 and the AWS SDK for Go: CPU of a signed SendMessageBatch of 10 x 6 kB and of a BatchWriteItem of
25 x 900 B; the same content, the same server, by turns."""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

from backlog import messages
from harness import ROOT, Process, Simulator, built, machine, median, progress, table


def requests():
    chance = random.Random(1)
    bodies = list(messages(10 * 9, 20, 9))
    items = []
    for number in range(25):
        item = {"pk": {"S": f"e#map-{number % 20}#20261123#0"}, "sk": {"S": f"01930000-0000-7000-8000-{number:012d}"}}
        for name in ("name", "map_id", "session_id", "view_id", "lang", "lib", "ua", "origin", "gesture", "tile"):
            item[name] = {"S": f"{name} of event {number}"}
        for name in ("at", "received", "ts", "zoom", "bearing", "pitch", "lng", "lat", "duration_ms", "tiles", "ttl"):
            item[name] = {"N": str(chance.randrange(1_000_000))}
        size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
        item["page"] = {"S": "https://example.com/" + "p" * (900 - size - 24)}
        items.append(item)
    return {"bodies": bodies, "items": items}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    machine()
    python = os.environ.get("BEACON_PYTHON", os.path.join(ROOT, ".venv", "bin", "python"))
    here = os.path.dirname(os.path.abspath(__file__))
    with tempfile.TemporaryDirectory() as folder, Simulator("--ignore-signatures", "--discard-items") as simulator:
        path = os.path.join(folder, "requests.json")
        with open(path, "w") as file:
            json.dump(requests(), file)
        simulator.set_up()
        with Process([built("peers"), "query-proxy", "-upstream", simulator.endpoint], text_line=True) as proxy:
            environment = {
                **os.environ, **simulator.environment, "SQS_ENDPOINT": f"http://{proxy.line}",
                "DYNAMODB_ENDPOINT": simulator.endpoint}
            count = str(options.count)
            few = str(max(100, options.count // 5))
            ours = built("AWSBenchmark")
            clients = {}
            for parallel in (1, 8):
                send = "SendMessageBatch, 10 × 6 kB" + ("" if parallel == 1 else f", {parallel} at once")
                write = "BatchWriteItem, 25 × 900 B" + ("" if parallel == 1 else f", {parallel} at once")

                def go(operation):
                    return [
                        built("peers"), "aws", "-requests", path, "-operation", operation, "-count", count, "-parallel",
                        str(parallel)]

                clients[send, "AWSCore"] = [ours, path, "send", count, str(parallel)]
                clients[send, "AWS SDK for Go v2"] = go("send")
                clients[write, "AWSCore, items in DynamoDB JSON, as the worker has them"] = [
                    ours, path, "write", count, str(parallel)]
                clients[write, "AWSCore, items as values"] = [ours, path, "encode", count, str(parallel)]
                clients[write, "AWS SDK for Go v2"] = go("write")
                # It has one thread, and would do no more at once.
                if parallel == 1:
                    clients[send, "boto3"] = [python, f"{here}/boto_requests.py", path, "send", few]
                    clients[write, "boto3"] = [python, f"{here}/boto_requests.py", path, "write", few]
            figures = {key: [] for key in clients}
            for number in range(options.rounds):
                for key, command in clients.items():
                    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
                    if result.returncode:
                        sys.exit(f"{' '.join(command)} failed")
                    figures[key].append(float(result.stdout))
                    progress(f"  round {number + 1}, {', '.join(key)}: {figures[key][-1]:.0f} us")
    first = {}
    rows = []
    for (operation, client), values in figures.items():
        value = median(values)
        base = first.setdefault(operation, value)
        rows.append([operation, client, f"{value:,.0f} ({min(values):,.0f}–{max(values):,.0f})", f"{value / base:.1f}"])
    table(
        f"CPU of a request, median of {options.rounds} rounds by turns",
        ["request", "client", "CPU, µs (least–most)", "times AWSCore's"], rows)


main()
