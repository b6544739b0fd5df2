#include "options.hpp"

extern "C" {
#include "utils/varlena.h"
}

namespace penstock {

namespace {

// In what a value was wrong, for errdetail; null when it was right.
using ParseFunction = const char* (*)(Options& options, const char* value);

struct OptionRule {
    const char* name;
    const char* default_text;  // Parsed like a given value, except when empty: then not set.
    bool boolean;              // May stand without a value, which means true.
    ParseFunction parse;
};

const char* parse_size(const char* value, int minimum, int maximum, int& result) {
    const char* hint = nullptr;
    int parsed = 0;
    if (!parse_int(value, &parsed, GUC_UNIT_BYTE, &hint)) {
        return hint != nullptr ? hint : "A number of bytes is expected.";
    }
    if (parsed < minimum || parsed > maximum) {
        return psprintf("The value must lie between %d and %d.", minimum, maximum);
    }
    result = parsed;
    return nullptr;
}

const char* parse_boolean(const char* value, bool& result) {
    return parse_bool(value, &result) ? nullptr : "A boolean is expected.";
}

constexpr int kMegabyte = 1024 * 1024;
// A row of this size still fits into the 1 GB of a StringInfo when JSON makes six bytes of each.
constexpr int kSizeMax = 128 * kMegabyte;

const char* parse_publications(Options& options, const char* value) {
    // The copy is cut up in place, and the list points into it.
    if (!SplitIdentifierString(pstrdup(value), ',', &options.publications)) {
        return "A comma-separated list of publication names is expected.";
    }
    return options.publications == NIL ? "The list of publications is empty." : nullptr;
}

const char* parse_tables(Options& options, const char* value) {
    return parse_name_patterns(pstrdup(value), 2, options.tables);
}

const char* parse_exclude_tables(Options& options, const char* value) {
    return parse_name_patterns(pstrdup(value), 2, options.exclude_tables);
}

const char* parse_skip_columns(Options& options, const char* value) {
    return parse_name_patterns(pstrdup(value), 3, options.skip_columns);
}

const char* parse_messages(Options& options, const char* value) {
    return parse_boolean(value, options.messages);
}

const char* parse_skip_unchanged_before(Options& options, const char* value) {
    return parse_boolean(value, options.skip_unchanged_before);
}

const char* parse_origin(Options& options, const char* value) {
    if (strcmp(value, "any") == 0) {
        options.origin = OriginFilter::kAny;
    } else if (strcmp(value, "none") == 0) {
        options.origin = OriginFilter::kNone;
    } else {
        return "Valid values are \"any\" and \"none\".";
    }
    return nullptr;
}

const char* parse_format(Options& options, const char* value) {
    if (strcmp(value, "proto") == 0) {
        options.format = OutputFormat::kProto;
    } else if (strcmp(value, "json") == 0) {
        options.format = OutputFormat::kJson;
    } else {
        return "Valid values are \"proto\" and \"json\".";
    }
    return nullptr;
}

const char* parse_batch_bytes(Options& options, const char* value) {
    return parse_size(value, 0, 16 * kMegabyte, options.batch_bytes);
}

const char* parse_max_value_bytes(Options& options, const char* value) {
    return parse_size(value, 1, kSizeMax, options.max_value_bytes);
}

const char* parse_max_row_bytes(Options& options, const char* value) {
    return parse_size(value, 1024, kSizeMax, options.max_row_bytes);
}

const char* parse_protocol(const char* value, int& result) {
    int parsed = 0;
    if (!parse_int(value, &parsed, 0, nullptr) || parsed < 1) {
        return "A protocol version, 1 or higher, is expected.";
    }
    result = parsed;
    return nullptr;
}

const char* parse_protocol_min(Options& options, const char* value) {
    return parse_protocol(value, options.protocol_min);
}

const char* parse_protocol_max(Options& options, const char* value) {
    return parse_protocol(value, options.protocol_max);
}

constexpr OptionRule kOptionRules[] = {
    {"publications", "", false, parse_publications},
    {"tables", "", false, parse_tables},
    {"exclude_tables", "", false, parse_exclude_tables},
    {"skip_columns", "", false, parse_skip_columns},
    {"messages", "false", true, parse_messages},
    {"origin", "any", false, parse_origin},
    {"format", "proto", false, parse_format},
    {"batch_bytes", "65536", false, parse_batch_bytes},
    {"max_value_bytes", "33554432", false, parse_max_value_bytes},
    {"max_row_bytes", "50331648", false, parse_max_row_bytes},
    {"protocol_min", "1", false, parse_protocol_min},
    {"protocol_max", "1", false, parse_protocol_max},
    {"skip_unchanged_before", "false", true, parse_skip_unchanged_before},
};
static_assert(sizeof kOptionRules / sizeof kOptionRules[0] == kOptionCount);

const char* nearest_option(const char* name) {
    constexpr int kCompareMax = 64;
    const int size = pg_mbcliplen(name, static_cast<int>(strlen(name)), kCompareMax);
    const char* nearest = kOptionRules[0].name;
    int best = INT_MAX;
    for (const OptionRule& rule : kOptionRules) {
        const int distance = varstr_levenshtein(name, size, rule.name,
                                                static_cast<int>(strlen(rule.name)), 1, 1, 1, true);
        if (distance < best) {
            best = distance;
            nearest = rule.name;
        }
    }
    return nearest;
}

int find_option(const char* name) {
    for (int i = 0; i < kOptionCount; i++) {
        if (strcmp(kOptionRules[i].name, name) == 0) return i;
    }
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
                    errmsg("unrecognized option \"%s\" of output plugin \"penstock\"", name),
                    errhint("Perhaps you meant the option \"%s\".", nearest_option(name))));
}

