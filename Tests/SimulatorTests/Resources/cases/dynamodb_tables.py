"""DynamoDB: tables."""

from .table import INVALID, case, code


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
