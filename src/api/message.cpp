#include "api/message.h"

#include <algorithm>
#include <utility>

#include "api/name_check.h"
#include "auth/json_members.h"
#include "http/visible_text.h"
#include "protocol/command.h"
#include "protocol/field_value.h"
#include "protocol/json_array.h"
#include "protocol/user_room.h"

namespace switchboard::api {
namespace {

/// Reads one message, and says what is wrong with it.
class MessageReader {
 public:
  explicit MessageReader(const BodyLimits& limits) : limits_(limits) {}

  std::expected<Message, Problem> read(std::string_view json) const {
    const auto members = auth::JsonMembers::read(json, limits_.json_depth_max);
    if (!members) return bad_request("a message " + members.error());
    for (const auto& [name, value] : members->all()) {
      if (std::ranges::find(kFields, name) == std::end(kFields)) {
        return bad_request(http::visible_text(name, 40) +
                           " is not known; a message has room_id or user_id, content, dedup and sender");
      }
    }
    Message message;
    if (members->has("room_id") == members->has("user_id")) {
      return bad_request("a message has either `room_id` or `user_id`");
    }
    const std::string_view target = members->has("room_id") ? "room_id" : "user_id";
    auto name = members->text(target);
    if (!name) return bad_request("`" + std::string(target) + "` must be a string");
    const std::string what = "`" + std::string(target) + "`";
    const bool is_room = target == "room_id";
    const std::string problem = is_room ? problem_with_room(*name, what) : problem_with_name(*name, what);
    if (!problem.empty()) return bad_request(problem);
    message.room_id = is_room ? std::move(*name) : protocol::user_room_of(*name);
    if (auto unfit = take_rest(*members, message)) return std::unexpected(std::move(*unfit));
    return message;
  }

  std::expected<Broadcast, Problem> read_broadcast(std::string_view json) const {
    const auto members = auth::JsonMembers::read(json, limits_.json_depth_max);
    if (!members) return bad_request("the body " + members.error());
    for (const auto& [name, value] : members->all()) {
      if (std::ranges::find(kBroadcastFields, name) == std::end(kBroadcastFields)) {
        return bad_request(http::visible_text(name, 40) +
                           " is not known; there are room_ids, user_ids, content, dedup and sender");
      }
    }
    Broadcast broadcast;
    for (const std::string_view field : {"room_ids", "user_ids"}) {
      if (auto problem = take_targets(*members, field, broadcast.room_ids)) return std::unexpected(std::move(*problem));
    }
    if (broadcast.room_ids.empty()) return bad_request("there is nobody in `room_ids` and `user_ids`");
    if (auto problem = take_rest(*members, broadcast.common)) return std::unexpected(std::move(*problem));
    return broadcast;
  }

 private:
  static constexpr std::string_view kFields[] = {"room_id", "user_id", "content", "dedup", "sender"};

  static constexpr std::string_view kBroadcastFields[] = {"room_ids", "user_ids", "content", "dedup", "sender"};

  /// A list of rooms or of users, which may be missing.
  static std::optional<Problem> take_targets(const auth::JsonMembers& members, std::string_view field,
                                             std::vector<std::string>& room_ids) {
    if (!members.has(field)) return std::nullopt;
    const std::string_view list = members[field];
    if (!protocol::is_json_array(list)) return Problem{.detail = "`" + std::string(field) + "` must be a list"};
    const bool is_room = field == "room_ids";
    protocol::JsonArray elements(list);
    std::size_t index = 0;
    for (std::string_view element; elements.next(element); ++index) {
      if (room_ids.size() == kBatchMessagesMax) {
        return Problem{
            .status = 413, .code = "too_large", .detail = "`room_ids` and `user_ids` have more than 1000 together"};
      }
      const std::string which = std::string(field) + "[" + std::to_string(index) + "]";
      const auto name = auth::text_of_json(element);
      if (!name) return Problem{.detail = which + " must be a string"};
      std::string problem = is_room ? problem_with_room(*name, which) : problem_with_name(*name, which);
      if (!problem.empty()) return Problem{.detail = std::move(problem)};
      room_ids.push_back(is_room ? *name : protocol::user_room_of(*name));
    }
    return std::nullopt;
  }

