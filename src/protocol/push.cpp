#include "protocol/push.h"

#include <charconv>
#include <concepts>

#include "protocol/json_string.h"
#include "protocol/user_room.h"

namespace switchboard::protocol {
namespace {

// A push is written as a row of pieces. Each piece knows the most bytes it can take, so that room is made once and
// every piece is then a plain copy: the broadcast is written once per message.

struct Json {  // as it stands
  std::string_view text;
};
struct Text {  // as a JSON string
  std::string_view text;
};
template <std::integral T>
struct Number {
  T value;
};
struct Id {  // `,"id":...`, or nothing when there is none
  std::string_view text;
};
struct To {  // `,"to":"..."`, or nothing when there is none
  std::string_view user_id;
};

constexpr std::string_view kIdKey = R"(,"id":)";
constexpr std::string_view kToKey = R"(,"to":)";
constexpr std::string_view kUserIdKey = R"({"user_id":)";
constexpr std::string_view kConnectionsKey = R"(,"connections":)";
constexpr std::string_view kInfoKey = R"(,"info":)";
constexpr std::string_view kNextKey = R"(,"next":)";
constexpr std::size_t kDigitsMax = 20;  // of 18446744073709551615, and of -9223372036854775808

constexpr std::size_t bytes_max(Json piece) {
  return piece.text.size();
}
constexpr std::size_t bytes_max(Text piece) {
  return written_bytes_max(piece.text.size());
}
template <class T>
constexpr std::size_t bytes_max(Number<T>) {
  return kDigitsMax;
}
constexpr std::size_t bytes_max(Id piece) {
  return kIdKey.size() + piece.text.size();
}
constexpr std::size_t bytes_max(To piece) {
  return kToKey.size() + written_bytes_max(piece.user_id.size());
}

inline char* write(char* at, Json piece) {
  return at + piece.text.copy(at, piece.text.size());
}
inline char* write(char* at, Text piece) {
  return write_string(at, piece.text);
}
template <class T>
char* write(char* at, Number<T> piece) {
  return std::to_chars(at, at + kDigitsMax, piece.value).ptr;
}
inline char* write(char* at, Id piece) {
  return piece.text.empty() ? at : write(write(at, Json{kIdKey}), Json{piece.text});
}
inline char* write(char* at, To piece) {
  return piece.user_id.empty() ? at : write(write(at, Json{kToKey}), Text{piece.user_id});
}

template <class... Pieces>
void append_pieces(std::string& out, const Pieces&... pieces) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + (bytes_max(pieces) + ...), [&](char* data, std::size_t) {
    char* at = data + before;
    ((at = write(at, pieces)), ...);
    return static_cast<std::size_t>(at - data);
  });
}

constexpr std::string_view reason_of(Recovery recovery) {
  switch (recovery) {
    case Recovery::kEpochChanged:
      return "epoch_changed";
    case Recovery::kTrimmed:
      return "trimmed";
    case Recovery::kAhead:
      return "ahead";
    case Recovery::kNotAsked:
    case Recovery::kRecovered:
      break;
  }
  return {};
}

void append_recovery(std::string& out, const Joined& push) {
  if (push.recovery == Recovery::kNotAsked) return;
  if (push.recovery == Recovery::kRecovered) return append_pieces(out, Json{R"(,"recovered":true)"});
  append_pieces(out, Json{R"(,"recovered":false,"reason":)"}, Text{reason_of(push.recovery)}, Json{R"(,"first_seq":)"},
                Number{push.first_seq.value});
}

void append_direct(std::string& out, const Publication& push) {
  append_pieces(out, Json{R"({"type":"direct","content":)"}, Json{push.content}, Json{R"(,"sender":)"},
                Text{push.sender}, To{push.to}, Json{R"(,"seq":)"}, Number{push.seq.value}, Json{R"(,"ts":)"},
                Number{push.ts}, Json{"}"});
}

