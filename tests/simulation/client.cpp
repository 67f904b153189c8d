#include "simulation/client.h"

#include <algorithm>

#include "simulation/failure.h"

namespace switchboard::simulation {
namespace {

constexpr const char* kOwnRoom = "@me";

}  // namespace

Client::Client(std::uint32_t connection, const Config& config, const test::ManualClock& clock, Ledger& ledger,
               std::shared_ptr<test::SimSocket> socket, Person* person)
    : connection_(connection),
      config_(config),
      clock_(clock),
      ledger_(ledger),
      socket_(std::move(socket)),
      person_(person),
      random_(config.seed * 1'000'003 + connection),
      user_(person == nullptr ? "user" + std::to_string(connection) : person->user),
      is_v1_(random_.below(2) == 0 || person != nullptr || config.replacements > 0),
      offers_deflate_((connection * 37 + config.seed) % 100 < config.deflate_percent),
      was_unwell_(socket_->is_thin()) {
  if (person_ != nullptr) person_->is_online = true;
  unsent_ =
      "GET /ws HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  if (is_v1_) unsent_ += "Sec-WebSocket-Protocol: switchboard.v1.json\r\n";
  if (offers_deflate_) unsent_ += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  unsent_ += "\r\n";
  if (!config_.all_are_well && random_.below(20) == 0) {  // never finishes its request
    unsent_.resize(random_.below(unsent_.size()));
    is_going_ = silent_ = true;
    release_person();
    socket_->client_send(unsent_);
  }
}

void Client::fail(const std::string& why) const {
  throw Failure("connection " + std::to_string(connection_) + ": " + why);
}

std::string Client::describe() const {
  return "connection " + std::to_string(connection_) + " v1=" + std::to_string(is_v1_) +
         " deflate=" + std::to_string(offers_deflate_) + " pace=" + std::to_string(static_cast<int>(pace_)) +
         " open=" + std::to_string(open_) + " over=" + std::to_string(over_) + " silent=" + std::to_string(silent_) +
         " going=" + std::to_string(is_going_) + " unsent=" + std::to_string(unsent_.size()) +
         " stalled=" + std::to_string(socket_->is_stalled()) + " closed=" + std::to_string(server_close_code_);
}

Stay& Client::stay(const std::string& room) {
  return stays_.try_emplace(room, room == kOwnRoom ? "@" + user_ : room, connection_, is_v1_, config_, ledger_)
      .first->second;
}

std::uint64_t Client::memberships() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(stays_, [](const auto& s) { return s.second.is_member(); }));
}

std::string Client::new_id() {
  ++ids_;
  return random_.below(2) == 0 ? std::to_string(ids_) : "\"i" + std::to_string(ids_) + "\"";
}

// --- what it gets ----------------------------------------------------------------------------------------------------

void Client::read() {
  if (over_) return;
  std::size_t count = 0;
  if (pace_ == Pace::kPrompt) count = socket_->client_readable();
  if (pace_ == Pace::kSlow && random_.below(3) == 0) count = 1 + random_.below(40);
  const std::string bytes = socket_->client_receive(count);
  if (!bytes.empty()) {
    if (!open_) {
      handshake_ += bytes;
      read_handshake();
    } else {
      frames_.feed(bytes);
    }
    while (open_) {
      const auto frame = frames_.next();
      if (!frame) break;
      on_frame(*frame);
    }
    if (!frames_.error().empty()) fail("sent " + frames_.error());
  }
  if (socket_->client_at_end() || (silent_ && socket_->server_has_closed())) on_end();
}

void Client::read_handshake() {
  const std::size_t end = handshake_.find("\r\n\r\n");
  if (end == std::string::npos) return;
  if (!handshake_.starts_with("HTTP/1.1 101 ")) {
    if (is_going_ || misbehaved_code_ != 0) return;
    fail("no upgrade: " + handshake_.substr(0, 40));
  }
  if (handshake_.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) fail("a wrong accept key");
  if ((handshake_.find("switchboard.v1.json") != std::string::npos) != is_v1_) fail("a wrong subprotocol");
  const bool is_deflate_agreed = handshake_.find("permessage-deflate; server_no_context_takeover") != std::string::npos;
  if (is_deflate_agreed != (offers_deflate_ && config_.shard.session.deflate.enabled)) fail("a wrong extension");
  if (is_deflate_agreed) frames_.expect_deflate(config_.shard.session.deflate.window_bits);
  open_ = true;
  frames_.feed(std::string_view(handshake_).substr(end + 4));
  handshake_.clear();
}

