#pragma once

#include "sys.h"
#include "wire.h"

void copy(void *to, const void *from, size_t size);

// Copies streams and forwards signals until the program `pid` has ended. Returns its status as wait4(2) gives it, or
// a negated errno.
long supervise_until_end(const struct supervise *with);
