#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "Usage: fanout-floor [--mode single|pending10|echo] [--connections N] [--messages N]\n"
    "                    [--warmup N] [--rate N] [--payload BYTES] [--server-core N]\n"
    "                    [--peer-core N] [--seconds N]\n"
    "\n"
    "  --messages  messages to every connection, or answers in all with echo\n"
    "              (default 500, 5000 with pending10, 200000 with echo)\n"
    "  --warmup    as many before the measurement begins (default: a tenth)\n"
    "  --rate      messages a second (default 100, 1000 with pending10; echo has none)\n"
    "  --payload   bytes of a message, 1 to 65535 (default 120)\n"
    "  --seconds   the bound of the whole run (default 60)\n";

static const char *const mode_names[] = {"single", "pending10", "echo"};

void require(bool condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "fanout-floor: %s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

void pin_to_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    require(sched_setaffinity(0, sizeof cores, &cores) == 0, "the core");
}

int header_byte_count(const struct options *options) {
    return options->payload_byte_count <= 125 ? 2 : 4;
}

int batch_count(const struct options *options) {
    return options->mode == MODE_PENDING ? BATCH_MAX : 1;
}

static long number(const char *text, long minimum, long maximum) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < minimum || value > maximum) {
        fprintf(stderr, "fanout-floor: %s is not a number from %ld to %ld\n", text, minimum, maximum);
        exit(2);
    }
    return value;
}

static enum mode mode_named(const char *name) {
    for (int mode = MODE_SINGLE; mode <= MODE_ECHO; mode++) {
        if (strcmp(name, mode_names[mode]) == 0) return (enum mode)mode;
    }
    fprintf(stderr, "fanout-floor: no mode is named %s\n%s", name, usage);
    exit(2);
}

static struct options parse(int argument_count, char **arguments) {
    static const struct option names[] = {
        {"mode", 1, NULL, 'm'},        {"connections", 1, NULL, 'c'}, {"messages", 1, NULL, 'n'},
        {"warmup", 1, NULL, 'w'},      {"rate", 1, NULL, 'r'},        {"payload", 1, NULL, 'p'},
        {"server-core", 1, NULL, 's'}, {"peer-core", 1, NULL, 'k'},   {"seconds", 1, NULL, 't'},
        {"help", 0, NULL, 'h'},        {NULL, 0, NULL, 0}};
    const int core_max = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;
    struct options options = {.connection_count = 0,
                              .payload_byte_count = 120,
                              .warmup_count = -1,
                              .peer_core = core_max > 0 ? 1 : 0,
                              .second_count_max = 60};
    for (int name; (name = getopt_long(argument_count, arguments, "", names, NULL)) != -1;) {
        switch (name) {
        case 'm': options.mode = mode_named(optarg); break;
        case 'c': options.connection_count = (int)number(optarg, 1, CONNECTION_COUNT_MAX); break;
        case 'n': options.message_count = number(optarg, BATCH_MAX, 100000000); break;
        case 'w': options.warmup_count = number(optarg, 0, 100000000); break;
        case 'r': options.rate = number(optarg, 1, 1000000); break;
        case 'p': options.payload_byte_count = (int)number(optarg, 1, PAYLOAD_BYTE_COUNT_MAX); break;
        case 's': options.server_core = (int)number(optarg, 0, core_max); break;
        case 'k': options.peer_core = (int)number(optarg, 0, core_max); break;
        case 't': options.second_count_max = (int)number(optarg, 1, 3600); break;
        case 'h': fputs(usage, stdout); exit(0);
        default: fputs(usage, stderr); exit(2);
        }
    }
    const bool is_echo = options.mode == MODE_ECHO;
    const int batch = batch_count(&options);
    if (options.connection_count == 0) options.connection_count = is_echo ? 50 : 1000;
    if (options.message_count == 0) options.message_count = is_echo ? 200000 : 500 * batch;
    if (options.warmup_count < 0) options.warmup_count = options.message_count / 10;
    if (options.rate == 0) options.rate = 100 * batch;
    // Whole batches, so that the last one comes.
    options.message_count -= options.message_count % batch;
    options.warmup_count -= options.warmup_count % batch;
    if (is_echo && options.message_count + options.warmup_count < options.connection_count) {
        fputs("fanout-floor: echo needs a message for each connection\n", stderr);
        exit(2);
    }
    return options;
}

static void print_result(const struct options *options, const struct result *result) {
    const double cpu_seconds = result->user_seconds + result->system_seconds;
    printf("{\"program\":\"fanout-floor\",\"mode\":\"%s\",\"connections\":%d,\"payload_bytes\":%d,"
           "\"frame_bytes\":%d,\"messages\":%ld,\"deliveries\":%ld,\"user_seconds\":%.6f,"
           "\"system_seconds\":%.6f,\"wall_seconds\":%.6f,\"cpu_us_per_delivery\":%.4f,"
           "\"stalls\":%ld,\"congestion_control\":\"%s\",\"server_core\":%d,\"peer_core\":%d}\n",
           mode_names[options->mode], options->connection_count, options->payload_byte_count,
           options->payload_byte_count + header_byte_count(options), options->message_count,
           result->delivery_count, result->user_seconds, result->system_seconds,
           result->wall_seconds, cpu_seconds * 1e6 / (double)result->delivery_count,
           result->stall_count, result->congestion_control, options->server_core,
           options->peer_core);
}

// A child ends with its parent, and by itself after the time that the whole run has.
static bool begin_child(const struct options *options, pid_t *child) {
    pid_t parent = getpid();
    *child = fork();
    require(*child >= 0, "fork");
    if (*child > 0) return false;
    require(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl");
    if (getppid() != parent) exit(1);
    alarm((unsigned)options->second_count_max);
    pin_to_core(options->peer_core);
    return true;
}

int main(int argument_count, char **arguments) {
    struct options options = parse(argument_count, arguments);
    struct result result = {0};
    struct rlimit descriptors;
    uint16_t port;
    int trigger[2];
    pid_t client, publisher = 0;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    signal(SIGPIPE, SIG_IGN);
    alarm((unsigned)options.second_count_max);
    int listener = listen_on_loopback(&port);
    require(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, trigger) == 0, "socketpair");
    const bool is_echo = options.mode == MODE_ECHO;
    if (begin_child(&options, &client)) {
        return is_echo ? run_echo_client(&options, port) : run_draining_client(&options, port);
    }
    if (!is_echo && begin_child(&options, &publisher)) return run_publisher(&options, trigger[1]);
    pin_to_core(options.server_core);
    run_server(&options, listener, trigger[0], &result);
    int client_status = 1, publisher_status = 0;
    require(waitpid(client, &client_status, 0) == client, "wait for the client");
    if (!is_echo) waitpid(publisher, &publisher_status, 0);
    errno = 0;
    require(client_status == 0 && publisher_status == 0, "a peer");
    print_result(&options, &result);
    return 0;
}
