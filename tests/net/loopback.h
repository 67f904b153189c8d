// Connected sockets on this machine, for tests.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "net/file_descriptor.h"
#include "net/socket_address.h"

namespace switchboard::net {

/// A blocking client of 127.0.0.1.
inline FileDescriptor connect_to(std::uint16_t port) {
  FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = to_socket_address({.host = "127.0.0.1", .port = port});
  EXPECT_EQ(::connect(fd.get(), address->get(), address->length), 0);
  return fd;
}

/// A pair of stream sockets: ours, non-blocking, and the peer's.
inline std::pair<FileDescriptor, FileDescriptor> connected_pair() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  return {FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

}  // namespace switchboard::net
