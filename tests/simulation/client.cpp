#include "simulation/client.h"

#include <algorithm>

#include "simulation/failure.h"

namespace switchboard::simulation {
namespace {

constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kBinary = 0x2;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xA;
constexpr std::size_t kUnsentMax = 20'000;

}  // namespace

Client::Client(std::uint32_t connection, const Config& config, const test::ManualClock& clock, Ledger& ledger,
               std::shared_ptr<test::SimSocket> socket)
    : connection_(connection),
      config_(config),
      clock_(clock),
      ledger_(ledger),
      socket_(std::move(socket)),
      random_(config.seed * 1'000'003 + connection),
      user_("user" + std::to_string(connection)),
      is_v1_(random_.below(2) == 0),
      offers_deflate_((connection * 37 + config.seed) % 100 < config.deflate_percent),
      was_unwell_(socket_->is_thin()) {
  unsent_ =
      "GET /ws HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  if (is_v1_) unsent_ += "Sec-WebSocket-Protocol: switchboard.v1.json\r\n";
  if (offers_deflate_) unsent_ += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  unsent_ += "\r\n";
  if (!config_.all_are_well && random_.below(20) == 0) {  // never finishes its request
    unsent_.resize(random_.below(unsent_.size()));
    is_going_ = silent_ = true;
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
  return stays_.try_emplace(room, room, connection_, is_v1_, ledger_).first->second;
}

std::uint64_t Client::memberships() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(stays_, [](const auto& s) { return s.second.is_member(); }));
}

std::string Client::new_id() {
  ++ids_;
  return random_.below(2) == 0 ? std::to_string(ids_) : "\"i" + std::to_string(ids_) + "\"";
}

// --- what it does ----------------------------------------------------------------------------------------------------

void Client::act(bool may_begin_something) {
  if (over_ || silent_) return;
  if (may_begin_something && !is_going_ && server_close_code_ == 0 && unsent_.size() < kUnsentMax &&
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
          unsent_ += test::client_frame(kBinary, "x", true, random_);
          return;
        }
        break;
      default:
        break;
    }
  }
  const std::uint64_t documents = 1 + (random_.below(3) == 0 ? random_.below(4) : 0);
  for (std::uint64_t i = 0; i < documents; ++i) {
    const std::string room = room_name();
    if (i > 0) documents_ += random_.below(2) == 0 ? " " : "\n";
    if (random_.below(100) < config_.publish_percent && (stay(room).is_member() || random_.below(10) == 0)) {
      broadcast(room);
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
      send_control(kPing, payload);
      return;
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
  const std::string id = random_.below(2) == 0 ? new_id() : "";
  const bool as_other =
      random_.below(30) == 0 && std::ranges::any_of(stays_, [](const auto& s) { return s.second.is_member(); });
  documents_ += R"({"type":"join","room_id":")" + room + R"(","user_id":")" + (as_other ? "somebody" : user_) + "\"" +
                (id.empty() ? "" : ",\"id\":" + id) + "}";
  stay(room).expect({.kind = as_other ? CommandKind::kJoinAsOther : CommandKind::kJoin, .id = id, .content = {}});
}

void Client::broadcast(const std::string& room) {
  const bool echo = random_.below(6) != 0;
  // Without an id nobody could say which number a message without echo got.
  const std::string id = !echo || random_.below(2) == 0 ? new_id() : "";
  const std::uint64_t number = ++numbers_;
  const std::size_t padding = random_.below(config_.content_bytes + 1);
  const std::string content = "\"c" + std::to_string(connection_) + "-" + std::to_string(number) + "-" +
                              std::string(padding, static_cast<char>('a' + number % 26)) + "\"";
  ledger_.sent(content, {.connection = connection_,
                         .number = number,
                         .room = room,
                         .user = user_,
                         .echo = echo,
                         .epoch = {},
                         .ts = {},
                         .payload = {}});
  documents_ += R"({"type":"broadcast","room_id":")" + room + R"(","content":)" + content +
                (id.empty() ? "" : ",\"id\":" + id) + (echo ? "" : ",\"echo\":false") + "}";
  stay(room).expect({.kind = CommandKind::kBroadcast, .id = id, .content = content});
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
  std::uint8_t opcode = kText;
  while (random_.below(5) == 0) {
    const std::size_t count = random_.below(rest.size() + 1);
    unsent_ += test::client_frame(opcode, rest.substr(0, count), false, random_);
    rest.remove_prefix(count);
    opcode = 0;
    if (random_.below(3) == 0) send_control(kPing, "between");
  }
  unsent_ += test::client_frame(opcode, rest, true, random_);
  documents_.clear();
}

