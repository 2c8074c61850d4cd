#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library: no header of LLVM declares it for C.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*test)(const uint8_t *data, size_t size));
