// One client in one room, from its side: the commands that wait for an answer, and since `joined` which numbers it got,
// which it was told it would not get, and which it may not get because they are its own without echo.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "simulation/config.h"
#include "simulation/ledger.h"
#include "simulation/person.h"

namespace switchboard::simulation {

enum class CommandKind : std::uint8_t { kJoin, kJoinAsOther, kLeave, kBroadcast };

/// A command that was sent, in the order in which its room's answers must come.
struct Outstanding {
  CommandKind kind;
  std::string id;       // raw JSON, "" for none
  std::string content;  // of a broadcast
  // Of a join that asks for what it missed:
  std::optional<Place> since = std::nullopt;
  std::uint64_t last = 0;
  bool is_made_up = false;  // nobody has ever been at that place

  bool asks_for_history() const { return since.has_value() || last > 0; }
};
/// What became of one.
struct Answered {
  Outstanding command;
  bool was_refused = false;
};

class Stay {
 public:
  Stay(std::string room, std::uint32_t connection, bool is_v1, const Config& config, Ledger& ledger)
      : room_(std::move(room)), connection_(connection), is_v1_(is_v1), config_(config), ledger_(ledger) {}

  void expect(Outstanding command) { outstanding_.push_back(std::move(command)); }
  /// `joined`, `left`, `ack` or `error` for this room.
  Answered on_answer(const std::string& type, const test::JsonObject& answer);
  void on_publication(const test::JsonObject& push, const std::string& payload);
  /// A message to the client's user, whose room it has not joined.
  void on_heard(std::uint64_t seq);
  void on_lagged(const test::JsonObject& push);
  void on_epoch_changed(const test::JsonObject& push);
  void on_caught_up(const test::JsonObject& push);

  /// Everything has come to rest and everybody has read: nothing may be missing.
  void verify_complete();
  /// The connection is over: what it did not get must have been its own without echo, as far as is known.
  void verify_gaps_at_end();

  bool is_member() const { return is_member_; }
  /// It is a member, or is none, and nothing is under way that could change that.
  bool is_settled() const;
  /// Where to go on from after this; none while unknown.
  std::optional<Place> place() const;
  bool lagged() const { return missed_ > 0; }
  const std::string& epoch() const { return epoch_; }

 private:
  void begin(const test::JsonObject& joined, const Outstanding& join);
  void begin_catching_up(const test::JsonObject& joined, const Outstanding& join);
  void begin_with(std::uint64_t seq);
  void on_acked(const Outstanding& command, const test::JsonObject& ack);
  void settle_unanswered();
  void note_gap(std::uint64_t from, std::uint64_t to);
  void on_own_without_echo(std::uint64_t seq, const std::string& epoch);
  void verify_unexplained(bool is_final);
  [[noreturn]] void fail(const std::string& why) const;

  std::string room_;
  std::uint32_t connection_;
  bool is_v1_;
  const Config& config_;
  Ledger& ledger_;
  std::deque<Outstanding> outstanding_;

  // Of the current membership.
  bool is_member_ = false;
  bool is_told_ = false;                            // v1, if only by what it asked: `lagged` says what it will not get
  std::string epoch_;                               // "" while unknown
  std::uint64_t next_ = 0;                          // 0 while unknown
  bool is_catching_up_ = false;                     // `caught_up` has to come
  std::uint64_t catch_up_to_ = 0;                   // then: the last message before it
  bool awaits_new_epoch_ = false;                   // told that it will not catch up: a new epoch must be the reason
  std::uint64_t not_before_ = 0;                    // while `next_` is unknown: where the first message may be,
  std::uint64_t not_after_ = 0;                     // 0 if anywhere
  std::uint64_t heard_ = 0;                         // the last message that came before it had joined
  std::uint64_t missed_ = 0;                        // declared, or to be found in the server's counters
  std::set<std::uint64_t> unexplained_;             // numbers jumped over without a word
  std::set<std::uint64_t> own_without_echo_;        // acknowledged and not yet jumped over
  std::map<std::uint32_t, std::uint64_t> last_of_;  // by sending connection: its last message seen here
  std::vector<std::string> published_;              // contents without id, committed for all we know
};

}  // namespace switchboard::simulation
