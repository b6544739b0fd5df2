// Geometric types of PostgreSQL, PostGIS and pgvector: from the text that the server's output
// functions give to the parts of Debezium's structures, without a format. Well-known binary is
// OGC Simple Features' (06-103r4, 8.2), little-endian. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "encode/value_convert.hpp"

namespace penstock {

// A collection of nothing: what stands where a value has to be and none is known.
inline constexpr std::string_view kEmptyGeometry{"\1\7\0\0\0\0\0\0\0", 9};

// kPostgis, kBox, kSegment, kPath, kPolygon.
struct GeometryValue {
    std::string_view wkb;  // Good until the next call with this context.
    std::optional<std::int32_t> srid;
    std::string_view type;       // What Debezium calls the shape; empty for PostGIS's.
    std::optional<bool> closed;  // Of a path.
};
// PostGIS prints extended well-known binary in hex; it stays as it is, and says the SRID itself.
Outcome to_geometry(std::string_view text, ValueForm form, ValueContext& context,
                    GeometryValue& out);

// kLine: ax + by + c = 0.
struct LineValue {
    double a = 0;
    double b = 0;
    double c = 0;
};
Outcome to_line(std::string_view text, ValueContext& context, LineValue& out);

// kCircle.
struct CircleValue {
    PointValue center;
    double radius = 0;
};
Outcome to_circle(std::string_view text, ValueContext& context, CircleValue& out);

// kVector, kHalfVector: the elements are in context.numbers.
Outcome to_vector(std::string_view text, ValueContext& context);

}  // namespace penstock
