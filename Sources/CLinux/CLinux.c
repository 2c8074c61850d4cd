#define _GNU_SOURCE
#include "CLinux.h"
#include <sys/socket.h>

int gw_accept4(int descriptor, void *address, unsigned int *address_length, int flags) {
    return accept4(descriptor, (struct sockaddr *)address, address_length, flags);
}
