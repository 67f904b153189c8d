// What a client does: the commands that it thinks of, and how it goes.
#include <algorithm>

#include "simulation/client.h"

namespace switchboard::simulation {
namespace {

constexpr std::size_t kUnsentMax = 20'000;

}  // namespace

void Client::act(bool may_begin_something) {
  if (over_ || silent_) return;
  if (may_begin_something && !is_going_ && server_close_code_ == 0 && unsent_.size() < kUnsentMax && !is_auditor_ &&
      random_.below(100) < config_.eagerness_percent) {
    begin_something();
  }
  if (unsent_.empty()) return;
  const std::size_t count = random_.below(3) == 0 ? 1 + random_.below(unsent_.size()) : unsent_.size();
  socket_->client_send(std::string_view(unsent_).substr(0, count));
  unsent_.erase(0, count);
}

void Client::begin_something() {
  if (!config_.all_are_well) {
    switch (random_.below(60)) {
      case 0:
      case 1:
      case 2:
        pace_ = static_cast<Pace>(random_.below(3));
        was_unwell_ |= pace_ != Pace::kPrompt;
        return;
      case 3:
        if (random_.below(4) == 0) return go_away();
        break;
      case 4:
        if (random_.below(20) == 0) {
          misbehaved_code_ = 1003;
          unsent_ += test::client_frame(test::opcode::kBinary, "x", true, random_);
          return;
        }
        break;
      default:
        break;
    }
  }
  if (person_ != nullptr && random_.below(3) == 0 && publish_again()) return send_documents();
  const std::uint64_t documents = 1 + (random_.below(3) == 0 ? random_.below(4) : 0);
  for (std::uint64_t i = 0; i < documents; ++i) {
    const bool is_own = config_.persons > 0 && random_.below(8) == 0;
    const std::string room = is_own ? "@me" : room_name();
    if (i > 0) documents_ += random_.below(2) == 0 ? " " : "\n";
    if (is_own && random_.below(2) == 0 && has_user()) {
      direct("person" + std::to_string(random_.below(config_.persons)));
      continue;
    }
    if (!is_own && random_.below(100) < config_.publish_percent && (stay(room).is_member() || random_.below(10) == 0)) {
      broadcast(room);
      continue;
    }
    if (config_.persons > 0 && random_.below(12) == 0 && stay(room).is_member() && stay(room).is_settled()) {
      ask_history(room);
      continue;
    }
    const std::uint64_t what = random_.below(20);
    if (what < 12 && (!stay(room).is_member() || what == 0)) {
      join(room);
    } else if (what < 14) {
      const std::string id = random_.below(2) == 0 ? new_id() : "";
      documents_ += R"({"type":"leave","room_id":")" + room + "\"" + (id.empty() ? "" : ",\"id\":" + id) + "}";
      stay(room).expect({.kind = CommandKind::kLeave, .id = id, .content = {}});
    } else if (what < 17) {
      const std::string id = random_.below(2) == 0 ? new_id() : "";
      documents_ += R"({"type":"ping")" + (id.empty() ? std::string() : ",\"id\":" + id) + "}";
      pings_.push_back(id);
    } else if (what == 17) {
      const std::string payload(random_.below(126), static_cast<char>('a' + random_.below(26)));
      if (!documents_.empty()) send_documents();
      send_control(test::opcode::kPing, payload);
      return;
    } else if (is_own) {
      join(room);
    } else if (what == 18 && config_.shard.session.errors_max > 1'000) {
      send_malformed();
      break;
    } else {
      broadcast(room);
    }
  }
  send_documents();
}

void Client::join(const std::string& room) {
  if (config_.persons > 0 && join_with_history(room)) return;
  const std::string id = config_.crashes > 0 || random_.below(2) == 0 ? new_id() : "";
  const bool as_other =
      random_.below(30) == 0 && std::ranges::any_of(stays_, [](const auto& s) { return s.second.is_member(); });
  documents_ += R"({"type":"join","room_id":")" + room + R"(","user_id":")" + (as_other ? "somebody" : user_) + "\"" +
                (id.empty() ? "" : ",\"id\":" + id) + "}";
  stay(room).expect({.kind = as_other ? CommandKind::kJoinAsOther : CommandKind::kJoin, .id = id, .content = {}});
}

