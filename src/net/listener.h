// A listening TCP socket of one shard (SO_REUSEPORT) and how its connections are set up.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "net/address.h"
#include "net/file_descriptor.h"

namespace switchboard::net {

struct SocketOptions {
  std::uint32_t notsent_lowat_bytes = 16'384;  // unsent bytes the kernel takes for one socket; 0: the system's default
  std::uint32_t send_buffer_bytes = 0;         // SO_SNDBUF; 0: the kernel tunes it
  int accept_backlog = 4'096;
};

/// Finds out whether `address` is free, by binding it without SO_REUSEPORT: with it, a second server would silently
/// share the port of the first. The port 0 is resolved to a free one. The error is a sentence for the operator.
std::expected<ListenAddress, std::string> probe_bind(const ListenAddress& address);

enum class AcceptStatus : std::uint8_t {
  kAccepted,
  kNone,            // nobody is waiting
  kOutOfResources,  // no file descriptor or memory: pause, then try again
};

struct Accepted {
  AcceptStatus status = AcceptStatus::kNone;
  FileDescriptor socket;  // non-blocking, TCP_NODELAY
  PeerAddress peer;
};

class Listener {
 public:
  /// Binds with SO_REUSEPORT and listens. The error is a sentence for the operator.
  static std::expected<Listener, std::string> open(const ListenAddress& address, const SocketOptions& options);

  Accepted accept();
  int fd() const { return socket_.get(); }
  bool is_open() const { return socket_.is_open(); }
  /// The address with its resolved port.
  const ListenAddress& address() const { return address_; }
  void close() { socket_.reset(); }

 private:
  Listener(FileDescriptor socket, ListenAddress address, SocketOptions options)
      : socket_(std::move(socket)), address_(std::move(address)), options_(options) {}

  FileDescriptor socket_;
  ListenAddress address_;
  SocketOptions options_;
};

}  // namespace switchboard::net
