#include "server/data_directory.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>

namespace switchboard::server {

std::expected<DataDirectory, std::string> DataDirectory::open(const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    return std::unexpected("cannot use the data directory `" + path + "`: " + why +
                           " (setting server.data, flag --data)");
  };
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(path, error);
  if (error) return refuse(error.message());
  if (is_new) ::chmod(path.c_str(), 0750);
  net::FileDescriptor lock(::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!lock.is_open()) return refuse(std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return refuse(errno == EWOULDBLOCK ? "another server is using it" : std::strerror(errno));
  }
  return DataDirectory(path, std::move(lock));
}

}  // namespace switchboard::server
