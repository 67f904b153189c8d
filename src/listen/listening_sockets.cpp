#include "listen/listening_sockets.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace switchboard::listen {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kInherited = "fd:";

mode_t mode_of(std::string_view octal) {
  unsigned mode = 0;
  std::from_chars(octal.data(), octal.data() + octal.size(), mode, 8);
  return mode;
}

std::string url_of(const net::ListenAddress& address, const config::ListenerSettings& settings) {
  const bool is_api = settings.serves == config::Serves::kApi;
  const std::string scheme = std::string(is_api ? "http" : "ws") + (settings.tls ? "s://" : "://");
  return scheme + (address.host.empty() ? "localhost:" + std::to_string(address.port) : address.to_string());
}

/// Opens the places of one listener after the other.
class Opening {
 public:
  Opening(const net::SocketOptions& options, std::vector<net::InheritedSocket> inherited)
      : options_(options), inherited_(std::move(inherited)) {}

  /// "" or why not.
  std::string open(const config::ListenerSettings& settings, std::uint16_t number) {
    const std::string_view address = settings.address;
    if (address.starts_with(kUnix)) return open_unix(settings, number, std::string(address.substr(kUnix.size())));
    if (address.starts_with(kInherited)) return take(settings, number, address.substr(kInherited.size()));
    return open_tcp(settings, number);
  }

  std::vector<ListeningPlace> places;

  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const net::InheritedSocket& socket : inherited_)
      if (socket.socket.is_open()) names.push_back(socket.name);
    return names;
  }

 private:
  static ListeningPlace place_of(const config::ListenerSettings& settings, std::uint16_t number) {
    ListeningPlace place;
    place.listener = number;
    place.tls = settings.tls;
    place.serves = settings.serves;
    place.wants_proxy_header = settings.proxy_protocol != config::ProxyProtocol::kOff;
    return place;
  }

  std::string open_tcp(const config::ListenerSettings& settings, std::uint16_t number) {
    const auto address = net::ListenAddress::parse(settings.address);
    if (!address) return address.error();
    auto bound = net::probe_bind(*address);
    if (!bound) return bound.error();
    ListeningPlace place = place_of(settings, number);
    place.shown = url_of(*bound, settings);
    place.is_public = !bound->is_loopback();
    if (bound->host.empty()) place.every_address = bound->to_string();
    place.address = std::move(*bound);
    places.push_back(std::move(place));
    return "";
  }

  std::string open_unix(const config::ListenerSettings& settings, std::uint16_t number, const std::string& path) {
    auto socket = net::UnixSocket::listen(path, mode_of(settings.mode), options_.accept_backlog);
    if (!socket) return socket.error();
    ListeningPlace place = place_of(settings, number);
    place.shown = "unix:" + path;
    place.unix_socket.emplace(std::move(*socket));
    places.push_back(std::move(place));
    return "";
  }

  std::string take(const config::ListenerSettings& settings, std::uint16_t number, std::string_view name) {
    bool found = false;
    for (net::InheritedSocket& socket : inherited_) {
      if (socket.name != name || !socket.socket.is_open()) continue;
      found = true;
      ListeningPlace place = place_of(settings, number);
      place.shown = socket.is_unix ? "unix:" + socket.path : url_of(socket.address, settings);
      place.is_public = !socket.is_unix && !socket.address.is_loopback();
      if (!socket.is_unix && socket.address.host.empty()) place.every_address = socket.address.to_string();
      place.inherited.emplace(std::move(socket.socket));
      places.push_back(std::move(place));
    }
    if (found) return "";
    return "no socket named `" + std::string(name) +
           "` was passed to us; the socket unit needs FileDescriptorName=" + std::string(name);
  }

  const net::SocketOptions& options_;
  std::vector<net::InheritedSocket> inherited_;
};

}  // namespace

std::expected<ListeningSockets, std::string> ListeningSockets::open(
    const std::vector<config::ListenerSettings>& listeners, const net::SocketOptions& options,
    std::vector<net::InheritedSocket> inherited) {
  Opening opening(options, std::move(inherited));
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    std::string problem = opening.open(listeners[i], static_cast<std::uint16_t>(i));
    if (!problem.empty()) return std::unexpected(std::move(problem));
  }
  ListeningSockets sockets;
  sockets.options_ = options;
  sockets.unused_ = opening.left();
  sockets.places_ = std::move(opening.places);
  return sockets;
}

std::expected<std::vector<ShardListener>, std::string> ListeningSockets::for_shard() const {
  std::vector<ShardListener> out;
  for (const ListeningPlace& place : places_) {
    auto socket = place.unix_socket ? net::Listener::share(place.unix_socket->fd(), options_)
                  : place.inherited ? net::Listener::share(place.inherited->get(), options_)
                                    : net::Listener::open(place.address, options_);
    if (!socket) return std::unexpected(socket.error());
    out.push_back({.socket = std::move(*socket),
                   .listener = place.listener,
                   .tls = place.tls,
                   .serves = place.serves,
                   .wants_proxy_header = place.wants_proxy_header,
                   .keeps_queue = place.inherited.has_value()});
  }
  return out;
}

}  // namespace switchboard::listen
