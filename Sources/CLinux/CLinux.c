#define _GNU_SOURCE
#include "CLinux.h"
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int gw_accept4(int descriptor, void *address, unsigned int *address_length, int flags) {
    return accept4(descriptor, (struct sockaddr *)address, address_length, flags);
}

int gw_pin_current_thread(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int gw_pidfd_open(int process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

void gw_name_current_thread(const char *name) {
    char kept[16] = {0};
    strncpy(kept, name, sizeof kept - 1);
    pthread_setname_np(pthread_self(), kept);
}