/// `[...]`, each as `append_one(value)` writes it.
template <class Values, class AppendOne>
void append_array(std::string& out, const Values& values, AppendOne append_one) {
  out.push_back('[');
  bool is_first = true;
  for (const auto& value : values) {
    if (!is_first) out.push_back(',');
    is_first = false;
    append_one(value);
  }
  out.push_back(']');
}

void append_expiry(std::string& out, std::optional<std::int64_t> expires_in_ms) {
  if (expires_in_ms) append_pieces(out, Json{R"(,"expires_in_ms":)"}, Number{*expires_in_ms});
}

void append_info(std::string& out, std::string_view info) {
  if (!info.empty()) append_pieces(out, Json{kInfoKey}, Json{info});
}

}  // namespace

void append(std::string& out, const Joined& push) {
  append_pieces(out, Json{R"({"type":"joined","room_id":)"}, Text{push.room_id}, Id{push.id});
  if (!push.epoch.empty()) {
    append_pieces(out, Json{R"(,"seq":)"}, Number{push.seq.value}, Json{R"(,"epoch":)"}, Text{push.epoch});
    append_recovery(out, push);
  }
  out.push_back('}');
}

void append(std::string& out, const CaughtUp& push) {
  append_pieces(out, Json{R"({"type":"caught_up","room_id":)"}, Text{push.room_id}, Json{R"(,"seq":)"},
                Number{push.seq.value}, Json{push.is_complete ? "}" : R"(,"recovered":false})"});
}

void append(std::string& out, const EpochChanged& push) {
  append_pieces(out, Json{R"({"type":"epoch_changed","room_id":)"}, Text{push.room_id}, Json{R"(,"epoch":)"},
                Text{push.epoch}, Json{R"(,"seq":)"}, Number{push.seq.value}, Json{"}"});
}

void append(std::string& out, const HistoryPage& push) {
  append_pieces(out, Json{R"({"type":"history","room_id":)"}, Text{push.room_id}, Id{push.id}, Json{R"(,"epoch":)"},
                Text{push.epoch}, Json{R"(,"messages":)"});
  append_array(out, push.messages, [&](std::string_view message) { out.append(message); });
  append_pieces(out, Json{R"(,"more":)"}, Json{push.more ? "true" : "false"}, Json{"}"});
}

void append(std::string& out, const PresenceList& push) {
  append_pieces(out, Json{R"({"type":"presence","room_id":)"}, Text{push.room_id}, Id{push.id}, Json{R"(,"count":)"},
                Number{push.count}, Json{R"(,"users":)"});
  append_array(out, push.users, [&](const PresentUser& user) {
    append_pieces(out, Json{kUserIdKey}, Text{user.user_id}, Json{kConnectionsKey}, Number{user.connections});
    append_info(out, user.info);
    out.push_back('}');
  });
  if (!push.next.empty()) append_pieces(out, Json{kNextKey}, Text{push.next});
  out.push_back('}');
}

void append(std::string& out, const PresenceChange& push) {
  append_pieces(out, Json{R"({"type":"presence_change","room_id":)"}, Text{push.room_id}, Json{R"(,"joined":)"});
  const auto append_shown = [&](const PresentUser& user) {
    append_pieces(out, Json{kUserIdKey}, Text{user.user_id});
    append_info(out, user.info);
    out.push_back('}');
  };
  append_array(out, push.joined, append_shown);
  if (!push.changed.empty()) {
    append_pieces(out, Json{R"(,"changed":)"});
    append_array(out, push.changed, append_shown);
  }
  append_pieces(out, Json{R"(,"left":)"});
  append_array(out, push.left,
               [&](const PresentUser& user) { append_pieces(out, Json{kUserIdKey}, Text{user.user_id}, Json{"}"}); });
  append_pieces(out, Json{R"(,"count":)"}, Number{push.count}, Json{push.is_partial ? R"(,"partial":true})" : "}"});
}

std::size_t bytes_max_in_list(const PresentUser& user) {
  constexpr std::size_t kCommaAndBrace = 2;
  const std::size_t info = user.info.empty() ? 0 : kInfoKey.size() + user.info.size();
  return kUserIdKey.size() + written_bytes(user.user_id) + kConnectionsKey.size() + kDigitsMax + info + kCommaAndBrace;
}

