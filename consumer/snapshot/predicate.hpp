// Whether a text can stand between parentheses in a statement of ours without leaving them. Pure.
//
// It knows as much of SQL's lexical rules as that takes: strings (plain, E'', dollar-quoted),
// quoted identifiers, comments, parentheses. Whether it is an expression, and one that the role may
// evaluate, is the server's to say. Source of the rules: PostgreSQL manual, "Lexical Structure",
// with standard_conforming_strings on, which the reading sessions set.
#pragma once

#include <string_view>

namespace penstock {

// What is wrong with it, in words; nullptr when nothing is.
const char* complaint_about_predicate(std::string_view text);

}  // namespace penstock
