#include "pg.hpp"

#include <cstring>

#include "value.hpp"

namespace penstock {

namespace {

struct PinnedSetting {
    const char* name;
    const char* value;
};

// Everything text output of the server's own types depends on. ISO forms, and as many digits as
// make a float come back as it was; quote_all_identifiers changes the text of regclass and the like
// inside of composite values.
constexpr PinnedSetting kPinned[] = {
    {"DateStyle", "ISO, YMD"},   {"IntervalStyle", "postgres"}, {"TimeZone", "UTC"},
    {"extra_float_digits", "1"}, {"bytea_output", "hex"},       {"xmlbinary", "base64"},
    {"lc_monetary", "C"},        {"search_path", "pg_catalog"}, {"quote_all_identifiers", "off"},
};

}  // namespace

// A walsender starts a stream outside of any transaction, where a nest level would not survive the
// first transaction that decoding opens; there the settings hold for the session, which is ours
// alone. In a transaction, that is in an SQL function, they hold until unpin or abort.
int pin_text_settings() {
    const bool nested = IsTransactionState();
    const int nest_level = nested ? NewGUCNestLevel() : 0;
    for (const PinnedSetting& setting : kPinned) {
        set_config_option(setting.name, setting.value, PGC_USERSET, PGC_S_SESSION,
                          nested ? GUC_ACTION_SAVE : GUC_ACTION_SET, true, 0, false);
    }
    return nest_level;
}

void pin_session_settings() {
    for (const PinnedSetting& setting : kPinned) {
        set_config_option(setting.name, setting.value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET,
                          true, 0, false);
    }
}

const char* unpinned_setting() {
    for (const PinnedSetting& setting : kPinned) {
        if (strcmp(GetConfigOption(setting.name, false, false), setting.value) != 0) {
            return setting.name;
        }
    }
    return nullptr;
}

void unpin_text_settings(int nest_level) {
    if (nest_level > 0) {
        AtEOXact_GUC(true, nest_level);
    }
}

}  // namespace penstock