std::size_t bytes_max_of_next(std::string_view user_id) {
  return kNextKey.size() + written_bytes(user_id);
}

void append(std::string& out, const Left& push) {
  append_pieces(out, Json{R"({"type":"left","room_id":)"}, Text{push.room_id}, Id{push.id});
  if (!push.reason.empty()) append_pieces(out, Json{R"(,"reason":)"}, Text{push.reason});
  out.push_back('}');
}

void append(std::string& out, const Publication& push) {
  if (is_user_room(push.room_id)) return append_direct(out, push);
  append_pieces(out, Json{R"({"type":"broadcast","room_id":)"}, Text{push.room_id}, Json{R"(,"content":)"},
                Json{push.content}, Json{R"(,"sender":)"}, Text{push.sender}, Json{R"(,"seq":)"},
                Number{push.seq.value}, Json{R"(,"ts":)"}, Number{push.ts}, Json{"}"});
}

void append(std::string& out, const Ack& push) {
  const bool is_direct = is_user_room(push.room_id);
  append_pieces(out, Json{R"({"type":"ack")"}, Id{push.id}, Json{is_direct ? R"(,"user_id":)" : R"(,"room_id":)"},
                Text{is_direct ? user_of(push.room_id) : push.room_id}, Json{R"(,"seq":)"}, Number{push.seq.value},
                Json{R"(,"epoch":)"}, Text{push.epoch}, Json{R"(,"ts":)"}, Number{push.ts},
                Json{push.is_duplicate ? R"(,"duplicate":true})" : "}"});
}

void append(std::string& out, const Pong& push) {
  append_pieces(out, Json{R"({"type":"pong")"}, Id{push.id}, Json{"}"});
}

void append(std::string& out, const Hello& push) {
  append_pieces(out, Json{R"({"type":"hello","conn_id":)"}, Text{push.conn_id});
  if (!push.user_id.empty()) append_pieces(out, Json{R"(,"user_id":)"}, Text{push.user_id});
  append_expiry(out, push.expires_in_ms);
  append_pieces(out, Json{R"(,"ping_interval_ms":)"}, Number{push.ping_interval_ms}, Json{R"(,"max_message_bytes":)"},
                Number{push.message_bytes_max}, Json{R"(,"server":)"}, Text{push.server}, Json{"}"});
}

void append(std::string& out, const Authed& push) {
  append_pieces(out, Json{R"({"type":"authed","user_id":)"}, Text{push.user_id}, Id{push.id});
  append_expiry(out, push.expires_in_ms);
  out.push_back('}');
}

void append(std::string& out, const TokenExpiring& push) {
  append_pieces(out, Json{R"({"type":"token_expiring")"});
  append_expiry(out, push.expires_in_ms);
  out.push_back('}');
}

void append(std::string& out, const Lagged& push) {
  append_pieces(out, Json{R"({"type":"lagged","room_id":)"}, Text{push.room_id}, Json{R"(,"from":)"},
                Number{push.from.value}, Json{R"(,"to":)"}, Number{push.to.value}, Json{"}"});
}

void append(std::string& out, const GoAway& push) {
  append_pieces(out, Json{R"({"type":"goaway","reason":)"}, Text{push.reason}, Json{R"(,"reconnect_after_ms":)"},
                Number{push.reconnect_after_ms}, Json{"}"});
}

void append(std::string& out, const Error& error) {
  append_pieces(out, Json{R"({"type":"error","code":)"}, Text{name(error.code)}, Json{R"(,"message":)"},
                Text{error.message});
  if (!error.room_id.empty()) append_pieces(out, Json{R"(,"room_id":)"}, Text{error.room_id});
  append_pieces(out, Id{error.id}, Json{R"(,"retryable":)"}, Json{retryable(error.code) ? "true" : "false"});
  if (error.retry_after_ms > 0) append_pieces(out, Json{R"(,"retry_after_ms":)"}, Number{error.retry_after_ms});
  out.push_back('}');
}

}  // namespace switchboard::protocol
