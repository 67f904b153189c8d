#include "protocol/command.h"

#include <array>
#include <utility>

#include "base/nearest_name.h"
#include "base/overloaded.h"
#include "protocol/command_fields.h"
#include "protocol/field_value.h"
#include "protocol/json_scanner.h"
#include "protocol/json_string.h"
#include "ws/utf8.h"

namespace switchboard::protocol {
namespace {

constexpr std::size_t kTypeBytesShown = 40;  // of a type nobody knows, in the answer
constexpr std::array<std::string_view, 8> kTypes = {"auth", "broadcast", "direct", "history",
                                                    "join", "leave",     "ping",   "presence"};

/// "this server has no command of type `brodcast`; did you mean `broadcast`?"
std::string unknown_type(std::string_view type) {
  const bool is_cut = type.size() > kTypeBytesShown;
  std::string message = "this server has no command of type `";
  message.append(type.substr(0, ws::utf8_prefix_bytes(type, kTypeBytesShown))).append(is_cut ? "...`" : "`");
  const std::string nearest = is_cut ? "" : nearest_name(type, kTypes);
  if (!nearest.empty()) return message.append("; did you mean `").append(nearest).append("`?");
  message.append("; it has");
  for (const std::string_view known : kTypes)
    message.append(known == kTypes.front() ? " " : known == kTypes.back() ? " and " : ", ").append(known);
  return message;
}

using Body = decltype(Command::body);

/// Whether a command may name the user's own room.
enum class OwnRoom : std::uint8_t { kAllowed, kRefused };

std::unexpected<Fault> forbidden(std::string message) {
  return std::unexpected(Fault{ErrorCode::kForbidden, std::move(message)});
}

std::string describe(const JsonFault& fault, std::size_t text_bytes) {
  std::string message = "malformed JSON at byte " + std::to_string(fault.offset);
  if (fault.offset == text_bytes) message += ", where the message ends";
  message.append(": expected ").append(fault.expected);
  return message;
}

/// One command's fields, judged. The scratch memory holds what had to be unescaped.
struct Reader {
  const CommandFields& fields;
  std::string& room_id_scratch;
  std::string& user_id_scratch;
  std::string& text_scratch;

  bool has(Field field) const { return fields.has(field); }
  FieldValue value(Field field) const { return value_of(fields, field); }

  /// A room that a client may name.
  Checked<std::string_view> room_id(OwnRoom own) {
    const auto id = read_text(value(Field::kRoomId), kNameBytesMax, room_id_scratch);
    if (!id || !is_user_room(*id)) return id;
    if (*id != kOwnRoom) return forbidden("room ids that begin with `@` are reserved for user rooms");
    if (own == OwnRoom::kRefused) {
      return forbidden("`@me` can be joined, left and read with `history`; it is written to with `direct`");
    }
    return id;
  }

  /// Reads an optional field into `target`, as `read(value)` says, if it is there. The fault, if there is one.
  template <class Target, class Read>
  std::optional<Fault> take(Field field, Target& target, Read read) {
    if (!has(field)) return std::nullopt;
    auto checked = read(value(field));
    if (!checked) return std::move(checked.error());
    target = static_cast<Target>(*checked);
    return std::nullopt;
  }
  std::optional<Fault> take_flag(Field field, bool& target) { return take(field, target, read_flag); }
  std::optional<Fault> take_limit(Field field, std::uint32_t& target, std::uint32_t to) {
    return take(field, target, [&](const FieldValue& number) { return read_number(number, 1, to); });
  }
  std::optional<Fault> take_text(Field field, std::string_view& target, std::size_t bytes_max, std::string& scratch) {
    return take(field, target, [&](const FieldValue& text) { return read_text(text, bytes_max, scratch); });
  }

