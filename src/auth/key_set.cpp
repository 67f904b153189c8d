#include "auth/key_set.h"

#include <utility>

#include "auth/json_members.h"
#include "http/visible_text.h"
#include "protocol/json_array.h"

namespace switchboard::auth {
namespace {

std::string shown(std::size_t number, std::string_view json) {
  constexpr std::size_t kIdBytesMax = 60;
  const auto members = JsonMembers::read(json);
  const std::string id = members ? members->text("kid").value_or("") : "";
  return "key " + std::to_string(number) + (id.empty() ? "" : " (" + http::visible_text(id, kIdBytesMax) + ")");
}

}  // namespace

std::expected<JwkSet, std::string> read_jwk_set(std::string_view json) {
  if (json.size() > kJwkSetBytesMax) return std::unexpected("has more than 262144 bytes");
  const auto members = JsonMembers::read(json);
  if (!members) return std::unexpected(members.error());
  const std::string_view list = (*members)["keys"];
  if (!protocol::is_json_array(list)) return std::unexpected("is no JWK Set: it has no list `keys`");
  JwkSet set;
  protocol::JsonArray keys(list);
  std::size_t number = 0;
  for (std::string_view json_key; keys.next(json_key);) {
    if (++number > kKeysMax) return std::unexpected("has more than 100 keys");
    auto key = Key::of_jwk(json_key);
    if (key) {
      set.keys.push_back(std::move(*key));
    } else {
      set.left_out.push_back(shown(number, json_key) + " " + key.error());
    }
  }
  if (!set.keys.empty()) return set;
  return std::unexpected(set.left_out.empty() ? "has no keys" : "has no key that can be used: " + set.left_out.front());
}

}  // namespace switchboard::auth
