// The HTTP request: whatever the split, the same request or the same refusal; and a request that was accepted has none
// of the shapes that two readers understand differently. Then the WebSocket handshake over it, and who it says is
// behind the proxies.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "http/request_parser.h"
#include "net/address_set.h"
#include "session/forwarded_for.h"
#include "session/opening.h"
#include "support/manual_clock.h"
#include "ws/handshake.h"

namespace switchboard::fuzz {
namespace {

constexpr std::uint32_t kHeadBytesMax[] = {8'192, 64, 256, 1'000};

struct Outcome {
  http::RequestError refusal{.status = 0, .message = {}};
  bool done = false;
  std::size_t head_bytes = 0;
  std::string text;  // method, target, version, fields

  bool operator==(const Outcome& other) const {
    return refusal.status == other.refusal.status && refusal.message == other.refusal.message && done == other.done &&
           text == other.text && (!done || head_bytes == other.head_bytes);
  }
};

bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

std::string describe(const http::Request& request) {
  std::string out(request.method);
  out.append(" ").append(request.target).append(" ").append(request.host);
  out += " " + std::to_string(request.version);
  for (const http::RequestField& field : request.fields)
    out.append("\n").append(field.name).append(": ").append(field.value);
  return out;
}

void check_accepted(const http::Request& request, std::string_view head) {
  SB_ASSERT(head.ends_with("\r\n\r\n"));
  SB_ASSERT(head.find('\0') == std::string_view::npos);
  SB_ASSERT(!request.method.empty() && is_plain(request.method));
  const bool is_of_server = request.method == "OPTIONS" && request.target == "*";
  SB_ASSERT(is_plain(request.target) && (is_of_server || request.path().starts_with('/')));
  SB_ASSERT(request.path() == "/" || request.target.starts_with(request.path()));
  SB_ASSERT(request.version == 10 || request.version == 11);
  SB_ASSERT(request.count("host") <= 1 && (request.version == 10 || request.count("Host") == 1));
  // How long its body is everybody reads the same.
  SB_ASSERT(request.count("content-length") + (request.count("transfer-encoding") > 0 ? 1u : 0u) <= 1);
  SB_ASSERT(request.is_chunked == (request.count("transfer-encoding") > 0) &&
            (!request.is_chunked || (request.version == 11 && request.content_length == 0)));
  SB_ASSERT((request.content_length == 0) ==
            (request.value("Content-Length").find_first_not_of('0') == std::string_view::npos));
  for (const http::RequestField& field : request.fields) {
    SB_ASSERT(!field.name.empty() && is_plain(field.name) &&
              field.name.find_first_of(" \t:") == std::string_view::npos);
    SB_ASSERT(is_plain(field.value));
    SB_ASSERT(field.value.empty() ||
              (field.value.find_first_of(" \t") != 0 && field.value.back() != ' ' && field.value.back() != '\t'));
  }
}

void check_upgrade(const http::Request& request) {
  const bool wants = ws::wants_upgrade(request);
  const auto upgrade = ws::check_upgrade(request);
  if (!upgrade) {
    SB_ASSERT(upgrade.error().status >= 400 && upgrade.error().status <= 505 && !upgrade.error().message.empty());
    return;
  }
  SB_ASSERT(wants && request.method == "GET" && request.version == 11);
  SB_ASSERT(upgrade->key.size() == 24 && ws::accept_value(upgrade->key).size() == 28);
  for (const std::string_view subprotocol : upgrade->subprotocols)
    SB_ASSERT(!subprotocol.empty());
}

/// Whoever is behind the proxies is named by the request's own fields, or is nobody.
void check_forwarded(const http::Request& request) {
  net::AddressSet trusted;
  SB_ASSERT(trusted.add("10.0.0.0/8") && trusted.add("2001:db8::/32") && trusted.add("unix"));
  const auto client = session::forwarded_client(request, trusted);
  SB_ASSERT(!client || (client->has_ip() && request.count("X-Forwarded-For") > 0));
}

/// Whatever is asked for becomes a conversation, or gets an answer that says so.
void check_opening(const http::Request& request) {
  static const session::SessionSettings settings;
  static const test::ManualClock clock;
  const auto outcome = session::answer_of(
      request, {.settings = settings, .policy = settings.listeners.front(), .assets = {}, .clock = clock});
  if (const auto* answered = std::get_if<session::Answered>(&outcome)) {
    SB_ASSERT(answered->status >= 200 && answered->status <= 505);
    SB_ASSERT(answered->response.starts_with("HTTP/1.1 " + std::to_string(answered->status)));
  } else {
    SB_ASSERT(std::get<session::Upgraded>(outcome).response.starts_with("HTTP/1.1 101 "));
  }
}

Outcome parse(const std::vector<std::string_view>& pieces, std::size_t head_bytes_max, std::string_view whole) {
  http::RequestParser parser(head_bytes_max);
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    const OwnMemory memory(piece);
    const auto taken = parser.feed(memory.view());
    if (!taken) {
      outcome.refusal = taken.error();
      SB_ASSERT(outcome.refusal.status >= 400 && outcome.refusal.status <= 505 && !outcome.refusal.message.empty());
      return outcome;
    }
    outcome.head_bytes += *taken;
    if (parser.done()) {
      outcome.done = true;
      break;
    }
    SB_ASSERT(*taken == piece.size() && parser.started());
  }
  if (!outcome.done) return outcome;
  SB_ASSERT(outcome.head_bytes <= head_bytes_max);
  outcome.text = describe(parser.request());
  check_accepted(parser.request(), whole.substr(0, outcome.head_bytes));
  const http::Request request = parser.take_request();  // its views must outlive the move
  SB_ASSERT(describe(request) == outcome.text);
  check_upgrade(request);
  check_forwarded(request);
  check_opening(request);
  return outcome;
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard::fuzz;
  ByteScript script(data, size);
  const std::size_t head_bytes_max = script.one_of(kHeadBytesMax);
  const Split split(script);
  const std::string_view bytes = script.rest();
  const Outcome whole = parse(Split().of(bytes), head_bytes_max, bytes);
  SB_ASSERT(parse(split.of(bytes), head_bytes_max, bytes) == whole);
  return 0;
}
