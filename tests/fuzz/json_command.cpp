// JSON commands: a text message is split into documents exactly where RFC 8259's grammar (json_reference.h, and
// simdjson as a second opinion) ends them, what is malformed is refused, and every answer is JSON again.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <variant>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "fuzz/json_reference.h"
#include "protocol/command.h"
#include "protocol/json_scanner.h"
#include "protocol/push.h"

namespace switchboard::fuzz {
namespace {

using protocol::kJsonDepthMax;

constexpr std::size_t kDepthMax[] = {64, 1, 2, 3, kJsonDepthMax};
constexpr std::string_view kSpace = " \t\r\n";

std::string_view without_leading_space(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

void check_json(std::string_view text) {
  SB_ASSERT(simdjson::validate_utf8(text));
  SB_ASSERT(JsonReference::is_document(text, kJsonDepthMax + 1));
}

void check_name(std::string_view name) {
  SB_ASSERT(!name.empty() && name.size() <= protocol::kNameBytesMax && simdjson::validate_utf8(name));
  SB_ASSERT(std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
}

void check_room(std::string_view room_id) {
  check_name(room_id);
  SB_ASSERT(room_id.front() != '@');
}
void check_room_or_own(std::string_view room_id) {
  if (room_id != protocol::kOwnRoom) check_room(room_id);
}

void check_dedup(std::string_view dedup) {
  if (dedup.empty()) return;
  check_name(dedup);
  SB_ASSERT(dedup.size() <= protocol::kDedupBytesMax);
}

void check_content(std::string_view content) {
  SB_ASSERT(kSpace.find(content.front()) == std::string_view::npos);
  SB_ASSERT(kSpace.find(content.back()) == std::string_view::npos);
  check_json(content);
}

void check_id(std::string_view id) {
  if (id.empty()) return;
  SB_ASSERT(id.size() <= protocol::kCommandIdBytesMax + 2);
  SB_ASSERT(id.front() == '"' || id.front() == '-' || (id.front() >= '0' && id.front() <= '9'));
  SB_ASSERT(JsonReference::is_document(id, 0));
}

void check(const protocol::Ping&, std::string_view id) {
  std::string answer;
  protocol::append(answer, protocol::Pong{.id = id});
  check_json(answer);
}
void check(const protocol::Join& join, std::string_view id) {
  check_room_or_own(join.room_id);
  if (!join.user_id.empty()) check_name(join.user_id);
  SB_ASSERT(!join.since || join.last == 0);
  SB_ASSERT(join.last <= protocol::kHistoryMessagesMax);
  if (join.since) {
    check_name(join.since->epoch);
    SB_ASSERT(join.since->epoch.size() <= protocol::kEpochBytesMax);
    SB_ASSERT(join.since->seq <= protocol::kSeqMax);
  }
  if (!join.info.empty()) {
    check_content(join.info);
    SB_ASSERT(join.info.size() <= protocol::kInfoBytesMax);
    const protocol::PresentUser user{.user_id = "\"u\"", .connections = 1, .info = join.info};
    std::string list;
    protocol::append(
        list, protocol::PresenceList{.room_id = join.room_id, .id = id, .count = 1, .users = {&user, 1}, .next = "n"});
    check_json(list);
  }
  std::string answer;
  protocol::append(answer, protocol::Joined{.room_id = join.room_id, .id = id, .seq = {}, .epoch = "e"});
  check_json(answer);
}
void check(const protocol::Leave& leave, std::string_view id) {
  check_room_or_own(leave.room_id);
  std::string answer;
  protocol::append(answer, protocol::Left{.room_id = leave.room_id, .id = id});
  check_json(answer);
}
void check(const protocol::Broadcast& broadcast, std::string_view id) {
  check_room(broadcast.room_id);
  check_dedup(broadcast.dedup);
  check_content(broadcast.content);
  std::string push;
  protocol::append(
      push, protocol::Publication{
                .room_id = broadcast.room_id, .content = broadcast.content, .sender = "\"u\"", .seq = {}, .ts = 0});
  check_json(push);
  std::string ack;
  protocol::append(ack, protocol::Ack{.id = id, .room_id = broadcast.room_id, .seq = {}, .epoch = "e", .ts = 0});
  check_json(ack);
}

void check(const protocol::Direct& direct, std::string_view id) {
  check_name(direct.user_id);
  check_dedup(direct.dedup);
  check_content(direct.content);
  const std::string room_id = protocol::user_room_of(direct.user_id);
  std::string push;
  protocol::append(
      push,
      protocol::Publication{
          .room_id = room_id, .content = direct.content, .sender = "\"u\"", .seq = {}, .ts = 0, .to = direct.user_id});
  check_json(push);
  std::string ack;
  protocol::append(ack, protocol::Ack{.id = id, .room_id = room_id, .seq = {}, .epoch = "e", .ts = 0});
  check_json(ack);
}
void check(const protocol::History& history, std::string_view id) {
  check_room_or_own(history.room_id);
  SB_ASSERT(!history.before || !history.after);
  SB_ASSERT(history.limit >= 1 && history.limit <= protocol::kHistoryMessagesMax);
  std::string answer;
  protocol::append(answer, protocol::HistoryPage{.room_id = history.room_id, .id = id, .epoch = "e", .messages = {}});
  check_json(answer);
}
void check(const protocol::Auth& auth, std::string_view id) {
  SB_ASSERT(!auth.token.empty() && auth.token.size() <= protocol::kTokenBytesMax);
  std::string answer;
  protocol::append(answer, protocol::Authed{.user_id = "u", .id = id, .expires_in_ms = 1});
  check_json(answer);
}
void check(const protocol::Presence& presence, std::string_view id) {
  check_room(presence.room_id);
  if (!presence.next.empty()) check_name(presence.next);
  SB_ASSERT(presence.limit >= 1 && presence.limit <= protocol::kPresenceUsersMax);
  std::string answer;
  protocol::append(answer,
                   protocol::PresenceList{.room_id = presence.room_id, .id = id, .users = {}, .next = presence.next});
  check_json(answer);
}

/// Where the document at the beginning of a message ends; white space or nothing must follow it.
std::optional<std::size_t> document_end(std::string_view text, std::size_t depth_max) {
  const auto end = JsonReference::value_end(text, depth_max);
  if (!end || (*end < text.size() && kSpace.find(text[*end]) == std::string_view::npos)) return std::nullopt;
  return *end;
}

void check_documents(std::string_view message, std::size_t depth_max) {
  protocol::CommandDecoder decoder(depth_max);
  std::string_view rest = message;
  do {
    const std::string_view text = without_leading_space(rest);
    const auto end = document_end(text, depth_max);
    const auto command = decoder.next(rest);
    SB_ASSERT(rest == (end ? without_leading_space(text.substr(*end)) : std::string_view{}));
    if (command) {
      SB_ASSERT(end && text.front() == '{');
      check_id(command->id);
      std::visit([&](const auto& body) { check(body, command->id); }, command->body);
    } else {
      const protocol::Error& error = command.error();
      SB_ASSERT(end || error.code == protocol::ErrorCode::kBadRequest);
      SB_ASSERT(!error.message.empty());
      std::string answer;
      protocol::append(answer, error);
      check_json(answer);
    }
  } while (!rest.empty());
}

/// The whole text as one document, by our scanner, the plain grammar and simdjson. simdjson alone also refuses numbers
/// that no double or 64-bit integer holds, and halves of surrogate pairs.
void compare_with_simdjson(std::string_view text) {
  protocol::JsonScanner scanner(text, kJsonDepthMax);
  std::string_view value;
  const bool ours = scanner.skip_value(value) && scanner.finish() && scanner.rest().empty();
  SB_ASSERT(ours == JsonReference::is_document(text, kJsonDepthMax));

  if (text.starts_with("\xEF\xBB\xBF")) return;  // later versions skip a byte order mark
  simdjson::dom::parser parser;
  if (parser.allocate(text.size() + 1, kJsonDepthMax + 8) != simdjson::SUCCESS) return;
  const auto error = parser.parse(simdjson::padded_string(text)).error();
  if (error == simdjson::SUCCESS) {
    SB_ASSERT(ours || JsonReference::is_document(text, kJsonDepthMax + 8));
  } else if (ours) {
    SB_ASSERT(error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR);
  }
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard::fuzz;
  ByteScript script(data, size);
  const std::size_t depth_max = script.one_of(kDepthMax);
  const OwnMemory memory(script.rest());
  if (!simdjson::validate_utf8(memory.view())) return -1;  // the connection has checked that before
  check_documents(memory.view(), depth_max);
  compare_with_simdjson(memory.view());
  return 0;
}
