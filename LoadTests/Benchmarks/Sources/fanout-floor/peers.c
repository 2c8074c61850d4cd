#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { EVENT_COUNT_MAX = 256, READ_BYTE_COUNT = 65536 };

int run_publisher(const struct options *options, int trigger) {
    static uint8_t payload[PAYLOAD_BYTE_COUNT_MAX];
    char start;
    struct timespec next;
    const int batch = batch_count(options);
    const long interval = 1000000000L / options->rate * batch;
    const long all = options->warmup_count + options->message_count;
    memset(payload, 'x', sizeof payload);
    require(recv(trigger, &start, 1, 0) == 1, "start");
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long sent = 0; sent < all; sent += batch) {
        for (int index = 0; index < batch; index++) {
            ssize_t byte_count = send(trigger, payload, (size_t)options->payload_byte_count, 0);
            require(byte_count == options->payload_byte_count, "publish");
        }
        next.tv_nsec += interval;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    return 0;
}

static int connect_all(const struct options *options, uint16_t port, int *connections) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    require(epoll >= 0, "epoll");
    for (int index = 0; index < options->connection_count; index++) {
        int yes = 1;
        int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        require(connection >= 0, "socket");
        require(connect(connection, (struct sockaddr *)&address, sizeof address) == 0, "connect");
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        require(epoll_ctl(epoll, EPOLL_CTL_ADD, connection, &event) == 0, "epoll_ctl");
        connections[index] = connection;
    }
    return epoll;
}

int run_draining_client(const struct options *options, uint16_t port) {
    static int connections[CONNECTION_COUNT_MAX];
    static long missing[CONNECTION_COUNT_MAX];
    static uint8_t bytes[READ_BYTE_COUNT];
    struct epoll_event events[EVENT_COUNT_MAX];
    const long per_connection = (options->warmup_count + options->message_count) *
                                (options->payload_byte_count + header_byte_count(options));
    long missing_in_all = per_connection * options->connection_count;
    int epoll = connect_all(options, port, connections);
    for (int index = 0; index < options->connection_count; index++) missing[index] = per_connection;
    while (missing_in_all > 0) {
        int event_count = epoll_wait(epoll, events, EVENT_COUNT_MAX, -1);
        require(event_count > 0, "epoll_wait");
        for (int position = 0; position < event_count; position++) {
            uint32_t index = events[position].data.u32;
            ssize_t byte_count = recv(connections[index], bytes, sizeof bytes, 0);
            // A connection that ends early, or gets more than it should, did not get its messages.
            require(byte_count > 0 && byte_count <= missing[index], "every delivery");
            missing[index] -= byte_count;
            missing_in_all -= byte_count;
        }
    }
    return 0;
}

int run_echo_client(const struct options *options, uint16_t port) {
    static int connections[CONNECTION_COUNT_MAX];
    static int missing[CONNECTION_COUNT_MAX];
    static uint8_t request[FRAME_BYTE_COUNT_MAX];
    static uint8_t bytes[FRAME_BYTE_COUNT_MAX];
    struct epoll_event events[EVENT_COUNT_MAX];
    const int response_byte_count = options->payload_byte_count + header_byte_count(options);
    const size_t request_byte_count = (size_t)response_byte_count + MASKING_KEY_BYTE_COUNT;
    const long all = options->warmup_count + options->message_count;
    long sent = 0;
    int epoll = connect_all(options, port, connections);
    memset(request, 'x', sizeof request);
    // Each connection has one request on its way at any time.
    for (int index = 0; index < options->connection_count; index++, sent++) {
        require(send(connections[index], request, request_byte_count, 0) > 0, "send");
        missing[index] = response_byte_count;
    }
    for (long answered = 0; answered < all;) {
        int event_count = epoll_wait(epoll, events, EVENT_COUNT_MAX, -1);
        require(event_count > 0, "epoll_wait");
        for (int position = 0; position < event_count; position++) {
            uint32_t index = events[position].data.u32;
            ssize_t byte_count = recv(connections[index], bytes, (size_t)missing[index], 0);
            require(byte_count > 0, "every answer");
            missing[index] -= (int)byte_count;
            if (missing[index] > 0) continue;
            answered++;
            if (sent == all) continue;
            require(send(connections[index], request, request_byte_count, 0) > 0, "send");
            missing[index] = response_byte_count;
            sent++;
        }
    }
    return 0;
}
