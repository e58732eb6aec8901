"""What a case is, and the world that it looks at: clients, fresh queues and tables."""

import os
import time

import boto3
import botocore.config
import botocore.exceptions

CASES = []

# What DynamoDB calls input that breaks its rules.
INVALID = "ValidationException"


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
