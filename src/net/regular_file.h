// Reads a whole small file that an operator names: settings, certificates, keys. Whatever the name leads to, it ends: a
// pipe that nobody writes to would hold the caller for ever, a device might never come to an end.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace switchboard::net {

/// More than any list of certificates of public authorities has.
inline constexpr std::size_t kRegularFileBytesMax = 1 << 20;

/// The file's bytes, at most `kRegularFileBytesMax`. Blocks on the disk and on nothing else. The error continues a
/// sentence that begins with the path: "cannot be read: ...", "is a directory, not a file".
std::expected<std::string, std::string> read_regular_file(const std::string& path);

}  // namespace switchboard::net
