// A client that keeps to the protocol, reads at its own pace, sends in pieces of any size, and holds the server to
// every promise about one connection. It does what a seed says.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "simulation/config.h"
#include "simulation/history_query.h"
#include "simulation/ledger.h"
#include "simulation/person.h"
#include "simulation/stay.h"
#include "support/client_frames.h"
#include "support/sim_socket.h"

namespace switchboard::simulation {

enum class Pace : std::uint8_t { kPrompt, kSlow, kStopped };

class Client {
 public:
  /// `person`: who comes back with it and must outlive it, null for somebody who never was here.
  Client(std::uint32_t connection, const Config& config, const test::ManualClock& clock, Ledger& ledger,
         std::shared_ptr<test::SimSocket> socket, Person* person);

  /// One round of its life.
  void act(bool may_begin_something);
  void read();
  /// From here on: reads all, over a better line, answers, begins nothing.
  void rest() {
    pace_ = Pace::kPrompt;
    socket_->widen();
  }
  /// The server is going to send it away.
  void expect_drain() { is_drained_ = true; }
  /// The server is dead: reads what it still can get, then its connection is over.
  void on_server_death();
  /// Well behaved, asks once for all that every room has kept, and says nothing itself.
  void audit();
  /// In one of the ways in which clients go: with a Close frame, the end of the stream, a reset, or silently.
  void go_away();

  void verify_complete();

  std::uint32_t connection() const { return connection_; }
  const std::shared_ptr<test::SimSocket>& socket() const { return socket_; }
  bool is_over() const { return over_; }
  /// It sends nothing any more and the server has to find out.
  bool is_silent() const { return silent_; }
  bool is_reading() const { return pace_ != Pace::kStopped; }
  bool has_something_to_send() const { return !silent_ && !over_ && !unsent_.empty(); }
  bool is_open() const { return open_ && !over_ && !silent_ && !is_going_ && server_close_code_ == 0; }
  std::uint64_t memberships() const;
  std::string describe() const;

 private:
  void begin_something();
  void join(const std::string& room);
  bool join_with_history(const std::string& room);
  void send_join(const std::string& room, Outstanding join);
  void broadcast(const std::string& room);
  void send_broadcast(const std::string& room, const std::string& content, const std::string& id,
                      const std::string& more);
  void direct(const std::string& user);
  void send_direct(const std::string& room, const std::string& content, const std::string& dedup);
  std::string new_content();
  bool publish_again();
  void ask_history(const std::string& room);
  void send_malformed();
  void send_documents();
  void send_control(std::uint8_t opcode, const std::string& payload);
  void send_close(std::uint16_t code);
  std::string new_id();
  std::string room_name() { return config_.room_name(random_.below(config_.rooms)); }
  std::optional<Place> place_in(const std::string& room);
  void release_person();
  bool has_user() const { return memberships() > 0; }  // or had, but this is certain
  Stay& stay(const std::string& room);

  void read_handshake();
  void on_frame(const test::ServerFrame& frame);
  void on_push(const std::string& payload);
  void on_room_answer(const std::string& type, const test::JsonObject& answer);
  void on_publish_answer(const std::string& content, bool was_refused);
  void on_direct(const test::JsonObject& push, const std::string& payload);
  bool on_direct_answer(const test::JsonObject& answer);
  void on_history(const test::JsonObject& history, std::size_t bytes);
  void on_error(const test::JsonObject& error);
  void on_server_close(const std::string& payload);
  void on_end();
  [[noreturn]] void fail(const std::string& why) const;

  std::uint32_t connection_;
  const Config& config_;
  const test::ManualClock& clock_;
  Ledger& ledger_;
  std::shared_ptr<test::SimSocket> socket_;
  Person* person_;
  Random random_;
  std::string user_;
  bool is_v1_;
  bool offers_deflate_;

  Pace pace_ = Pace::kPrompt;
  bool was_unwell_ = false;  // has been slow or stopped, or its line is: the server may have closed it for that
  bool open_ = false;        // the handshake is done
  bool over_ = false;
  bool silent_ = false;
  bool is_going_ = false;  // it has said goodbye itself
  bool is_drained_ = false;
  bool greeted_ = false;  // has had `hello`
  bool is_auditor_ = false;
  bool server_died_ = false;
  std::uint16_t own_close_code_ = 0;
  std::uint16_t server_close_code_ = 0;
  std::uint16_t misbehaved_code_ = 0;  // the code that it provoked

  std::string unsent_;
  std::string documents_;  // of the message being put together
  std::string handshake_;  // bytes of the server's answer so far
  test::ServerFrameReader frames_;
  std::map<std::string, Stay> stays_;
  std::deque<std::string> pings_;               // ids of `ping` commands
  std::deque<std::string> protocol_pings_;      // payloads of its own ping frames
  std::map<std::string, std::string> directs_;  // contents of messages to users that must be answered, by id
  std::deque<HistoryQuery> queries_;            // in the order in which they must be answered
  std::deque<std::string> malformed_;           // ids of commands that must be refused, "" for none
  std::uint32_t refusals_ = 0;                  // of commands
  std::uint64_t numbers_ = 0;                   // of messages
  std::uint64_t ids_ = 0;
};

}  // namespace switchboard::simulation
