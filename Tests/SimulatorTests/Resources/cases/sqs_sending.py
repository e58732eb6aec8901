"""SQS: sending."""

import hashlib

from .table import case, code

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
