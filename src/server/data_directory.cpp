#include "server/data_directory.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <utility>

namespace switchboard::server {

namespace {

std::string lock_path(const std::string& directory) {
  return directory + "/lock";
}

std::expected<net::FileDescriptor, std::string> lock(const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    return std::unexpected("cannot use the data directory `" + path + "`: " + why +
                           " (setting server.data, flag --data)");
  };
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(path, error);
  if (error) return refuse(error.message());
  if (is_new) ::chmod(path.c_str(), 0700);
  net::FileDescriptor lock(::open(lock_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.is_open()) return refuse(std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return refuse(errno == EWOULDBLOCK ? "another server is using it" : std::strerror(errno));
  }
  return lock;
}

}  // namespace

std::expected<DataDirectory, std::string> DataDirectory::open(const std::string& path) {
  auto opened = lock(path);
  if (!opened) return std::unexpected(opened.error());
  return DataDirectory(path, std::move(*opened));
}

std::optional<std::string> DataDirectory::hold() {
  struct stat locked{};
  struct stat there{};
  const bool is_ours = ::fstat(lock_.get(), &locked) == 0 && ::stat(lock_path(path_).c_str(), &there) == 0 &&
                       locked.st_ino == there.st_ino && locked.st_dev == there.st_dev;
  if (is_ours) return std::nullopt;
  auto again = lock(path_);
  if (!again) return again.error();
  lock_ = std::move(*again);
  return std::nullopt;
}

}  // namespace switchboard::server
