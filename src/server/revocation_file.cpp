#include "server/revocation_file.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "net/file_descriptor.h"

namespace switchboard::server {
namespace {

constexpr mode_t kMode = 0600;

std::unexpected<std::string> failed(const std::string& path, std::string_view what) {
  return std::unexpected(path + " " + std::string(what) + ": " + std::generic_category().message(errno));
}

/// All of it, and on the disk.
std::expected<void, std::string> write(const std::string& path, int flags, std::string_view text) {
  const net::FileDescriptor file(::open(path.c_str(), flags | O_WRONLY | O_CREAT | O_CLOEXEC, kMode));
  struct stat before{};
  if (!file.is_open() || ::fstat(file.get(), &before) != 0) return failed(path, "cannot be opened");
  // What was not written whole must not be there: the next line would go on in the middle of it.
  const auto give_up = [&] {
    auto failure = failed(path, "cannot be written");
    static_cast<void>(::ftruncate(file.get(), before.st_size));
    return failure;
  };
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return give_up();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) return give_up();
  return {};
}

std::expected<void, std::string> replace(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  if (auto written = write(beside, O_TRUNC, text); !written) return written;
  if (::rename(beside.c_str(), path.c_str()) != 0) return failed(path, "cannot be replaced");
  return {};
}

}  // namespace

std::expected<RevocationFile, std::string> RevocationFile::open(std::string path, UnixMillis now) {
  RevocationFile made;
  made.path_ = std::move(path);
  if (made.path_.empty()) return made;
  std::error_code error;
  if (std::filesystem::exists(made.path_, error) && !std::filesystem::is_regular_file(made.path_, error)) {
    return std::unexpected(made.path_ + " is no regular file");  // a device might never come to an end
  }
  std::ifstream file(made.path_, std::ios::binary);
  if (!file && errno != ENOENT) return failed(made.path_, "cannot be read");
  std::string kept;
  std::size_t number = 0;
  for (std::string line; file && std::getline(file, line);) {
    ++number;
    const auto revocation = auth::revocation_of(line);
    if (!revocation && file.eof()) break;  // it has no end: it was being written, and nobody was told that it holds
    if (!revocation) {
      made.unread_.push_back(number);
      continue;
    }
    if (revocation->until <= now) continue;
    kept += auth::line_of(*revocation);
    made.found_.push_back(*revocation);
  }
  made.lines_ = made.found_.size();
  if (number == 0) return made;
  if (auto replaced = replace(made.path_, kept); !replaced) return std::unexpected(replaced.error());
  return made;
}

std::expected<void, std::string> RevocationFile::append(const auth::Revocation& revocation) {
  if (path_.empty()) return {};
  auto written = write(path_, O_APPEND, auth::line_of(revocation));
  if (written) ++lines_;
  return written;
}

std::expected<void, std::string> RevocationFile::keep_only(const auth::Revocations& revocations) {
  if (path_.empty()) return {};
  std::string text;
  revocations.for_each([&](const auth::Revocation& revocation) { text += auth::line_of(revocation); });
  auto replaced = replace(path_, text);
  if (replaced) lines_ = revocations.size();
  return replaced;
}

}  // namespace switchboard::server
