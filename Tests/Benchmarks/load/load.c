// Posts beacons to a catcher: one event a beacon, one beacon a request, keep-alive, one thread with epoll.
//
// Every beacon is valid (CONTRACT, section 3), exactly --size bytes, with ids and times of its own. At a fixed rate the
// latency counts from when a request was due, so that a catcher that stalls is not flattered. One line of JSON tells
// what came back.
//
//   cc -O2 -o load load.c && ./load --port 7001 --connections 200 --rate 1000 --seconds 10 [--maps 20] [--browser]

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MAX_REQUEST = 8192, MAX_ANSWER = 4096, BUCKETS = 64 * 32 };

static struct {
    const char *host, *path;
    int port, connections, rate, maps, size, browser, idle;
    double seconds;
    long count;
} options = {"127.0.0.1", "/work", 7001, 200, 0, 20, 640, 0, 0, 10, 0};

struct connection {
    int fd, busy;
    int64_t due;  // when the request in flight should have been sent, in ns
    size_t unsent, length, read;
    char request[MAX_REQUEST], answer[MAX_ANSWER];
};

static struct connection *connections;
static int *idle_stack, idle_count;
static long sent, answered, failed, status_counts[600], histogram[BUCKETS];
static int64_t longest;
static int poller;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static uint64_t random_bits(void) {
    static uint64_t state;
    if (!state) state = (uint64_t)now() * 2654435761u ^ (uint64_t)getpid() << 32;
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

// Latencies in buckets of 1/32 of their power of two: 3 % wide.
static void record(int64_t ns) {
    if (ns > longest) longest = ns;
    uint64_t value = ns < 32 ? 32 : (uint64_t)ns;
    int power = 63 - __builtin_clzll(value);
    histogram[power * 32 + (int)(value >> (power - 5) & 31)]++;
}

static double percentile(double share) {
    long seen = 0, wanted = (long)(share * answered);
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += histogram[i]) > wanted) return (double)((uint64_t)(32 + i % 32) << (i / 32) >> 5) / 1e6;
    return longest / 1e6;
}

static void uuid_v7(char *out, int64_t at) {
    uint64_t a = random_bits(), b = random_bits();
    sprintf(out, "%08x-%04x-7%03x-%04x-%012llx", (uint32_t)(at >> 16), (uint32_t)(at & 0xffff), (uint32_t)(a & 0xfff),
        (uint32_t)(0x8000 | (a >> 12 & 0x3fff)), (unsigned long long)(b & 0xffffffffffffULL));
}

static size_t write_beacon(char *out) {
    int64_t at = milliseconds();
    char id[40], session[40], view[40];
    uint64_t dice = random_bits();
    int map = (int)(dice % options.maps);
    double lng = -122.75 + map * 10 + (dice >> 8 & 1023) / 4096.0, lat = 53.91 - map * 4 + (dice >> 18 & 1023) / 8192.0;
    uuid_v7(id, at - 1000), uuid_v7(session, at - 60000), uuid_v7(view, at - 60000);
    int n = sprintf(out,
        "{\"v\":1,\"sent_at\":%lld,\"lib\":{\"name\":\"maplibre\",\"version\":\"5.1.0\",\"beacon\":\"0.1.0\"},"
        "\"session_id\":\"%s\",\"view_id\":\"%s\",\"map_id\":\"map-%d\","
        "\"page\":{\"url\":\"https://example.com/maps/%d\",\"referrer\":\"example.org\"},\"viewport\":[1280,720],"
        "\"dpr\":2,\"lang\":\"en\",\"sample_rate\":1,\"events\":[{\"id\":\"%s\",\"name\":\"map.moveend\",\"ts\":%lld,"
        "\"center\":[%.5f,%.5f],\"zoom\":%.1f,\"bbox\":[%.5f,%.5f,%.5f,%.5f],\"bearing\":0,\"pitch\":0,"
        "\"gesture\":\"pan\",\"duration_ms\":%d,\"tiles\":24,\"errors\":0,\"props\":{\"note\":\"",
        (long long)at, session, view, map, map, id, (long long)at - 1000, lng, lat, 9 + (dice >> 28 & 31) / 10.0,
        lng - 0.25, lat - 0.21, lng + 0.25, lat + 0.19, (int)(100 + (dice >> 33 & 511)));
    if (n + 6 > options.size) fprintf(stderr, "--size: at least %d\n", n + 6), exit(64);
    while (n < options.size - 6) out[n++] = 'x';
    memcpy(out + n, "\"}}]}", 5);
    n += 5;
    while (n < options.size) out[n++] = '\n';
    return (size_t)n;
}

static const char *browser_headers =
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 "
    "Safari/537.36\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n"
    "Origin: https://example.com\r\nReferer: https://example.com/\r\nsec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Windows\"\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: cross-site\r\n";

static int open_connection(struct connection *c);
static void fail(struct connection *c);

static void flush_request(struct connection *c) {
    while (c->unsent) {
        ssize_t n = send(c->fd, c->request + c->length - c->unsent, c->unsent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) return fail(c);
        c->unsent -= (size_t)n;
    }
}

