#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { EVENT_COUNT_MAX = 256, READ_BYTE_COUNT = 131072 };

// The part of an echo request that has not come in whole, by descriptor.
static int *pending_byte_counts;

static double seconds_of(struct timeval time) { return (double)time.tv_sec + time.tv_usec / 1e6; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + time.tv_nsec / 1e9;
}

// Adds `sign` times the current readings, so that a call with -1 and one with 1 give the difference.
static void add_readings(struct result *result, double sign) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    result->user_seconds += sign * seconds_of(usage.ru_utime);
    result->system_seconds += sign * seconds_of(usage.ru_stime);
    result->wall_seconds += sign * now();
}

int listen_on_loopback(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t address_byte_count = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(listener >= 0, "socket");
    // Where the default is bbr, pacing would be measured instead of the loop.
    setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
    require(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    require(listen(listener, 4096) == 0, "listen");
    require(getsockname(listener, (struct sockaddr *)&address, &address_byte_count) == 0, "port");
    *port = ntohs(address.sin_port);
    return listener;
}

static void watch(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
}

static int *accept_all(const struct options *options, int listener, int epoll,
                       struct result *result) {
    int *connections = calloc((size_t)options->connection_count, sizeof *connections);
    int highest = 0;
    require(connections != NULL, "memory");
    for (int index = 0; index < options->connection_count; index++) {
        int yes = 1;
        int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        require(connection >= 0, "accept");
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(epoll, connection);
        connections[index] = connection;
        if (connection > highest) highest = connection;
    }
    socklen_t name_byte_count = sizeof result->congestion_control - 1;
    getsockopt(connections[0], IPPROTO_TCP, TCP_CONGESTION, result->congestion_control,
               &name_byte_count);
    pending_byte_counts = calloc((size_t)highest + 1, sizeof *pending_byte_counts);
    require(pending_byte_counts != NULL, "memory");
    return connections;
}

static void wait_until_writable(int connection, struct result *result) {
    struct pollfd writable = {.fd = connection, .events = POLLOUT};
    result->stall_count++;
    require(poll(&writable, 1, -1) == 1, "poll");
}

static void send_all(int connection, const uint8_t *bytes, size_t byte_count,
                     struct result *result) {
    while (byte_count > 0) {
        ssize_t sent = send(connection, bytes, byte_count, MSG_NOSIGNAL);
        if (sent < 0) {
            require(errno == EAGAIN, "send");
            wait_until_writable(connection, result);
            continue;
        }
        bytes += sent;
        byte_count -= (size_t)sent;
    }
}

static void write_pieces(int connection, const struct iovec *pieces, int piece_count,
                         struct result *result) {
    ssize_t written = writev(connection, pieces, piece_count);
    require(written >= 0 || errno == EAGAIN, "writev");
    size_t skipped = written > 0 ? (size_t)written : 0;
    for (int index = 0; index < piece_count; index++) {
        size_t done = skipped < pieces[index].iov_len ? skipped : pieces[index].iov_len;
        skipped -= done;
        const uint8_t *rest = (const uint8_t *)pieces[index].iov_base + done;
        send_all(connection, rest, pieces[index].iov_len - done, result);
    }
}

// Reads the messages of one batch and makes a frame of each, ready to go to every connection.
static void read_batch(const struct options *options, int trigger, struct iovec *pieces) {
    static uint8_t frames[BATCH_MAX][FRAME_BYTE_COUNT_MAX];
    for (int index = 0; index < batch_count(options); index++) {
        uint8_t *frame = frames[index];
        const int header = header_byte_count(options);
        ssize_t byte_count = recv(trigger, frame + header, PAYLOAD_BYTE_COUNT_MAX, 0);
        require(byte_count == options->payload_byte_count, "the publisher's message");
        frame[0] = 0x81;
        if (header == 2) {
            frame[1] = (uint8_t)byte_count;
        } else {
            frame[1] = 126;
            frame[2] = (uint8_t)(byte_count >> 8);
            frame[3] = (uint8_t)byte_count;
        }
        pieces[index].iov_base = frame;
        pieces[index].iov_len = (size_t)(byte_count + header);
    }
}

static void fan_out(const struct options *options, const int *connections,
                    const struct iovec *pieces, struct result *result) {
    int piece_count = batch_count(options);
    for (int index = 0; index < options->connection_count; index++) {
        if (piece_count == 1) {
            send_all(connections[index], pieces[0].iov_base, pieces[0].iov_len, result);
        } else {
            write_pieces(connections[index], pieces, piece_count, result);
        }
    }
}

// Answers every request that is there whole; returns how many that were.
static long answer(const struct options *options, int connection, struct result *result) {
    static uint8_t bytes[READ_BYTE_COUNT];
    const int response_byte_count = options->payload_byte_count + header_byte_count(options);
    const int request_byte_count = response_byte_count + MASKING_KEY_BYTE_COUNT;
    long answered = 0;
    ssize_t byte_count = recv(connection, bytes, sizeof bytes, 0);
    require(byte_count > 0 || (byte_count < 0 && errno == EAGAIN), "recv");
    if (byte_count < 0) return 0;
    int pending = pending_byte_counts[connection] + (int)byte_count;
    for (; pending >= request_byte_count; pending -= request_byte_count) {
        send_all(connection, bytes, (size_t)response_byte_count, result);
        answered++;
    }
    pending_byte_counts[connection] = pending;
    return answered;
}

void run_server(const struct options *options, int listener, int trigger, struct result *result) {
    struct epoll_event events[EVENT_COUNT_MAX];
    struct iovec pieces[BATCH_MAX];
    const long per_message = options->mode == MODE_ECHO ? 1 : options->connection_count;
    const long warmup = options->warmup_count * per_message;
    const long all = warmup + options->message_count * per_message;
    long delivered = 0;
    bool is_measuring = false;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    require(epoll >= 0, "epoll");
    int *connections = accept_all(options, listener, epoll, result);
    // The publisher waits for this byte.
    require(send(trigger, "", 1, 0) == 1, "start");
    watch(epoll, trigger);
    while (delivered < all) {
        if (!is_measuring && delivered >= warmup) {
            is_measuring = true;
            add_readings(result, -1);
            result->delivery_count = -delivered;
            result->stall_count = 0;
        }
        int event_count = epoll_wait(epoll, events, EVENT_COUNT_MAX, -1);
        require(event_count > 0, "epoll_wait");
        for (int index = 0; index < event_count; index++) {
            if (events[index].data.fd == trigger) {
                read_batch(options, trigger, pieces);
                fan_out(options, connections, pieces, result);
                delivered += per_message * batch_count(options);
            } else {
                require(options->mode == MODE_ECHO, "silence of the client");
                delivered += answer(options, events[index].data.fd, result);
            }
        }
    }
    add_readings(result, 1);
    result->delivery_count += delivered;
    free(connections);
}