void Client::send_control(std::uint8_t opcode, const std::string& payload) {
  unsent_ += test::client_frame(opcode, payload, true, random_);
  if (opcode == kPing) protocol_pings_.push_back(payload);
}

void Client::send_close(std::uint16_t code) {
  own_close_code_ = code;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  send_control(kClose, payload);
}

void Client::go_away() {
  if (over_ || is_going_) return;
  is_going_ = true;
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
  if (server_close_code_ != 0) fail("something behind the Close frame");
  if (frame.was_deflated) ++ledger_.inflated;
  switch (frame.opcode) {
    case kText:
      return on_push(frame.payload);
    case kClose:
      return on_server_close(frame.payload);
    case kPing:
      if (!silent_ && own_close_code_ == 0) send_control(kPong, frame.payload);
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
  } else if (type == "joined" || type == "left" || type == "ack") {
    stay(push->text("room_id")).on_answer(type, *push);
  } else if (type == "error") {
    on_error(*push);
  } else if (type == "pong") {
    if (pings_.empty() || pings_.front() != push->raw("id")) fail("a wrong pong: " + payload);
    pings_.pop_front();
  } else if (type == "lagged") {
    if (config_.disconnects_the_slow()) fail("lagged where the slow are disconnected");
    stay(push->text("room_id")).on_lagged(*push);
  } else if (type == "hello" && is_v1_ && !greeted_) {
    greeted_ = true;
  } else if (type == "goaway" && is_v1_ && is_drained_) {
    // It stays until it is closed.
  } else {
    fail("sent an unknown or unasked " + payload);
  }
}

void Client::on_error(const test::JsonObject& error) {
  if (error.has("room_id")) return stay(error.text("room_id")).on_answer("error", error);
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
  const bool is_dead = code == 4201 && (silent_ || was_unwell_);
  if (!is_own && !is_provoked && !is_too_slow && !is_dead && !is_drain)
    fail("closed with " + std::to_string(code) + " " + reason);
  if (own_close_code_ == 0 && !silent_ && random_.below(4) != 0) {
    unsent_ += test::client_frame(kClose, payload.substr(0, 2), true, random_);
    own_close_code_ = code;
  }
}

void Client::on_end() {
  over_ = true;
  if (!silent_) socket_->client_finish();
  for (auto& [_, stay] : stays_)
    stay.verify_gaps_at_end();
  const bool may_end = is_going_ || silent_ || was_unwell_ || server_close_code_ != 0 || misbehaved_code_ != 0;
  // The Close frame may come too late.
  if (is_drained_) return;  // nobody waits long for the Close frames then
  const bool was_too_slow = config_.disconnects_the_slow() && socket_->ending.starts_with("4101 fell");
  if (!may_end && !was_too_slow) fail("was cut off without a reason: " + socket_->ending);
  if (open_ && !socket_->was_reset() && frames_.pending() > 0 && !was_unwell_ && !is_going_ && misbehaved_code_ == 0 &&
      !was_too_slow) {
    fail("was cut off in the middle of a frame");
  }
}

void Client::verify_complete() {
  if (!is_open()) return;
  if (!unsent_.empty()) return;
  for (auto& [_, stay] : stays_)
    stay.verify_complete();
  if (!pings_.empty() || !protocol_pings_.empty() || !malformed_.empty()) fail("a command was never answered");
  if (frames_.pending() > 0) fail("half a frame although all is at rest");
}

}  // namespace switchboard::simulation
