#include "encode/flat_facts.hpp"

#include "encode/source_text.hpp"
#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

constexpr std::string_view kSource = "source.";

struct NamedFact {
    std::string_view name;  // Without "source.".
    FlatFact fact;
    std::string_view type;
    bool of_source;
};

constexpr NamedFact kFacts[] = {
    {"op", FlatFact::kOperation, "string", false},
    {"deleted", FlatFact::kDeletedText, "string", false},
    {"is_deleted", FlatFact::kDeleted, "boolean", false},
    {"ordinal", FlatFact::kOrdinal, "int64", false},
    {"ts_ms", FlatFact::kClockMillis, "int64", false},
    {"ts_us", FlatFact::kClockMicros, "int64", false},
    {"ts_ns", FlatFact::kClockNanos, "int64", false},
    {"version", FlatFact::kConstant, "string", true},
    {"connector", FlatFact::kConstant, "string", true},
    {"name", FlatFact::kConstant, "string", true},
    {"db", FlatFact::kConstant, "string", true},
    {"schema", FlatFact::kConstant, "string", true},
    {"table", FlatFact::kConstant, "string", true},
    {"snapshot", FlatFact::kSnapshot, "string", true},
    {"txId", FlatFact::kXid, "int64", true},
    {"lsn", FlatFact::kLsn, "int64", true},
    {"xmin", FlatFact::kNull, "int64", true},
    {"ts_ms", FlatFact::kSourceMillis, "int64", true},
    {"ts_us", FlatFact::kSourceMicros, "int64", true},
    {"ts_ns", FlatFact::kSourceNanos, "int64", true},
};

// A name without "source." is looked for outside of the source block first.
const NamedFact* find(std::string_view name) {
    const bool of_source = name.starts_with(kSource);
    if (of_source) name.remove_prefix(kSource.size());
    for (const NamedFact& fact : kFacts) {
        if (fact.name == name && (!of_source || fact.of_source)) return &fact;
    }
    return nullptr;
}

std::string constant_of(std::string_view name, const Relation& relation,
                        const EncodeOptions& options) {
    if (name == "version") return std::string(debezium_version(options.compat));
    if (name == "connector") return "postgresql";
    if (name == "name") return options.topic_prefix;
    if (name == "db") return options.database;
    if (name == "schema") return relation.schema;
    return relation.name;  // table
}

void put_integer(ByteWriter& out, std::int64_t number) {
    out.ensure(kIntegerTextMax);
    out.advance(put_signed(out.at(), number));
}

// Nanoseconds since 1970 of the commit, or of our clock where no transaction is known.
std::int64_t source_nanos(const RowContext& context) {
    if (context.transaction == nullptr) return context.now.count();
    return context.transaction->commit_time_us * 1000;
}

void put_xid(ByteWriter& out, const RowContext& context) {
    if (context.transaction == nullptr) return out.put("null");
    put_integer(out, static_cast<std::int64_t>(context.transaction->xid.value));
}

// Everything that is no text.
void put_number(ByteWriter& out, FlatFact fact, const FlatState& state) {
    const RowContext& context = state.context;
    switch (fact) {
        case FlatFact::kDeleted:
            return out.put(state.operation == 'd' ? std::string_view("true") : "false");
        case FlatFact::kLsn:
            return put_integer(out, static_cast<std::int64_t>(context.lsn.value));
        case FlatFact::kOrdinal:
            return put_integer(out, static_cast<std::int64_t>(context.item));
        case FlatFact::kXid:
            return put_xid(out, context);
        case FlatFact::kSourceMillis:
            return put_integer(out, source_nanos(context) / 1000000);
        case FlatFact::kSourceMicros:
            return put_integer(out, source_nanos(context) / 1000);
        case FlatFact::kSourceNanos:
            return put_integer(out, source_nanos(context));
        case FlatFact::kClockMillis:
            return put_integer(out, context.now.count() / 1000000);
        case FlatFact::kClockMicros:
            return put_integer(out, context.now.count() / 1000);
        case FlatFact::kClockNanos:
            return put_integer(out, context.now.count());
        default:
            return out.put("null");
    }
}

}  // namespace

Result<FlatFact> flat_fact(std::string_view key, std::string_view name) {
    if (const NamedFact* fact = find(name)) return fact->fact;
    std::string names;
    for (const NamedFact& fact : kFacts) {
        names += names.empty() ? "" : ", ";
        if (fact.of_source) names += kSource;
        names += fact.name;
    }
    return fail(ErrorName::kConfigurationInvalid,
                "invalid value of key \"" + std::string(key) + "\": no fact of a change is \"" +
                    std::string(name) + "\"",
                {}, "There are " + names + ".");
}

FlatFacts::FlatFacts(const std::vector<FlatField>& fields, const Relation& relation,
                     const EncodeOptions& options, bool behind_others) {
    for (const FlatField& field : fields) {
        const NamedFact* fact = find(field.fact);
        if (fact == nullptr) continue;
        Item& item = items_.emplace_back();
        item.fact = fact->fact;
        item.name = field.name;
        item.prefix =
            (behind_others || items_.size() > 1 ? "," : "") + json_quoted(field.name) + ":";
        item.type = fact->type;
        if (fact->fact != FlatFact::kConstant) continue;
        item.bare = constant_of(fact->name, relation, options);
        item.constant = json_quoted(item.bare);
    }
}

void FlatFacts::put_fields(ByteWriter& out, const FlatState& state) const {
    for (const Item& item : items_) {
        out.put(item.prefix);
        switch (item.fact) {
            case FlatFact::kConstant:
                out.put(item.constant);
                break;
            case FlatFact::kOperation:
                out.put('"');
                out.put(state.operation);
                out.put('"');
                break;
            case FlatFact::kDeletedText:
                out.put(state.operation == 'd' ? std::string_view("\"true\"") : "\"false\"");
                break;
            case FlatFact::kSnapshot:
                out.put('"');
                out.put(snapshot_marker_text(state.context.snapshot));
                out.put('"');
                break;
            default:
                put_number(out, item.fact, state);
        }
    }
}

void FlatFacts::put_bare(ByteWriter& out, const Item& item, const FlatState& state) {
    switch (item.fact) {
        case FlatFact::kConstant:
            return out.put(item.bare);
        case FlatFact::kOperation:
            return out.put(state.operation);
        case FlatFact::kDeletedText:
            return out.put(state.operation == 'd' ? std::string_view("true") : "false");
        case FlatFact::kSnapshot:
            return out.put(snapshot_marker_text(state.context.snapshot));
        default:
            return put_number(out, item.fact, state);
    }
}

std::string FlatFacts::schemas() const {
    std::string text;
    for (const Item& item : items_) {
        if (!text.empty()) text += ',';
        text += "{\"type\":\"" + std::string(item.type) +
                "\",\"optional\":true,\"field\":" + json_quoted(item.name) + "}";
    }
    return text;
}

}  // namespace penstock
