#include "session/session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "protocol/close_code.h"
#include "protocol/user_room.h"
#include "session/commands/gate.h"
#include "session/never.h"
#include "session/operation_limits.h"
#include "session/refusal_words.h"

namespace switchboard::session {
namespace {

using protocol::ErrorCode;
using protocol::told_room_id;

/// A token that is good for longer, a hundred years, does not end here: what is added to a deadline must not overflow.
constexpr UnixMillis kLongestLifeMs = 100ll * 365 * 86'400'000;

std::string_view room_of(const protocol::Command& command) {
  return std::visit(
      [](const auto& body) {
        if constexpr (requires { body.room_id; }) return body.room_id;
        return std::string_view{};
      },
      command.body);
}

/// Refused for who the client is, what it may do or how much it sends: somebody may be trying what is not theirs.
bool is_for_the_log(ErrorCode code, const protocol::Command* command) {
  switch (code) {
    case ErrorCode::kForbidden:
    case ErrorCode::kUserMismatch:
    case ErrorCode::kRateLimited:
      return true;
    case ErrorCode::kUnauthorized:  // a token that is no good has a line of its own
      return command == nullptr || !std::holds_alternative<protocol::Auth>(command->body);
    default:
      return false;
  }
}

/// While it lives, that is the command that is being obeyed.
class Obeying {
 public:
  Obeying(SessionContext& context, const protocol::Command* command) : context_(context) { context.obeyed = command; }
  ~Obeying() { context_.obeyed = nullptr; }
  Obeying(const Obeying&) = delete;
  Obeying& operator=(const Obeying&) = delete;

