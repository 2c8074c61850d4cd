#pragma once
/* Kernel interfaces that Glibc's module map leaves out. */
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* Wrappers whose implementation needs _GNU_SOURCE: the macro stays in the .c file, because in a
   public header it changes what other modules see of libc. */
int gw_accept4(int descriptor, void *address, unsigned int *address_length, int flags);

/* pthread_setaffinity_np for the calling thread; returns an errno value, 0 on success. */
int gw_pin_current_thread(int processor);

/* A descriptor that becomes readable when the process ends (pidfd_open(2)), -1 with errno. */
int gw_pidfd_open(int process);

/* Names the calling thread for debuggers and profilers (at most 15 bytes are kept). */
void gw_name_current_thread(const char *name);

/* epoll_event is packed, so its members are read and written here. */
static inline struct epoll_event gw_epoll_event(uint32_t events, uint64_t token) {
    struct epoll_event event;
    event.events = events;
    event.data.u64 = token;
    return event;
}

static inline uint64_t gw_epoll_token(const struct epoll_event *event) {
    return event->data.u64;
}