// Returns whether it has begun.
static int start_request(struct connection *c, int64_t due) {
    if (c->fd < 0 && !open_connection(c)) return 0;
    int head = sprintf(c->request,
        "POST %s HTTP/1.1\r\nHost: %s:%d\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n", options.path,
        options.host, options.port, options.browser ? browser_headers : "",
        options.browser ? "text/plain;charset=UTF-8" : "application/json", options.size);
    c->length = c->unsent = (size_t)head + write_beacon(c->request + head);
    idle_count--;
    c->due = due;
    c->busy = 1;
    c->read = 0;
    sent++;
    flush_request(c);
    return 1;
}

// Returns whether it is open; if not, the next request on it tries again.
static int open_connection(struct connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    inet_pton(AF_INET, options.host, &address.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
        close(c->fd);
        c->fd = -1;
        return 0;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    // Non-blocking only now, so that connect waits.
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    return 1;
}

static void release(struct connection *c) {
    c->busy = 0;
    idle_stack[idle_count++] = (int)(c - connections);
}

static void fail(struct connection *c) {
    if (c->busy) failed++;
    close(c->fd);
    open_connection(c);
    if (c->busy) release(c);
}

// Returns whether an answer is complete.
static int parse_answer(struct connection *c) {
    c->answer[c->read] = 0;
    char *end = strstr(c->answer, "\r\n\r\n");
    if (!end) return 0;
    char *length = strcasestr(c->answer, "content-length:");
    size_t body = length && length < end ? strtoul(length + 15, NULL, 10) : 0;
    if (c->read < (size_t)(end + 4 - c->answer) + body) return 0;
    int status = atoi(c->answer + 9);
    status_counts[status > 0 && status < 600 ? status : 0]++;
    return 1;
}

static void read_answers(struct connection *c) {
    for (;;) {
        ssize_t n = recv(c->fd, c->answer + c->read, MAX_ANSWER - 1 - c->read, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) return fail(c);
        c->read += (size_t)n;
        if (!c->busy || !parse_answer(c)) continue;
        answered++;
        record(now() - c->due);
        int closes = strcasestr(c->answer, "connection: close") != NULL;
        release(c);
        if (closes) return fail(c);
    }
}

static void parse_options(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (!strcmp(name, "--browser")) { options.browser = 1; continue; }
        if (!strcmp(name, "--idle")) { options.idle = 1; continue; }
        if (++i == argc) fprintf(stderr, "%s needs a value\n", name), exit(64);
        if (!strcmp(name, "--host")) options.host = argv[i];
        else if (!strcmp(name, "--path")) options.path = argv[i];
        else if (!strcmp(name, "--port")) options.port = atoi(argv[i]);
        else if (!strcmp(name, "--connections")) options.connections = atoi(argv[i]);
        else if (!strcmp(name, "--rate")) options.rate = atoi(argv[i]);
        else if (!strcmp(name, "--maps")) options.maps = atoi(argv[i]);
        else if (!strcmp(name, "--size")) options.size = atoi(argv[i]);
        else if (!strcmp(name, "--seconds")) options.seconds = atof(argv[i]);
        else if (!strcmp(name, "--count")) options.count = atol(argv[i]);
        else fprintf(stderr, "unknown option %s\n", name), exit(64);
    }
}

static void report(double elapsed) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"sent\":%ld,\"answered\":%ld,\"failed\":%ld,\"seconds\":%.3f,\"rate\":%.1f,\"load_cpu\":%.2f,\"status\":{",
        sent, answered, failed, elapsed, answered / elapsed, cpu);
    int first = 1;
    for (int i = 0; i < 600; i++)
        if (status_counts[i]) printf("%s\"%d\":%ld", first ? "" : ",", i, status_counts[i]), first = 0;
    printf("},\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"p999_ms\":%.2f,\"max_ms\":%.2f}\n", percentile(0.5),
        percentile(0.9), percentile(0.99), percentile(0.999), longest / 1e6);
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(0);
    connections = calloc((size_t)options.connections, sizeof *connections);
    idle_stack = calloc((size_t)options.connections, sizeof *idle_stack);
    for (int i = 0; i < options.connections; i++) {
        if (!open_connection(&connections[i])) perror("connect"), exit(69);
        release(&connections[i]);
    }

    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec tick = {{0, 1000000}, {0, 1000000}};
    timerfd_settime(timer, 0, &tick, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event);

    int64_t start = now(), end = start + (int64_t)(options.seconds * 1e9), stop = 0;
    long limit = options.count ? options.count : INT64_MAX;
    if (options.count) end = INT64_MAX;
    for (;;) {
        int64_t t = now();
        int over = t >= end || sent >= limit;
        if (over && !stop) stop = t;
        // Answers may come for ten seconds more.
        if (over && (answered + failed >= sent || t > stop + 10000000000LL)) break;
        while (!over && !options.idle && idle_count && sent < limit) {
            int64_t due = options.rate ? start + sent * (1000000000LL / options.rate) : t;
            if (due > t) break;
            // Where nobody listens, the next tick tries again: what is due stays due.
            if (!start_request(&connections[idle_stack[idle_count - 1]], due)) break;
        }
        struct epoll_event events[512];
        int n = epoll_wait(poller, events, 512, 100);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                uint64_t ticks;
                if (read(timer, &ticks, sizeof ticks) < 0) continue;
                continue;
            }
            if (c->unsent) flush_request(c);
            read_answers(c);
        }
    }
    report((now() - start) / 1e9);
    return 0;
}
