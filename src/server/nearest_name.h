// "Did you mean ...?": which known name a mistyped one is closest to.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace switchboard::server {

/// The known name with the fewest edits (insert, delete, replace, swap of neighbours), "" when none is close enough to
/// be what was meant: at most a third of the typed name's letters, and at least 2, may differ. Case counts as no edit.
std::string nearest_name(std::string_view typed, std::span<const std::string> known);

}  // namespace switchboard::server
