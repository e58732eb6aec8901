"""SQS: queues and their attributes."""

import json

from .table import case, code

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
