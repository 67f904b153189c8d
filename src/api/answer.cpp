#include "api/answer.h"

#include "api/problem.h"
#include "protocol/json_string.h"

namespace switchboard::api {

void append_outcome(std::string& out, const Outcome& outcome) {
  out += R"({"seq":)" + std::to_string(outcome.seq.value) + R"(,"epoch":)";
  protocol::append_string(out, outcome.epoch);
  out += R"(,"ts":)" + std::to_string(outcome.ts);
  out += outcome.is_duplicate ? R"(,"duplicate":true})" : "}";
}

std::string batch_answer(const std::vector<Outcome>& outcomes) {
  std::string out = R"({"results":[)";
  for (const Outcome& outcome : outcomes) {
    if (out.back() != '[') out += ',';
    if (!outcome.refusal) {
      append_outcome(out, outcome);
      continue;
    }
    out += R"({"error":{"code":)";
    protocol::append_string(out, protocol::name(*outcome.refusal));
    out += R"(,"detail":)";
    protocol::append_string(out, words_of(*outcome.refusal));
    out += "}}";
  }
  return out + "]}";
}

std::string history_answer(const protocol::HistoryPage& page) {
  std::string out = R"({"room_id":)";
  protocol::append_string(out, page.room_id);
  out += R"(,"epoch":)";
  protocol::append_string(out, page.epoch);
  out += R"(,"messages":[)";
  for (const std::string_view message : page.messages) {
    if (out.back() != '[') out += ',';
    out += message;
  }
  return out + (page.more ? R"(],"more":true})" : R"(],"more":false})");
}

std::string rooms_answer(std::span<const RoomCount> rooms, std::string_view next) {
  std::string out = R"({"rooms":[)";
  for (const RoomCount& room : rooms) {
    out += out.back() == '[' ? R"({"room_id":)" : R"(,{"room_id":)";
    protocol::append_string(out, room.room_id);
    out += R"(,"connections":)" + std::to_string(room.connections) + '}';
  }
  out += ']';
  if (!next.empty()) {
    out += R"(,"next":)";
    protocol::append_string(out, next);
  }
  return out + "}";
}

std::string connections_answer(std::span<const ConnectionInfo> connections, bool more) {
  std::string out = R"({"connections":[)";
  for (const ConnectionInfo& connection : connections) {
    out += out.back() == '[' ? R"({"conn_id":)" : R"(,{"conn_id":)";
    protocol::append_string(out, connection.connection_id);
    out += R"(,"address":)";
    protocol::append_string(out, connection.address);
    out += R"(,"since":)" + std::to_string(connection.since) + R"(,"listener":)";
    protocol::append_string(out, connection.listener);
    out += R"(,"rooms":)" + std::to_string(connection.rooms) + '}';
  }
  return out + (more ? R"(],"more":true})" : R"(],"more":false})");
}

std::string presence_answer(const protocol::PresenceList& list) {
  std::string out = R"({"room_id":)";
  protocol::append_string(out, list.room_id);
  out += R"(,"count":)" + std::to_string(list.count) + R"(,"users":[)";
  for (const protocol::PresentUser& user : list.users) {
    out += out.back() == '[' ? R"({"user_id":)" : R"(,{"user_id":)";
    protocol::append_string(out, user.user_id);
    out += R"(,"connections":)" + std::to_string(user.connections);
    if (!user.info.empty()) out.append(R"(,"info":)").append(user.info);
    out += '}';
  }
  out += ']';
  if (!list.next.empty()) {
    out += R"(,"next":)";
    protocol::append_string(out, list.next);
  }
  return out + "}";
}

}  // namespace switchboard::api
