// Variables that begin as ours do and are none: for every Service of a namespace Kubernetes puts a dozen into each of
// its containers, named after the Service, and so does Docker for links. One that is called `switchboard`, or
// `switchboard-redis`, gives names that begin with SWITCHBOARD_. Nobody has written them, so nobody can have misspelt
// them.
#pragma once

#include <string_view>

namespace switchboard::config {

/// Whether a variable whose name begins with SWITCHBOARD_ is one of those. True for no name of a setting of ours (a
/// test holds them to that).
bool is_platform_variable(std::string_view name, std::string_view value);

}  // namespace switchboard::config
