#include "net/unix_socket.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace switchboard::net {
namespace {

FileDescriptor open_socket() {
  return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

/// Somebody listens there: a full queue (EAGAIN) is a listener, too.
bool is_answered(const sockaddr_un& address) {
  const FileDescriptor client = open_socket();
  return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

std::string explain(const std::string& path, const std::string& why) {
  return "cannot listen on unix:" + path + ": " + why;
}

/// Makes place for a new socket. "" or why there is none.
std::string remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? "" : std::strerror(errno);
  if (!S_ISSOCK(status.st_mode)) return "there is a file of that name which is no socket";
  if (is_answered(address)) return "another program listens there (see `ss -lx`)";
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::strerror(errno);
  return "";
}

}  // namespace

std::expected<UnixSocket, std::string> UnixSocket::listen(const std::string& path, mode_t mode, int accept_backlog) {
  if (path.size() > kUnixPathBytesMax) return std::unexpected(explain(path, "the path is longer than 107 bytes"));
  const sockaddr_un address = address_of(path);
  if (const std::string problem = remove_stale(path, address); !problem.empty()) {
    return std::unexpected(explain(path, problem));
  }
  FileDescriptor fd = open_socket();
  // Before bind(): the file is never more open than it shall be. After it: what the umask took is given back.
  if (!fd.is_open() || ::fchmod(fd.get(), mode) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::unexpected(explain(path, std::strerror(errno)));
  }
  UnixSocket bound(std::move(fd), path);
  if (::chmod(path.c_str(), mode) != 0 || ::listen(bound.fd(), accept_backlog) != 0) {
    return std::unexpected(explain(path, std::strerror(errno)));
  }
  return bound;
}

UnixSocket::UnixSocket(FileDescriptor socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  file_ = status.st_ino;
}

UnixSocket::UnixSocket(UnixSocket&& other) noexcept
    : socket_(std::move(other.socket_)),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      file_(other.file_) {}

UnixSocket::~UnixSocket() {
  if (path_.empty()) return;
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0 || status.st_dev != device_ || status.st_ino != file_) return;
  ::unlink(path_.c_str());
}

}  // namespace switchboard::net
