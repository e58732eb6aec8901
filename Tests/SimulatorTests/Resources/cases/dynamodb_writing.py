"""DynamoDB: writing, keys, values, sizes."""

import zlib

from .table import INVALID, case, code


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