const char* value_of(const DefElem* element, const OptionRule& rule) {
    if (element->arg != nullptr) return strVal(element->arg);
    if (rule.boolean) return "true";
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("option \"%s\" of output plugin \"penstock\" needs a value", rule.name),
                    errhint("Give it as \"%s\" followed by the value in quotes.", rule.name)));
}

void apply_option(Options& options, int index, const char* value) {
    const OptionRule& rule = kOptionRules[index];
    const char* wrong = rule.parse(options, value);
    if (wrong != nullptr) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("invalid value for option \"%s\" of output plugin \"penstock\": \"%s\"",
                        rule.name, value),
                 errdetail("%s", wrong)));
    }
    options.in_force[index].value = pstrdup(value);
}

// The highest version that both sides know.
void agree_on_protocol(Options& options) {
    const int highest = options.protocol_max < kProtocolMax ? options.protocol_max : kProtocolMax;
    const int lowest = options.protocol_min > kProtocolMin ? options.protocol_min : kProtocolMin;
    if (highest < lowest) {
        ereport(ERROR,
                (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                 errmsg("could not agree on a protocol version: the client speaks %d to %d, the "
                        "output plugin %d to %d",
                        options.protocol_min, options.protocol_max, kProtocolMin, kProtocolMax),
                 errhint("Upgrade the consumer first, then the plugin; the options are "
                         "\"protocol_min\" and \"protocol_max\".")));
    }
    options.protocol_version = highest;
}

}  // namespace

void parse_options(List* given, Options& options) {
    bool seen[kOptionCount] = {};
    options = {};
    for (int i = 0; i < kOptionCount; i++) {
        options.in_force[i].name = kOptionRules[i].name;
        if (kOptionRules[i].default_text[0] != '\0') {
            apply_option(options, i, kOptionRules[i].default_text);
        }
    }
    ListCell* cell;
    foreach (cell, given) {
        const auto* element = static_cast<const DefElem*>(lfirst(cell));
        const int index = find_option(element->defname);
        if (seen[index]) {
            ereport(ERROR,
                    (errcode(ERRCODE_SYNTAX_ERROR),
                     errmsg("option \"%s\" of output plugin \"penstock\" is given more than once",
                            element->defname),
                     errhint("Give \"%s\" once.", element->defname)));
        }
        seen[index] = true;
        apply_option(options, index, value_of(element, kOptionRules[index]));
    }
    agree_on_protocol(options);
}

}  // namespace penstock
