// A listening socket of one shard and how its connections are set up: its own (TCP, SO_REUSEPORT), or its hold on one
// that all shards accept from (Unix, or passed to the process).
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
  kFailing,         // this socket gives nobody, for another reason: the same, but others may do better
};

struct Accepted {
  AcceptStatus status = AcceptStatus::kNone;
  FileDescriptor socket = {};  // non-blocking; TCP_NODELAY
  PeerAddress peer = {};
  int error = 0;  // as in errno, of the last two
};

class Listener {
 public:
  /// Binds with SO_REUSEPORT and listens. The error is a sentence for the operator.
  static std::expected<Listener, std::string> open(const ListenAddress& address, const SocketOptions& options);

  /// A hold on a listening socket of any family that others accept from, too: `fd` is duplicated. `options` but for the
  /// backlog are set on it. The error is a sentence for the operator.
  static std::expected<Listener, std::string> share(int fd, const SocketOptions& options);

  /// A connection that failed before it was taken is passed over; after some in a row, it is the socket that fails.
  /// Once closed there is nobody.
  Accepted accept();
  int fd() const { return socket_.get(); }
  bool is_open() const { return socket_.is_open(); }
  bool is_shared() const { return is_shared_; }
  /// The address with its resolved port; of a shared one nothing.
  const ListenAddress& address() const { return address_; }
  void close() { socket_.reset(); }

 private:
  Listener(FileDescriptor socket, ListenAddress address, bool is_shared, int send_buffer_bytes)
      : socket_(std::move(socket)),
        address_(std::move(address)),
        is_shared_(is_shared),
        send_buffer_bytes_(send_buffer_bytes) {}

  FileDescriptor socket_;
  ListenAddress address_;
  bool is_shared_;
  int send_buffer_bytes_;  // to be set on each accepted socket: Unix sockets do not inherit it; 0: it is inherited
};

}  // namespace switchboard::net
