#include "pg.hpp"

#include <locale.h>
#include <climits>
#include <clocale>

#include "value_gather.hpp"

namespace penstock {

// A stored money value counts units of the last fraction digit of the locale it was written under,
// so what counts is the database's (or role's) lc_monetary and not the one that is pinned for text.
// Locales without an opinion mean two digits, as in cash_out.
int money_fraction_digits() {
    constexpr int kDefault = 2;
    constexpr int kMaximum = 10;
    const char* name = GetConfigOptionResetString("lc_monetary");
    if (name == nullptr) {
        return kDefault;
    }
    const locale_t monetary = newlocale(LC_MONETARY_MASK, name, nullptr);
    if (monetary == nullptr) {
        return kDefault;
    }
    const locale_t previous = uselocale(monetary);
    const int digits = localeconv()->frac_digits;
    uselocale(previous);
    freelocale(monetary);
    return digits < 0 || digits > kMaximum ? kDefault : digits;
}

}  // namespace penstock
