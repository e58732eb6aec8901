#pragma once
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/* curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift does not import.
   One typed function for each kind of argument that libcurl takes. */

static inline CURLcode map_beacons_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode map_beacons_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode map_beacons_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

/* CURLOPT_POSTFIELDSIZE_LARGE: a 64-bit size on every platform. */
static inline CURLcode map_beacons_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode map_beacons_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *list) {
    return curl_easy_setopt(handle, option, list);
}

typedef size_t (*map_beacons_curl_data_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode map_beacons_curl_set_callback(
    CURL *handle, CURLoption option, map_beacons_curl_data_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode map_beacons_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode map_beacons_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode map_beacons_curl_get_pointer(CURL *handle, CURLINFO info, char **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode map_beacons_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/* Whom libcurl tells which sockets are to be watched, and when it wants to be called. */
static inline CURLMcode map_beacons_curl_multi_set_watch(
    CURLM *multi, curl_socket_callback sockets, curl_multi_timer_callback timer, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, sockets);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return code;
}

/* The fields of a finished transfer's message; its result sits in a union that Swift reads as bytes. */
static inline CURL *map_beacons_curl_done_handle(CURLMsg *message) {
    return message->msg == CURLMSG_DONE ? message->easy_handle : NULL;
}

static inline CURLcode map_beacons_curl_done_result(CURLMsg *message) {
    return message->data.result;
}

/* CURLOPT_PROTOCOLS became CURLOPT_PROTOCOLS_STR in 7.85.0. */
static inline CURLcode map_beacons_curl_allow_http_only(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* CURLVERSION_NOW is a macro over an enumerator. */
static inline const char *map_beacons_curl_version(void) {
    curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info ? info->version : NULL;
}
