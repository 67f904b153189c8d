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
    const std::string_view content = (*members)["content"];
    if (content.empty()) return bad_request("`content` is missing");
    if (content.size() > limits_.content_bytes_max) {
      return std::unexpected(Problem{.status = 413,
                                     .code = "too_large",
                                     .detail = "`content` has more than " + std::to_string(limits_.content_bytes_max) +
                                               " bytes (setting limits.message_bytes_max)"});
    }
    message.content = content;
    if (auto wrong = take(*members, "dedup", protocol::kDedupBytesMax, message.dedup)) return bad_request(*wrong);
    if (auto wrong = take(*members, "sender", protocol::kNameBytesMax, message.sender)) return bad_request(*wrong);
    return message;
  }

 private:
  static constexpr std::string_view kFields[] = {"room_id", "user_id", "content", "dedup", "sender"};

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
