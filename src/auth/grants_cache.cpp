#include "auth/grants_cache.h"

#include <utility>

namespace switchboard::auth {

std::expected<std::shared_ptr<const Grants>, std::string> GrantsCache::of(std::string_view json) {
  if (const auto found = by_text_.find(json); found != by_text_.end()) return found->second;
  auto parsed = Grants::parse(json);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  auto grants = std::make_shared<const Grants>(std::move(*parsed));
  if (json.size() > kTextBytesMax) return grants;
  if (by_text_.size() >= kTextsMax) {
    std::erase_if(by_text_, [](const auto& entry) { return entry.second.use_count() == 1; });
    // All of them are in use: so many different ones are not worth looking for. The next one that is let go makes room,
    // but that is looked for only a thousand connections later at the most: this map was cleared, not they.
    if (by_text_.size() >= kTextsMax) by_text_.clear();
  }
  by_text_.emplace(json, grants);
  return grants;
}

}  // namespace switchboard::auth
