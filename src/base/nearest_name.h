// "Did you mean ...?": which known name a mistyped one is closest to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace switchboard {

/// How many edits (insert, delete, replace, swap of neighbours) make one of the other. Case counts as none. O(a * b).
std::size_t edits_between(std::string_view a, std::string_view b);

/// The known name with the fewest edits, "" when none is close enough to be what was meant: a third of the typed
/// name's letters may differ, or 2 if that is more; of three letters or fewer only 1. `known`: strings or views, few
/// and short.
template <class Names>
std::string nearest_name(std::string_view typed, const Names& known) {
  constexpr std::size_t kTypedBytesMax = 256;  // nobody mistypes more, and the work grows with the length
  if (typed.size() > kTypedBytesMax) return "";
  const std::size_t forgiven = typed.size() <= 3 ? 1 : std::max<std::size_t>(2, typed.size() / 3);
  std::size_t fewest = forgiven + 1;
  std::string nearest;
  for (const auto& name : known) {
    const std::size_t edits = edits_between(typed, name);
    if (edits < fewest) {
      fewest = edits;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace switchboard
