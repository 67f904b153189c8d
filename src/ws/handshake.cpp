#include "ws/handshake.h"

#include <algorithm>
#include <openssl/evp.h>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "http/token.h"

namespace switchboard::ws {

namespace {

using http::equals_ignoring_case;
using http::RequestError;

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // section 1.3
constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kKeyCharacters = 24;  // base64 of 16 bytes: 22 characters and "=="

std::unexpected<RequestError> refuse(int status, std::string message) {
  return std::unexpected(RequestError{status, std::move(message)});
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool is_key(std::string_view key) {
  return key.size() == kKeyCharacters && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, [](char c) { return is_base64(c); });
}

bool offer_subprotocols(std::string_view list, std::vector<std::string_view>& offered) {
  std::string_view name;
  while (http::next_list_element(list, name)) {
    if (!http::is_token(name)) return false;
    offered.push_back(name);
  }
  return true;
}

/// The fields that name the protocol, in the order a person would fix them (section 4.2.1).
std::optional<RequestError> check_fields(const http::Request& request) {
  if (request.count("Upgrade") == 0) {
    return RequestError{400,
                        "The Upgrade field is missing: a proxy has probably removed it, and has to pass Upgrade and "
                        "Connection on."};
  }
  if (!request.has_token("Upgrade", "websocket"))
    return RequestError{400, "The Upgrade field does not name websocket."};
  if (!request.has_token("Connection", "upgrade")) {
    return RequestError{400, "The Connection field does not name upgrade (a proxy may have removed it)."};
  }
  if (request.count("Sec-WebSocket-Version") > 1)
    return RequestError{400, "More than one Sec-WebSocket-Version field."};
  if (request.count("Sec-WebSocket-Version") == 0)
    return RequestError{400, "The Sec-WebSocket-Version field is missing."};
  if (request.value("Sec-WebSocket-Version") != "13") {
    return RequestError{426, "Only version 13 of the WebSocket protocol is spoken here."};
  }
  if (request.count("Sec-WebSocket-Key") > 1) return RequestError{400, "More than one Sec-WebSocket-Key field."};
  if (request.count("Sec-WebSocket-Key") == 0) return RequestError{400, "The Sec-WebSocket-Key field is missing."};
  if (!is_key(request.value("Sec-WebSocket-Key"))) {
    return RequestError{400, "The Sec-WebSocket-Key field is not 16 bytes in base64."};
  }
  if (request.count("Origin") > 1) return RequestError{400, "More than one Origin field."};
  return std::nullopt;
}

}  // namespace

bool wants_upgrade(const http::Request& request) {
  return request.has_token("Upgrade", "websocket") || request.count("Sec-WebSocket-Key") > 0;
}

std::expected<Upgrade, RequestError> check_upgrade(const http::Request& request) {
  if (request.version < 11) {
    return refuse(
        505,
        "A WebSocket handshake needs HTTP/1.1, and this one came as HTTP/1.0: a proxy in between has to speak "
        "HTTP/1.1 to this server.");
  }
  if (const auto refusal = http::refusal_of(request.method); refusal && refusal->status == 501)
    return std::unexpected(*refusal);
  if (request.method != "GET") return refuse(405, "A WebSocket handshake is a GET request.");
  if (auto error = check_fields(request)) return std::unexpected(*std::move(error));

  Upgrade upgrade;
  upgrade.key = request.value("Sec-WebSocket-Key");
  upgrade.origin = request.value("Origin");
  for (const http::RequestField& field : request.fields) {
    if (equals_ignoring_case(field.name, "Sec-WebSocket-Extensions")) {
      upgrade.extensions.push_back(field.value);
    } else if (equals_ignoring_case(field.name, "Sec-WebSocket-Protocol") &&
               !offer_subprotocols(field.value, upgrade.subprotocols)) {
      return refuse(400, "The Sec-WebSocket-Protocol field is not a list of tokens.");
    }
  }
  return upgrade;
}

std::string accept_value(std::string_view key) {
  std::string input;
  input.reserve(key.size() + kGuid.size());
  input.append(key).append(kGuid);
  unsigned char digest[kSha1Bytes];
  // EVP_sha1() would be looked up by name for every handshake, which costs twice the hashing itself.
  static const EVP_MD* const kSha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  SB_ASSERT(kSha1 != nullptr);
  const int hashed = EVP_Digest(input.data(), input.size(), digest, nullptr, kSha1, nullptr);
  SB_ASSERT(hashed == 1);
  unsigned char encoded[29];  // 28 characters and a NUL
  const int length = EVP_EncodeBlock(encoded, digest, kSha1Bytes);
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length)};
}

std::string upgrade_response(std::string_view key, std::string_view subprotocol, std::string_view extensions) {
  std::string out;
  out.reserve(224 + subprotocol.size() + extensions.size());
  out.append(
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ");
  out.append(accept_value(key)).append("\r\n");
  if (!subprotocol.empty()) out.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
  if (!extensions.empty()) out.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
  out.append("\r\n");
  return out;
}

}  // namespace switchboard::ws
