// Messages that a back end publishes, as they stand in the body of a request.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.h"
#include "http/request.h"

namespace switchboard::api {

inline constexpr std::size_t kBatchMessagesMax = 1'000;

/// One message to be published.
struct Message {
  std::string room_id;  // "@bob" for a direct message to bob
  std::string content;  // JSON text
  std::string dedup;    // "" for none
  std::string sender;   // "": the back end itself
};

/// One message to many rooms and users.
struct Broadcast {
  std::vector<std::string> room_ids;  // 1 to kBatchMessagesMax, the rooms in front of the users' own
  Message common;                     // without a room

  /// One for each, in that order, without the content.
  std::vector<Message> messages() const;
};

/// What bodies are held to.
struct BodyLimits {
  std::size_t content_bytes_max = 65'536;
  std::size_t json_depth_max = 64;  // of a message, its own object included
};

/// 400 for what is no message, 413 for a content that is too large.
std::expected<Message, Problem> read_message(std::string_view json, const BodyLimits& limits);
/// {"messages":[...]}: 1 to kBatchMessagesMax of them; more get 413.
std::expected<std::vector<Message>, Problem> read_batch(std::string_view body, const BodyLimits& limits);
/// {"room_ids":[...],"user_ids":[...],"content":...}: 1 to kBatchMessagesMax of both together; more get 413.
std::expected<Broadcast, Problem> read_broadcast(std::string_view body, const BodyLimits& limits);
/// The Idempotency-Key field is another way to say `dedup`. What is wrong with it, if anything is.
std::optional<Problem> take_idempotency_key(const http::Request& request, Message& message);

}  // namespace switchboard::api