  /// What is the same for one room and for many.
  std::optional<Problem> take_rest(const auth::JsonMembers& members, Message& message) const {
    const std::string_view content = members["content"];
    if (content.empty()) return Problem{.detail = "`content` is missing"};
    if (content.size() > limits_.content_bytes_max) {
      return Problem{.status = 413,
                     .code = "too_large",
                     .detail = "`content` has more than " + std::to_string(limits_.content_bytes_max) +
                               " bytes (setting limits.message_bytes_max)"};
    }
    message.content = content;
    auto wrong = take(members, "dedup", protocol::kDedupBytesMax, message.dedup);
    if (!wrong) wrong = take(members, "sender", protocol::kNameBytesMax, message.sender);
    return wrong ? std::optional(Problem{.detail = std::move(*wrong)}) : std::nullopt;
  }

  static std::optional<std::string> take(const auth::JsonMembers& members, std::string_view name, std::size_t bytes_max,
                                         std::string& out) {
    if (!members.has(name)) return std::nullopt;
    const std::string what = "`" + std::string(name) + "`";
    auto text = members.text(name);
    if (!text) return what + " must be a string";
    if (text->empty() || text->size() > bytes_max)
      return what + " must have 1 to " + std::to_string(bytes_max) + " bytes";
    if (protocol::has_control_character(*text)) return what + " has a control character";
    out = std::move(*text);
    return std::nullopt;
  }

  BodyLimits limits_;
};

}  // namespace

std::expected<Message, Problem> read_message(std::string_view json, const BodyLimits& limits) {
  return MessageReader(limits).read(json);
}

std::expected<Broadcast, Problem> read_broadcast(std::string_view body, const BodyLimits& limits) {
  return MessageReader(limits).read_broadcast(body);
}

std::vector<Message> Broadcast::messages() const {
  std::vector<Message> messages;
  messages.reserve(room_ids.size());
  for (const std::string& room_id : room_ids)
    messages.push_back({.room_id = room_id, .content = {}, .dedup = common.dedup, .sender = common.sender});
  return messages;
}

std::optional<Problem> take_idempotency_key(const http::Request& request, Message& message) {
  if (request.count("Idempotency-Key") == 0) return std::nullopt;
  std::string_view key = request.value("Idempotency-Key");
  // The draft of that field has it in quotes; most send it without.
  if (key.size() >= 2 && key.starts_with('"') && key.ends_with('"')) key = key.substr(1, key.size() - 2);
  if (key.empty() || key.size() > protocol::kDedupBytesMax || request.count("Idempotency-Key") > 1 ||
      std::ranges::any_of(key, [](char c) { return c < ' ' || c >= 0x7F; })) {
    return Problem{.detail = "Idempotency-Key must be one text of 1 to 64 printable ASCII characters"};
  }
  if (!message.dedup.empty() && message.dedup != key) {
    return Problem{.detail = "Idempotency-Key and `dedup` say different things"};
  }
  message.dedup = key;
  return std::nullopt;
}

std::expected<std::vector<Message>, Problem> read_batch(std::string_view body, const BodyLimits& limits) {
  const MessageReader reader(limits);
  // The list and the object around it are two levels.
  const auto members = auth::JsonMembers::read(body, limits.json_depth_max + 2);
  if (!members) return bad_request("the body " + members.error());
  const std::string_view list = (*members)["messages"];
  if (members->all().size() != 1 || !protocol::is_json_array(list)) {
    return bad_request("the body must be an object with a list `messages`, and nothing else");
  }
  std::vector<Message> messages;
  protocol::JsonArray elements(list);
  for (std::string_view element; elements.next(element);) {
    if (messages.size() == kBatchMessagesMax) {
      return std::unexpected(
          Problem{.status = 413, .code = "too_large", .detail = "`messages` has more than 1000 messages"});
    }
    auto message = reader.read(element);
    if (!message) {
      message.error().detail = "messages[" + std::to_string(messages.size()) + "]: " + message.error().detail;
      return std::unexpected(std::move(message.error()));
    }
    messages.push_back(std::move(*message));
  }
  if (messages.empty()) return bad_request("`messages` is empty");
  return messages;
}

}  // namespace switchboard::api
