"""One table of what SQS, DynamoDB and STS do, run through boto3 against any endpoint that claims to be them.

    python3 behaviour.py --endpoint http://127.0.0.1:4566 --server simulator
    python3 behaviour.py --ministack .venv/bin/ministack --server ministack

Prints a JSON line a case: {"case", "expected", "got", "agrees"}. What is expected is what AWS's documentation says
(each case names the page); where a server is known to do otherwise, the table says so beside the case, and then that
other thing is what is expected of it.
"""

import argparse
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zlib

import boto3
import botocore.config
import botocore.exceptions

CASES = []


def case(rule, expected, **deviations):
    """A case: its rule's source, what is expected, and what servers do that deviate, by the server's name."""

    def add(function):
        CASES.append((function.__name__, rule, expected, deviations, function))
        return function

    return add


def code(call, *arguments, **parameters):
    """The code of the error that a call ends in; `None` if it ends well."""
    try:
        call(*arguments, **parameters)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


class World:
    """The clients, and fresh queues and tables."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.sqs, self.dynamodb, self.sts = (self.client(name) for name in ("sqs", "dynamodb", "sts"))
        self.count = 0
        # So that a run against a server that lives on does not meet the queues of the one before.
        self.prefix = f"t{os.getpid()}x{int(time.time())}"

    def client(self, service, key="test", secret="test", token=None, region="us-east-1"):
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token,
            config=botocore.config.Config(
                retries={"total_max_attempts": 1}, read_timeout=30, parameter_validation=False))

    def name(self):
        self.count += 1
        return f"{self.prefix}-{self.count}"

    def queue(self, **attributes):
        return self.sqs.create_queue(QueueName=self.name(), Attributes=attributes)["QueueUrl"]

    def send(self, queue, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=queue, MessageBody=body)

    def receive(self, queue, **parameters):
        return self.sqs.receive_message(QueueUrl=queue, **parameters).get("Messages", [])

    def attributes(self, queue, *names):
        return self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(names)).get("Attributes", {})

    def table(self, sort="S"):
        name = self.name()
        keys = [("pk", "S", "HASH"), ("sk", sort, "RANGE")]
        self.dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": n, "KeyType": k} for n, _, k in keys],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t, _ in keys])
        return name

    def put(self, table, **attributes):
        item = {"pk": {"S": "p"}, "sk": {"S": "s"}}
        item.update(attributes)
        return self.dynamodb.put_item(
            TableName=table, Item={n: v for n, v in item.items() if v is not None}, ReturnConsumedCapacity="TOTAL")

    def units(self, table, **attributes):
        return self.put(table, **attributes)["ConsumedCapacity"]["CapacityUnits"]

    def get(self, table, pk="p", sk="s"):
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self.dynamodb.get_item(TableName=table, Key=key).get("Item")

    def filled(self, count=10):
        """A table with `count` items in one partition, sort keys 00, 01, …, each with its number."""
        table = self.table()
        for start in range(0, count, 25):
            self.dynamodb.batch_write_item(RequestItems={table: [
                {"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"S": f"{n:02d}"}, "n": {"N": str(n)}}}}
                for n in range(start, min(count, start + 25))]})
        return table

    def query(self, table, condition, values=None, **parameters):
        values = {":p": {"S": "p"}, **{name: {"S": value} for name, value in (values or {}).items()}}
        return self.dynamodb.query(
            TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **parameters)


def keys(answer):
    return [item["sk"].get("S", item["sk"].get("N")) for item in answer["Items"]]


# --- SQS: queues ------------------------------------------------------------------------------------------------

CREATE = "SQS API Reference, CreateQueue"
ATTRIBUTES = "SQS API Reference, SetQueueAttributes"


@case(CREATE, {
    "VisibilityTimeout": "30", "MessageRetentionPeriod": "345600", "MaximumMessageSize": "1048576",
    "ReceiveMessageWaitTimeSeconds": "0", "DelaySeconds": "0"})
def queue_defaults(w):
    names = ["VisibilityTimeout", "MessageRetentionPeriod", "MaximumMessageSize", "ReceiveMessageWaitTimeSeconds",
             "DelaySeconds"]
    return w.attributes(w.queue(), *names)


@case(CREATE, True)
def creating_a_queue_again_gives_its_url(w):
    name = w.name()
    create = w.sqs.create_queue
    first = create(QueueName=name, Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    return first == create(QueueName=name, Attributes={"VisibilityTimeout": "60"})["QueueUrl"]


@case(CREATE, "QueueAlreadyExists")
def creating_a_queue_again_with_other_attributes_is_refused(w):
    name = w.name()
    w.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60"})
    return code(w.sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "61"})


@case(CREATE + ": alphanumeric characters, hyphens, underscores, at most 80",
      ["InvalidParameterValue", "InvalidParameterValue", None],
      ministack=([None, None, None], 'ministack takes any name'))
def queue_names(w):
    return [code(w.sqs.create_queue, QueueName=name) for name in ("a b", "a" * 81, w.name() + "_-Z9")]


@case(CREATE, ["InvalidAttributeValue"] * 8 + [None, None])
def attribute_ranges(w):
    values = [
        ("VisibilityTimeout", "43201"), ("VisibilityTimeout", "-1"), ("MessageRetentionPeriod", "59"),
        ("MessageRetentionPeriod", "1209601"), ("ReceiveMessageWaitTimeSeconds", "21"), ("DelaySeconds", "901"),
        ("MaximumMessageSize", "1023"), ("MaximumMessageSize", "1048577"), ("VisibilityTimeout", "43200"),
        ("MessageRetentionPeriod", "1209600")]
    return [code(w.sqs.create_queue, QueueName=w.name(), Attributes={name: value}) for name, value in values]


@case(CREATE, "InvalidAttributeName",
      ministack=(None, 'ministack ignores unknown attributes'))
def unknown_attribute(w):
    return code(w.sqs.create_queue, QueueName=w.name(), Attributes={"Speed": "9"})


@case("SQS API Reference, GetQueueUrl; AWS JSON 1.0 with x-amzn-query-error",
      [400, "AWS.SimpleQueueService.NonExistentQueue;Sender", "com.amazonaws.sqs#QueueDoesNotExist"],
      ministack=([400, "AWS.SimpleQueueService.NonExistentQueue;Sender", "QueueDoesNotExist"], 'ministack leaves the namespace out, which clients strip'))
def no_such_queue_on_the_wire(w):
    seen = []
    client = w.client("sqs")
    client.meta.events.register("before-parse.sqs.*", lambda response_dict, **_: seen.append(response_dict))
    code(client.get_queue_url, QueueName=w.name())
    answer = seen[0]
    return [answer["status_code"], answer["headers"].get("x-amzn-query-error"), json.loads(answer["body"])["__type"]]


@case("SQS API Reference, common: each names QueueDoesNotExist", ["AWS.SimpleQueueService.NonExistentQueue"] * 6)
def no_such_queue(w):
    url = w.queue() + "-not"
    sqs = w.sqs
    entries = [{"Id": "a", "ReceiptHandle": "x"}]
    return [
        code(sqs.send_message, QueueUrl=url, MessageBody="x"),
        code(sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}]),
        code(sqs.receive_message, QueueUrl=url),
        code(sqs.delete_message_batch, QueueUrl=url, Entries=entries),
        code(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"]),
        code(sqs.purge_queue, QueueUrl=url)]


@case("SQS API Reference, GetQueueUrl", True)
def get_queue_url(w):
    url = w.queue()
    return w.sqs.get_queue_url(QueueName=url.split("/")[-1])["QueueUrl"] == url


@case("SQS API Reference, ListQueues", 2)
def list_queues_by_prefix(w):
    name = w.name()
    for suffix in ("x", "y"):
        w.sqs.create_queue(QueueName=name + suffix)
    return len(w.sqs.list_queues(QueueNamePrefix=name)["QueueUrls"])


@case(ATTRIBUTES, ["7", "30"])
def set_queue_attributes(w):
    queue = w.queue()
    w.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"ReceiveMessageWaitTimeSeconds": "7"})
    got = w.attributes(queue, "All")
    return [got["ReceiveMessageWaitTimeSeconds"], got["VisibilityTimeout"]]


@case(ATTRIBUTES, ["InvalidAttributeValue", "InvalidAttributeName"],
      ministack=(["InvalidAttributeValue", None], 'ministack ignores unknown attributes'))
def set_queue_attributes_refused(w):
    queue = w.queue()
    return [code(w.sqs.set_queue_attributes, QueueUrl=queue, Attributes=a) for a in ({"DelaySeconds": "x"}, {"Y": "1"})]


@case("SQS API Reference, GetQueueAttributes: QueueArn", True)
def queue_arn(w):
    queue = w.queue()
    return w.attributes(queue, "QueueArn") == {"QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{queue.split('/')[-1]}"}


@case("SQS API Reference, GetQueueAttributes", "InvalidAttributeName",
      ministack=(None, 'ministack ignores unknown attributes'))
def get_unknown_attribute(w):
    return code(w.attributes, w.queue(), "Speed")


@case("SQS API Reference, GetQueueAttributes: approximate numbers", ["2", "1", "1"])
def depth(w):
    queue = w.queue()
    w.send(queue, "a", "b", "c")
    w.sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=900)
    w.receive(queue)
    got = w.attributes(queue, "All")
    return [got["ApproximateNumberOfMessages" + suffix] for suffix in ("", "NotVisible", "Delayed")]


@case("SQS API Reference, PurgeQueue", [0, "AWS.SimpleQueueService.PurgeQueueInProgress"],
      ministack=([0, None], 'ministack purges as often as asked'))
def purge(w):
    queue = w.queue()
    w.send(queue, "a")
    w.sqs.purge_queue(QueueUrl=queue)
    return [len(w.receive(queue)), code(w.sqs.purge_queue, QueueUrl=queue)]


# --- SQS: sending ------------------------------------------------------------------------------------------------

SEND = "SQS API Reference, SendMessage"
BODY = '{"ä":"\\u0000 𝄞"}\n'
BATCH = "SQS API Reference, SendMessageBatch"


@case(SEND + ": MD5OfMessageBody", hashlib.md5(BODY.encode()).hexdigest())
def md5_of_the_body(w):
    return w.sqs.send_message(QueueUrl=w.queue(), MessageBody=BODY)["MD5OfMessageBody"]


@case(SEND + ": characters of XML 1.0", [None] * 7 + ["InvalidMessageContents"] * 6)
def characters(w):
    queue = w.queue()
    bodies = ["\t", "\n", "\r", " ", "\ud7ff", "\ue000\ufffd", "\U00010000\U0010ffff",
              "\x00", "\x0b", "\x1f", "a\ufffe", "a\uffff", "\x08"]
    return [code(w.send, queue, body) for body in bodies]


@case(SEND + ": a message is 1 character at least, and at most MaximumMessageSize",
      ["MissingParameter", None, "InvalidParameterValue"])
def message_sizes(w):
    queue = w.queue(MaximumMessageSize="1024")
    return [code(w.send, queue, body) for body in ("", "x" * 1024, "x" * 1025)]


@case(SEND + ": DelaySeconds 0 to 900", "InvalidParameterValue",
      ministack=(None, 'ministack takes any delay'))
def delay_out_of_range(w):
    return code(w.sqs.send_message, QueueUrl=w.queue(), MessageBody="x", DelaySeconds=901)


@case(SEND + ": a delayed message is not received before its time", [0, 1])
def delay(w):
    queue = w.queue()
    w.sqs.send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=1)
    return [len(w.receive(queue)), len(w.receive(queue, WaitTimeSeconds=10))]


def batch(w, *entries):
    return code(
        w.sqs.send_message_batch, QueueUrl=w.queue(), Entries=[{"Id": i, "MessageBody": body} for i, body in entries])


@case(BATCH, "AWS.SimpleQueueService.EmptyBatchRequest")
def empty_batch(w):
    return batch(w)


@case(BATCH, [None, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"])
def batch_of_ten_and_eleven(w):
    return [batch(w, *((str(n), "x") for n in range(count))) for count in (10, 11)]


@case(BATCH, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
def batch_ids_distinct(w):
    return batch(w, ("a", "x"), ("a", "y"))


@case(BATCH, ["AWS.SimpleQueueService.InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId", None])
def batch_ids(w):
    return [batch(w, (i, "x")) for i in ("a b", "a" * 81, "a" * 80)]


@case(BATCH + ": 1,048,576 bytes together", [None, "AWS.SimpleQueueService.BatchRequestTooLong"])
def batch_bytes(w):
    half = "x" * 524_288
    return [batch(w, ("a", half), ("b", half + more)) for more in ("", "x")]


@case(BATCH + ": each entry for itself", [["a", "c"], [["b", "InvalidMessageContents", True]], 2])
def batch_entry_refused(w):
    queue = w.queue()
    answer = w.sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": i, "MessageBody": body} for i, body in (("a", "x"), ("b", "\x01"), ("c", "y"))])
    return [
        [entry["Id"] for entry in answer["Successful"]],
        [[entry["Id"], entry["Code"], entry["SenderFault"]] for entry in answer["Failed"]],
        len(w.receive(queue, MaxNumberOfMessages=10))]


@case(BATCH + ": Failed only where entries failed", [["Id", "MD5OfMessageBody", "MessageId"], False])
def batch_answer(w):
    answer = w.sqs.send_message_batch(QueueUrl=w.queue(), Entries=[{"Id": "a", "MessageBody": "x"}])
    return [sorted(answer["Successful"][0]), bool(answer.get("Failed"))]


# --- SQS: receiving, deleting, visibility ----------------------------------------------------------------------------

RECEIVE = "SQS API Reference, ReceiveMessage"
DELETE = "SQS API Reference, DeleteMessage"
VISIBILITY = "SQS API Reference, ChangeMessageVisibility"


@case(RECEIVE, ["héllo \"", True, True, "1", True, True])
def receive(w):
    queue = w.queue()
    sent = w.sqs.send_message(QueueUrl=queue, MessageBody='héllo "')
    message = w.receive(queue, MessageSystemAttributeNames=["All"])[0]
    attributes = message["Attributes"]
    return [
        message["Body"], message["MessageId"] == sent["MessageId"], message["MD5OfBody"] == sent["MD5OfMessageBody"],
        attributes["ApproximateReceiveCount"], abs(int(attributes["SentTimestamp"]) / 1000 - time.time()) < 60,
        int(attributes["ApproximateFirstReceiveTimestamp"]) >= int(attributes["SentTimestamp"])]


@case(RECEIVE + ": attributes only where asked for", [False, ["SentTimestamp"]])
def receive_attributes(w):
    queue = w.queue()
    w.send(queue, "a", "b")
    plain = w.receive(queue)[0]
    asked = w.receive(queue, AttributeNames=["SentTimestamp"])[0]
    return ["Attributes" in plain, sorted(asked["Attributes"])]


@case(RECEIVE + ": no Messages where there are none", False)
def receive_from_an_empty_queue(w):
    return "Messages" in w.sqs.receive_message(QueueUrl=w.queue())


@case(RECEIVE + ": MaxNumberOfMessages, 1 unless said", [1, 9])
def receive_several(w):
    queue = w.queue()
    w.send(queue, *"abcdefghij")
    return [len(w.receive(queue)), len(w.receive(queue, MaxNumberOfMessages=10))]


@case(RECEIVE, ["InvalidParameterValue"] * 5,
      ministack=(["InvalidParameterValue", "InvalidParameterValue", None, None, None], 'ministack checks MaxNumberOfMessages alone'))
def receive_ranges(w):
    queue = w.queue()
    parameters = [
        {"MaxNumberOfMessages": 0}, {"MaxNumberOfMessages": 11}, {"WaitTimeSeconds": 21}, {"VisibilityTimeout": 43201},
        {"VisibilityTimeout": -1}]
    return [code(w.receive, queue, **p) for p in parameters]


@case("SQS developer guide, visibility timeout", [1, 0])
def a_received_message_is_hidden(w):
    queue = w.queue()
    w.send(queue, "a")
    return [len(w.receive(queue)), len(w.receive(queue))]


@case("SQS developer guide, visibility timeout", ["2", True])
def a_hidden_message_comes_back(w):
    queue = w.queue(VisibilityTimeout="1")
    w.send(queue, "a")
    first = w.receive(queue)[0]
    again = w.receive(queue, WaitTimeSeconds=10, AttributeNames=["ApproximateReceiveCount"])[0]
    return [again["Attributes"]["ApproximateReceiveCount"], first["ReceiptHandle"] != again["ReceiptHandle"]]


@case(RECEIVE + ": VisibilityTimeout 0", [1, 1])
def received_with_no_visibility(w):
    queue = w.queue()
    w.send(queue, "a")
    return [len(w.receive(queue, VisibilityTimeout=0)), len(w.receive(queue))]


@case(VISIBILITY, 1)
def visibility_zero_shows_a_message_at_once(w):
    queue = w.queue()
    w.send(queue, "a")
    handle = w.receive(queue)[0]["ReceiptHandle"]
    w.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    return len(w.receive(queue))


@case(VISIBILITY, [0, 1])
def visibility_extended(w):
    queue = w.queue(VisibilityTimeout="1")
    w.send(queue, "a")
    handle = w.receive(queue)[0]["ReceiptHandle"]
    w.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=3)
    return [len(w.receive(queue, WaitTimeSeconds=2)), len(w.receive(queue, WaitTimeSeconds=10))]


@case(VISIBILITY + ": MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight",
      ministack=(None, 'ministack hides a visible message'))
def visibility_of_a_visible_message(w):
    queue = w.queue()
    w.send(queue, "a")
    handle = w.receive(queue, VisibilityTimeout=0)[0]["ReceiptHandle"]
    return code(w.sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=9)


@case(VISIBILITY, ["InvalidParameterValue", "ReceiptHandleIsInvalid"],
      ministack=([None, "ReceiptHandleIsInvalid"], 'ministack takes any timeout'))
def visibility_refused(w):
    queue = w.queue()
    w.send(queue, "a")
    handle = w.receive(queue)[0]["ReceiptHandle"]
    change = w.sqs.change_message_visibility
    return [
        code(change, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43201),
        code(change, QueueUrl=queue, ReceiptHandle="nonsense", VisibilityTimeout=1)]


@case("SQS API Reference, ChangeMessageVisibilityBatch", [["a"], [["b", "ReceiptHandleIsInvalid", True]]])
def visibility_batch(w):
    queue = w.queue()
    w.send(queue, "a")
    handle = w.receive(queue)[0]["ReceiptHandle"]
    answer = w.sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[
        {"Id": i, "ReceiptHandle": h, "VisibilityTimeout": 0} for i, h in (("a", handle), ("b", "nonsense"))])
    return [
        [e["Id"] for e in answer["Successful"]],
        [[e["Id"], e["Code"], e["SenderFault"]] for e in answer["Failed"]]]


@case(DELETE, [None, None, "0"],
      ministack=([None, "ReceiptHandleIsInvalid", "0"], 'ministack forgets handles with their message'))
def delete_twice(w):
    queue = w.queue()
    w.send(queue, "a")
    handle = w.receive(queue)[0]["ReceiptHandle"]
    delete = w.sqs.delete_message
    codes = [code(delete, QueueUrl=queue, ReceiptHandle=handle) for _ in range(2)]
    return codes + [w.attributes(queue, "ApproximateNumberOfMessagesNotVisible")["ApproximateNumberOfMessagesNotVisible"]]


@case(DELETE + ": the most recent handle deletes; with an older one the request succeeds", [None, 1],
      ministack=(["ReceiptHandleIsInvalid", 1], 'ministack forgets older handles'))
def delete_by_an_older_handle(w):
    queue = w.queue()
    w.send(queue, "a")
    older = w.receive(queue, VisibilityTimeout=0)[0]["ReceiptHandle"]
    newer = w.receive(queue)[0]["ReceiptHandle"]
    answer = code(w.sqs.delete_message, QueueUrl=queue, ReceiptHandle=older)
    code(w.sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=newer, VisibilityTimeout=0)
    return [answer, len(w.receive(queue))]


@case(DELETE, "ReceiptHandleIsInvalid")
def delete_by_nonsense(w):
    return code(w.sqs.delete_message, QueueUrl=w.queue(), ReceiptHandle="nonsense")


@case("SQS API Reference, DeleteMessageBatch", [["a", "c"], [["b", "ReceiptHandleIsInvalid", True]]])
def delete_batch(w):
    queue = w.queue()
    w.send(queue, "a", "b")
    handles = [m["ReceiptHandle"] for m in w.receive(queue, MaxNumberOfMessages=10)]
    answer = w.sqs.delete_message_batch(QueueUrl=queue, Entries=[
        {"Id": i, "ReceiptHandle": h} for i, h in (("a", handles[0]), ("b", "nonsense"), ("c", handles[1]))])
    return [
        [e["Id"] for e in answer["Successful"]],
        [[e["Id"], e["Code"], e["SenderFault"]] for e in answer["Failed"]]]


@case("SQS developer guide, short and long polling: a send ends the wait", [1, True])
def a_send_wakes_a_long_poll(w):
    queue = w.queue()
    began = time.time()
    sender = threading.Timer(0.3, w.send, (queue, "a"))
    sender.start()
    received = w.receive(queue, WaitTimeSeconds=15)
    sender.join()
    return [len(received), time.time() - began < 10]


@case("SQS developer guide, dead-letter queues", [1, 1, 0, True])
def redrive(w):
    dead = w.queue()
    policy = {"deadLetterTargetArn": w.attributes(dead, "QueueArn")["QueueArn"], "maxReceiveCount": 2}
    queue = w.queue(RedrivePolicy=json.dumps(policy))
    sent = w.sqs.send_message(QueueUrl=queue, MessageBody="a")["MessageId"]
    counts = [len(w.receive(queue, VisibilityTimeout=0)) for _ in range(3)]
    moved = w.receive(dead, WaitTimeSeconds=10)
    return counts + [[message["MessageId"] for message in moved] == [sent]]


@case("SQS API Reference, CreateQueue: RedrivePolicy", "InvalidParameterValue",
      ministack=("InvalidAttributeValue", "AWS's own error for it is InvalidParameterValue"))
def redrive_to_no_queue(w):
    policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:none-such", "maxReceiveCount": 2}
    return code(w.queue, RedrivePolicy=json.dumps(policy))


# --- DynamoDB: tables ---------------------------------------------------------------------------------------------

INVALID = "ValidationException"


@case("DynamoDB API Reference, DescribeTable",
      ["ACTIVE", "PAY_PER_REQUEST", [["pk", "HASH"], ["sk", "RANGE"]], [["pk", "S"], ["sk", "S"]]])
def describe_table(w):
    name = w.table()
    w.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    table = w.dynamodb.describe_table(TableName=name)["Table"]
    return [
        table["TableStatus"], table["BillingModeSummary"]["BillingMode"],
        [[key["AttributeName"], key["KeyType"]] for key in table["KeySchema"]],
        sorted([key["AttributeName"], key["AttributeType"]] for key in table["AttributeDefinitions"])]


@case("DynamoDB API Reference, CreateTable", "ResourceInUseException")
def create_table_twice(w):
    name = w.table()
    create = {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
    return code(w.dynamodb.create_table, **create)


@case("DynamoDB API Reference, CreateTable", [INVALID] * 4)
def create_table_refused(w):
    def create(name=None, key="pk", defined=("pk",), **more):
        return code(
            w.dynamodb.create_table, TableName=name or w.name(), KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": d, "AttributeType": "S"} for d in defined],
            **(more or {"BillingMode": "PAY_PER_REQUEST"}))

    return [create(name="ab"), create(key="other"), create(defined=("pk", "unused")), create(BillingMode="PROVISIONED")]


@case("DynamoDB API Reference: ResourceNotFoundException", ["ResourceNotFoundException"] * 8)
def no_such_table(w):
    d, name = w.dynamodb, w.name()
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    return [
        code(d.describe_table, TableName=name), code(d.put_item, TableName=name, Item=key),
        code(d.get_item, TableName=name, Key=key), code(d.delete_item, TableName=name, Key=key),
        code(d.scan, TableName=name), code(d.describe_time_to_live, TableName=name),
        code(w.query, name, "pk = :p"),
        code(d.batch_write_item, RequestItems={name: [{"PutRequest": {"Item": key}}]})]


@case("DynamoDB API Reference, UpdateTimeToLive", ["DISABLED", {"Enabled": True, "AttributeName": "ttl"}, True, "ttl"])
def time_to_live(w):
    name = w.table()
    describe = lambda: w.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    before = describe()["TimeToLiveStatus"]
    wanted = {"Enabled": True, "AttributeName": "ttl"}
    answer = w.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)["TimeToLiveSpecification"]
    after = describe()
    return [before, answer, after["TimeToLiveStatus"] in ("ENABLING", "ENABLED"), after["AttributeName"]]


@case("DynamoDB API Reference, UpdateTimeToLive", INVALID,
      ministack=(None, 'ministack takes it again'))
def time_to_live_twice(w):
    name = w.table()
    wanted = {"Enabled": True, "AttributeName": "ttl"}
    w.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
    return code(w.dynamodb.update_time_to_live, TableName=name, TimeToLiveSpecification=wanted)


# --- DynamoDB: writing --------------------------------------------------------------------------------------------

@case("DynamoDB API Reference, PutItem and GetItem", True)
def put_and_get(w):
    item = {
        "pk": {"S": "p"}, "sk": {"S": "s"}, "s": {"S": "ä\"\\\n"}, "empty": {"S": ""}, "n": {"N": "-1.5"},
        "b": {"B": b"\x00\xff"}, "t": {"BOOL": True}, "z": {"NULL": True}, "l": {"L": [{"N": "1"}, {"M": {}}]},
        "m": {"M": {"x": {"L": []}}}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}}
    table = w.table()
    w.dynamodb.put_item(TableName=table, Item=item)
    got = w.get(table)
    for name, type_ in (("ss", "SS"), ("ns", "NS")):
        got[name][type_].sort()
    return got == item


@case("DynamoDB API Reference, GetItem: no Item where there is none", None)
def get_nothing(w):
    return w.get(w.table())


@case("DynamoDB API Reference, GetItem: ProjectionExpression", {"n": {"N": "1"}})
def projection(w):
    table = w.table()
    w.put(table, n={"N": "1"}, other={"S": "x"})
    return w.dynamodb.get_item(
        TableName=table, Key={"pk": {"S": "p"}, "sk": {"S": "s"}}, ProjectionExpression="#n, nothing",
        ExpressionAttributeNames={"#n": "n"})["Item"]


@case("DynamoDB developer guide, reserved words", [INVALID, INVALID, None])
def reserved_words(w):
    table, key = w.table(), {"pk": {"S": "p"}, "sk": {"S": "s"}}
    texts = [{"ProjectionExpression": "ttl"}, {"ProjectionExpression": "pk, name"}, {
        "ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "name"}}]
    return [code(w.dynamodb.get_item, TableName=table, Key=key, **text) for text in texts]


@case("DynamoDB API Reference, PutItem: ReturnValues ALL_OLD", ["1", None, "2"])
def put_replaces(w):
    table = w.table()
    w.put(table, n={"N": "1"}, gone={"S": "x"})
    old = w.dynamodb.put_item(
        TableName=table, Item={"pk": {"S": "p"}, "sk": {"S": "s"}, "n": {"N": "2"}}, ReturnValues="ALL_OLD")
    new = w.get(table)
    return [old["Attributes"]["n"]["N"], new.get("gone"), new["n"]["N"]]


@case("DynamoDB API Reference, DeleteItem", ["1", None, False])
def delete_item(w):
    table = w.table()
    w.put(table, n={"N": "1"})
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    old = w.dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    again = w.dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    return [old["Attributes"]["n"]["N"], w.get(table), "Attributes" in again]


@case("DynamoDB developer guide, constraints: key attributes", [INVALID] * 6 + [None])
def keys_refused(w):
    table = w.table()
    values = [
        {"sk": None}, {"pk": None}, {"sk": {"N": "1"}}, {"pk": {"S": ""}}, {"pk": {"S": "x" * 2049}},
        {"sk": {"S": "x" * 1025}}, {"pk": {"S": "x" * 2048}, "sk": {"S": "x" * 1024}}]
    return [code(w.put, table, **value) for value in values]


@case("DynamoDB API Reference, GetItem: all keys and nothing else", [INVALID] * 3)
def key_of_a_get_refused(w):
    table = w.table()
    wrong = [{"pk": {"S": "p"}}, {"pk": {"S": "p"}, "sk": {"S": "s"}, "x": {"S": "x"}}, {"pk": {"S": "p"}, "sk": {"N": "1"}}]
    return [code(w.dynamodb.get_item, TableName=table, Key=key) for key in wrong]


@case("DynamoDB developer guide, data types: numbers", [INVALID] * 4 + [None] * 3)
def numbers(w):
    table = w.table()
    texts = ["abc", "1" * 39, "1e126", "1e-131", "1" * 38, "9.9e125", "-1E-130"]
    return [code(w.put, table, n={"N": text}) for text in texts]


@case("DynamoDB developer guide, data types", [INVALID] * 5)
def values_refused(w):
    table = w.table()
    wrong = [{"SS": []}, {"NULL": False}, {"SS": ["a", "a"]}, {}, {"S": "a", "N": "1"}]
    return [code(w.put, table, v=value) for value in wrong]


@case("DynamoDB developer guide, quotas: 400 KB an item, names and values", [None, INVALID])
def item_limit(w):
    table = w.table()
    # pk, sk and v with their one-byte keys take 7 bytes.
    return [code(w.put, table, v={"S": "x" * (409_600 - 7 + more)}) for more in (0, 1)]


@case("DynamoDB developer guide, item sizes: a write unit is 1 KB", [1.0, 2.0, 3.0])
def write_units(w):
    table = w.table()
    return [w.units(table, v={"S": "x" * (size - 7)}) for size in (1024, 1025, 2049)]


def boundary(w, value, size):
    """Write units just under and just over 1 KiB of an item whose attribute `v` should take `size` bytes."""
    fill = 1024 - 6 - 1 - 1 - size
    return [w.units(w.table(), v=value, f={"S": "x" * (fill + more)}) for more in (0, 1)]


@case("DynamoDB developer guide, item sizes", [[1.0, 2.0]] * 4)
def sizes_of_scalars(w):
    # A byte for two significant digits and one more; bytes of the binary itself; one for a boolean or a null.
    return [boundary(w, value, size) for value, size in (
        ({"N": "1234"}, 3), ({"N": "1000000"}, 2), ({"B": b"12345"}, 5), ({"BOOL": False}, 1))]


@case("DynamoDB developer guide, item sizes: 3 bytes a list or map, and 1 for each of its elements", [[1.0, 2.0]] * 3)
def sizes_of_containers(w):
    return [boundary(w, value, size) for value, size in (
        ({"L": []}, 3), ({"L": [{"S": "ab"}, {"N": "12"}]}, 3 + 1 + 2 + 1 + 2), ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2))]


@case("DynamoDB API Reference, PutItem: ConditionExpression",
      [None, "ConditionalCheckFailedException", None, "ConditionalCheckFailedException", None, None, INVALID])
def conditions(w):
    table = w.table()

    def put(condition, **values):
        more = {"ExpressionAttributeValues": {f":{name}": {"N": value} for name, value in values.items()}} if values else {}
        return code(
            w.dynamodb.put_item, TableName=table, Item={"pk": {"S": "p"}, "sk": {"S": "s"}, "n": {"N": "5"}},
            ConditionExpression=condition, **more)

    return [
        put("attribute_not_exists(pk)"), put("attribute_not_exists(pk)"), put("attribute_exists(pk) AND n = :a", a="5.0"),
        put("n > :a OR n < :b", a="5", b="5"), put("NOT (n <> :a)", a="5"), put("n BETWEEN :a AND :b", a="4", b="6"),
        put("n >")]


@case("DynamoDB API Reference, BatchWriteItem", [{}, 25, 24])
def batch_write(w):
    table = w.filled(24)
    answer = w.dynamodb.batch_write_item(RequestItems={table: [
        {"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"S": "new"}}}},
    ]})
    count = lambda: w.query(table, "pk = :p")["Count"]
    before = count()
    w.dynamodb.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": {"pk": {"S": "p"}, "sk": {"S": "00"}}}}]})
    return [answer["UnprocessedItems"], before, count()]


@case("DynamoDB API Reference, BatchWriteItem", [None, INVALID, INVALID, INVALID, INVALID, INVALID])
def batch_write_refused(w):
    table = w.table()

    def write(*items):
        return code(w.dynamodb.batch_write_item, RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})

    def item(number, **more):
        return {"pk": {"S": "p"}, "sk": {"S": str(number)}, **more}

    return [
        write(*map(item, range(25))), write(*map(item, range(26))), write(item(1), item(1)), write(),
        write(item(1), {"pk": {"S": "p"}}), write(item(1), item(2, v={"S": "x" * 409_600}))]


@case("DynamoDB API Reference, BatchWriteItem: a refused call writes nothing", 0)
def batch_write_refused_whole(w):
    table = w.table()
    items = [{"pk": {"S": "p"}, "sk": {"S": "1"}}, {"pk": {"S": "p"}, "sk": {"N": "1"}}]
    code(w.dynamodb.batch_write_item, RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})
    return w.query(table, "pk = :p")["Count"]


@case("DynamoDB API Reference, BatchWriteItem: ConsumedCapacity, 1 KiB an item", 3.0)
def batch_write_units(w):
    table = w.table()
    puts = [{"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"S": s}, "v": {"S": "x" * size}}}} for s, size in (("a", 10), ("b", 1500))]
    answer = w.dynamodb.batch_write_item(RequestItems={table: puts}, ReturnConsumedCapacity="TOTAL")
    return answer["ConsumedCapacity"][0]["CapacityUnits"]


@case("DynamoDB: x-amz-crc32 over the body as sent", True)
def crc32(w):
    seen = []
    client = w.client("dynamodb")
    client.meta.events.register("before-parse.dynamodb.*", lambda response_dict, **_: seen.append(response_dict))
    client.scan(TableName=w.table())
    return int(seen[0]["headers"]["x-amz-crc32"]) == zlib.crc32(seen[0]["body"])


# --- DynamoDB: reading --------------------------------------------------------------------------------------------

QUERY = "DynamoDB API Reference, Query"


@case(QUERY + ": KeyConditionExpression", [
    ["04"], ["00", "01"], ["00", "01", "02"], ["08", "09"], ["07", "08", "09"], ["03", "04", "05"],
    [f"0{n}" for n in range(10)], []])
def key_conditions(w):
    table = w.filled()
    conditions = [
        ("sk = :a", {":a": "04"}), ("sk < :a", {":a": "02"}), ("sk <= :a", {":a": "02"}), ("sk > :a", {":a": "07"}),
        ("sk >= :a", {":a": "07"}), ("sk BETWEEN :a AND :b", {":a": "03", ":b": "05"}), ("begins_with(sk, :a)", {":a": "0"}),
        ("begins_with(sk, :a)", {":a": "1"})]
    return [keys(w.query(table, "pk = :p AND " + text, values)) for text, values in conditions]


@case(QUERY + ": ScanIndexForward", ["09", "08", "07"])
def backwards(w):
    return keys(w.query(w.filled(), "pk = :p", ScanIndexForward=False, Limit=3))


@case(QUERY + ": Limit and LastEvaluatedKey", [["00", "01", "02", "03"], ["04", "05", "06", "07"], ["08", "09"], False])
def pages_by_limit(w):
    table = w.filled()
    pages, start = [], {}
    while True:
        page = w.query(table, "pk = :p", Limit=4, **start)
        pages.append(keys(page))
        if "LastEvaluatedKey" not in page:
            return pages + ["LastEvaluatedKey" in page]
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


@case(QUERY + ": 1 MB a page", [True, True, 12])
def pages_by_size(w):
    table = w.table()
    for number in range(12):
        w.put(table, sk={"S": f"{number:02d}"}, v={"S": "x" * 100_000})
    first = w.query(table, "pk = :p")
    second = w.query(table, "pk = :p", ExclusiveStartKey=first["LastEvaluatedKey"])
    return [10 <= first["Count"] <= 11, "LastEvaluatedKey" not in second, first["Count"] + second["Count"]]


@case(QUERY + ": FilterExpression after reading", [2, 10, ["08", "09"]])
def filters(w):
    answer = w.dynamodb.query(
        TableName=w.filled(), KeyConditionExpression="pk = :p", FilterExpression="#n > :n",
        ExpressionAttributeNames={"#n": "n"}, ExpressionAttributeValues={":p": {"S": "p"}, ":n": {"N": "7"}})
    return [answer["Count"], answer["ScannedCount"], keys(answer)]


@case(QUERY + ": Select COUNT", [10, False])
def count_only(w):
    answer = w.query(w.filled(), "pk = :p", Select="COUNT")
    return [answer["Count"], "Items" in answer]


@case(QUERY, [INVALID] * 4)
def query_refused(w):
    table = w.filled(1)
    return [
        code(w.query, table, "sk = :a", {":a": "x"}), code(w.query, table, "pk = :missing"),
        code(w.query, table, "pk > :p"), code(w.query, table, "pk = :p", Limit=0)]


@case("DynamoDB developer guide, data types: numbers in order of value", ["-100", "-10", "-1.5", "0", "0.5", "2", "10", "1000"])
def number_keys_in_order(w):
    table = w.table(sort="N")
    for number in ("10", "-1.5", "1000", "-100", "2", "0", "-10", "0.5"):
        w.put(table, sk={"N": number})
    return keys(w.query(table, "pk = :p"))


@case("DynamoDB developer guide, data types: strings in order of UTF-8", ["A", "a", "z", "é", "～", "𝄞"])
def string_keys_in_order(w):
    table = w.table()
    for text in ("𝄞", "a", "é", "A", "～", "z"):
        w.put(table, sk={"S": text})
    return keys(w.query(table, "pk = :p"))


@case("DynamoDB API Reference, Scan", [30, 30])
def scan_by_pages(w):
    table = w.filled(30)
    found, start, scanned = [], {}, 0
    while True:
        page = w.dynamodb.scan(TableName=table, Limit=7, **start)
        found += keys(page)
        scanned += page["ScannedCount"]
        if "LastEvaluatedKey" not in page:
            return [len(set(found)), scanned]
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


# --- STS, signatures ----------------------------------------------------------------------------------------------

@case("STS API Reference, GetCallerIdentity", "000000000000")
def caller_identity(w):
    return w.sts.get_caller_identity()["Account"]


SIGNATURE = "IAM user guide, troubleshooting Signature Version 4"
UNSIGNED = "ministack checks no signatures"


@case(SIGNATURE, ["SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"],
      ministack=([None, "ResourceNotFoundException", None], UNSIGNED))
def wrong_secret(w):
    return signed_otherwise(w, secret="other")


@case(SIGNATURE, ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidClientTokenId"],
      ministack=([None, "ResourceNotFoundException", None], UNSIGNED))
def unknown_key(w):
    return signed_otherwise(w, key="other")


@case(SIGNATURE, ["SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"],
      ministack=([None, "ResourceNotFoundException", None], UNSIGNED))
def wrong_region(w):
    return signed_otherwise(w, region="eu-west-1")


def signed_otherwise(w, **how):
    return [
        code(w.client("sqs", **how).list_queues), code(w.client("dynamodb", **how).scan, TableName=w.name()),
        code(w.client("sts", **how).get_caller_identity)]


# --- Running ------------------------------------------------------------------------------------------------------

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
