#pragma once
#if defined(__linux__)
#include <malloc.h>
#endif

/* Keeps glibc's heap close to what is in use.

   By default each thread that allocates gets an arena of its own, up to eight a core, and the size from which a block is
   mapped by itself (and given back by itself) grows with the blocks that are freed: buffers of megabytes that live for
   milliseconds then stay in the arenas. One arena and fixed thresholds halve the worker's peak and cost no CPU that
   could be measured. Does nothing where the C library has no mallopt. */
static inline void map_beacons_keep_heap_small(void) {
#if defined(__GLIBC__)
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}
