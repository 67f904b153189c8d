#include "protocol/push.h"

#include <charconv>
#include <concepts>

#include "protocol/json_string.h"

namespace switchboard::protocol {
namespace {

void append_number(std::string& out, std::integral auto value) {
  char digits[20];  // -9223372036854775808 and 18446744073709551615 have as many
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

// Each takes what stands between the previous field's end and the value, comma and colon included.

void append_text(std::string& out, std::string_view lead, std::string_view text) {
  out.append(lead);
  append_string(out, text);
}

void append_raw(std::string& out, std::string_view lead, std::string_view json) {
  out.append(lead);
  out.append(json);
}

void append_number(std::string& out, std::string_view lead, std::integral auto value) {
  out.append(lead);
  append_number(out, value);
}

void append_id(std::string& out, std::string_view id) {
  if (!id.empty()) append_raw(out, R"(,"id":)", id);
}

}  // namespace

void append(std::string& out, const Joined& push) {
  append_text(out, R"({"type":"joined","room_id":)", push.room_id);
  append_id(out, push.id);
  if (!push.epoch.empty()) {
    append_number(out, R"(,"seq":)", push.seq.value);
    append_text(out, R"(,"epoch":)", push.epoch);
  }
  out.push_back('}');
}

void append(std::string& out, const Left& push) {
  append_text(out, R"({"type":"left","room_id":)", push.room_id);
  append_id(out, push.id);
  out.push_back('}');
}

void append(std::string& out, const Publication& push) {
  append_text(out, R"({"type":"broadcast","room_id":)", push.room_id);
  append_raw(out, R"(,"content":)", push.content);
  append_text(out, R"(,"sender":)", push.sender);
  append_number(out, R"(,"seq":)", push.seq.value);
  append_number(out, R"(,"ts":)", push.ts);
  out.push_back('}');
}

void append(std::string& out, const Ack& push) {
  out.append(R"({"type":"ack")");
  append_id(out, push.id);
  append_text(out, R"(,"room_id":)", push.room_id);
  append_number(out, R"(,"seq":)", push.seq.value);
  append_text(out, R"(,"epoch":)", push.epoch);
  append_number(out, R"(,"ts":)", push.ts);
  out.push_back('}');
}

void append(std::string& out, const Pong& push) {
  out.append(R"({"type":"pong")");
  append_id(out, push.id);
  out.push_back('}');
}

void append(std::string& out, const Hello& push) {
  append_text(out, R"({"type":"hello","conn_id":)", push.conn_id);
  if (!push.user_id.empty()) append_text(out, R"(,"user_id":)", push.user_id);
  append_number(out, R"(,"ping_interval_ms":)", push.ping_interval_ms);
  append_number(out, R"(,"max_message_bytes":)", push.message_bytes_max);
  append_text(out, R"(,"server":)", push.server);
  out.push_back('}');
}

void append(std::string& out, const Lagged& push) {
  append_text(out, R"({"type":"lagged","room_id":)", push.room_id);
  append_number(out, R"(,"from":)", push.from.value);
  append_number(out, R"(,"to":)", push.to.value);
  out.push_back('}');
}

void append(std::string& out, const GoAway& push) {
  append_text(out, R"({"type":"goaway","reason":)", push.reason);
  append_number(out, R"(,"reconnect_after_ms":)", push.reconnect_after_ms);
  out.push_back('}');
}

void append(std::string& out, const Error& error) {
  append_text(out, R"({"type":"error","code":)", name(error.code));
  append_text(out, R"(,"message":)", error.message);
  if (!error.room_id.empty()) append_text(out, R"(,"room_id":)", error.room_id);
  append_id(out, error.id);
  append_raw(out, R"(,"retryable":)", retryable(error.code) ? "true" : "false");
  out.push_back('}');
}

}  // namespace switchboard::protocol