std::optional<Place> Client::place_in(const std::string& room) {
  if (auto place = stay(room).place()) return place;
  if (person_ == nullptr) return std::nullopt;
  const auto found = person_->places.find(room);
  return found == person_->places.end() ? std::nullopt : std::optional(found->second);
}

/// False when it does not: it is not out of the room for certain, or has nothing to ask for.
bool Client::join_with_history(const std::string& room) {
  if (stay(room).is_member() || !stay(room).is_settled()) return false;
  Outstanding join{.kind = CommandKind::kJoin, .id = new_id(), .content = {}};
  const std::uint64_t what = random_.below(20);
  join.since = place_in(room);
  if (what == 0) {
    join.since = Place{.seq = random_.below(50), .epoch = "made-up"};
  } else if (what == 1 && join.since) {
    join.since->seq += 1'000'000;
    join.is_made_up = true;
  } else if (what < 5 || (!join.since && what < 10)) {
    join.since.reset();
    join.last = 1 + random_.below(random_.below(2) == 0 ? 5 : 300);
  } else if (!join.since || (what == 5 && person_ == nullptr)) {
    return false;
  }
  send_join(room, std::move(join));
  return true;
}

void Client::send_join(const std::string& room, Outstanding join) {
  documents_ += R"({"type":"join","room_id":")" + room + R"(","user_id":")" + user_ + "\",\"id\":" + join.id;
  if (join.since) {
    documents_ += R"(,"since":{"seq":)" + std::to_string(join.since->seq) + R"(,"epoch":")" + join.since->epoch + "\"}";
  } else {
    documents_ += ",\"last\":" + std::to_string(join.last);
  }
  documents_ += "}";
  stay(room).expect(std::move(join));
}

void Client::audit() {
  is_auditor_ = true;
  for (std::uint32_t i = 0; i < config_.rooms; ++i) {
    if (!documents_.empty()) documents_ += " ";
    send_join(config_.room_name(i), {.kind = CommandKind::kJoin,
                                     .id = new_id(),
                                     .content = {},
                                     .since = Place{.seq = 0, .epoch = "the-beginning"}});
  }
  send_documents();
}