 private:
  SessionContext& context_;
};

/// What a command waits for that did not get through.
Wait wait_of(Attempt attempt) {
  switch (attempt) {
    case Attempt::kBehindQuery:
      return Wait::kQuery;
    case Attempt::kBehindAnswers:
      return Wait::kAnswers;
    case Attempt::kBehindHook:
      return Wait::kHook;
    default:
      return Wait::kHost;
  }
}

}  // namespace

// --- beginning and end ---------------------------------------------------------------------------------------------

void Session::begin(Dialect dialect, wire::Format format) {
  SB_ASSERT(!is_open_);
  dialect_ = dialect;
  format_ = format;
  is_open_ = true;
}

void Session::greet() {
  if (!is_v1()) return;
  const SessionSettings& settings = context_->settings;
  send(protocol::Hello{.conn_id = connection_id(),
                       .user_id = user_id_,
                       .expires_in_ms = expires_in_ms(),
                       .ping_interval_ms = settings.ping_interval_ms,
                       .message_bytes_max = settings.message_bytes_max,
                       .server = context_->server_name});
}

void Session::go_away(std::int64_t reconnect_after_ms) {
  if (is_open_ && is_v1()) send(protocol::GoAway{.reason = "drain", .reconnect_after_ms = reconnect_after_ms});
}

void Session::on_over() {
  is_open_ = false;
  if (is_leaving_) return;
  is_leaving_ = true;
  context_->host.on_over(*this);
}

void Session::leave_rooms() {
  if (!is_leaving_) return;
  is_leaving_ = false;
  context_->host.leave_all(*this);
}

// --- who it is -----------------------------------------------------------------------------------------------------

std::string Session::connection_id() const {
  return std::to_string(context_->shard) + "-" + std::to_string(id_.index) + "-" + std::to_string(id_.generation);
}

void Session::set_user_id(std::string_view user_id) {
  SB_ASSERT(user_id_.empty());
  user_id_ = user_id;
  context_->host.on_user_named(*this);
}

std::string Session::anonymous_user_id() const {
  return "anonymous-" + context_->anonymous_tag + "-" + connection_id();
}

std::optional<std::uint32_t> Session::find_joined(std::string_view room_id) const {
  const auto slot = context_->host.find(*this, room_id);
  return slot && memberships_[*slot].is_implicit ? std::nullopt : slot;
}

std::uint32_t Session::rooms() const {
  const std::uint32_t rooms = memberships_.size() - memberships_.watchers();
  if (user_id_.empty()) return rooms;
  const auto own = context_->host.find(*this, protocol::user_room_of(user_id_));
  return own && memberships_[*own].is_implicit ? rooms - 1 : rooms;
}

// --- its token -----------------------------------------------------------------------------------------------------

std::expected<void, Denied> Session::identify(std::string_view token) {
  const auth::Policy& policy = *context_->settings.auth;
  const UnixMillis unix_now = context_->clock.unix_ms();
  context_->work.spend(kTokenWork);
  auto claims = policy.verify(token, unix_now);
  if (!claims) return std::unexpected(refuse_token(claims.error()));
  const std::uint64_t token_id_hash = auth::hash_of_token_id(claims->token_id);
  if (context_->revocations.concerns(
          {.user_id = claims->user_id, .token_id_hash = token_id_hash, .issued_at = claims->issued_at})) {
    return std::unexpected(refuse_token({.reason = auth::RefusalReason::kRevoked, .message = "the token was revoked"}));
  }
  auto grants = context_->grants.of(claims->grants);
  if (!grants) {
    return std::unexpected(
        refuse_token({.reason = auth::RefusalReason::kClaims, .message = "the claim `switchboard` " + grants.error()}));
  }
  if (!user_id_.empty() && user_id_ != claims->user_id) {
    return std::unexpected(
        Denied{ErrorCode::kUserMismatch, "this connection belongs to another user than this token; open a second one"});
  }
  context_->stats.tokens_accepted.add();
  const UnixMillis left_ms = claims->expires_at - unix_now;
  const Instant expires_at = left_ms >= kLongestLifeMs ? kNever : context_->now + std::chrono::milliseconds(left_ms);
  credentials_ =
      std::make_unique<Credentials>(Credentials{.grants = std::move(*grants),
                                                .expires_at = expires_at,
                                                .ends_at = expires_at == kNever ? kNever : expires_at + claims->leeway,
                                                .token_id_hash = token_id_hash,
                                                .issued_at = claims->issued_at});
  if (user_id_.empty()) set_user_id(claims->user_id);
  return {};
}

Denied Session::refuse_token(const auth::TokenRefusal& refusal) {
  context_->stats.tokens_refused[static_cast<std::size_t>(refusal.reason)].add();
  context_->host.on_token_refused(*this, refusal);
  ErrorCode code = ErrorCode::kUnauthorized;
  if (refusal.reason == auth::RefusalReason::kExpired) code = ErrorCode::kTokenExpired;
  if (refusal.reason == auth::RefusalReason::kKeyPending) code = ErrorCode::kUnavailable;
  // A signature that was computed in vain costs as much as several commands: whoever makes tokens up pays for them.
  if (refusal.reason == auth::RefusalReason::kSignature) context_->work.spend(8 * kTokenWork);
  return {.code = code, .message = refusal.message, .is_revoked = refusal.reason == auth::RefusalReason::kRevoked};
}

std::optional<std::int64_t> Session::expires_in_ms() const {
  if (credentials_ == nullptr || credentials_->expires_at == kNever) return std::nullopt;
  const Duration left = std::max(credentials_->expires_at - context_->now, Duration::zero());
  return std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
}

Instant Session::next_deadline(Instant opened_at) const {
  const auth::Policy* const policy = context_->settings.auth.get();
  if (policy == nullptr || !is_open_) return kNever;
  if (credentials_ == nullptr) return policy->anonymous ? kNever : opened_at + policy->timeout;
  if (credentials_->expires_at == kNever) return kNever;
  const bool is_told = credentials_->is_renewal_told || !is_v1();
  return is_told ? credentials_->ends_at
                 : std::min(credentials_->expires_at - policy->renew_margin, credentials_->ends_at);
}

bool Session::is_revoked() const {
  return credentials_ != nullptr &&
         context_->revocations.concerns(
             {.user_id = user_id_, .token_id_hash = credentials_->token_id_hash, .issued_at = credentials_->issued_at});
}

bool Session::has_lost(std::string_view room_id) const {
  return credentials_ != nullptr &&
         context_->revocations.concerns_in(room_id, {.user_id = user_id_, .issued_at = credentials_->issued_at});
}

void Session::on_timer(Instant opened_at) {
  if (context_->now < next_deadline(opened_at)) return;
  if (credentials_ == nullptr) {
    outlet_->close(protocol::close::kUnauthorized, "no token has come in time");
  } else if (context_->now >= credentials_->ends_at) {
    context_->stats.tokens_ended.add();
    outlet_->close(protocol::close::kTokenExpired, "the token has expired: come back with a new one");
  } else {
    credentials_->is_renewal_told = true;
    send(protocol::TokenExpiring{.expires_in_ms = *expires_in_ms()});
  }
}

// --- commands ------------------------------------------------------------------------------------------------------

std::optional<Remainder> Session::hear(std::string_view message) {
  return run(message, {});
}

std::optional<Remainder> Session::go_on(Remainder rest) {
  if (rest.documents.empty()) return std::nullopt;
  return run(rest.documents, rest.progress);
}

/// Document by document, until one has to wait. `documents` begins behind those that `progress` counts.
std::optional<Remainder> Session::run(std::string_view documents, Progress progress) {
  const SessionSettings& settings = context_->settings;
  const auto wait = [&](Wait why, std::string_view rest) {
    return Remainder{.why = why, .progress = progress, .documents = std::string(rest)};
  };
  do {
    const std::string_view from_here = documents;
    const auto command = context_->decoder.next(documents);
    const Obeying obeying(*context_, command ? &*command : nullptr);
    RateLimiter::Verdict rate;
    if (!std::exchange(progress.next_is_counted, false)) {
      rate = limiter_.take_message(context_->now, settings.rate);
      if (command && !rate.is_refused()) rate = take_operation(*command);
    }
    context_->work.spend(kCommandWork + from_here.size() - documents.size());
    if (rate.is_refused()) {
      refuse_for_rate(rate, command ? room_of(*command) : command.error().room_id,
                      command ? command->id : command.error().id);
    } else if (!command) {
      refuse(command.error());
    } else if (const Attempt attempt = commands::enter(*this, *command); attempt == Attempt::kPending) {
      ++progress.documents;
      owed_.begin_join();
      return wait(Wait::kJoin, documents);
    } else if (attempt != Attempt::kDone) {
      progress.next_is_counted = true;
      return wait(wait_of(attempt), from_here);
    }
    if (!is_open_) return std::nullopt;
    if (++progress.documents >= settings.documents_per_message_max && !documents.empty()) {
      refuse(
          {.code = ErrorCode::kTooLarge, .message = "too many JSON documents in one message", .room_id = {}, .id = {}});
      return std::nullopt;
    }
    if (is_outlet_full()) return wait(Wait::kOutlet, documents);
    if (context_->work.is_spent()) return wait(Wait::kTurn, documents);
  } while (!documents.empty());
  return std::nullopt;
}

bool Session::can_go_on(Wait why) const {
  if (is_open_ && is_outlet_full()) return false;
  switch (why) {
    case Wait::kJoin:
      return !owed_.awaits_join();
    case Wait::kQuery:
      return !owed_.awaits_query();
    case Wait::kAnswers:
      return !owed_.awaits_query() && !owed_.awaits_ack() && !owed_.awaits_join() && !owed_.is_held();
    case Wait::kHook:
      return !context_->host.awaits_hook(*this);
    case Wait::kOutlet:
      return outlet_->waiting_bytes() == 0;
    case Wait::kHost:
    case Wait::kTurn:
      return true;
  }
  return true;
}

bool Session::is_outlet_full() const {
  return outlet_->waiting_bytes() + owed_.ack_bytes() > context_->settings.queue_bytes_max;
}

RateLimiter::Verdict Session::take_operation(const protocol::Command& command) {
  const auto limits = limits_of(*this, command);
  return limits ? limiter_.take_operation(context_->now, *limits) : RateLimiter::Verdict{};
}

// --- refusals ------------------------------------------------------------------------------------------------------

void Session::refuse(const protocol::Error& error) {
  context_->stats.errors[static_cast<std::size_t>(error.code)].add();
  if (is_for_the_log(error.code, context_->obeyed)) {
    context_->host.on_command_refused(*this, {.command = context_->obeyed, .error = error});
  }
  send(error);
  // What the server cannot do is not held against the client: it is to try again.
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kInternal) return;
  const SessionSettings& settings = context_->settings;
  if (errors_.take(context_->now, settings.errors_max, std::chrono::milliseconds(settings.errors_refill_ms))) return;
  if (error.code == ErrorCode::kRateLimited) {
    outlet_->close(protocol::close::kRateLimited, "went on sending more than it may");
  } else {
    outlet_->close(protocol::close::kBadRequests, "too many refused commands");
  }
}

