#pragma once

#include "sys.h"
#include "wire.h"

void copy(void *to, const void *from, size_t size);

// Copies streams and forwards signals, as the struct supervise at `wanted` says, until the program has ended. Returns its
// status as wait4(2) gives it.
long supervise_until_end(const void *wanted);
