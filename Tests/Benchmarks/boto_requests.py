"""Sends requests one after the other with boto3, and prints the CPU of each in microseconds:

    boto_requests.py <file> send|write <count>
"""

import json
import os
import resource
import sys

import boto3
from botocore.config import Config


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    path, operation, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(path) as file:
        requests = json.load(file)
    config = Config(retries={"mode": "standard"}, region_name=os.environ["AWS_REGION"])
    if operation == "send":
        client = boto3.client("sqs", config=config)
        url = client.get_queue_url(QueueName="beacons")["QueueUrl"]
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(requests["bodies"])]

        def call():
            assert not client.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
    else:
        client = boto3.client("dynamodb", config=config)
        puts = [{"PutRequest": {"Item": item}} for item in requests["items"]]

        def call():
            assert not client.batch_write_item(RequestItems={"beacons": puts})["UnprocessedItems"]

    for _ in range(count // 10):
        call()
    before = cpu()
    for _ in range(count):
        call()
    print((cpu() - before) / count * 1e6)


main()