void Session::refuse_for_rate(const RateLimiter::Verdict& verdict, std::string_view room_id,
                              std::string_view command_id) {
  context_->stats.rate_limited[static_cast<std::size_t>(verdict.limit)].add();
  refuse({.code = ErrorCode::kRateLimited,
          .message = std::string(words_of(verdict.limit)),
          .room_id = std::string(room_id),
          .id = std::string(command_id),
          .retry_after_ms = std::chrono::ceil<std::chrono::milliseconds>(verdict.wait).count()});
}

// --- what the host answers -----------------------------------------------------------------------------------------

void Session::on_reply(const Reply& reply) {
  std::visit([this](const auto& body) { take(body); }, reply);
}

/// What is owed is settled first, whether it can be told or not: commands may wait for that.
void Session::take(const Refused& refused) {
  std::string_view room_id = told_room_id(refused.room_id);
  switch (refused.asked) {
    case Asked::kJoin: {
      const bool is_unasked = owed_.is_join_unasked();
      owed_.end_join();
      if (is_unasked) return;  // whoever asked is told
      break;
    }
    case Asked::kPublish:
      if (!refused.command_id.empty()) owed_.expect_no_ack(refused.room_id, refused.command_id);
      if (protocol::is_user_room(refused.room_id)) room_id = {};  // a direct message named a user, not a room
      break;
    case Asked::kHistory:
    case Asked::kPresence:
      owed_.end_query();
      break;
  }
  if (!is_open_) return;
  refuse({.code = refused.code,
          .message = std::string(words_of(refused)),
          .room_id = std::string(room_id),
          .id = std::string(refused.command_id)});
}

