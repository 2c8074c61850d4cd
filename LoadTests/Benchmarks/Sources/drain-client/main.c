// A client that only counts: WebSocket connections to a server on loopback, whose text frames are
// skipped as fast as they come. The same for every server that is compared, since how often its peer
// sleeps and is woken is a part of what a delivery costs a server.
//
// Prints "ready" once every connection has its first frames, then answers each byte on standard input
// with how many text frames came in all since, and ends with it.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTION_COUNT_MAX = 20000,
    EVENT_COUNT_MAX = 256,
    READ_BYTE_COUNT = 65536,
    OPENING_BYTE_COUNT_MAX = 16384,
    HEADER_BYTE_COUNT_MAX = 10,
    SECOND_COUNT_MAX = 300,
};

struct connection {
    int descriptor;
    bool is_first_done;
    long text_count;
    // Of the frame that is coming in: what is there of its header, and what is missing of its payload.
    uint8_t header[HEADER_BYTE_COUNT_MAX];
    int header_byte_count;
    uint64_t missing_byte_count;
};

static void require(bool condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "drain-client: %s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

static size_t read_file(const char *path, char *bytes) {
    FILE *file = fopen(path, "rb");
    require(file != NULL, path);
    size_t byte_count = fread(bytes, 1, OPENING_BYTE_COUNT_MAX, file);
    fclose(file);
    return byte_count;
}

static void send_all(int descriptor, const char *bytes, size_t byte_count) {
    require(send(descriptor, bytes, byte_count, MSG_NOSIGNAL) == (ssize_t)byte_count, "send");
}

// Connects, sends the request, reads the head of the answer and no more, and sends what follows.
static int open_connection(uint16_t port, const char *opening, size_t opening_byte_count) {
    const char *request_end = memmem(opening, opening_byte_count, "\r\n\r\n", 4);
    require(request_end != NULL, "a request that ends");
    const size_t request_byte_count = (size_t)(request_end - opening) + 4;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int yes = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char head[OPENING_BYTE_COUNT_MAX];
    size_t byte_count = 0;
    require(descriptor >= 0, "socket");
    require(connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    send_all(descriptor, opening, request_byte_count);
    while (byte_count < 4 || memcmp(head + byte_count - 4, "\r\n\r\n", 4) != 0) {
        require(byte_count < sizeof head, "a head that ends");
        require(recv(descriptor, head + byte_count, 1, 0) == 1, "the handshake");
        byte_count++;
    }
    errno = 0;
    require(memcmp(head, "HTTP/1.1 101", 12) == 0, "a server that accepts");
    if (opening_byte_count > request_byte_count) {
        send_all(descriptor, opening + request_byte_count, opening_byte_count - request_byte_count);
    }
    return descriptor;
}

// Takes a frame's header once it is there whole (RFC 6455 §5.2; a server does not mask).
static void finish_header(struct connection *connection) {
    const uint8_t *header = connection->header;
    const int length = header[1] & 0x7f;
    const int byte_count = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (connection->header_byte_count < byte_count) return;
    uint64_t payload = length < 126 ? (uint64_t)length : 0;
    for (int index = 2; index < byte_count; index++) payload = payload << 8 | header[index];
    connection->missing_byte_count = payload;
    connection->header_byte_count = 0;
    if ((header[0] & 0x0f) == 1) connection->text_count++;
}

static void take(struct connection *connection, const uint8_t *bytes, size_t byte_count) {
    while (byte_count > 0) {
        if (connection->missing_byte_count > 0) {
            size_t skipped = connection->missing_byte_count < byte_count
                                 ? (size_t)connection->missing_byte_count
                                 : byte_count;
            connection->missing_byte_count -= skipped;
            bytes += skipped;
            byte_count -= skipped;
            continue;
        }
        connection->header[connection->header_byte_count++] = *bytes++;
        byte_count--;
        if (connection->header_byte_count >= 2) finish_header(connection);
    }
}

static void pin_to_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    require(sched_setaffinity(0, sizeof cores, &cores) == 0, "the core");
}

static struct connection *open_all(int count, uint16_t port, const char *path, int epoll) {
    char opening[OPENING_BYTE_COUNT_MAX];
    const size_t opening_byte_count = read_file(path, opening);
    struct connection *connections = calloc((size_t)count, sizeof *connections);
    require(connections != NULL, "memory");
    for (int index = 0; index < count; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        connections[index].descriptor = open_connection(port, opening, opening_byte_count);
        require(epoll_ctl(epoll, EPOLL_CTL_ADD, connections[index].descriptor, &event) == 0,
                "epoll_ctl");
    }
    return connections;
}

int main(int argument_count, char **arguments) {
    static uint8_t bytes[READ_BYTE_COUNT];
    struct epoll_event events[EVENT_COUNT_MAX];
    struct rlimit descriptors;
    if (argument_count != 6) {
        fputs("Usage: drain-client PORT OPENING-FILE CONNECTIONS FIRST-FRAMES CORE\n", stderr);
        return 2;
    }
    const int count = atoi(arguments[3]);
    const long first_count = atol(arguments[4]);
    require(count > 0 && count <= CONNECTION_COUNT_MAX, "a number of connections");
    alarm(SECOND_COUNT_MAX);
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    pin_to_core(atoi(arguments[5]));
    int epoll = epoll_create1(EPOLL_CLOEXEC), waiting = first_count > 0 ? count : 0;
    require(epoll >= 0, "epoll");
    struct connection *connections =
        open_all(count, (uint16_t)atoi(arguments[1]), arguments[2], epoll);
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = (uint32_t)count};
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) == 0, "standard input");
    if (waiting == 0) puts("ready"), fflush(stdout);
    for (;;) {
        int event_count = epoll_wait(epoll, events, EVENT_COUNT_MAX, -1);
        require(event_count > 0, "epoll_wait");
        for (int position = 0; position < event_count; position++) {
            uint32_t index = events[position].data.u32;
            if (index == (uint32_t)count) {
                long text_count = -first_count * count;
                if (read(STDIN_FILENO, bytes, 1) != 1) return 0;
                for (int each = 0; each < count; each++) text_count += connections[each].text_count;
                printf("%ld\n", text_count), fflush(stdout);
                continue;
            }
            struct connection *connection = &connections[index];
            ssize_t byte_count = recv(connection->descriptor, bytes, sizeof bytes, 0);
            require(byte_count > 0, "a connection that stays");
            take(connection, bytes, (size_t)byte_count);
            if (!connection->is_first_done && connection->text_count >= first_count) {
                connection->is_first_done = true;
                if (--waiting == 0) puts("ready"), fflush(stdout);
            }
        }
    }
}