void Client::ask_history(const std::string& room) {
  HistoryQuery query{
      .id = new_id(), .room = room, .its_id = room == "@me" ? "@" + user_ : room, .epoch = stay(room).epoch()};
  query.direction = static_cast<HistoryQuery::Direction>(random_.below(3));
  if (const auto place = stay(room).place()) query.known_last = place->seq;
  query.seq = 1 + random_.below(query.known_last + 3);
  if (query.direction == HistoryQuery::Direction::kAfter) --query.seq;
  query.limit = 1 + random_.below(random_.below(2) == 0 ? 5 : 1'000);
  documents_ += query.document();
  queries_.push_back(std::move(query));
}

void Client::broadcast(const std::string& room) {
  // Without an id nobody could say which number a message without echo got, or that it was refused.
  const bool is_careful = person_ != nullptr || config_.store_fails();
  const bool echo = random_.below(6) != 0 || is_careful;
  const std::string id = is_careful || !echo || random_.below(2) == 0 ? new_id() : "";
  const std::string content = new_content();
  ledger_.sent(
      content,
      {.connection = connection_, .number = numbers_, .room = room, .user = user_, .echo = echo, .places = {}});
  if (person_ == nullptr || random_.below(4) == 0) {
    return send_broadcast(room, content, id, echo ? "" : ",\"echo\":false");
  }
  const std::string dedup = random_.token(16);
  send_broadcast(room, content, id, ",\"dedup\":\"" + dedup + "\"");
  person_->unacknowledged.push_back({.room = room, .content = content, .dedup = dedup, .sent_by = connection_});
  if (random_.below(10) == 0) {  // impatient
    ledger_.find(content).was_retried = true;
    documents_ += " ";
    send_broadcast(room, content, new_id(), ",\"dedup\":\"" + dedup + "\"");
  }
}

/// Names one message, by its connection and number.
std::string Client::new_content() {
  const std::uint64_t number = ++numbers_;
  const std::size_t padding = random_.below(config_.content_bytes + 1);
  return "\"c" + std::to_string(connection_) + "-" + std::to_string(number) + "-" +
         std::string(padding, static_cast<char>('a' + number % 26)) + "\"";
}

void Client::direct(const std::string& user) {
  const std::string content = new_content();
  const std::string room = "@" + user;
  ledger_.sent(content, {.connection = connection_, .number = numbers_, .room = room, .user = user_, .places = {}});
  const bool is_careful = person_ != nullptr && random_.below(2) == 0;
  const std::string dedup = is_careful ? random_.token(16) : "";
  send_direct(room, content, dedup);
  if (!is_careful) return;
  person_->unacknowledged.push_back(
      {.room = room, .content = content, .dedup = dedup, .is_direct = true, .sent_by = connection_});
}

void Client::send_direct(const std::string& room, const std::string& content, const std::string& dedup) {
  const std::string id = new_id();
  documents_ += R"({"type":"direct","user_id":")" + room.substr(1) + R"(","content":)" + content + ",\"id\":" + id +
                (dedup.empty() ? "" : ",\"dedup\":\"" + dedup + "\"") + "}";
  directs_[id] = content;
}

void Client::send_broadcast(const std::string& room, const std::string& content, const std::string& id,
                            const std::string& more) {
  documents_ += R"({"type":"broadcast","room_id":")" + room + R"(","content":)" + content +
                (id.empty() ? "" : ",\"id\":" + id) + more + "}";
  stay(room).expect({.kind = CommandKind::kBroadcast, .id = id, .content = content});
}

/// Sends one message again of which it is not known whether it arrived; false when there is none.
bool Client::publish_again() {
  const auto publish = std::ranges::find_if(person_->unacknowledged, [&](const auto& p) {
    if (p.is_direct) return p.sent_by == 0 && has_user();
    return p.sent_by == 0 && stay(p.room).is_member() && stay(p.room).is_settled();
  });
  if (publish == person_->unacknowledged.end()) return false;
  publish->sent_by = connection_;
  ledger_.find(publish->content).was_retried = true;
  if (publish->is_direct) {
    send_direct(publish->room, publish->content, publish->dedup);
    return true;
  }
  send_broadcast(publish->room, publish->content, new_id(), ",\"dedup\":\"" + publish->dedup + "\"");
  return true;
}

/// Always the last document of its message: what stands behind malformed JSON is lost.
void Client::send_malformed() {
  const std::string id = new_id();
  switch (random_.below(3)) {
    case 0:
      documents_ += R"({"type":"join",,})";
      malformed_.push_back("");
      break;
    case 1:
      documents_ += R"({"type":"dance","id":)" + id + "}";
      malformed_.push_back(id);
      break;
    default:
      documents_ += R"({"type":"broadcast","content":1,"id":)" + id + "}";
      malformed_.push_back(id);
      break;
  }
}

void Client::send_documents() {
  if (documents_.empty()) return;
  std::string_view rest = documents_;
  std::uint8_t opcode = test::opcode::kText;
  while (random_.below(5) == 0) {
    const std::size_t count = random_.below(rest.size() + 1);
    unsent_ += test::client_frame(opcode, rest.substr(0, count), false, random_);
    rest.remove_prefix(count);
    opcode = 0;
    if (random_.below(3) == 0) send_control(test::opcode::kPing, "between");
  }
  unsent_ += test::client_frame(opcode, rest, true, random_);
  documents_.clear();
}

void Client::send_control(std::uint8_t opcode, const std::string& payload) {
  unsent_ += test::client_frame(opcode, payload, true, random_);
  if (opcode == test::opcode::kPing) protocol_pings_.push_back(payload);
}

void Client::send_close(std::uint16_t code) {
  own_close_code_ = code;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  send_control(test::opcode::kClose, payload);
}

void Client::go_away() {
  if (over_ || is_going_) return;
  is_going_ = true;
  release_person();
  switch (random_.below(4)) {
    case 0:
      send_close(random_.below(2) == 0 ? 1000 : 3000);
      break;
    case 1:
      unsent_.clear();
      socket_->client_finish();
      break;
    case 2:
      socket_->client_reset();
      break;
    default:
      silent_ = true;
      if (random_.below(2) == 0) pace_ = Pace::kStopped;
      break;
  }
}

}  // namespace switchboard::simulation
