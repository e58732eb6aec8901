"""Fills a simulator's queue with messages such as the catcher sends: 640 B beacons of one event, each with its own ids."""

import http.client
import json
import os
import random
import time

SIZE = 640


def uuid_v7(milliseconds, bits):
    return "%08x-%04x-7%03x-%04x-%012x" % (
        milliseconds >> 16, milliseconds & 0xFFFF, bits & 0xFFF, 0x8000 | bits >> 12 & 0x3FFF, bits >> 26 & 0xFFFFFFFFFFFF)


BEACON = (
    '{"v":1,"sent_at":%d,"lib":{"name":"maplibre","version":"5.1.0","beacon":"0.1.0"},"session_id":"%s","view_id":"%s",'
    '"map_id":"map-%d","page":{"url":"https://example.com/maps/%d","referrer":"example.org"},"viewport":[1280,720],'
    '"dpr":2,"lang":"en","sample_rate":1,"events":[{"id":"%s","name":"map.moveend","ts":%d,"center":[%.5f,%.5f],'
    '"zoom":%.1f,"bbox":[%.5f,%.5f,%.5f,%.5f],"bearing":0,"pitch":0,"gesture":"pan","duration_ms":%d,"tiles":24,'
    '"errors":0,"props":{"note":"%s"}}]}')


def beacon(chance, maps, now, number):
    bits = chance.getrandbits(74)
    # One map after the other: every map is in every message as often as can be, which rollups like least.
    map_ = number % maps
    lng, lat = -122.75 + map_ % 20 * 10 + (bits & 1023) / 4096, 53.91 - map_ % 20 * 4 + (bits >> 10 & 1023) / 8192
    session = uuid_v7(now - 60_000, chance.getrandbits(74))
    values = (
        now, session, session, map_, map_, uuid_v7(now - 1000, bits), now - 1000, lng, lat, 9 + (bits >> 20 & 31) / 10,
        lng - 0.25, lat - 0.21, lng + 0.25, lat + 0.19, 100 + (bits >> 30 & 511))
    short = BEACON % (*values, "")
    return BEACON % (*values, "x" * (SIZE - len(short)))


def messages(events, maps, beacons_a_message=None, seed=1):
    """Bodies of at most 64,000 B, or of so many beacons."""
    chance = random.Random(seed)
    now = int(time.time() * 1000)
    made = 0
    while made < events:
        entries, size = [], 70
        while made < events and len(entries) != beacons_a_message:
            entry = '{"at":%d,"ip":"203.0.113.0","body":%s}' % (now, beacon(chance, maps, now, made))
            if size + len(entry) + 1 > 64_000 and entries:
                break
            entries.append(entry)
            size += len(entry) + 1
            made += 1
        yield '{"v":1,"id":"%s","beacons":[%s]}' % (uuid_v7(now, chance.getrandbits(74)), ",".join(entries))


def fill(simulator, bodies, batch=10):
    """Sends the messages; the simulator must not check signatures.

    Returns how many messages there are."""
    host = simulator.endpoint.removeprefix("http://")
    connection = http.client.HTTPConnection(host)

    def call(operation, value):
        connection.request("POST", "/", json.dumps(value), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS." + operation})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        if answer.status != 200 or content.get("Failed"):
            raise SystemExit(f"{operation}: {content}")
        return content

    # The catcher asks once: the bill of a few beacons is not to show it.
    if not hasattr(simulator, "queue_url"):
        simulator.queue_url = call("GetQueueUrl", {"QueueName": "beacons"})["QueueUrl"]
    url = simulator.queue_url
    entries, count = [], 0

    def send():
        call("SendMessageBatch", {"QueueUrl": url, "Entries": entries})
        entries.clear()

    for body in bodies:
        entries.append({"Id": str(len(entries)), "MessageBody": body})
        count += 1
        if len(entries) == batch:
            send()
    if entries:
        send()
    return count