void Client::on_frame(const test::ServerFrame& frame) {
  if (server_close_code_ != 0)
    fail("something behind the Close frame: " + std::to_string(frame.opcode) + " " + frame.payload);
  if (frame.was_deflated) ++ledger_.inflated;
  switch (frame.opcode) {
    case test::opcode::kText:
      return on_push(frame.payload);
    case test::opcode::kClose:
      return on_server_close(frame.payload);
    case test::opcode::kPing:
      if (!silent_ && own_close_code_ == 0) send_control(test::opcode::kPong, frame.payload);
      return;
    default:
      if (protocol_pings_.empty() || protocol_pings_.front() != frame.payload) fail("a pong to no ping");
      protocol_pings_.pop_front();
      return;
  }
}

void Client::on_push(const std::string& payload) {
  const auto push = test::JsonObject::parse(payload);
  if (!push) fail("sent what is no object: " + payload);
  const std::string type = push->text("type");
  if (is_v1_ && !greeted_ && type != "hello") fail("something before hello: " + payload);
  if (type == "broadcast") {
    stay(push->text("room_id")).on_publication(*push, payload);
  } else if (type == "direct") {
    on_direct(*push, payload);
  } else if (type == "ack" && push->has("user_id")) {
    if (!on_direct_answer(*push)) fail("an answer to no message to a user: " + payload);
  } else if (type == "joined" || type == "left" || type == "ack") {
    on_room_answer(type, *push);
  } else if (type == "caught_up") {
    stay(push->text("room_id")).on_caught_up(*push);
  } else if (type == "epoch_changed") {
    stay(push->text("room_id")).on_epoch_changed(*push);
  } else if (type == "history") {
    on_history(*push, payload.size());
  } else if (type == "error") {
    on_error(*push);
  } else if (type == "pong") {
    if (pings_.empty() || pings_.front() != push->raw("id")) fail("a wrong pong: " + payload);
    pings_.pop_front();
  } else if (type == "lagged") {
    Stay& lagging = stay(push->text("room_id"));
    if (lagging.is_member() || push->text("room_id") != kOwnRoom) lagging.on_lagged(*push);
  } else if (type == "hello" && is_v1_ && !greeted_) {
    greeted_ = true;
  } else if (type == "goaway" && is_v1_ && is_drained_) {
    // It stays until it is closed.
  } else {
    fail("sent an unknown or unasked " + payload);
  }
}

void Client::on_room_answer(const std::string& type, const test::JsonObject& answer) {
  const std::string room = answer.text("room_id");
  const Answered answered = stay(room).on_answer(type, answer);
  if (answered.command.kind == CommandKind::kBroadcast) {
    on_publish_answer(answered.command.content, answered.was_refused);
  }
}

void Client::on_publish_answer(const std::string& content, bool was_refused) {
  if (person_ == nullptr) return;
  const auto publish = std::ranges::find(person_->unacknowledged, content, &Unacknowledged::content);
  if (publish == person_->unacknowledged.end()) return;
  if (was_refused) {
    publish->sent_by = 0;
  } else {
    person_->unacknowledged.erase(publish);
  }
}

void Client::on_direct(const test::JsonObject& push, const std::string& payload) {
  Stay& own = stay(kOwnRoom);
  if (own.is_member()) return own.on_publication(push, payload);
  ledger_.heard("@" + user_, push, payload);
  own.on_heard(push.number("seq"));
}

/// False when it is an answer to something else.
bool Client::on_direct_answer(const test::JsonObject& answer) {
  const auto sent = directs_.find(answer.raw("id"));
  if (sent == directs_.end()) return false;
  const std::string content = sent->second;
  directs_.erase(sent);
  const bool is_error = answer.text("type") == "error";
  const std::string code = answer.text("code");
  const bool may_fail = code == "limit_reached" || (code == "unavailable" && config_.store_fails());
  if (is_error && !may_fail) fail("a message to a user refused with " + code);
  if (!is_error) {
    const Message& message = ledger_.find(content);
    if ("@" + answer.text("user_id") != message.room) fail("an ack that names another user: " + content);
    if (answer.raw("duplicate") == "true" && !message.was_retried)
      fail("a duplicate of what was sent once: " + content);
    ledger_.acked(content, answer.number("seq"), answer.text("epoch"), answer.raw("ts"));
  }
  on_publish_answer(content, is_error);
  return true;
}

