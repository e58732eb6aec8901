#pragma once
#include <zlib.h>

/* deflateInit2 is a macro over the versioned symbol, so Swift does not see it.
   windowBits −15: raw deflate, no header and no checksum. */
static inline int map_beacons_deflate_init_raw(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}

/* inflateInit2 likewise; windowBits −15 reads what the above wrote. */
static inline int map_beacons_inflate_init_raw(z_stream *stream) {
    return inflateInit2(stream, -15);
}
