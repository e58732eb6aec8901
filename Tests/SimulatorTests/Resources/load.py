"""Loads a simulator and says what it costs: CPU of the simulator's process a message and a BatchWriteItem.

    python3 load.py --simulator .build/release/simulator [--body 640] [--seconds 5] [--unsigned]

Starts the simulator itself, sends over as many connections as asked from processes of its own, with signed requests
(a signature holds for five minutes, so that requests which do not change are signed once), and reads the CPU from
/proc: it holds on a noisy machine, unlike the wall clock.
"""

import argparse
import hashlib
import hmac
import json
import multiprocessing
import os
import socket
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


def sign(target, body, host, service):
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = [
        ("content-type", "application/x-amz-json-1.0"), ("host", host), ("x-amz-date", date), ("x-amz-target", target)]
    names = ";".join(name for name, _ in headers)
    canonical = "POST\n/\n\n" + "".join(f"{n}:{v}\n" for n, v in headers) + f"\n{names}\n" + hashlib.sha256(body).hexdigest()
    scope = f"{date[:8]}/us-east-1/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n" + hashlib.sha256(canonical.encode()).hexdigest()
    key = b"AWS4test"
    for part in (date[:8], "us-east-1", service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    lines = [f"{n}: {v}" for n, v in headers] + [
        f"authorization: AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={names}, Signature={signature}",
        f"content-length: {len(body)}"]
    return ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


class Connection:
    def __init__(self, host):
        name, port = host.split(":")
        self.socket = socket.create_connection((name, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, request):
        self.socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(1 << 20)
        head, body = data.split(b"\r\n\r\n", 1)
        at = head.index(b"Content-Length: ") + 16
        length = int(head[at:].split(b"\r\n", 1)[0])
        parts, have = [body], len(body)
        while have < length:
            part = self.socket.recv(1 << 20)
            parts.append(part)
            have += len(part)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode() + b"".join(parts).decode())
        return b"".join(parts)


def sqs(host, operation, value):
    return sign("AmazonSQS." + operation, json.dumps(value).encode(), host, "sqs")


def messages(host, queue, size, seconds, results):
    connection = Connection(host)
    text = json.dumps({"v": 1, "beacons": [{"name": "map.load"}], "pad": "x" * size})[:size]
    entries = [{"Id": str(i), "MessageBody": text} for i in range(10)]
    send = sqs(host, "SendMessageBatch", {"QueueUrl": queue, "Entries": entries})
    receive = sqs(host, "ReceiveMessage", {"QueueUrl": queue, "MaxNumberOfMessages": 10})
    count, end = 0, time.time() + seconds
    while time.time() < end:
        connection.exchange(send)
        answer = connection.exchange(receive)
        # The handles are short and carry no escapes: cut out, for json.loads would be most of the work.
        handles = [part[:part.index(b'"')].decode() for part in answer.split(b'"ReceiptHandle":"')[1:]]
        connection.exchange(sqs(host, "DeleteMessageBatch", {
            "QueueUrl": queue, "Entries": [{"Id": str(i), "ReceiptHandle": h} for i, h in enumerate(handles)]}))
        count += len(handles)
    results.put(count)


def item(number, size):
    fixed = {"pk": {"S": f"e#map-{number % 20}#20261123#0"}, "sk": {"S": f"01930000-0000-7000-8000-{number:012d}"}}
    for name in ("map_id", "session_id", "view_id", "lang", "lib", "ua", "origin", "gesture", "tile"):
        fixed[name] = {"S": f"{name} of event {number}"}
    for name in ("at", "received", "ts", "zoom", "bearing", "pitch", "lng", "lat", "duration_ms", "tiles"):
        fixed[name] = {"N": str(number * 7919 % 1000003)}
    fixed["page"] = {"S": ""}
    length = sum(len(name) + len(str(list(value.values())[0])) for name, value in fixed.items())
    fixed["page"] = {"S": "p" * max(0, size - length)}
    return fixed


def items(host, start, size, seconds, results):
    connection = Connection(host)
    requests = []
    for batch in range(40):
        puts = [{"PutRequest": {"Item": item(start + batch * 25 + i, size)}} for i in range(25)]
        body = json.dumps({"RequestItems": {"beacons": puts}}, separators=(",", ":")).encode()
        requests.append(sign("DynamoDB_20120810.BatchWriteItem", body, host, "dynamodb"))
    count, end = 0, time.time() + seconds
    while time.time() < end:
        connection.exchange(requests[count % len(requests)])
        count += 1
    results.put(count)


def run(title, unit, worker, arguments, processes, pid):
    results = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=worker, args=arguments(number) + (results,)) for number in range(processes)]
    before, began = cpu(pid), time.time()
    for process in workers:
        process.start()
    total = sum(results.get() for _ in workers)
    for process in workers:
        process.join()
    spent, elapsed = cpu(pid) - before, time.time() - began
    print(
        f"{title}: {total / elapsed:,.0f} {unit}/s; {spent / total * 1e6:.1f} us CPU a {unit}, "
        f"so {total / spent:,.0f} {unit}/s on a core")


def cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--body", type=int, default=640)
    parser.add_argument("--item", type=int, default=900)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--unsigned", action="store_true")
    parser.add_argument("--discard-items", action="store_true")
    options = parser.parse_args()
    command = [options.simulator, "--listen", "127.0.0.1:0"]
    if options.unsigned:
        command.append("--ignore-signatures")
    if options.discard_items:
        command.append("--discard-items")
    simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        host = simulator.stdout.readline().strip()
        control = Connection(host)
        queue = json.loads(control.exchange(sqs(host, "CreateQueue", {"QueueName": "beacons"})))["QueueUrl"]
        keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"), ("sk", "RANGE"))]
        control.exchange(sign("DynamoDB_20120810.CreateTable", json.dumps({
            "TableName": "beacons", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys,
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        }).encode(), host, "dynamodb"))
        run(f"send, receive, delete by 10, {options.body} B", "message", messages,
            lambda _: (host, queue, options.body, options.seconds), options.processes, simulator.pid)
        run(f"BatchWriteItem of 25 x {options.item} B", "call", items,
            lambda number: (host, number * 1000, options.item, options.seconds), options.processes, simulator.pid)
    finally:
        simulator.terminate()
        simulator.wait()


main()
