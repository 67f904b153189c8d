#include "net/inherited_sockets.h"

#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "net/socket_address.h"

namespace switchboard::net {
namespace {

constexpr std::uint64_t kSocketsMax = 1'024;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int option(int fd, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

bool is_listening_stream(int fd) {
  const int domain = option(fd, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) && option(fd, SO_TYPE) == SOCK_STREAM &&
         option(fd, SO_ACCEPTCONN) == 1;
}

/// Where it listens.
void describe(InheritedSocket& socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(socket.socket.get(), reinterpret_cast<sockaddr*>(&storage), &length) != 0) return;
  socket.is_unix = storage.ss_family == AF_UNIX;
  if (socket.is_unix) {
    const auto& address = reinterpret_cast<const sockaddr_un&>(storage);
    socket.path = address.sun_path;  // empty for one of the abstract name space, or without a name
    return;
  }
  const PeerAddress address = to_peer_address(storage);
  socket.address = {.host = address.has_ip() ? address.ip_text() : std::string(), .port = address.port};
}

bool prepare(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> inherited_names(const ActivationVariables& variables,
                                                                     std::uint64_t pid) {
  if (!variables.listen_pid || !variables.listen_fds) return {};
  if (parse_number(*variables.listen_pid) != pid) return {};  // meant for a parent of ours
  const auto count = parse_number(*variables.listen_fds);
  if (!count || *count > kSocketsMax) {
    return std::unexpected("LISTEN_FDS is \"" + *variables.listen_fds + "\", which is no number of sockets");
  }
  std::vector<std::string> names(*count, "unknown");
  if (!variables.listen_fdnames) return names;
  std::string_view rest = *variables.listen_fdnames;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto colon = rest.find(':');
    names[i] = rest.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last != (i + 1 == names.size())) {
      return std::unexpected("LISTEN_FDNAMES has not as many names as LISTEN_FDS has sockets");
    }
    rest.remove_prefix(is_last ? rest.size() : colon + 1);
  }
  return names;
}

std::expected<std::vector<InheritedSocket>, std::string> take_inherited_sockets(const ActivationVariables& variables,
                                                                                int first_fd) {
  const auto names = inherited_names(variables, static_cast<std::uint64_t>(::getpid()));
  if (!names) return std::unexpected(names.error());
  std::vector<InheritedSocket> sockets;
  for (std::size_t i = 0; i < names->size(); ++i) {
    const int fd = first_fd + static_cast<int>(i);
    if (!is_listening_stream(fd) || !prepare(fd)) {
      return std::unexpected("the descriptor " + std::to_string(fd) + " (" + (*names)[i] +
                             ") that was passed to us is not a listening stream socket; the socket unit needs "
                             "ListenStream= and Accept=no");
    }
    sockets.push_back({.name = (*names)[i], .socket = FileDescriptor(fd), .is_unix = false, .path = {}, .address = {}});
    describe(sockets.back());
  }
  return sockets;
}

}  // namespace switchboard::net
