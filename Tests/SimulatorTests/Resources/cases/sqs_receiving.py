"""SQS: receiving, deleting, visibility, redrive."""

import json
import threading
import time

from .table import case, code

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
