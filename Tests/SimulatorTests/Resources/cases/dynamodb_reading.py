"""DynamoDB: reading."""

from .table import INVALID, case, code, keys

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
