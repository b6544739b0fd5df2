#include "utf8_name.hpp"

#include "value.hpp"

namespace penstock {

namespace {

bool is_ascii(const char* name) noexcept {
    while (*name != '\0' && static_cast<unsigned char>(*name) < 0x80) name++;
    return *name == '\0';
}

std::string_view escaped(const char* name) {
    StringInfoData out;
    initStringInfo(&out);
    for (const char* c = name; *c != '\0'; c++) {
        const auto byte = static_cast<unsigned char>(*c);
        if (byte < 0x80) {
            appendStringInfoChar(&out, *c);
        } else {
            appendStringInfo(&out, "\\x%02x", byte);
        }
    }
    return {out.data, static_cast<size_t>(out.len)};
}

}  // namespace

std::string_view utf8_name(const char* name) {
    if (name == nullptr) return {};
    if (GetDatabaseEncoding() != PG_UTF8 && !IsTransactionState() && !is_ascii(name)) {
        return escaped(name);
    }
    const Utf8Text text = utf8_from_server(name, strlen(name));
    if (!text.convertible) return escaped(name);
    if (text.data != name) return {text.data, text.size};
    return {pnstrdup(name, text.size), text.size};
}

}  // namespace penstock
