#pragma once
/* Wrappers whose implementation needs _GNU_SOURCE: the macro stays in the .c file, because in a
   public header it changes what other modules see of libc. */
int gw_accept4(int descriptor, void *address, unsigned int *address_length, int flags);
