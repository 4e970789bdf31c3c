// An open-loop load: requests are due at fixed times, whatever the server does with those before them.
//
// A closed loop (wrk) asks again when it has its answer: a server that stalls is asked less, and the requests that
// would have met the stall are never counted. Here request number n is due at n ÷ rate, and its latency counts
// from then, even when it had to wait for a free connection. Times are in nanoseconds of CLOCK_MONOTONIC.
#ifndef OPENLOOP_H
#define OPENLOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request {
    const char *bytes;
    size_t length;
};

struct settings {
    const char *host, *port;
    double rate;       // requests per second; 0: a closed loop, every connection asks again at once
    int64_t duration;  // in which requests are due
    int64_t patience;  // how long a request may wait for a free connection
    int64_t timeout;   // from the intended start to the whole answer
    int connections;
};

enum phase { CLOSED, CONNECTING, IDLE, WRITING, READING };

enum { ANSWER_ROOM = 16384 };

struct connection {
    int socket;
    enum phase phase;
    int64_t intended;  // of the request under way
    const struct request *request;
    size_t written, received;
    char answer[ANSWER_ROOM + 1];
};

// connection.c: one connection without blocking; a negative status means that it broke.
void connection_resolve(const struct settings *settings);
bool connection_open(struct connection *connection, int epoll);
void connection_close(struct connection *connection);
bool connection_write(struct connection *connection);
// The status of the complete answer, 0 while it is not complete, -1 when the connection broke.
int connection_read(struct connection *connection, bool *keep);

// outcome.c: what became of the requests.
enum outcome { ANSWERED, REFUSED, LATE, BROKEN, UNSENT, OUTCOMES };

void outcome_status(int status, int64_t latency);
void outcome_count(enum outcome outcome);
void outcome_lag(int64_t lag);
void outcome_print(const struct settings *settings, int64_t elapsed);

_Noreturn void fail(const char *what);

#endif
