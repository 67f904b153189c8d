#include "net/listener.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/socket_address.h"

namespace switchboard::net {
namespace {

// Errors of accept4() without an end would keep a thread for ever: some of one kind (EPERM) are of a connection or of
// all, which cannot be told apart.
constexpr int kFailuresMax = 16;

void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

std::string explain(const ListenAddress& address, int error) {
  std::string text = "cannot listen on " + address.to_string() + ": " + std::strerror(error);
  if (error == EADDRINUSE)
    text += "; another program uses this port (see `ss -ltnp`), choose another with --listen or --ops";
  if (error == EACCES) text += "; ports below 1024 need the capability CAP_NET_BIND_SERVICE";
  return text;
}

/// Set before listen() or on a listening socket: accepted sockets inherit them, which saves system calls per
/// connection. What the family does not have is refused by the kernel, and is no loss.
void set_options(int fd, const SocketOptions& options) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.notsent_lowat_bytes > 0) {
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(options.notsent_lowat_bytes));
  }
  if (options.send_buffer_bytes > 0) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.send_buffer_bytes));
  }
}

/// Whether somebody waits to be accepted.
bool has_waiting(int fd) {
  pollfd queue{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&queue, 1, 0) != 0;
}

int family_of(int fd) {
  int domain = AF_UNSPEC;
  socklen_t length = sizeof domain;
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
  return domain;
}

struct Bound {
  FileDescriptor socket;
  ListenAddress address;
};

/// Whether other sockets may listen at the same port.
enum class Port : std::uint8_t { kOwn, kShared };

/// IPv6 may be absent from the machine: every address is then every IPv4 address.
std::expected<Bound, std::string> bind_socket(const ListenAddress& wanted, Port port) {
  auto address = to_socket_address(wanted);
  if (!address) return std::unexpected(address.error());
  FileDescriptor fd(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open() && wanted.host.empty() && errno == EAFNOSUPPORT) {
    return bind_socket({.host = "0.0.0.0", .port = wanted.port}, port);
  }
  if (!fd.is_open()) return std::unexpected(explain(wanted, errno));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (port == Port::kShared) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (address->family() == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, wanted.host.empty() ? 0 : 1);
  if (::bind(fd.get(), address->get(), address->length) != 0) {
    if (wanted.host.empty() && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)) {
      return bind_socket({.host = "0.0.0.0", .port = wanted.port}, port);
    }
    return std::unexpected(explain(wanted, errno));
  }
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &length);
  return Bound{std::move(fd), {.host = wanted.host, .port = to_peer_address(storage).port}};
}

}  // namespace

std::expected<ListenAddress, std::string> probe_bind(const ListenAddress& address) {
  auto bound = bind_socket(address, Port::kOwn);
  if (!bound) return std::unexpected(bound.error());
  // SO_REUSEADDR lets a second bind of a listening port fail only at listen(): ask for that answer too.
  if (::listen(bound->socket.get(), 1) != 0) return std::unexpected(explain(address, errno));
  return bound->address;
}

std::expected<Listener, std::string> Listener::open(const ListenAddress& address, const SocketOptions& options) {
  auto bound = bind_socket(address, Port::kShared);
  if (!bound) return std::unexpected(bound.error());
  const int fd = bound->socket.get();
  set_options(fd, options);
  if (::listen(fd, options.accept_backlog) != 0) return std::unexpected(explain(address, errno));
  return Listener(std::move(bound->socket), bound->address, false, 0);
}

std::expected<Listener, std::string> Listener::share(int fd, const SocketOptions& options) {
  FileDescriptor own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!own.is_open()) return std::unexpected(std::string("cannot share a listening socket: ") + std::strerror(errno));
  set_options(own.get(), options);
  const int send_buffer_bytes = family_of(own.get()) == AF_UNIX ? static_cast<int>(options.send_buffer_bytes) : 0;
  return Listener(std::move(own), {}, true, send_buffer_bytes);
}

Accepted Listener::accept() {
  int error = 0;
  for (int failures = 0; failures < kFailuresMax; ++failures) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    FileDescriptor fd(
        ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.is_open()) {
      if (send_buffer_bytes_ > 0) set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, send_buffer_bytes_);
      return {AcceptStatus::kAccepted, std::move(fd), to_peer_address(storage)};
    }
    error = errno;
    switch (error) {
      case EAGAIN:
        return {};
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        // The kernel looks for a free descriptor before it looks into the queue: who has just taken the last one for
        // the last that waited would be told of a shortage that keeps nobody out.
        if (!has_waiting(socket_.get())) return {};
        return {.status = AcceptStatus::kOutOfResources, .error = error};
      case EBADF:
        if (!is_open()) return {};
        [[fallthrough]];
      case EINVAL:  // whoever shares it has shut it down
      case ENOTSOCK:
        return {.status = AcceptStatus::kFailing, .error = error};
      default:
        break;  // that one connection failed before we took it (ECONNABORTED, EPROTO, EPERM, ...): the next
    }
  }
  return {.status = AcceptStatus::kFailing, .error = error};
}

}  // namespace switchboard::net
