// The type that a column has in the source, as Debezium writes it into schemas when told to
// propagate it: name, length and scale as PostgreSQL's JDBC driver reports them. Built once per
// relation.
#pragma once

#include "engine/relation.hpp"

namespace penstock {

// Adds __debezium.source.column.{type,length,scale,name} to column.notes.
void note_source_type(Column& column);

}  // namespace penstock
