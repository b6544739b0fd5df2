// Batches for tests of the reader: sealed, and read back whole. The checksum has a second
// definition here, bit by bit, against which the fast ones are held; sealing uses a fast one,
// because some tests seal thousands of batches.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "proto/penstock.pb.h"
#include "source/crc32c.hpp"
#include "source/frame_decoder.hpp"

namespace penstock {

inline std::uint32_t bitwise_crc32c(std::string_view bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    }
    return crc ^ 0xFFFFFFFFU;
}

// The bytes of frames, as a batch.
inline std::string seal(std::string frames) {
    const std::uint32_t crc = crc32c(frames);
    frames += '\x7D';
    for (int shift = 0; shift < 32; shift += 8) frames += static_cast<char>((crc >> shift) & 0xFFU);
    return frames;
}

inline std::string seal(v1::Batch batch) {
    batch.clear_crc32c();
    return seal(batch.SerializeAsString());
}

// A batch of one frame that `fill` makes.
template <class Fill>
std::string one_frame(Fill fill) {
    v1::Batch batch;
    fill(*batch.add_frame());
    return seal(batch);
}

// What is wrong with a batch: the first error of opening and reading it; nothing when all is well.
inline std::optional<ErrorName> trouble_with(std::string_view batch) {
    FrameDecoder decoder;
    if (auto opened = decoder.open(batch); !opened) return opened.error().name;
    Frame frame;
    for (;;) {
        const auto more = decoder.next(frame);
        if (!more) return more.error().name;
        if (!*more) return std::nullopt;
    }
}

inline std::string vector_file(const std::string& name) {
    std::ifstream file(PENSTOCK_SOURCE_DIR "/proto/vectors/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace penstock
