#include "row_message.hpp"

#include "wire.hpp"

namespace penstock {

namespace {

using State = GatheredValue::State;

Size value_size(uint32 field, const GatheredValue& value) noexcept {
    const Size tag = wire::tag_size(field);
    switch (value.form) {
        case WireForm::kVarint:
            return tag + wire::varint_size(value.bits);
        case WireForm::kFixed32:
            return tag + sizeof(uint32);
        case WireForm::kFixed64:
            return tag + sizeof(uint64);
        case WireForm::kBytes:
            break;
    }
    return tag + wire::varint_size(value.size) + value.size;
}

char* put_value(char* out, uint32 field, const GatheredValue& value) noexcept {
    switch (value.form) {
        case WireForm::kVarint:
            return wire::put_varint_field(out, field, value.bits);
        case WireForm::kFixed32:
            return wire::put_fixed32_field(out, field, static_cast<uint32>(value.bits));
        case WireForm::kFixed64:
            return wire::put_fixed64_field(out, field, value.bits);
        case WireForm::kBytes:
            break;
    }
    return wire::put_bytes_field(out, field, value.data, value.size);
}

int image_count(const RowImage& image) noexcept {
    return image.values == nullptr ? 0 : image.count;
}

}  // namespace

RowSize row_size(const RowImage& image) noexcept {
    RowSize size = {0, false};
    for (int i = 0; i < image.count; i++) {
        const GatheredValue& value = image.values[i];
        if (value.state == State::kValue) {
            size.row += value_size(image.columns[i].field, value);
        } else if (value.state == State::kUnchanged || value.state == State::kMarked) {
            size.has_lists = true;
        }
    }
    return size;
}

char* put_row(char* out, const RowImage& image) noexcept {
    for (int i = 0; i < image.count; i++) {
        if (image.values[i].state != State::kValue) continue;
        out = put_value(out, image.columns[i].field, image.values[i]);
    }
    return out;
}

MarkSizes mark_sizes(const RowImage& image, uint32 offset) noexcept {
    MarkSizes sizes = {0, 0};
    for (int i = 0; i < image_count(image); i++) {
        const GatheredValue& value = image.values[i];
        if (value.state != State::kMarked) continue;
        sizes.marked += wire::varint_size(image.columns[i].field + offset) +
                        wire::varint_size(static_cast<uint64>(value.reason));
        if (value.reason == MarkReason::kOversize) continue;
        sizes.marked_raw += wire::bytes_field_size(kChangeMarkedRaw, value.size);
    }
    return sizes;
}

char* put_marked(char* out, const RowImage& image, uint32 offset) noexcept {
    for (int i = 0; i < image_count(image); i++) {
        if (image.values[i].state != State::kMarked) continue;
        out = wire::put_varint(out, image.columns[i].field + offset);
        out = wire::put_varint(out, static_cast<uint64>(image.values[i].reason));
    }
    return out;
}

char* put_marked_raw(char* out, const RowImage& image) noexcept {
    for (int i = 0; i < image_count(image); i++) {
        const GatheredValue& value = image.values[i];
        if (value.state != State::kMarked || value.reason == MarkReason::kOversize) continue;
        out = wire::put_bytes_field(out, kChangeMarkedRaw, value.data, value.size);
    }
    return out;
}

}  // namespace penstock
