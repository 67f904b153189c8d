// One field's value, judged: from the JSON text that stood in the command to a name, a number, a place in a history. It
// knows what such a value may be, not which command wants it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "protocol/command.h"
#include "protocol/command_fields.h"
#include "protocol/error.h"

namespace switchboard::protocol {

/// What is wrong with a command.
struct Fault {
  ErrorCode code;
  std::string message;
};
template <class T>
using Checked = std::expected<T, Fault>;

std::unexpected<Fault> bad_request(std::string message);

struct FieldValue {
  std::string_view name;  // as clients know it: "room_id", "since.epoch"
  std::string_view json;  // well-formed; "" when it was left out
};
inline FieldValue value_of(const CommandFields& fields, Field field) {
  return {.name = name(field), .json = fields[field]};
}

/// "`limit` must be ...", as bad_request.
std::unexpected<Fault> bad_value(const FieldValue& value, std::string_view trouble);

constexpr bool is_json_string(std::string_view json) {
  return json.starts_with('"');
}
/// What stands between a string's quotes.
constexpr std::string_view body_of(std::string_view json_string) {
  return json_string.substr(1, json_string.size() - 2);
}

/// C0, DEL or C1, in valid UTF-8.
bool has_control_character(std::string_view text);

/// A string of 1 to `bytes_max` bytes (once unescaped) without control characters: every id is one. `scratch` holds it
/// if it had to be unescaped; it never grows past six times that.
Checked<std::string_view> read_text(const FieldValue& value, std::size_t bytes_max, std::string& scratch);

/// A whole number of [from, to], written without fraction or exponent.
Checked<std::uint64_t> read_number(const FieldValue& value, std::uint64_t from, std::uint64_t to);

/// Any unsigned 64-bit number; see kSeqMax.
Checked<Seq> read_seq(const FieldValue& value);

Checked<bool> read_flag(const FieldValue& value);

/// {"seq":...,"epoch":"..."}; further members are ignored.
Checked<Since> read_since(const FieldValue& value, std::string& scratch);

/// A command's id as raw JSON text, "" when there is none.
Checked<std::string_view> read_command_id(const FieldValue& value);

}  // namespace switchboard::protocol