  Checked<Body> join() {
    const auto room = room_id(OwnRoom::kAllowed);
    if (!room) return std::unexpected(room.error());
    Join join{.room_id = *room};
    std::optional<Fault> fault = take_text(Field::kUserId, join.user_id, kNameBytesMax, user_id_scratch);
    if (!fault) {
      fault = take(Field::kSince, join.since, [&](const FieldValue& since) { return read_since(since, text_scratch); });
    }
    if (!fault) fault = take_limit(Field::kLast, join.last, kHistoryMessagesMax);
    if (!fault) fault = take_flag(Field::kPresence, join.presence);
    if (fault) return std::unexpected(std::move(*fault));
    if (join.since && join.last > 0) return bad_value(value(Field::kLast), "cannot go together with `since`");
    if (join.presence && *room == kOwnRoom) return bad_value(value(Field::kPresence), "is not for `@me`");
    join.info = fields[Field::kInfo];
    static_assert(kInfoBytesMax == 1'024);
    if (join.info.size() > kInfoBytesMax) return bad_value(value(Field::kInfo), "is longer than 1024 bytes");
    return join;
  }

  Checked<Body> leave() {
    const auto room = room_id(OwnRoom::kAllowed);
    if (!room) return std::unexpected(room.error());
    return Leave{.room_id = *room};
  }

  Checked<Body> broadcast() {
    const auto room = room_id(OwnRoom::kRefused);
    if (!room) return std::unexpected(room.error());
    if (!has(Field::kContent)) return bad_value(value(Field::kContent), "is missing");
    Broadcast broadcast{.room_id = *room, .content = fields[Field::kContent]};
    std::optional<Fault> fault = take(Field::kEcho, broadcast.echo, read_flag);
    if (!fault) fault = take_text(Field::kDedup, broadcast.dedup, kDedupBytesMax, text_scratch);
    if (fault) return std::unexpected(std::move(*fault));
    return broadcast;
  }

  Checked<Body> direct() {
    const auto user = read_text(value(Field::kUserId), kNameBytesMax, user_id_scratch);
    if (!user) return std::unexpected(user.error());
    if (!has(Field::kContent)) return bad_value(value(Field::kContent), "is missing");
    Direct direct{.user_id = *user, .content = fields[Field::kContent]};
    std::optional<Fault> fault = take_text(Field::kDedup, direct.dedup, kDedupBytesMax, text_scratch);
    if (!fault) fault = take_flag(Field::kOwnDevices, direct.own_devices);
    if (fault) return std::unexpected(std::move(*fault));
    return direct;
  }

  Checked<Body> history() {
    const auto room = room_id(OwnRoom::kAllowed);
    if (!room) return std::unexpected(room.error());
    History history{.room_id = *room};
    std::optional<Fault> fault = take(Field::kBefore, history.before, read_seq);
    if (!fault) fault = take(Field::kAfter, history.after, read_seq);
    if (!fault) fault = take_limit(Field::kLimit, history.limit, kHistoryMessagesMax);
    if (fault) return std::unexpected(std::move(*fault));
    if (history.before && history.after) return bad_value(value(Field::kAfter), "cannot go together with `before`");
    return history;
  }

  Checked<Body> presence() {
    const auto room = room_id(OwnRoom::kRefused);
    if (!room) return std::unexpected(room.error());
    Presence presence{.room_id = *room};
    std::optional<Fault> fault = take_text(Field::kNext, presence.next, kNameBytesMax, text_scratch);
    if (!fault) fault = take_limit(Field::kLimit, presence.limit, kPresenceUsersMax);
    if (fault) return std::unexpected(std::move(*fault));
    return presence;
  }

  Checked<Body> auth() {
    const auto token = read_text(value(Field::kToken), kTokenBytesMax, text_scratch);
    if (!token) return std::unexpected(token.error());
    return Auth{.token = *token};
  }

  Checked<Body> body() {
    const std::string_view json = fields[Field::kType];
    if (json.empty()) return bad_value(value(Field::kType), "is missing");
    if (!is_json_string(json)) return bad_value(value(Field::kType), "must be a string");
    std::string_view type = body_of(json);
    std::string unescaped;
    if (type.find('\\') != std::string_view::npos && unescape(type, unescaped)) type = unescaped;

    if (type == "broadcast") return broadcast();
    if (type == "direct") return direct();
    if (type == "ping") return Ping{};
    if (type == "join") return join();
    if (type == "leave") return leave();
    if (type == "history") return history();
    if (type == "presence") return presence();
    if (type == "auth") return auth();
    return std::unexpected(Fault{ErrorCode::kUnknownType, unknown_type(type)});
  }

  Checked<Command> command() {
    if (const auto twice = fields.duplicate()) return bad_value(value(*twice), "is there more than once");
    const auto id = read_command_id(value(Field::kId));
    if (!id) return std::unexpected(id.error());
    auto decoded = body();
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    return Command{.body = *decoded, .id = *id};
  }

  /// The fault, with what could be read of the command.
  Error error(Fault fault) {
    const auto room = read_text(value(Field::kRoomId), kNameBytesMax, room_id_scratch);
    const auto id = read_command_id(value(Field::kId));
    return {.code = fault.code,
            .message = std::move(fault.message),
            .room_id = std::string(room ? *room : std::string_view{}),
            .id = std::string(id ? *id : std::string_view{})};
  }
};

}  // namespace

std::string_view type_of(const Command& command) {
  const Overloaded name{
      [](const Ping&) { return "ping"; },         [](const Join&) { return "join"; },
      [](const Leave&) { return "leave"; },       [](const Broadcast&) { return "broadcast"; },
      [](const Direct&) { return "direct"; },     [](const History&) { return "history"; },
      [](const Presence&) { return "presence"; }, [](const Auth&) { return "auth"; },
  };
  return std::visit(name, command.body);
}

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

  Reader reader{fields, room_id_, user_id_, text_};
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
