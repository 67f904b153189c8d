#include "protocol/command.h"

#include <utility>

#include "protocol/command_fields.h"
#include "protocol/json_scanner.h"
#include "protocol/json_string.h"
#include "ws/utf8.h"

namespace switchboard::protocol {
namespace {

constexpr std::size_t kEscapeBytesMax = 6;   // of one byte of text: \u0041
constexpr std::size_t kTypeBytesShown = 40;  // of a type nobody knows, in the answer
constexpr char kUserRoomMark = '@';

struct Fault {
  ErrorCode code;
  std::string message;
};

template <class T>
using Checked = std::expected<T, Fault>;
using Body = decltype(Command::body);

std::unexpected<Fault> bad_request(std::string message) {
  return std::unexpected(Fault{ErrorCode::kBadRequest, std::move(message)});
}

std::unexpected<Fault> bad_field(Field field, std::string_view trouble) {
  std::string message = "`";
  message.append(name(field)).append("` ").append(trouble);
  return bad_request(std::move(message));
}

constexpr bool is_string(std::string_view json) {
  return json.starts_with('"');
}
constexpr bool is_number(std::string_view json) {
  return json.starts_with('-') || (!json.empty() && json[0] >= '0' && json[0] <= '9');
}
constexpr std::string_view body_of(std::string_view json_string) {
  return json_string.substr(1, json_string.size() - 2);
}
bool has_escapes(std::string_view body) {
  return body.find('\\') != std::string_view::npos;
}

/// C0, DEL, and C1: U+0080 to U+009F are 0xC2 and a byte below 0xA0.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

/// A room's or user's id. `scratch` holds it if it had to be unescaped; it never grows past what such an id may be.
Checked<std::string_view> read_name(const CommandFields& fields, Field field, std::string& scratch) {
  constexpr std::string_view kTooLong = "is longer than 255 bytes";
  static_assert(kNameBytesMax == 255);
  const std::string_view json = fields[field];
  if (json.empty()) return bad_field(field, "is missing");
  if (!is_string(json)) return bad_field(field, "must be a string");
  std::string_view text = body_of(json);
  if (text.size() > kNameBytesMax * kEscapeBytesMax) return bad_field(field, kTooLong);
  if (has_escapes(text)) {
    if (!unescape(text, scratch)) return bad_field(field, "has half of a surrogate pair");
    text = scratch;
  }
  if (text.empty()) return bad_field(field, "must not be empty");
  if (text.size() > kNameBytesMax) return bad_field(field, kTooLong);
  if (has_control_character(text)) return bad_field(field, "has a control character");
  return text;
}

/// The command's id as raw JSON text, "" when there is none.
Checked<std::string_view> read_command_id(const CommandFields& fields) {
  const std::string_view json = fields[Field::kId];
  if (json.empty()) return json;
  if (!is_string(json) && !is_number(json)) return bad_field(Field::kId, "must be a number or a string");
  const std::size_t bytes = is_string(json) ? body_of(json).size() : json.size();
  static_assert(kCommandIdBytesMax == 64);
  if (bytes > kCommandIdBytesMax) return bad_field(Field::kId, "is longer than 64 bytes");
  return json;
}

std::string describe(const JsonFault& fault, std::size_t text_bytes) {
  std::string message = "malformed JSON at byte " + std::to_string(fault.offset);
  if (fault.offset == text_bytes) message += ", where the message ends";
  message.append(": expected ").append(fault.expected);
  return message;
}

/// One command's fields, judged.
struct Reader {
  const CommandFields& fields;
  std::string& room_id_scratch;
  std::string& user_id_scratch;

  /// A room that a client may name.
  Checked<std::string_view> room_id() {
    auto id = read_name(fields, Field::kRoomId, room_id_scratch);
    if (id && id->front() == kUserRoomMark) {
      return std::unexpected(Fault{ErrorCode::kForbidden, "room ids that begin with `@` are reserved for user rooms"});
    }
    return id;
  }