void Session::take(const Entered& entered) {
  owed_.end_join();
  if (!is_open_) return;
  context_->stats.joins.add();
  protocol::Joined told = entered.joined;
  told.room_id = told_room_id(entered.joined.room_id);
  if (!is_v1() && told.id.empty() && !entered.membership.opted_in) told.epoch = {};
  send(told);
}

void Session::take(const protocol::Ack& ack) {
  owed_.expect_no_ack(ack.room_id, ack.id);
  if (is_open_) send(ack);
}

void Session::take(const protocol::HistoryPage& page) {
  owed_.end_query();
  if (!is_open_) return;
  protocol::HistoryPage told = page;
  told.room_id = told_room_id(page.room_id);
  send(told);
}

void Session::take(const protocol::PresenceList& list) {
  owed_.end_query();
  if (is_open_) send(list);
}

// --- what a room has to say besides --------------------------------------------------------------------------------

void Session::on_caught_up(const protocol::CaughtUp& caught_up) {
  if (!is_open_) return;
  protocol::CaughtUp told = caught_up;
  told.room_id = told_room_id(caught_up.room_id);
  send(told);
}

void Session::on_epoch_changed(const protocol::EpochChanged& changed) {
  if (!is_v1() || !is_open_) return;
  protocol::EpochChanged told = changed;
  told.room_id = told_room_id(changed.room_id);
  send(told);
}

void Session::lose(std::uint32_t slot, std::string_view reason) {
  SB_ASSERT(!memberships_[slot].is_implicit && !memberships_[slot].is_watcher);
  const std::string room_id(context_->host.room_id_of(*this, slot));
  context_->host.leave(*this, slot);
  context_->stats.leaves_for_permission.add();
  send(protocol::Left{.room_id = room_id, .id = {}, .reason = reason});
}

void Session::on_lagged(const Membership& membership, const protocol::Lagged& lagged) {
  if (!is_open_ || (!is_v1() && !membership.opted_in)) return;
  protocol::Lagged told = lagged;
  told.room_id = told_room_id(lagged.room_id);
  send(told);
}

}  // namespace switchboard::session
