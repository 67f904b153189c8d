#include "net/proxy_header.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "net/address_set.h"

namespace switchboard::net {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kV1Signature = "PROXY ";
constexpr std::string_view kV2Signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kV1BytesMax = 107;
constexpr std::size_t kV2HeadBytes = 16;

ProxyHeader invalid(std::string_view problem) {
  return {.status = ProxyHeaderStatus::kInvalid, .problem = problem};
}

/// As far as both go.
bool starts_alike(std::string_view bytes, std::string_view signature) {
  const std::size_t length = std::min(bytes.size(), signature.size());
  return bytes.substr(0, length) == signature.substr(0, length);
}

/// Takes the next word of a line whose words are separated by one space each. Empty at the end, or where a word is
/// missing.
std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// The specification of version 1 allows no leading zeros.
std::optional<std::uint16_t> parse_v1_port(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_port(text);
}

ProxyHeader parse_v1(std::string_view bytes) {
  const auto end = bytes.substr(0, kV1BytesMax).find("\r\n");
  if (end == std::string_view::npos) {
    // The line feed may be what is missing.
    if (bytes.size() < kV1BytesMax) return {};
    return invalid("a PROXY line longer than 107 bytes");
  }
  std::string_view line = bytes.substr(0, end).substr(kV1Signature.size());
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") return {.status = ProxyHeaderStatus::kOwn, .bytes = end + 2};
  if (protocol != "TCP4" && protocol != "TCP6") return invalid("a PROXY line for neither TCP4, TCP6 nor UNKNOWN");
  const std::string_view source_text = take_word(line);
  const std::string_view target_text = take_word(line);
  const auto source = parse_ip(source_text);
  const auto target = parse_ip(target_text);
  const auto source_port = parse_v1_port(take_word(line));
  const auto target_port = parse_v1_port(line);
  if (!source || !target || !source_port || !target_port) return invalid("a PROXY line with a bad address or port");
  const bool wants_ipv6 = protocol == "TCP6";
  const auto is_ipv6 = [](std::string_view text) { return text.find(':') != std::string_view::npos; };
  if (is_ipv6(source_text) != wants_ipv6 || is_ipv6(target_text) != wants_ipv6) {
    return invalid("a PROXY line with an address of the other family");
  }
  const PeerAddress client{.ip = *source, .port = *source_port};
  if (!client.has_ip()) return invalid("a PROXY header with no client's address");
  return {.status = ProxyHeaderStatus::kClient, .bytes = end + 2, .client = client};
}

std::uint16_t big_endian(std::string_view bytes) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
}

/// An address block of TCP: source, target, source port, target port.
ProxyHeader client_of_block(std::string_view block, std::size_t ip_bytes, std::size_t header_bytes) {
  if (block.size() < 2 * ip_bytes + 4) return invalid("a PROXY header too short for its addresses");
  PeerAddress client;
  if (ip_bytes == 4) client.ip[10] = client.ip[11] = 0xff;
  std::memcpy(client.ip.data() + (16 - ip_bytes), block.data(), ip_bytes);
  client.ip = untranslated(client.ip);
  client.port = big_endian(block.substr(2 * ip_bytes, 2));
  if (!client.has_ip()) return invalid("a PROXY header with no client's address");
  return {.status = ProxyHeaderStatus::kClient, .bytes = header_bytes, .client = client};
}

ProxyHeader parse_v2(std::string_view bytes) {
  constexpr unsigned kUnixBlockBytes = 216;
  // Each byte is judged as soon as it is there.
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 13) return {};
  const unsigned version = at(12) >> 4;
  const unsigned command = at(12) & 0x0f;
  if (version != 2 || command > 1) return invalid("a PROXY header of an unknown version or command");
  if (bytes.size() < 14) return {};
  const unsigned family = at(13) >> 4;
  const unsigned transport = at(13) & 0x0f;
  if (family > 3 || transport > 2) return invalid("a PROXY header of an unknown address family or transport");
  if (bytes.size() < kV2HeadBytes) return {};
  const std::size_t block_bytes = big_endian(bytes.substr(14, 2));
  const std::size_t header_bytes = kV2HeadBytes + block_bytes;
  if (header_bytes > kProxyHeaderBytesMax) return invalid("a PROXY header larger than 2,048 bytes");
  const bool is_client = command == 1 && transport == 1;
  if (is_client && family == 3 && block_bytes < kUnixBlockBytes) {
    return invalid("a PROXY header too short for its addresses");
  }
  if (bytes.size() < header_bytes) return {};
  const std::string_view block = bytes.substr(kV2HeadBytes, block_bytes);
  if (is_client && family == 1) return client_of_block(block, 4, header_bytes);
  if (is_client && family == 2) return client_of_block(block, 16, header_bytes);
  return {.status = ProxyHeaderStatus::kOwn, .bytes = header_bytes};
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (starts_alike(bytes, kV2Signature)) return bytes.size() < kV2Signature.size() ? ProxyHeader{} : parse_v2(bytes);
  if (!starts_alike(bytes, kV1Signature)) return invalid("no PROXY header");
  return bytes.size() < kV1Signature.size() ? ProxyHeader{} : parse_v1(bytes);
}

}  // namespace switchboard::net
