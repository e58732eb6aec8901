#pragma once
/* A C face on simdjson's DOM: parse once, then walk the tape. Nothing of C++ is in this header.

   A value is a position on its parser's tape. It is valid until that parser parses again or is destroyed. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mb_json_parser mb_json_parser;

typedef struct {
    const void *document;
    size_t position;
} mb_json_value;

typedef struct {
    const void *document;
    size_t position;
    size_t end;
} mb_json_iterator;

typedef enum {
    MB_JSON_OK = 0,
    MB_JSON_SYNTAX = 1,    /* not JSON */
    MB_JSON_EMPTY = 2,     /* no bytes but white space */
    MB_JSON_UTF8 = 3,      /* not UTF-8 */
    MB_JSON_DEPTH = 4,     /* nested deeper than the parser allows */
    MB_JSON_NUMBER = 5,    /* a number that simdjson cannot hold: malformed, or an integer over 64 bits */
    MB_JSON_STRING = 6,    /* a string with a bad escape, an unpaired surrogate among them */
    MB_JSON_CAPACITY = 7,  /* over 4 GiB */
    MB_JSON_MEMORY = 8,    /* no memory */
} mb_json_status;

typedef enum {
    MB_JSON_OBJECT,
    MB_JSON_ARRAY,
    MB_JSON_STRING_VALUE,
    MB_JSON_INT64,
    MB_JSON_UINT64, /* over INT64_MAX */
    MB_JSON_DOUBLE,
    MB_JSON_BOOL,
    MB_JSON_NULL,
} mb_json_type;

/* Bytes that must be readable, whatever they hold, behind an input that is parsed in place. */
extern const size_t mb_json_padding;

mb_json_parser *mb_json_parser_create(size_t max_depth);
void mb_json_parser_destroy(mb_json_parser *parser);

/* padded: mb_json_padding bytes behind the input are readable; otherwise the input is copied first. */
mb_json_status mb_json_parse(
    mb_json_parser *parser, const uint8_t *bytes, size_t length, bool padded, mb_json_value *root);

mb_json_type mb_json_type_of(mb_json_value value);
/* Each of these is called only for a value of its type. */
const char *mb_json_string(mb_json_value value, size_t *length);
int64_t mb_json_int64(mb_json_value value);
uint64_t mb_json_uint64(mb_json_value value);
double mb_json_double(mb_json_value value);
bool mb_json_bool(mb_json_value value);

/* The first member with that key; false if there is none. */
bool mb_json_find(mb_json_value object, const char *key, size_t length, mb_json_value *found);
mb_json_iterator mb_json_iterate(mb_json_value object_or_array);
bool mb_json_next_member(mb_json_iterator *iterator, const char **key, size_t *key_length, mb_json_value *value);
bool mb_json_next_element(mb_json_iterator *iterator, mb_json_value *value);

/* Writes the value without white space, once, to sink. */
void mb_json_minify(mb_json_value value, void (*sink)(void *context, const char *bytes, size_t length), void *context);

#ifdef __cplusplus
}
#endif
