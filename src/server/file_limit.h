// The process's limit of open files, which bounds its connections.
#pragma once

#include <cstdint>

namespace switchboard::server {

/// Raises RLIMIT_NOFILE to its hard limit. Returns the limit that holds.
std::uint64_t raise_file_limit();

/// Connections that fit a limit of open files: what the process itself needs is set aside.
std::uint64_t connections_within(std::uint64_t file_limit, std::uint32_t shards);

}  // namespace switchboard::server
