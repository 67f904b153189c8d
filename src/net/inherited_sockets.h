// Listening sockets that whoever started us has opened for us: systemd's socket activation, sd_listen_fds(3), without
// its library.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/file_descriptor.h"

namespace switchboard::net {

struct InheritedSocket {
  std::string name;  // FileDescriptorName= of its unit, else "unknown"
  FileDescriptor socket;
  bool is_unix = false;
  std::string path;       // of a Unix socket
  ListenAddress address;  // of any other
};

/// The environment's variables of those names, if they are set.
struct ActivationVariables {
  std::optional<std::string> listen_pid;
  std::optional<std::string> listen_fds;
  std::optional<std::string> listen_fdnames;
};

/// The names of the descriptors that follow each other from 3 on: none when they are not for the process `pid`. The
/// error is a sentence for the operator.
std::expected<std::vector<std::string>, std::string> inherited_names(const ActivationVariables& variables,
                                                                     std::uint64_t pid);

/// Takes the descriptors over; to be called once, before any other is opened. All must be listening stream sockets, TCP
/// or Unix. They are made non-blocking and are not passed on to programs we start. The error is a sentence for the
/// operator.
std::expected<std::vector<InheritedSocket>, std::string> take_inherited_sockets(const ActivationVariables& variables,
                                                                                int first_fd = 3);

}  // namespace switchboard::net
