#include "protocol/push.h"

#include <charconv>
#include <concepts>

#include "protocol/json_string.h"

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

constexpr std::string_view kIdKey = R"(,"id":)";
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

template <class... Pieces>
void append_pieces(std::string& out, const Pieces&... pieces) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + (bytes_max(pieces) + ...), [&](char* data, std::size_t) {
    char* at = data + before;
    ((at = write(at, pieces)), ...);
    return static_cast<std::size_t>(at - data);
  });
}

}  // namespace

void append(std::string& out, const Joined& push) {
  append_pieces(out, Json{R"({"type":"joined","room_id":)"}, Text{push.room_id}, Id{push.id});
  if (!push.epoch.empty()) {
    append_pieces(out, Json{R"(,"seq":)"}, Number{push.seq.value}, Json{R"(,"epoch":)"}, Text{push.epoch});
  }
  out.push_back('}');
}

void append(std::string& out, const Left& push) {
  append_pieces(out, Json{R"({"type":"left","room_id":)"}, Text{push.room_id}, Id{push.id}, Json{"}"});
}

void append(std::string& out, const Publication& push) {
  append_pieces(out, Json{R"({"type":"broadcast","room_id":)"}, Text{push.room_id}, Json{R"(,"content":)"},
                Json{push.content}, Json{R"(,"sender":)"}, Text{push.sender}, Json{R"(,"seq":)"},
                Number{push.seq.value}, Json{R"(,"ts":)"}, Number{push.ts}, Json{"}"});
}

void append(std::string& out, const Ack& push) {
  append_pieces(out, Json{R"({"type":"ack")"}, Id{push.id}, Json{R"(,"room_id":)"}, Text{push.room_id},
                Json{R"(,"seq":)"}, Number{push.seq.value}, Json{R"(,"epoch":)"}, Text{push.epoch}, Json{R"(,"ts":)"},
                Number{push.ts}, Json{"}"});
}

void append(std::string& out, const Pong& push) {
  append_pieces(out, Json{R"({"type":"pong")"}, Id{push.id}, Json{"}"});
}

void append(std::string& out, const Hello& push) {
  append_pieces(out, Json{R"({"type":"hello","conn_id":)"}, Text{push.conn_id});
  if (!push.user_id.empty()) append_pieces(out, Json{R"(,"user_id":)"}, Text{push.user_id});
  append_pieces(out, Json{R"(,"ping_interval_ms":)"}, Number{push.ping_interval_ms}, Json{R"(,"max_message_bytes":)"},
                Number{push.message_bytes_max}, Json{R"(,"server":)"}, Text{push.server}, Json{"}"});
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
