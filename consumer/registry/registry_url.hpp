// Addresses of the registry's API from names that are hostile input: a subject is made of a table's
// name. Pure.
#pragma once

#include <string>
#include <string_view>

namespace penstock {

// RFC 3986, 2.3: letters, digits and -._~ stay, every other byte becomes %XX. What comes out is one
// segment of a path, or one value of a query or a form.
std::string percent_encoded(std::string_view text);

// "http://host:8081/base" and "/subjects/..." joined with one slash between them.
std::string joined_url(std::string_view base, std::string_view path);

}  // namespace penstock