  Checked<Body> join() {
    const auto room = room_id();
    if (!room) return std::unexpected(room.error());
    Join join{.room_id = *room, .user_id = {}};
    if (fields.has(Field::kUserId)) {
      const auto user = read_name(fields, Field::kUserId, user_id_scratch);
      if (!user) return std::unexpected(user.error());
      join.user_id = *user;
    }
    for (const Field field : {Field::kSince, Field::kLast}) {
      if (!fields.has(field)) continue;
      std::string message = "this room keeps no history: `";
      message.append(name(field)).append("` cannot be answered");
      return std::unexpected(Fault{ErrorCode::kHistoryUnavailable, std::move(message)});
    }
    if (fields.has(Field::kPresence)) return bad_field(Field::kPresence, "is not supported by this server");
    return join;
  }

  Checked<Body> leave() {
    const auto room = room_id();
    if (!room) return std::unexpected(room.error());
    return Leave{.room_id = *room};
  }

  Checked<Body> broadcast() {
    const auto room = room_id();
    if (!room) return std::unexpected(room.error());
    if (!fields.has(Field::kContent)) return bad_field(Field::kContent, "is missing");
    const std::string_view echo = fields[Field::kEcho];
    if (!echo.empty() && echo != "true" && echo != "false") return bad_field(Field::kEcho, "must be true or false");
    if (fields.has(Field::kDedup)) return bad_field(Field::kDedup, "is not supported by this server");
    return Broadcast{.room_id = *room, .content = fields[Field::kContent], .echo = echo != "false"};
  }

  Checked<Body> body() {
    const std::string_view json = fields[Field::kType];
    if (json.empty()) return bad_field(Field::kType, "is missing");
    if (!is_string(json)) return bad_field(Field::kType, "must be a string");
    std::string_view type = body_of(json);
    std::string unescaped;
    if (has_escapes(type) && unescape(type, unescaped)) type = unescaped;

    if (type == "broadcast") return broadcast();
    if (type == "ping") return Ping{};
    if (type == "join") return join();
    if (type == "leave") return leave();
    const bool is_cut = type.size() > kTypeBytesShown;
    std::string message = "this server has no command of type `";
    message.append(type.substr(0, ws::utf8_prefix_bytes(type, kTypeBytesShown))).append(is_cut ? "...`" : "`");
    return std::unexpected(Fault{ErrorCode::kUnknownType, std::move(message)});
  }

  Checked<Command> command() {
    if (const auto twice = fields.duplicate()) return bad_field(*twice, "is there more than once");
    const auto id = read_command_id(fields);
    if (!id) return std::unexpected(id.error());
    auto decoded = body();
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    return Command{.body = *decoded, .id = *id};
  }

  /// The fault, with what could be read of the command.
  Error error(Fault fault) {
    const auto room = read_name(fields, Field::kRoomId, room_id_scratch);
    const auto id = read_command_id(fields);
    return {.code = fault.code,
            .message = std::move(fault.message),
            .room_id = std::string(room ? *room : std::string_view{}),
            .id = std::string(id ? *id : std::string_view{})};
  }
};

}  // namespace

std::expected<Command, Error> CommandDecoder::next(std::string_view& rest) {
  while (!rest.empty() && is_json_space(rest.front()))
    rest.remove_prefix(1);
  const std::size_t text_bytes = rest.size();

  JsonScanner scanner(rest, depth_max_);
  CommandFields fields;
  const bool is_object = scanner.enter_object();
  if (is_object) {
    for (JsonMember member; scanner.next_member(member);)
      fields.add(member);
  } else if (std::string_view value; !scanner.failed()) {
    scanner.skip_value(value);
  }
  if (!scanner.failed()) scanner.finish();
  rest = scanner.failed() ? std::string_view{} : scanner.rest();

  Reader reader{fields, room_id_, user_id_};
  if (text_bytes == 0) return std::unexpected(reader.error({ErrorCode::kBadRequest, "the message is empty"}));
  if (scanner.failed()) {
    return std::unexpected(reader.error({ErrorCode::kBadRequest, describe(scanner.fault(), text_bytes)}));
  }
  if (!is_object) return std::unexpected(reader.error({ErrorCode::kBadRequest, "a command must be a JSON object"}));
  auto command = reader.command();
  if (!command) return std::unexpected(reader.error(std::move(command.error())));
  return *command;
}

}  // namespace switchboard::protocol
