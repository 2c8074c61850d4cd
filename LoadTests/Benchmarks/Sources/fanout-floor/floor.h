// The yardstick: see LoadTests/Benchmarks/README.md.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    // Connections are bounded by the ephemeral ports of one address.
    CONNECTION_COUNT_MAX = 20000,
    // What a length of 16 bits tells (RFC 6455 §5.2).
    PAYLOAD_BYTE_COUNT_MAX = 65535,
    MASKING_KEY_BYTE_COUNT = 4,
    FRAME_BYTE_COUNT_MAX = PAYLOAD_BYTE_COUNT_MAX + 4 + MASKING_KEY_BYTE_COUNT,
    BATCH_MAX = 10,
};

enum mode { MODE_SINGLE, MODE_PENDING, MODE_ECHO };

struct options {
    enum mode mode;
    int connection_count;
    int payload_byte_count;
    // Messages of the publisher, or requests of all echo clients together, without the warm-up.
    long message_count;
    long warmup_count;
    // Messages per second; the echo clients go as fast as they are answered.
    long rate;
    int server_core;
    int peer_core;
    // After so many seconds every process ends, whatever it is doing.
    int second_count_max;
};

struct result {
    long delivery_count;
    long stall_count;
    double user_seconds;
    double system_seconds;
    double wall_seconds;
    char congestion_control[16];
};

// The header of a server's frame, which has no masking key: 2 bytes up to payloads of 125, then 4.
int header_byte_count(const struct options *options);

// Messages that go out together: 1, or BATCH_MAX in mode pending10.
int batch_count(const struct options *options);

// peers.c: each runs in a process of its own and returns its exit status.
int run_publisher(const struct options *options, int trigger);
int run_draining_client(const struct options *options, uint16_t port);
int run_echo_client(const struct options *options, uint16_t port);

// server.c
int listen_on_loopback(uint16_t *port);
void run_server(const struct options *options, int listener, int trigger, struct result *result);

// main.c: ends the process with the name of what failed when the condition is false.
void require(bool condition, const char *what);
void pin_to_core(int core);