void Client::on_history(const test::JsonObject& history, std::size_t bytes) {
  if (queries_.empty() || queries_.front().id != history.raw("id")) fail("history that nobody asked for");
  const HistoryQuery query = std::move(queries_.front());
  queries_.pop_front();
  if (!config_.keeps_history()) fail("history where none is kept");
  query.verify(history, bytes, ledger_, config_);
}

void Client::on_error(const test::JsonObject& error) {
  ++refusals_;
  if (!queries_.empty() && queries_.front().id == error.raw("id")) {
    const std::string why = error.text("code");
    const bool may_fail = (why == "history_unavailable" && !config_.keeps_history()) ||
                          (why == "unavailable" && config_.store_fails()) || why == "not_joined";
    if (!may_fail) fail("history refused with " + why);
    queries_.pop_front();
    return;
  }
  if (on_direct_answer(error)) return;
  if (error.has("room_id")) return on_room_answer("error", error);
  const std::string code = error.text("code");
  if (malformed_.empty() || malformed_.front() != error.raw("id")) fail("an error for nothing wrong: " + code);
  if (code != "bad_request" && code != "unknown_type") fail("a malformed command refused with " + code);
  malformed_.pop_front();
}

void Client::on_server_close(const std::string& payload) {
  const std::uint16_t code = payload.size() < 2
                                 ? 1005
                                 : static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                                              static_cast<std::uint8_t>(payload[1]));
  const std::string reason = payload.size() < 2 ? "" : payload.substr(2);
  server_close_code_ = code;
  const bool is_own = own_close_code_ != 0 && code == own_close_code_;
  const bool is_provoked = misbehaved_code_ != 0 && code == misbehaved_code_;
  const bool is_too_slow = code == 4101 && config_.disconnects_the_slow();
  const bool is_drain = code == 4200 && is_drained_;
  const bool is_sent_away = code == 4000 && refusals_ > config_.shard.session.errors_max;
  const bool is_dead = code == 4201 && (silent_ || was_unwell_);
  if (!is_own && !is_provoked && !is_too_slow && !is_dead && !is_drain && !is_sent_away)
    fail("closed with " + std::to_string(code) + " " + reason);
  if (own_close_code_ == 0 && !silent_ && random_.below(4) != 0) {
    unsent_ += test::client_frame(test::opcode::kClose, payload.substr(0, 2), true, random_);
    own_close_code_ = code;
  }
}

void Client::release_person() {
  if (person_ == nullptr) return;
  for (const auto& [room, stay] : stays_) {
    if (const auto place = stay.place()) person_->places[room] = *place;
  }
  person_->go_offline();
  person_ = nullptr;
}

void Client::on_server_death() {
  if (over_) return;
  server_died_ = true;
  if (random_.below(2) == 0) read();  // of the rest not even that comes through
  if (over_) return;
  socket_->client_reset();
  on_end();
}

void Client::on_end() {
  over_ = true;
  release_person();
  if (!silent_) socket_->client_finish();
  for (auto& [_, stay] : stays_)
    stay.verify_gaps_at_end();
  const bool may_end = is_going_ || silent_ || was_unwell_ || server_close_code_ != 0 || misbehaved_code_ != 0;
  // The Close frame may come too late.
  if (is_drained_ || server_died_) return;  // nobody waits long for the Close frames then
  const bool was_too_slow = config_.disconnects_the_slow() && socket_->ending.starts_with("4101 fell");
  const bool was_sent_away = config_.sends_away() && socket_->ending.starts_with("4000 ");
  if (!may_end && !was_too_slow && !was_sent_away) fail("was cut off without a reason: " + socket_->ending);
  if (open_ && !socket_->was_reset() && frames_.pending() > 0 && !was_unwell_ && !is_going_ && misbehaved_code_ == 0 &&
      !was_too_slow && !was_sent_away) {
    fail("was cut off in the middle of a frame");
  }
}

void Client::verify_complete() {
  if (!is_open()) return;
  if (!unsent_.empty()) return;
  for (auto& [_, stay] : stays_)
    stay.verify_complete();
  if (!pings_.empty() || !protocol_pings_.empty() || !malformed_.empty() || !queries_.empty() || !directs_.empty())
    fail("a command was never answered");
  if (frames_.pending() > 0) fail("half a frame although all is at rest");
}

}  // namespace switchboard::simulation
