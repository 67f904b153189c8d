#include "protocol/command_fields.h"

#include <string>

#include "protocol/json_string.h"

namespace switchboard::protocol {
namespace {

// In the order of Field.
constexpr std::array<std::string_view, kFieldCount> kNames = {
    "type",  "room_id", "user_id",     "content", "echo",  "id",    "since", "last",  "presence",
    "dedup", "info",    "own_devices", "before",  "after", "limit", "next",  "token",
};
constexpr std::size_t kNameBytesLongest = 11;

std::optional<Field> match(std::string_view key, Field field) {
  return key == kNames[static_cast<std::size_t>(field)] ? std::optional(field) : std::nullopt;
}

/// The lengths tell most names apart, so that a key costs one comparison or two.
std::optional<Field> find(std::string_view key) {
  switch (key.size()) {
    case 2:
      return match(key, Field::kId);
    case 4:
      if (key == "type") return Field::kType;
      if (key == "echo") return Field::kEcho;
      if (key == "info") return Field::kInfo;
      return key == "last" ? Field::kLast : match(key, Field::kNext);
    case 5:
      if (key == "dedup") return Field::kDedup;
      if (key == "since") return Field::kSince;
      if (key == "token") return Field::kToken;
      return key == "after" ? Field::kAfter : match(key, Field::kLimit);
    case 6:
      return match(key, Field::kBefore);
    case 7:
      if (key == "room_id") return Field::kRoomId;
      return key == "content" ? Field::kContent : match(key, Field::kUserId);
    case 8:
      return match(key, Field::kPresence);
    case 11:
      return match(key, Field::kOwnDevices);
    default:
      return std::nullopt;
  }
}

std::optional<Field> find_escaped(std::string_view key) {
  if (key.size() > kNameBytesLongest * kEscapeBytesMax) return std::nullopt;
  std::string text;
  if (!unescape(key, text)) return std::nullopt;
  return find(text);
}

}  // namespace

std::string_view name(Field field) {
  return kNames[static_cast<std::size_t>(field)];
}

void CommandFields::add(const JsonMember& member) {
  const bool has_escapes = member.key.find('\\') != std::string_view::npos;
  const auto field = has_escapes ? find_escaped(member.key) : find(member.key);
  if (!field) return;
  std::string_view& value = values_[static_cast<std::size_t>(*field)];
  if (value.empty()) {
    value = member.value;
  } else if (!duplicate_) {
    duplicate_ = field;
  }
}

}  // namespace switchboard::protocol
