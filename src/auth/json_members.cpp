#include "auth/json_members.h"

#include <utility>

#include "http/visible_text.h"
#include "protocol/field_value.h"
#include "protocol/json_scanner.h"
#include "protocol/json_string.h"
#include "ws/utf8.h"

namespace switchboard::auth {

std::expected<JsonMembers, std::string> JsonMembers::read(std::string_view json, std::size_t depth_max) {
  ws::Utf8Validator utf8;
  if (!utf8.feed(json) || !utf8.complete()) return std::unexpected("is not valid UTF-8");
  protocol::JsonScanner scanner(json, depth_max);
  if (!scanner.enter_object()) {
    return std::unexpected(scanner.failed() ? "is not valid JSON" : "is not a JSON object");
  }
  JsonMembers out;
  for (protocol::JsonMember member; scanner.next_member(member);) {
    std::string name;
    if (!protocol::unescape(member.key, name)) return std::unexpected("has a name with half of a surrogate pair");
    if (out.members_.size() == kMembersMax) return std::unexpected("has more than 1000 members");
    const auto [at, is_new] = out.members_.emplace(std::move(name), member.value);
    constexpr std::size_t kShownBytesMax = 60;
    if (!is_new) return std::unexpected("has " + http::visible_text(at->first, kShownBytesMax) + " more than once");
  }
  if (!scanner.failed()) scanner.finish();
  if (scanner.failed() || !scanner.rest().empty()) return std::unexpected("is not valid JSON");
  return out;
}

std::string_view JsonMembers::operator[](std::string_view name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? std::string_view() : found->second;
}

std::optional<std::string> JsonMembers::text(std::string_view name) const {
  return text_of_json((*this)[name]);
}

std::optional<std::string> text_of_json(std::string_view json) {
  if (!protocol::is_json_string(json)) return std::nullopt;
  std::string text;
  if (!protocol::unescape(protocol::body_of(json), text)) return std::nullopt;
  return text;
}

}  // namespace switchboard::auth
