// openloop HOST PORT RATE SECONDS CONNECTIONS PATIENCE_MS TIMEOUT_MS REQUESTS
//
// REQUESTS is a file of HTTP/1.1 requests, each after its length in bytes (32 bits, little-endian). They are drawn at
// random; with RATE and SECONDS 0 each is sent once, in order, as fast as they are answered. One line of JSON goes to
// standard output: counts, and latencies in milliseconds. What becomes of a request:
//
//   answered   2xx in time
//   refused    any other status in time
//   late       no whole answer TIMEOUT_MS after it was due; its connection is closed, as a client would
//   broken     the connection was closed under it
//   unsent     no connection became free within PATIENCE_MS
//
// `lag` is how late a request was sent that found a free connection: what the generator itself, or a machine that
// did not give it a core, adds to the latencies.
#include "openloop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCH = 256 };
static const int64_t MILLISECOND = 1000 * 1000, SECOND = 1000 * 1000 * 1000;

static struct settings settings;
static struct request *requests;
static size_t request_count, next_request;
static struct connection *connections, **idle;  // `idle` is a ring: the one that rested longest is asked first
static int idle_first, idle_count, busy_count, epoll;
static int64_t begin, end;

_Noreturn void fail(const char *what) {
    fprintf(stderr, "openloop: %s\n", what);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static void load_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t size[4];
    if (file == NULL) fail("the requests cannot be read");
    for (size_t room = 0; fread(size, 1, 4, file) == 4; request_count++) {
        if (request_count == room) {
            room = room == 0 ? 1024 : room * 2;
            requests = realloc(requests, room * sizeof *requests);
        }
        size_t length = size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16 | (size_t)size[3] << 24;
        char *bytes = malloc(length);
        if (requests == NULL || bytes == NULL || fread(bytes, 1, length, file) != length) fail("a request is cut");
        requests[request_count] = (struct request){bytes, length};
    }
    fclose(file);
    if (request_count == 0) fail("there are no requests");
}

static const struct request *draw(void) {
    static uint64_t state = 0x9e3779b97f4a7c15;  // xorshift64
    if (settings.duration == 0) return &requests[next_request++];
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return &requests[state % request_count];
}

static struct connection **idle_place(int number) { return &idle[(idle_first + number) % settings.connections]; }

static void rest(struct connection *connection) {
    connection->phase = IDLE;
    *idle_place(idle_count++) = connection;
}

static struct connection *take_idle(void) {
    struct connection *connection = idle[idle_first];
    idle_first = (idle_first + 1) % settings.connections;
    idle_count--;
    return connection;
}

static bool is_busy(const struct connection *connection) {
    return connection->phase == WRITING || connection->phase == READING;
}

// A connection that ended, with or without a request under way, is opened again.
static void reopen(struct connection *connection) {
    if (connection->phase == IDLE) {
        int place = 0;
        while (*idle_place(place) != connection) place++;
        for (idle_count--; place < idle_count; place++) *idle_place(place) = *idle_place(place + 1);
    }
    if (is_busy(connection)) busy_count--;
    connection_close(connection);
    connection_open(connection, epoll);
}

static void ask(struct connection *connection, int64_t intended) {
    connection->intended = intended;
    connection->request = draw();
    connection->written = connection->received = 0;
    connection->phase = WRITING;
    busy_count++;
    if (!connection_write(connection)) outcome_count(BROKEN), reopen(connection);
}

static void happened(struct connection *connection, uint32_t events) {
    if (connection->phase == CONNECTING) {
        // One that was refused is tried again at the next tick.
        if (events & (EPOLLERR | EPOLLHUP)) connection_close(connection);
        else if (events & EPOLLOUT) rest(connection);
        return;
    }
    if (connection->phase == WRITING && !connection_write(connection)) {
        outcome_count(BROKEN);
        reopen(connection);
        return;
    }
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) || connection->phase == CLOSED) return;
    bool keep = true, busy = connection->phase != IDLE;
    int status = connection_read(connection, &keep);
    if (status == 0) return;
    if (status < 0) {
        if (busy) outcome_count(BROKEN);
        reopen(connection);
        return;
    }
    int64_t latency = now() - connection->intended;
    if (latency > settings.timeout) outcome_count(LATE);
    else outcome_status(status, latency);
    if (!keep) {
        reopen(connection);
        return;
    }
    busy_count--;
    rest(connection);
}

