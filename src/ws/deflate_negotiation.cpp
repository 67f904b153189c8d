#include "ws/deflate_negotiation.h"

#include <algorithm>
#include <vector>

#include "ws/extension_list.h"

namespace switchboard::ws {

namespace {

constexpr std::uint8_t kWindowBitsMax = 15;
constexpr std::uint8_t kInflaterWindowBitsMin = 9;  // zlib cannot be trusted with 8; a larger window takes it all

/// An offer's parameters (section 7.1).
struct Offer {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<std::uint8_t> server_max_window_bits;
  std::optional<std::uint8_t> client_max_window_bits;  // 15 when it came without a value: any will do
};

/// 8 to 15 in decimal, without leading zeros (sections 7.1.2.1 and 7.1.2.2).
std::optional<std::uint8_t> read_window_bits(std::string_view text) {
  if (text == "8" || text == "9") return static_cast<std::uint8_t>(text[0] - '0');
  if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') {
    return static_cast<std::uint8_t>(10 + text[1] - '0');
  }
  return std::nullopt;
}

bool set_flag(bool& flag, const ExtensionParameter& parameter) {
  if (flag || parameter.value) return false;
  flag = true;
  return true;
}

bool set_window_bits(std::optional<std::uint8_t>& bits, const ExtensionParameter& parameter) {
  if (bits || !parameter.value) return false;
  bits = read_window_bits(*parameter.value);
  return bits.has_value();
}

/// False for a parameter that makes the offer one to decline.
bool read_parameter(const ExtensionParameter& parameter, Offer& offer) {
  if (parameter.name == "server_no_context_takeover") return set_flag(offer.server_no_context_takeover, parameter);
  if (parameter.name == "client_no_context_takeover") return set_flag(offer.client_no_context_takeover, parameter);
  if (parameter.name == "server_max_window_bits") return set_window_bits(offer.server_max_window_bits, parameter);
  if (parameter.name != "client_max_window_bits") return false;
  if (parameter.value) return set_window_bits(offer.client_max_window_bits, parameter);
  if (offer.client_max_window_bits) return false;
  offer.client_max_window_bits = kWindowBitsMax;
  return true;
}

std::optional<Offer> read_offer(const Extension& extension) {
  Offer offer;
  for (const ExtensionParameter& parameter : extension.parameters) {
    if (!read_parameter(parameter, offer)) return std::nullopt;
  }
  return offer;
}

DeflateAgreement accept(const Offer& offer, const DeflateSettings& settings) {
  DeflateAgreement agreement{.takeover_window_bits = 0, .response = "permessage-deflate; server_no_context_takeover"};
  const bool takeover = settings.client_context_takeover && !offer.client_no_context_takeover;
  if (!takeover) agreement.response += "; client_no_context_takeover";
  if (offer.server_max_window_bits) {
    agreement.response += "; server_max_window_bits=" + std::to_string(settings.window_bits);
  }
  if (takeover) {
    // Memory for as long as the connection: no more than we use ourselves, if the client lets us say so. Without
    // takeover the window is only lent, and a client's larger one costs nothing.
    std::uint8_t bits = kWindowBitsMax;
    if (offer.client_max_window_bits) {
      bits = std::min(*offer.client_max_window_bits, settings.window_bits);
      agreement.response += "; client_max_window_bits=" + std::to_string(bits);
    }
    agreement.takeover_window_bits = std::max(bits, kInflaterWindowBitsMin);
  }
  return agreement;
}

}  // namespace

std::expected<std::optional<DeflateAgreement>, http::RequestError> negotiate_deflate(
    std::span<const std::string_view> fields, const DeflateSettings& settings) {
  std::vector<Extension> extensions;
  for (const std::string_view field : fields) {
    if (!read_extensions(field, extensions)) {
      return std::unexpected(
          http::RequestError{400, "The Sec-WebSocket-Extensions field is not a list of extensions."});
    }
  }
  if (!settings.enabled) return std::nullopt;
  for (const Extension& extension : extensions) {
    if (extension.name != "permessage-deflate") continue;
    const auto offer = read_offer(extension);
    if (!offer) continue;
    if (offer->server_max_window_bits.value_or(kWindowBitsMax) < settings.window_bits) continue;
    return accept(*offer, settings);
  }
  return std::nullopt;
}

}  // namespace switchboard::ws
