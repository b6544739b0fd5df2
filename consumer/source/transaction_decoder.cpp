#include "source/transaction_decoder.hpp"

#include "source/wire_field.hpp"

namespace penstock {

using namespace wire;

const char* read_begin(std::string_view in, BeginFrame& out) {
    pbf_reader reader(in.data(), in.size());
    while (reader.next()) {
        switch (reader.tag_and_type()) {
            case varint(1):
                out.xid = Xid{reader.get_uint32()};
                break;
            case fixed64(2):
                out.first_lsn = Lsn{reader.get_fixed64()};
                break;
            case fixed64(3):
                out.commit_lsn = Lsn{reader.get_fixed64()};
                break;
            case fixed64(4):
                out.end_lsn = Lsn{reader.get_fixed64()};
                break;
            case fixed64(5):
                out.commit_time_us = reader.get_sfixed64();
                break;
            case bytes(6):
                out.origin = reader.get_string();
                break;
            case fixed64(7):
                out.origin_lsn = Lsn{reader.get_fixed64()};
                break;
            default:
                if (const char* wrong = pass_over(reader, 7)) return wrong;
        }
    }
    if (!out.end_lsn || !out.commit_lsn) return "a transaction has no position";
    return out.end_lsn <= out.commit_lsn ? "a transaction ends before its commit" : nullptr;
}

const char* read_commit(std::string_view in, CommitFrame& out) {
    pbf_reader reader(in.data(), in.size());
    while (reader.next()) {
        switch (reader.tag_and_type()) {
            case fixed64(1):
                out.end_lsn = Lsn{reader.get_fixed64()};
                break;
            case varint(2):
                out.sent = reader.get_uint64();
                break;
            case varint(3):
                out.decoded = reader.get_uint64();
                break;
            default:
                if (const char* wrong = pass_over(reader, 3)) return wrong;
        }
    }
    return out.end_lsn ? nullptr : "a commit has no position";
}

const char* read_message(std::string_view in, MessageFrame& out) {
    pbf_reader reader(in.data(), in.size());
    while (reader.next()) {
        switch (reader.tag_and_type()) {
            case varint(1):
                out.transactional = reader.get_bool();
                break;
            case fixed64(2):
                out.lsn = Lsn{reader.get_fixed64()};
                break;
            case bytes(3):
                out.prefix = view_of(reader);
                break;
            case bytes(4):
                out.content = view_of(reader);
                break;
            case varint(5):
                out.xid = Xid{reader.get_uint32()};
                break;
            default:
                if (const char* wrong = pass_over(reader, 5)) return wrong;
        }
    }
    return out.lsn ? nullptr : "a message has no position";
}

}  // namespace penstock
