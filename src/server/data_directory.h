// The directory for anything that lasts, held by one server at a time.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "net/file_descriptor.h"

namespace switchboard::server {

class DataDirectory {
 public:
  /// Creates the directory if need be (mode 0700) and locks it until destruction; a crash frees the lock, too.
  /// The error is a sentence for the operator.
  static std::expected<DataDirectory, std::string> open(const std::string& path);

  /// What lies at the path is still the directory that was locked. If it was removed or renamed, another is made and
  /// locked in its place; the error says why that cannot be: another server was quicker. One thread at a time.
  std::optional<std::string> hold();

  const std::string& path() const { return path_; }

 private:
  DataDirectory(std::string path, net::FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  net::FileDescriptor lock_;
};

}  // namespace switchboard::server
