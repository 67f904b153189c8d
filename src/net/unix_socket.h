// A listening Unix-domain socket and its file: bound once for the process, accepted from by every shard, unlinked when
// nobody is to connect any more.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <sys/types.h>

#include "net/file_descriptor.h"

namespace switchboard::net {

/// The longest path a Unix socket can have (sockaddr_un, without its final zero).
inline constexpr std::size_t kUnixPathBytesMax = 107;

class UnixSocket {
 public:
  /// `mode`: permissions of the file; whoever may write to it may connect. A socket's file that nobody listens on any
  /// more is replaced; anything else at that path is left alone, and an error. The error is a sentence for the
  /// operator.
  static std::expected<UnixSocket, std::string> listen(const std::string& path, mode_t mode, int accept_backlog);

  UnixSocket(UnixSocket&& other) noexcept;
  UnixSocket& operator=(UnixSocket&& other) = delete;
  /// Unlinks the file, unless another has taken its place.
  ~UnixSocket();

  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }

 private:
  UnixSocket(FileDescriptor socket, std::string path);

  FileDescriptor socket_;
  std::string path_;  // empty: moved from
  dev_t device_ = 0;
  ino_t file_ = 0;
};

}  // namespace switchboard::net
