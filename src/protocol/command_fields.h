// The fields our commands have, picked from one JSON object as raw text. It knows their names and nothing of what they
// may hold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/json_scanner.h"

namespace switchboard::protocol {

enum class Field : std::uint8_t {
  kType,
  kRoomId,
  kUserId,
  kContent,
  kEcho,
  kId,
  kSince,
  kLast,
  kPresence,
  kDedup,
  kInfo,
  kOwnDevices,
  kBefore,
  kAfter,
  kLimit,
  kNext,
  kToken,
};
inline constexpr std::size_t kFieldCount = 17;

/// The field's key on the wire.
std::string_view name(Field field);

class CommandFields {
 public:
  /// Takes the member if its key, unescaped, is a field's; others are ignored. The first of several with one key is
  /// kept.
  void add(const JsonMember& member);

  /// The field's value as it stood in the text, "" when it was not there.
  std::string_view operator[](Field field) const { return values_[static_cast<std::size_t>(field)]; }
  bool has(Field field) const { return !(*this)[field].empty(); }
  /// A field that came more than once.
  std::optional<Field> duplicate() const { return duplicate_; }

 private:
  std::array<std::string_view, kFieldCount> values_{};
  std::optional<Field> duplicate_;
};

}  // namespace switchboard::protocol
