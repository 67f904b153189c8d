// Compiled grants by their text: most users' tokens say the same, and then they share one.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "auth/grants.h"

namespace switchboard::auth {

/// One shard's. What nobody holds any more is forgotten when it is full.
class GrantsCache {
 public:
  static constexpr std::size_t kTextsMax = 1'024;
  static constexpr std::size_t kTextBytesMax = 2'048;  // a longer one is hardly shared

  /// As Grants::parse; never null.
  std::expected<std::shared_ptr<const Grants>, std::string> of(std::string_view json);
  std::size_t size() const { return by_text_.size(); }

 private:
  std::map<std::string, std::shared_ptr<const Grants>, std::less<>> by_text_;
};

}  // namespace switchboard::auth
