// A conversation: what one client says and what it hears, whatever carries it. Commands in, messages out through its
// outlet, rooms through the host. It knows no HTTP, no frames, no sockets; its wire (Connection, for one) calls it and
// owns it. Small on purpose: there is one per open connection.
// Whatever ends it only marks it: it leaves its rooms in one place (`leave_rooms`), so that no call into it changes
// rooms under its caller.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/slot_table.h"
#include "protocol/push.h"
#include "session/answers_owed.h"
#include "session/context.h"
#include "session/credentials.h"
#include "session/dialect.h"
#include "session/error_budget.h"
#include "session/memberships.h"
#include "session/outlet.h"
#include "session/rate_limiter.h"
#include "session/remainder.h"
#include "session/reply.h"
#include "wire/format.h"

namespace switchboard::session {

/// Why a token was not taken, for its client.
struct Denied {
  protocol::ErrorCode code;
  std::string message;
  bool is_revoked = false;  // another token of that user may be good, but this one never again
};

/// Call order: `begin`, then `hear` and `go_on` as messages come, then `on_over` and `leave_rooms`. It may be over
/// without having begun.
class Session {
 public:
  /// `address_rate`: what it shares with the other clients of its address, null when nothing. All three must outlive
  /// it.
  Session(SessionContext& context, Outlet& outlet, AddressRate* address_rate)
      : context_(&context), outlet_(&outlet), limiter_(address_rate) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // --- called by its wire ------------------------------------------------------------------------------------
  /// The client can be talked to from now on. `format`: how it reads its rooms, all of them.
  void begin(Dialect dialect, wire::Format format);
  /// Tells a v1 client with whom it speaks: before everything else, unless it is sent away at once.
  void greet();
  /// Obeys the commands in a text message (valid UTF-8). What is returned could not be obeyed yet: nothing more may be
  /// heard before `go_on` has taken it and returned none.
  std::optional<Remainder> hear(std::string_view message);
  std::optional<Remainder> go_on(Remainder rest);
  /// Nothing that is known here keeps what waits for that from going on: of a way that was full only the host knows.
  bool can_go_on(Wait why) const;
  /// As much waits at the outlet, or is owed to it, as may: nothing that would be answered is to be taken.
  bool is_outlet_full() const;
  /// When `on_timer` has something to do; kNever when nothing is due. `opened_at`: when the connection was made, which
  /// is from when on a token is awaited.
  Instant next_deadline(Instant opened_at) const;
  /// Ends it when its token is over, or none has come in time; tells a v1 client before. While it is open.
  void on_timer(Instant opened_at);
  /// Tells a v1 client to come back after the delay, because the server is shutting down.
  void go_away(std::int64_t reconnect_after_ms);
  /// Nothing more is said or heard: the wire is closing, or has ended. May be called for both.
  void on_over();
  bool is_open() const { return is_open_; }
  /// True from the moment it is over until `leave_rooms`.
  bool is_leaving() const { return is_leaving_; }
  /// Leaves every room if it is over. Harmless otherwise. To be called by the host, by way of the wire, in one place,
  /// when nobody holds anything of its rooms.
  void leave_rooms();

  // --- rooms, called by the host -----------------------------------------------------------------------------
  Memberships& memberships() { return memberships_; }
  const Memberships& memberships() const { return memberships_; }
  // Rooms are called by their own names here ("@alice"); the client is told "@me". `membership`: the session's own.
  /// The answer to what it asked.
  void on_reply(const Reply& reply);
  /// To be called for who joined with `since` or `last`.
  void on_caught_up(const protocol::CaughtUp& caught_up);
  void on_epoch_changed(const protocol::EpochChanged& changed);
  void on_lagged(const Membership& membership, const protocol::Lagged& lagged);
  /// Leaves a room that it has joined and may not be in any more, and tells the client. While it is open and answered.
  /// `reason`: "permission", "revoked".
  void lose(std::uint32_t slot, std::string_view reason);

  // --- for the commands --------------------------------------------------------------------------------------
  /// While it is open.
  template <class Push>
  void send(const Push& push) {
    SB_ASSERT(is_open_);  // whoever is over has been told why, and nothing may come behind that
    context_->text.clear();
    protocol::append(context_->text, push);
    outlet_->send(context_->text);
  }
  AnswersOwed& owed() { return owed_; }
  const AnswersOwed& owed() const { return owed_; }
  /// Nothing that it has asked for is under way: it may be taken out of rooms.
  bool is_answered() const { return !owed_.awaits_join() && !owed_.awaits_query() && !owed_.awaits_ack(); }
  /// Where it is among its rooms, if it has joined that one itself.
  std::optional<std::uint32_t> find_joined(std::string_view room_id) const;
  /// How many rooms it has joined, or is joining. It is in one at the most without having joined it: its user's own.
  std::uint32_t rooms() const;
  /// Answers with an error and charges the client's error budget.
  void refuse(const protocol::Error& error);
  SessionContext& context() { return *context_; }
  const SessionContext& context() const { return *context_; }

  // --- who it is ---------------------------------------------------------------------------------------------
  /// The client's slot on its shard; set once, by the table that holds it.
  SlotId id() const { return id_; }
  void set_id(SlotId id) { id_ = id; }
  std::string connection_id() const;
  const std::string& user_id() const { return user_id_; }
  /// Names the user, once and for all, and tells the host.
  void set_user_id(std::string_view user_id);
  /// What its token says; null when it has brought none, or there is no authentication.
  const Credentials* credentials() const { return credentials_.get(); }
  /// Takes the token if it is good: the client is that user from now on, or still is, and may what it says. The error
  /// is to be told to the client; a token that is no good has been counted and logged. There is a policy.
  std::expected<void, Denied> identify(std::string_view token);
  /// Whether its token was revoked since.
  bool is_revoked() const;
  /// Whether its token was revoked for that room since. Of who has none never.
  bool has_lost(std::string_view room_id) const;
  /// How long its token is good; none when there is none, or it does not end.
  std::optional<std::int64_t> expires_in_ms() const;
  /// What one is called that has no token: nobody else is.
  std::string anonymous_user_id() const;
  bool is_v1() const { return dialect_ == Dialect::kV1; }
  /// How it reads its rooms: the same for all of them, from its beginning on.
  wire::Format format() const { return format_; }
  /// What the client may send. Commands are counted here; its wire counts there what else it takes from the client.
  RateLimiter& limiter() { return limiter_; }
  const RateLimiter& limiter() const { return limiter_; }

 private:
  std::optional<Remainder> run(std::string_view documents, Progress progress);
  RateLimiter::Verdict take_operation(const protocol::Command& command);
  Denied refuse_token(const auth::TokenRefusal& refusal);
  void refuse_for_rate(const RateLimiter::Verdict& verdict, std::string_view room_id, std::string_view command_id);
  void take(const Refused& refused);
  void take(const Entered& entered);
  void take(const protocol::Ack& ack);
  void take(const protocol::HistoryPage& page);
  void take(const protocol::PresenceList& list);

  SessionContext* context_;
  Outlet* outlet_;
  Memberships memberships_;
  std::string user_id_;
  std::unique_ptr<Credentials> credentials_;  // null: it has brought no token
  RateLimiter limiter_;
  ErrorBudget errors_;
  SlotId id_;
  [[no_unique_address]] AnswersOwed owed_;  // what follows stands in its last bytes
  wire::Format format_ = wire::Format::kJson;
  Dialect dialect_ : 1 = Dialect::kBase;
  bool is_open_ : 1 = false;
  bool is_leaving_ : 1 = false;
};

static_assert(sizeof(Session) <= 128);

}  // namespace switchboard::session
