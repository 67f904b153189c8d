#include "webhook/settings.h"

#include "fetch/key_url.h"
#include "net/address_set.h"
#include "net/outbound_socket.h"

namespace switchboard::webhook {
namespace {

/// Between the scheme and the port or path, without the brackets of an IPv6 address.
std::string_view host_of(std::string_view url) {
  std::string_view rest = url.substr(url.find("//") + 2);
  rest = rest.substr(0, rest.find_first_of("/?"));
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.rfind(':'));
}

/// As far as the text alone says; names are looked at again when they have been looked up.
bool is_private(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const auto ip = net::parse_ip(host);
  return ip && net::is_special_purpose({.ip = *ip});
}

}  // namespace

std::string problem_with_url(std::string_view url) {
  if (url.empty()) return "";
  return fetch::problem_with_key_url(url, fetch::PlainHttp::kAnywhere);
}

std::string problem_with(const EndpointSettings& settings) {
  if (settings.url.empty()) return "has no `url`";
  if (settings.secret.empty()) {
    return "has no `secret`: receivers know by it who has sent a request (`echo whsec_$(openssl rand -base64 32)` "
           "makes "
           "one)";
  }
  if (settings.allow_private_addresses) return "";
  if (is_private(host_of(settings.url))) {
    return "has a `url` on this machine or its own networks: set `allow_private_addresses = true` if that is meant";
  }
  if (settings.url.starts_with("http://")) {
    return "has a `url` that begins with http://: what is sent there can be read on its way; that is for private "
           "networks (`allow_private_addresses`)";
  }
  return "";
}

}  // namespace switchboard::webhook
