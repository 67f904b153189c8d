#include "api/answer.h"

#include "api/json_text.h"
#include "api/problem.h"

namespace switchboard::api {

void append_outcome(std::string& out, const Outcome& outcome) {
  out += R"({"seq":)" + std::to_string(outcome.seq.value) + R"(,"epoch":)";
  append_json(out, outcome.epoch);
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
    append_json(out, protocol::name(*outcome.refusal));
    out += R"(,"detail":)";
    append_json(out, words_of(*outcome.refusal));
    out += "}}";
  }
  return out + "]}";
}

std::string history_answer(const protocol::HistoryPage& page) {
  std::string out = R"({"room_id":)";
  append_json(out, page.room_id);
  out += R"(,"epoch":)";
  append_json(out, page.epoch);
  out += R"(,"messages":[)";
  for (const std::string_view message : page.messages) {
    if (out.back() != '[') out += ',';
    out += message;
  }
  return out + (page.more ? R"(],"more":true})" : R"(],"more":false})");
}

std::string presence_answer(const protocol::PresenceList& list) {
  std::string out = R"({"room_id":)";
  append_json(out, list.room_id);
  out += R"(,"count":)" + std::to_string(list.count) + R"(,"users":[)";
  for (const protocol::PresentUser& user : list.users) {
    out += out.back() == '[' ? R"({"user_id":)" : R"(,{"user_id":)";
    append_json(out, user.user_id);
    out += R"(,"connections":)" + std::to_string(user.connections);
    if (!user.info.empty()) out.append(R"(,"info":)").append(user.info);
    out += '}';
  }
  out += ']';
  if (!list.next.empty()) {
    out += R"(,"next":)";
    append_json(out, list.next);
  }
  return out + "}";
}

}  // namespace switchboard::api
