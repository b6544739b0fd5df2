// SHA-256 (FIPS 180-4), for column hashes and for schemas that are known by their digest. Small and
// plain: it runs over short texts, and neither the room that decides nor the one that turns values
// into records takes a library with a state for it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace penstock {

class Sha256 {
public:
    void add(std::string_view bytes);
    // The digest of all that was added. Nothing may be added afterwards; copy before to go on from
    // a common beginning.
    std::array<std::uint8_t, 32> finish();

private:
    void block(const unsigned char* bytes);

    std::array<std::uint32_t, 8> state_{0x6a09e667U, 0xbb67ae85U, 0x3c6ef372U, 0xa54ff53aU,
                                        0x510e527fU, 0x9b05688cU, 0x1f83d9abU, 0x5be0cd19U};
    std::array<unsigned char, 64> rest_{};
    std::uint64_t size_ = 0;
};

}  // namespace penstock
