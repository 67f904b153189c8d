#include "protocol/field_value.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "protocol/json_scanner.h"
#include "protocol/json_string.h"

namespace switchboard::protocol {
namespace {

constexpr bool is_number(std::string_view json) {
  return json.starts_with('-') || (!json.empty() && json[0] >= '0' && json[0] <= '9');
}
bool has_escapes(std::string_view body) {
  return body.find('\\') != std::string_view::npos;
}

std::unexpected<Fault> too_long(const FieldValue& value, std::size_t bytes_max) {
  return bad_value(value, "is longer than " + std::to_string(bytes_max) + " bytes");
}

/// The parts of a `since` as they stood in it, "" for what was not there.
struct SinceParts {
  FieldValue seq{.name = "since.seq", .json = {}};
  FieldValue epoch{.name = "since.epoch", .json = {}};

  /// The part that has this key, unescaped; null for others.
  FieldValue* find(std::string_view key) {
    constexpr std::size_t kKeyBytesLongest = 5;
    std::string unescaped;
    if (has_escapes(key)) {
      if (key.size() > kKeyBytesLongest * kEscapeBytesMax || !unescape(key, unescaped)) return nullptr;
      key = unescaped;
    }
    if (key == "seq") return &seq;
    return key == "epoch" ? &epoch : nullptr;
  }
};

}  // namespace

bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // C1: U+0080 to U+009F are 0xC2 and a byte below 0xA0.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

std::unexpected<Fault> bad_request(std::string message) {
  return std::unexpected(Fault{ErrorCode::kBadRequest, std::move(message)});
}

std::unexpected<Fault> bad_value(const FieldValue& value, std::string_view trouble) {
  std::string message = "`";
  message.append(value.name).append("` ").append(trouble);
  return bad_request(std::move(message));
}

Checked<std::string_view> read_text(const FieldValue& value, std::size_t bytes_max, std::string& scratch) {
  if (value.json.empty()) return bad_value(value, "is missing");
  if (!is_json_string(value.json)) return bad_value(value, "must be a string");
  std::string_view text = body_of(value.json);
  if (text.size() > bytes_max * kEscapeBytesMax) return too_long(value, bytes_max);
  if (has_escapes(text)) {
    if (!unescape(text, scratch)) return bad_value(value, "has half of a surrogate pair");
    text = scratch;
  }
  if (text.empty()) return bad_value(value, "must not be empty");
  if (text.size() > bytes_max) return too_long(value, bytes_max);
  if (has_control_character(text)) return bad_value(value, "has a control character");
  return text;
}

Checked<std::uint64_t> read_number(const FieldValue& value, std::uint64_t from, std::uint64_t to) {
  std::uint64_t number = 0;
  const char* const end = value.json.data() + value.json.size();
  const auto read = std::from_chars(value.json.data(), end, number);
  if (read.ec == std::errc{} && read.ptr == end && number >= from && number <= to) return number;
  return bad_value(value, "must be a whole number from " + std::to_string(from) + " to " + std::to_string(to));
}

Checked<Seq> read_seq(const FieldValue& value) {
  const auto number = read_number(value, 0, std::numeric_limits<std::uint64_t>::max());
  if (!number) return std::unexpected(number.error());
  return std::min(Seq{*number}, kSeqMax);
}

Checked<bool> read_flag(const FieldValue& value) {
  if (value.json == "true") return true;
  if (value.json == "false") return false;
  return bad_value(value, "must be true or false");
}

Checked<Since> read_since(const FieldValue& value, std::string& scratch) {
  JsonScanner scanner(value.json, kJsonDepthMax);  // the command's own scanner has looked at its depth
  if (!scanner.enter_object()) return bad_value(value, "must be an object with `seq` and `epoch`");
  SinceParts parts;
  for (JsonMember member; scanner.next_member(member);) {
    FieldValue* const part = parts.find(member.key);
    if (part == nullptr) continue;
    if (!part->json.empty()) return bad_value(*part, "is there more than once");
    part->json = member.value;
  }
  if (parts.seq.json.empty()) return bad_value(parts.seq, "is missing");
  const auto seq = read_seq(parts.seq);
  if (!seq) return std::unexpected(seq.error());
  const auto epoch = read_text(parts.epoch, kEpochBytesMax, scratch);
  if (!epoch) return std::unexpected(epoch.error());
  return Since{.seq = *seq, .epoch = *epoch};
}

Checked<std::string_view> read_command_id(const FieldValue& value) {
  const std::string_view json = value.json;
  if (json.empty()) return json;
  if (!is_json_string(json) && !is_number(json)) return bad_value(value, "must be a number or a string");
  const std::size_t bytes = is_json_string(json) ? body_of(json).size() : json.size();
  if (bytes > kCommandIdBytesMax) return too_long(value, kCommandIdBytesMax);
  return json;
}

}  // namespace switchboard::protocol