// Waits for the sockets, at most until `until`.
static void wait_for_events(int64_t until) {
    struct epoll_event events[BATCH];
    int64_t left = until - now();
    if (left < 0) left = 0;
    struct timespec timeout = {left / SECOND, left % SECOND};
    int count = epoll_pwait2(epoll, events, BATCH, &timeout, NULL);
    for (int number = 0; number < count; number++) happened(events[number].data.ptr, events[number].events);
}

static void tick(void) {
    static int64_t next;
    int64_t time = now();
    if (time < next) return;
    next = time + 5 * MILLISECOND;
    for (int number = 0; number < settings.connections; number++) {
        struct connection *connection = &connections[number];
        bool is_late = is_busy(connection) && time > connection->intended + settings.timeout;
        if (is_late) outcome_count(LATE), reopen(connection);
        if (connection->phase == CLOSED) connection_open(connection, epoll);
    }
}

static void open_loop(void) {
    double interval = (double)SECOND / settings.rate;
    int64_t total = (int64_t)(settings.rate * (double)settings.duration / (double)SECOND), number = 0;
    int64_t none_idle = 0;  // when there was last no connection for a request
    while (number < total || busy_count > 0) {
        int64_t time = now(), due = begin + (int64_t)((double)number * interval);
        while (number < total && due <= time) {
            if (idle_count == 0) none_idle = time;
            if (idle_count > 0) {
                if (due > none_idle) outcome_lag(time - due);
                ask(take_idle(), due);
            } else if (time - due > settings.patience) {
                outcome_count(UNSENT);
            } else {
                break;
            }
            due = begin + (int64_t)((double)++number * interval);
        }
        bool blocked = number < total && due <= time;
        int64_t latest = time + 5 * MILLISECOND;
        wait_for_events(number < total && !blocked && due < latest ? due : latest);
        tick();
    }
}

static bool goes_on(void) { return settings.duration == 0 ? next_request < request_count : now() < end; }

static void closed_loop(void) {
    while (goes_on() || busy_count > 0) {
        while (idle_count > 0 && goes_on()) ask(take_idle(), now());
        wait_for_events(now() + 5 * MILLISECOND);
        tick();
    }
}

int main(int count, char **arguments) {
    if (count != 9) fail("HOST PORT RATE SECONDS CONNECTIONS PATIENCE_MS TIMEOUT_MS REQUESTS");
    settings = (struct settings){
        .host = arguments[1], .port = arguments[2], .rate = atof(arguments[3]),
        .duration = (int64_t)(atof(arguments[4]) * (double)SECOND), .connections = atoi(arguments[5]),
        .patience = atoll(arguments[6]) * MILLISECOND, .timeout = atoll(arguments[7]) * MILLISECOND,
    };
    bool is_once = settings.duration == 0 && settings.rate == 0;
    if ((settings.duration <= 0 && !is_once) || settings.connections <= 0 || settings.rate < 0) fail("a number out of range");
    load_requests(arguments[8]);
    prctl(PR_SET_TIMERSLACK, 1UL);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    connection_resolve(&settings);
    epoll = epoll_create1(0);
    connections = calloc((size_t)settings.connections, sizeof *connections);
    idle = calloc((size_t)settings.connections, sizeof *idle);
    if (connections == NULL || idle == NULL) fail("no memory");
    int64_t latest = now() + 5 * SECOND;
    while (idle_count < settings.connections && now() < latest) {
        tick();  // opens those that are closed
        wait_for_events(now() + 5 * MILLISECOND);
    }
    if (idle_count == 0) fail("no connection could be made");
    begin = now();
    end = begin + settings.duration;
    if (settings.rate > 0) open_loop();
    else closed_loop();
    outcome_print(&settings, now() - begin);
    return 0;
}
