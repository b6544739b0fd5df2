#include "encode/value_type.hpp"

#include <algorithm>
#include <array>

namespace penstock {
namespace {

// Object ids of built-in types (pg_type.dat); they never change.
enum Oid : std::uint32_t {
    kInt2Oid = 21,
    kNameOid = 19,
    kOidOid = 26,
    kJsonOid = 114,
    kXmlOid = 142,
    kPointOid = 600,
    kSegmentOid = 601,
    kPathOid = 602,
    kBoxOid = 603,
    kPolygonOid = 604,
    kLineOid = 628,
    kCircleOid = 718,
    kMoneyOid = 790,
    kRefcursorOid = 1790,
    kTimetzOid = 1266,
    kVarbitOid = 1562,
    kIntervalOid = 1186,
    kUuidOid = 2950,
    kPgLsnOid = 3220,
    kTsvectorOid = 3614,
    kJsonbOid = 3802,
};

constexpr std::array<std::uint32_t, 39> kKnownOids = {
    16,   17,   18,   19,   20,   21,   23,   25,   26,   114,  142,  600,  650,
    700,  701,  774,  790,  829,  869,  1042, 1043, 1082, 1083, 1114, 1184, 1186,
    1266, 1560, 1562, 1700, 2950, 3614, 3802, 3904, 3906, 3908, 3910, 3912, 3926};

// Elements whose arrays Debezium leaves out although it knows the element.
constexpr std::array<std::uint32_t, 7> kUnknownElements = {
    kMoneyOid, kNameOid, kIntervalOid, kVarbitOid, kXmlOid, kPointOid, kRefcursorOid};

constexpr std::array<std::string_view, 4> kKnownExtensionTypes = {"citext", "hstore", "ltree",
                                                                  "isbn"};

constexpr std::string_view kPointName = "io.debezium.data.geometry.Point";
constexpr std::string_view kGeometryName = "io.debezium.data.geometry.Geometry";

// Types that become structures and vectors beside the point.
struct ShapeRow {
    std::uint32_t oid;      // 0: a type of an extension,
    std::string_view name;  // known by its name.
    ValueForm form;
    ConnectKind connect;
    std::string_view semantic;
    bool since_37;  // Of Debezium; before that it left the type out.
    bool arrays;    // Whether Debezium has arrays of it as well.
    bool extended;  // Version 2 since 3.7.
};

constexpr std::array<ShapeRow, 10> kShapes = {{
    {kSegmentOid, "", ValueForm::kSegment, ConnectKind::kStruct, kGeometryName, true, false, true},
    {kPathOid, "", ValueForm::kPath, ConnectKind::kStruct, kGeometryName, true, false, true},
    {kBoxOid, "", ValueForm::kBox, ConnectKind::kStruct, kGeometryName, true, false, true},
    {kPolygonOid, "", ValueForm::kPolygon, ConnectKind::kStruct, kGeometryName, true, false, true},
    {kLineOid, "", ValueForm::kLine, ConnectKind::kStruct, "io.debezium.data.geometry.Line", true,
     false, false},
    {kCircleOid, "", ValueForm::kCircle, ConnectKind::kStruct, "io.debezium.data.geometry.Circle",
     true, false, false},
    {0, "geometry", ValueForm::kPostgis, ConnectKind::kStruct, kGeometryName, false, true, true},
    {0, "geography", ValueForm::kPostgis, ConnectKind::kStruct,
     "io.debezium.data.geometry.Geography", false, true, false},
    {0, "vector", ValueForm::kVector, ConnectKind::kArray, "io.debezium.data.DoubleVector", false,
     false, false},
    {0, "halfvec", ValueForm::kHalfVector, ConnectKind::kArray, "io.debezium.data.FloatVector",
     false, false, false},
}};

template <class Container, class Value>
bool contains(const Container& container, const Value& value) {
    return std::find(container.begin(), container.end(), value) != container.end();
}

// "public.citext" -> "citext".
std::string_view bare_name(std::string_view name) {
    const std::size_t point = name.rfind('.');
    return point == name.npos ? name : name.substr(point + 1);
}

// The type that a value or an array's element has.
struct Scalar {
    std::uint32_t oid = 0;
    std::string_view name;
};

Scalar scalar_of(const Column& column) {
    if (column.array) return {column.element_type_oid, bare_name(column.element_type_name)};
    return {column.base_type_oid, bare_name(column.base_type_name)};
}

// An array of a domain shows the element's base type, but its own name is the domain's.
bool is_array_of_domain(const Column& column, const Scalar& element) {
    const std::string_view name = bare_name(column.base_type_name);
    return column.array && !name.empty() && !element.name.empty() &&
           name != "_" + std::string(element.name);
}

// The row of a column's type, where the chosen release of Debezium has it as a structure.
const ShapeRow* shape_of(const Column& column, const Scalar& scalar, const EncodeOptions& options) {
    constexpr std::uint32_t kFirstUserOid = 16384;
    const bool text = column.kind == ValueKind::kString || column.kind == ValueKind::kText;
    if (!text || column.type_kind != 'b') return nullptr;
    const auto found = std::find_if(kShapes.begin(), kShapes.end(), [&](const ShapeRow& row) {
        return row.oid != 0 ? row.oid == scalar.oid
                            : scalar.oid >= kFirstUserOid && row.name == scalar.name;
    });
    if (found == kShapes.end()) return nullptr;
    if (found->since_37 && options.compat == DebeziumCompat::k36) return nullptr;
    return column.array && !found->arrays ? nullptr : &*found;
}

bool known_to_debezium(const Column& column, const Scalar& scalar, const EncodeOptions& options) {
    const bool known = column.type_kind == 'e' || contains(kKnownOids, scalar.oid) ||
                       contains(kKnownExtensionTypes, scalar.name) ||
                       shape_of(column, scalar, options) != nullptr;
    if (!column.array) return known;
    return known && !contains(kUnknownElements, scalar.oid) && !is_array_of_domain(column, scalar);
}

void set(ValueType& type, ValueForm form, ConnectKind connect, std::string_view semantic = {}) {
    type.form = form;
    type.connect = connect;
    type.semantic = semantic;
}

constexpr std::string_view kConnectDecimal = "org.apache.kafka.connect.data.Decimal";

constexpr int kBoundedDigits = 38;  // What 128 bits hold, and with them most readers.

void set_numeric(ValueType& type, const Column& column, const EncodeOptions& options) {
    const bool declared = column.typmod >= 4;
    if (declared) {
        const int modifier = column.typmod - 4;
        type.precision = modifier >> 16 & 0xFFFF;
        type.scale = ((modifier & 0x7FF) ^ 1024) - 1024;  // Eleven bits with a sign.
    }
    const bool bounded = declared && type.precision <= kBoundedDigits && type.scale >= 0 &&
                         type.scale <= type.precision;
    if (options.decimal == DecimalHandling::kString ||
        (options.decimal == DecimalHandling::kBounded && !bounded)) {
        set(type, ValueForm::kDecimalText, ConnectKind::kString);
    } else if (options.decimal == DecimalHandling::kDouble) {
        set(type, ValueForm::kDecimalDouble, ConnectKind::kDouble);
    } else if (declared) {
        set(type, options.decimal_numbers ? ValueForm::kDecimalNumber : ValueForm::kDecimal,
            ConnectKind::kBytes, kConnectDecimal);
        type.parameters.emplace_back("scale", std::to_string(type.scale));
        type.parameters.emplace_back("connect.decimal.precision", std::to_string(type.precision));
    } else {
        set(type, ValueForm::kVariableDecimal, ConnectKind::kStruct,
            "io.debezium.data.VariableScaleDecimal");
    }
}

void set_money(ValueType& type, const Column& column, const EncodeOptions& options) {
    type.wire_scale = static_cast<int>(column.fraction_digits.value_or(2));
    type.scale = static_cast<int>(options.money_fraction_digits);
    if (options.decimal == DecimalHandling::kString ||
        options.decimal == DecimalHandling::kBounded) {
        set(type, ValueForm::kMoneyText, ConnectKind::kString);
    } else if (options.decimal == DecimalHandling::kDouble) {
        set(type, ValueForm::kMoneyDouble, ConnectKind::kDouble);
    } else {
        set(type, options.decimal_numbers ? ValueForm::kMoneyNumber : ValueForm::kMoney,
            ConnectKind::kBytes, kConnectDecimal);
        type.parameters.emplace_back("scale", std::to_string(type.scale));
    }
}

void set_bytes(ValueType& type, const EncodeOptions& options) {
    switch (options.binary) {
        case BinaryHandling::kBytes:
            return set(type, ValueForm::kBytes, ConnectKind::kBytes);
        case BinaryHandling::kBase64:
            return set(type, ValueForm::kBytesBase64, ConnectKind::kString);
        case BinaryHandling::kBase64UrlSafe:
            return set(type, ValueForm::kBytesBase64UrlSafe, ConnectKind::kString);
        case BinaryHandling::kHex:
            return set(type, ValueForm::kBytesHex, ConnectKind::kString);
    }
}

void set_date(ValueType& type, const EncodeOptions& options) {
    switch (options.time) {
        case TimePrecision::kConnect:
            return set(type, ValueForm::kDate, ConnectKind::kInt32,
                       "org.apache.kafka.connect.data.Date");
        case TimePrecision::kIsoString:
            return set(type, ValueForm::kDateText, ConnectKind::kString,
                       "io.debezium.time.IsoDate");
        default:
            return set(type, ValueForm::kDate, ConnectKind::kInt32, "io.debezium.time.Date");
    }
}

void set_time(ValueType& type, const EncodeOptions& options) {
    switch (options.time) {
        case TimePrecision::kConnect:
            return set(type, ValueForm::kTimeMillis, ConnectKind::kInt32,
                       "org.apache.kafka.connect.data.Time");
        case TimePrecision::kIsoString:
            return set(type, ValueForm::kTimeText, ConnectKind::kString,
                       "io.debezium.time.IsoTime");
        case TimePrecision::kNanoseconds:
            return set(type, ValueForm::kTimeNanos, ConnectKind::kInt64,
                       "io.debezium.time.NanoTime");
        case TimePrecision::kAdaptive:
            if (type.digits <= 3) {
                return set(type, ValueForm::kTimeMillis, ConnectKind::kInt32,
                           "io.debezium.time.Time");
            }
            [[fallthrough]];
        default:
            return set(type, ValueForm::kTimeMicros, ConnectKind::kInt64,
                       "io.debezium.time.MicroTime");
    }
}

void set_timestamp(ValueType& type, const EncodeOptions& options) {
    switch (options.time) {
        case TimePrecision::kConnect:
            return set(type, ValueForm::kTimestampMillis, ConnectKind::kInt64,
                       "org.apache.kafka.connect.data.Timestamp");
        case TimePrecision::kIsoString:
            return set(type, ValueForm::kTimestampText, ConnectKind::kString,
                       "io.debezium.time.IsoTimestamp");
        case TimePrecision::kNanoseconds:
            return set(type, ValueForm::kTimestampNanos, ConnectKind::kInt64,
                       "io.debezium.time.NanoTimestamp");
        case TimePrecision::kAdaptive:
        case TimePrecision::kAdaptiveTimeMicroseconds:
            if (type.digits <= 3) {
                return set(type, ValueForm::kTimestampMillis, ConnectKind::kInt64,
                           "io.debezium.time.Timestamp");
            }
            [[fallthrough]];
        default:
            return set(type, ValueForm::kTimestampMicros, ConnectKind::kInt64,
                       "io.debezium.time.MicroTimestamp");
    }
}

void set_interval(ValueType& type, const EncodeOptions& options) {
    if (options.interval == IntervalHandling::kString) {
        set(type, ValueForm::kIntervalText, ConnectKind::kString, "io.debezium.time.Interval");
    } else {
        set(type, ValueForm::kIntervalMicros, ConnectKind::kInt64,
            "io.debezium.time.MicroDuration");
    }
}

void set_bit(ValueType& type, const Column& column) {
    constexpr int kUnbounded = 2147483647;
    if (column.typmod == 1) return set(type, ValueForm::kBitFlag, ConnectKind::kBoolean);
    set(type, ValueForm::kBits, ConnectKind::kBytes, "io.debezium.data.Bits");
    const int length = column.typmod < 0 ? kUnbounded : column.typmod;
    type.parameters.emplace_back("length", std::to_string(length));
}

std::string join(const std::vector<std::string>& labels) {
    std::string joined;
    for (const std::string& label : labels) {
        if (!joined.empty()) joined += ',';
        joined += label;
    }
    return joined;
}

// Types that travel as text.
void set_text(ValueType& type, const Column& column, const Scalar& scalar,
              const EncodeOptions& options) {
    set(type, ValueForm::kString, ConnectKind::kString);
    if (const ShapeRow* shape = shape_of(column, scalar, options)) {
        if (shape->extended && options.compat != DebeziumCompat::k36) type.version = 2;
        return set(type, shape->form, shape->connect, shape->semantic);
    }
    switch (scalar.oid) {
        case kTimetzOid:
            return set(type, ValueForm::kZonedTime, ConnectKind::kString,
                       "io.debezium.time.ZonedTime");
        case kPointOid:
            return set(type, ValueForm::kPoint, ConnectKind::kStruct, kPointName);
        case kJsonOid:
        case kJsonbOid:
            type.semantic = "io.debezium.data.Json";
            return;
        case kXmlOid:
            type.semantic = "io.debezium.data.Xml";
            return;
        case kTsvectorOid:
            type.semantic = "io.debezium.data.Tsvector";
            return;
        default:
            break;
    }
    if (column.type_kind == 'e') {
        type.semantic = "io.debezium.data.Enum";
        type.parameters.emplace_back("allowed", join(column.enum_labels));
    } else if (scalar.name == "ltree") {
        type.semantic = "io.debezium.data.Ltree";
    } else if (scalar.name == "hstore") {
        const bool map = options.hstore == HstoreHandling::kMap;
        set(type, map ? ValueForm::kHstoreMap : ValueForm::kHstoreJson,
            map ? ConnectKind::kMap : ConnectKind::kString, map ? "" : "io.debezium.data.Json");
    }
}

void set_by_kind(ValueType& type, const Column& column, const Scalar& scalar,
                 const EncodeOptions& options) {
    switch (column.kind) {
        case ValueKind::kUnspecified:
            return;
        case ValueKind::kBool:
            return set(type, ValueForm::kBoolean, ConnectKind::kBoolean);
        case ValueKind::kInt32:
            if (scalar.oid == kInt2Oid) return set(type, ValueForm::kInt16, ConnectKind::kInt16);
            return set(type, ValueForm::kInt32, ConnectKind::kInt32);
        case ValueKind::kInt64:
            return set(type, ValueForm::kInt64, ConnectKind::kInt64);
        case ValueKind::kUint32:
            if (scalar.oid == kOidOid) return set(type, ValueForm::kInt64, ConnectKind::kInt64);
            return set(type, ValueForm::kUnsignedText, ConnectKind::kString);
        case ValueKind::kUint64:
            return set(type,
                       scalar.oid == kPgLsnOid ? ValueForm::kLsnText : ValueForm::kUnsignedText,
                       ConnectKind::kString);
        case ValueKind::kFloat:
            return set(type, ValueForm::kFloat, ConnectKind::kFloat);
        case ValueKind::kDouble:
            return set(type, ValueForm::kDouble, ConnectKind::kDouble);
        case ValueKind::kNumeric:
            return set_numeric(type, column, options);
        case ValueKind::kString:
        case ValueKind::kText:
            return set_text(type, column, scalar, options);
        case ValueKind::kBytes:
            return set_bytes(type, options);
        case ValueKind::kUuid:
            return set(type, ValueForm::kUuidText, ConnectKind::kString, "io.debezium.data.Uuid");
        case ValueKind::kDate:
            return set_date(type, options);
        case ValueKind::kTime:
            return set_time(type, options);
        case ValueKind::kTimestamp:
            return set_timestamp(type, options);
        case ValueKind::kTimestamptz:
            return set(type, ValueForm::kZonedTimestamp, ConnectKind::kString,
                       "io.debezium.time.ZonedTimestamp");
        case ValueKind::kInterval:
            return set_interval(type, options);
        case ValueKind::kMoney:
            return set_money(type, column, options);
        case ValueKind::kBit:
            return set_bit(type, column);
    }
}

}  // namespace

ValueType point_type() {
    ValueType type;
    type.optional = false;
    set(type, ValueForm::kPoint, ConnectKind::kStruct, kPointName);
    return type;
}

ValueType value_type(const Column& column, const EncodeOptions& options) {
    ValueType type;
    type.kind = column.kind;
    type.array = column.array;
    type.optional = !column.not_null;
    type.digits = column.typmod >= 0 ? column.typmod : 6;
    const Scalar scalar = scalar_of(column);
    type.known_to_debezium = known_to_debezium(column, scalar, options);
    const bool wanted = (type.known_to_debezium || options.unknown_types == UnknownTypes::kText) &&
                        (column.generated == 0 || options.generated_columns);
    if (!wanted) return type;
    set_by_kind(type, column, scalar, options);
    // Of an array they belong to the array, of which an element's schema is only a part.
    if (!type.array) {
        type.parameters.insert(type.parameters.end(), column.notes.begin(), column.notes.end());
    }
    return type;
}

}  // namespace penstock
