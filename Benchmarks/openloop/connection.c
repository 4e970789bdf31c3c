#include "openloop.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct addrinfo *address;

void connection_resolve(const struct settings *settings) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo(settings->host, settings->port, &hints, &address) != 0) fail("the address cannot be resolved");
}

bool connection_open(struct connection *connection, int epoll) {
    int one = 1;
    connection->socket = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->socket < 0) fail("no socket");
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // Edge-triggered for both ways: registered once, no system call for every request.
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event) != 0) fail("epoll_ctl");
    connection->phase = CONNECTING;
    if (connect(connection->socket, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS) return true;
    connection_close(connection);
    return false;
}

void connection_close(struct connection *connection) {
    if (connection->phase != CLOSED) close(connection->socket);
    connection->phase = CLOSED;
}

bool connection_write(struct connection *connection) {
    const struct request *request = connection->request;
    while (connection->written < request->length) {
        ssize_t count = send(connection->socket, request->bytes + connection->written,
                             request->length - connection->written, MSG_NOSIGNAL);
        if (count < 0) return errno == EAGAIN;
        connection->written += (size_t)count;
    }
    connection->phase = READING;
    return true;
}

// The value of a header, or NULL. `head` ends before the empty line.
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0) return line + 2 + length + strspn(line + 2 + length, " ");
    return NULL;
}

// As `connection_read`: looks at what has arrived so far.
static int complete(struct connection *connection, bool *keep) {
    connection->answer[connection->received] = '\0';
    char *end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL) return connection->received == ANSWER_ROOM ? -1 : 0;
    *end = '\0';
    const char *length = header(connection->answer, "content-length:");
    const char *encoding = header(connection->answer, "transfer-encoding:");
    const char *option = header(connection->answer, "connection:");
    int status = connection->received > 12 ? atoi(connection->answer + 9) : 0;
    *keep = option == NULL || strncasecmp(option, "close", 5) != 0;
    *end = '\r';
    size_t total = (size_t)(end + 4 - connection->answer) + (length == NULL ? 0 : strtoul(length, NULL, 10));
    if (encoding != NULL || total > ANSWER_ROOM || status < 100) return -1;
    return connection->received >= total ? status : 0;
}

int connection_read(struct connection *connection, bool *keep) {
    for (;;) {
        ssize_t count = recv(connection->socket, connection->answer + connection->received,
                             ANSWER_ROOM - connection->received, 0);
        if (count < 0) return errno == EAGAIN ? 0 : -1;
        if (count == 0) return -1;
        connection->received += (size_t)count;
        // An answer that nobody asked for, or more than one: not a server that can be measured.
        if (connection->phase != READING) return -1;
        int status = complete(connection, keep);
        if (status != 0) return status;
    }
}
