#include "api/keys.h"

#include <algorithm>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <optional>

#include "protocol/user_room.h"

namespace switchboard::api {
namespace {

constexpr std::string_view kScopeNames[] = {"publish", "read", "admin"};
constexpr unsigned kAllScopes = 0b111;
constexpr std::string_view kHashPrefix = "sha256:";

using Hash = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Hash hash_of(std::string_view text) {
  Hash hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return hash;
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<Hash> hash_in_hex(std::string_view text) {
  Hash hash;
  if (text.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    hash[i] = static_cast<unsigned char>(*high << 4 | *low);
  }
  return hash;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

/// "publish,read".
std::optional<unsigned> scopes_in(std::string_view list) {
  unsigned scopes = 0;
  if (list.ends_with(',')) return std::nullopt;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const auto found = std::ranges::find(kScopeNames, trimmed(list.substr(0, comma)));
    if (found == std::end(kScopeNames)) return std::nullopt;
    scopes |= 1u << (found - kScopeNames);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return scopes == 0 ? std::nullopt : std::optional(scopes);
}

/// What an entry says before its key: "[publish chat:*]".
struct Limits {
  unsigned scopes = kAllScopes;
  std::string_view rooms = "*";
};

std::expected<Limits, std::string> take_limits(std::string_view& entry) {
  Limits limits;
  if (!entry.starts_with('[')) return limits;
  const std::size_t end = entry.find(']');
  if (end == std::string_view::npos) return std::unexpected("has a '[' without its ']'");
  const std::string_view inside = trimmed(entry.substr(1, end - 1));
  entry = trimmed(entry.substr(end + 1));
  const std::size_t space = std::min(inside.find(' '), inside.size());
  const auto scopes = scopes_in(inside.substr(0, space));
  if (!scopes) return std::unexpected("names a scope that is not known; there are publish, read and admin");
  limits.scopes = *scopes;
  if (space == inside.size()) return limits;
  limits.rooms = trimmed(inside.substr(space));
  if (limits.rooms.find(' ') != std::string_view::npos) {
    return std::unexpected("has a blank where none belongs: scopes stand without blanks, as in [publish,read chat:*]");
  }
  if ((limits.scopes & 1u << static_cast<unsigned>(Scope::kAdmin)) != 0 && limits.rooms != "*") {
    return std::unexpected("limits the scope admin to rooms, but that is about users");
  }
  return limits;
}

/// The one pattern, as permissions have it.
std::expected<auth::Grants, std::string> rooms_of(std::string_view pattern) {
  std::string json = R"({"rooms":{")";
  for (const char c : pattern) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return auth::Grants::parse(json + R"(":["join"]}})");
}

}  // namespace

bool Key::covers(std::string_view room_id) const {
  if (is_for_all_rooms_) return true;
  return !protocol::is_user_room(room_id) && rooms_.rights_in(room_id, {}).has(room::Right::kJoin);
}

std::string Key::shown() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    out += kDigits[hash_[i] >> 4];
    out += kDigits[hash_[i] & 15];
  }
  return out;
}

std::expected<Keys, std::string> Keys::parse(std::span<const std::string> entries) {
  Keys keys;
  if (entries.size() > kKeysMax) return std::unexpected("there are more than 100 keys");
  for (std::string_view entry : entries) {
    Key key;
    entry = trimmed(entry);
    const auto limits = take_limits(entry);
    if (!limits) return std::unexpected(limits.error());
    key.scopes_ = limits->scopes;
    key.is_for_all_rooms_ = limits->rooms == "*";
    auto rooms = rooms_of(limits->rooms);
    if (!rooms) return std::unexpected("has a pattern of rooms that is none: " + rooms.error());
    key.rooms_ = std::move(*rooms);
    key.room_prefix_ = limits->rooms.substr(0, limits->rooms.find_first_of("*{"));
    if (entry.starts_with(kHashPrefix)) {
      const auto hash = hash_in_hex(entry.substr(kHashPrefix.size()));
      if (!hash) return std::unexpected("must have 64 hexadecimal digits behind sha256:");
      key.hash_ = *hash;
    } else {
      const auto is_outside = [](char c) { return c <= ' ' || c >= 0x7F; };
      if (entry.size() < kKeyBytesMin || entry.size() > kKeyBytesMax || std::ranges::any_of(entry, is_outside)) {
        return std::unexpected(
            "must be 8 to 512 printable ASCII characters without blanks: `openssl rand -hex 32` makes a good one");
      }
      key.hash_ = hash_of(entry);
      keys.has_short_ = keys.has_short_ || entry.size() < kKeyBytesGood;
    }
    keys.keys_.push_back(std::move(key));
  }
  return keys;
}

std::string Keys::problem_with(std::string_view entry) {
  const std::string copy(entry);
  const auto keys = parse({&copy, 1});
  return keys ? "" : keys.error();
}

void Keys::take_over(const Keys& earlier) {
  for (Key& key : keys_) {
    const auto same = std::ranges::find(earlier.keys_, key.hash_, &Key::hash_);
    if (same != earlier.keys_.end()) key.requests_ = same->requests_;
  }
}

const Key* Keys::find(std::string_view shown_key) const {
  const Hash hash = hash_of(shown_key);
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (CRYPTO_memcmp(hash.data(), key.hash_.data(), hash.size()) == 0) found = &key;
  }
  return found;
}

}  // namespace switchboard::api
