#include "CSimdJSON.h"

#include <cstring>
#include <new>
#include <simdjson.h>
#include <type_traits>

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

const size_t mb_json_padding = simdjson::SIMDJSON_PADDING;

struct mb_json_parser {
    simdjson::dom::parser parser;
    size_t max_depth;
};

/* simdjson's handles are a document and an index on its tape; they cross the C border as those two words. */
static_assert(sizeof(element) == sizeof(mb_json_value) && std::is_trivially_copyable<element>::value, "a tape reference");
static_assert(sizeof(object::iterator) == sizeof(mb_json_value), "a tape reference");
static_assert(sizeof(array::iterator) == sizeof(mb_json_value), "a tape reference");

template <typename To, typename From>
static To as(const From &from) {
    To to;
    std::memcpy(static_cast<void *>(&to), static_cast<const void *>(&from), sizeof(mb_json_value));
    return to;
}

static mb_json_value value_of(const element &e) { return as<mb_json_value>(e); }

mb_json_parser *mb_json_parser_create(size_t max_depth) {
    return new (std::nothrow) mb_json_parser{simdjson::dom::parser(), max_depth};
}

void mb_json_parser_destroy(mb_json_parser *parser) { delete parser; }

static mb_json_status status_of(simdjson::error_code error) {
    switch (error) {
    case simdjson::SUCCESS: return MB_JSON_OK;
    case simdjson::EMPTY: return MB_JSON_EMPTY;
    case simdjson::UTF8_ERROR: return MB_JSON_UTF8;
    case simdjson::DEPTH_ERROR: return MB_JSON_DEPTH;
    case simdjson::NUMBER_ERROR: return MB_JSON_NUMBER;
    case simdjson::STRING_ERROR: return MB_JSON_STRING;
    case simdjson::CAPACITY: return MB_JSON_CAPACITY;
    case simdjson::MEMALLOC: return MB_JSON_MEMORY;
    default: return MB_JSON_SYNTAX;
    }
}

mb_json_status mb_json_parse(
    mb_json_parser *parser, const uint8_t *bytes, size_t length, bool padded, mb_json_value *root) {
    if (parser->parser.capacity() < length || parser->parser.max_depth() != parser->max_depth) {
        size_t capacity = parser->parser.capacity() < length ? length : parser->parser.capacity();
        auto error = parser->parser.allocate(capacity < 1024 ? 1024 : capacity, parser->max_depth);
        if (error) { return status_of(error); }
    }
    element parsed;
    auto error = parser->parser.parse(bytes, length, !padded).get(parsed);
    if (error) { return status_of(error); }
    *root = value_of(parsed);
    return MB_JSON_OK;
}

mb_json_type mb_json_type_of(mb_json_value value) {
    switch (as<element>(value).type()) {
    case element_type::OBJECT: return MB_JSON_OBJECT;
    case element_type::ARRAY: return MB_JSON_ARRAY;
    case element_type::STRING: return MB_JSON_STRING_VALUE;
    case element_type::INT64: return MB_JSON_INT64;
    case element_type::UINT64: return MB_JSON_UINT64;
    case element_type::DOUBLE: return MB_JSON_DOUBLE;
    case element_type::BOOL: return MB_JSON_BOOL;
    default: return MB_JSON_NULL;
    }
}

const char *mb_json_string(mb_json_value value, size_t *length) {
    auto text = as<element>(value).get_string().value_unsafe();
    *length = text.size();
    return text.data();
}

int64_t mb_json_int64(mb_json_value value) { return as<element>(value).get_int64().value_unsafe(); }
uint64_t mb_json_uint64(mb_json_value value) { return as<element>(value).get_uint64().value_unsafe(); }
double mb_json_double(mb_json_value value) { return as<element>(value).get_double().value_unsafe(); }
bool mb_json_bool(mb_json_value value) { return as<element>(value).get_bool().value_unsafe(); }

bool mb_json_find(mb_json_value value, const char *key, size_t length, mb_json_value *found) {
    element member;
    object fields;
    if (as<element>(value).get(fields)) { return false; }
    if (fields.at_key(std::string_view(key, length)).get(member)) { return false; }
    *found = value_of(member);
    return true;
}

mb_json_iterator mb_json_iterate(mb_json_value value) {
    element e = as<element>(value);
    mb_json_value first, last;
    if (e.is_object()) {
        object fields = e.get_object().value_unsafe();
        first = as<mb_json_value>(fields.begin());
        last = as<mb_json_value>(fields.end());
    } else {
        array elements = e.get_array().value_unsafe();
        first = as<mb_json_value>(elements.begin());
        last = as<mb_json_value>(elements.end());
    }
    return mb_json_iterator{first.document, first.position, last.position};
}

bool mb_json_next_member(mb_json_iterator *iterator, const char **key, size_t *key_length, mb_json_value *value) {
    if (iterator->position == iterator->end) { return false; }
    auto at = as<object::iterator>(*iterator);
    auto name = at.key();
    *key = name.data();
    *key_length = name.size();
    *value = value_of(at.value());
    ++at;
    iterator->position = as<mb_json_value>(at).position;
    return true;
}

bool mb_json_next_element(mb_json_iterator *iterator, mb_json_value *value) {
    if (iterator->position == iterator->end) { return false; }
    auto at = as<array::iterator>(*iterator);
    *value = value_of(*at);
    ++at;
    iterator->position = as<mb_json_value>(at).position;
    return true;
}

void mb_json_minify(mb_json_value value, void (*sink)(void *, const char *, size_t), void *context) {
    std::string text = simdjson::minify(as<element>(value));
    sink(context, text.data(), text.size());
}
