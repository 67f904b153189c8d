// A Transport over a connected non-blocking TCP socket.
#pragma once

#include "net/file_descriptor.h"
#include "net/transport.h"

namespace switchboard::net {

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(FileDescriptor socket) : socket_(std::move(socket)) {}

  IoResult read(std::span<char> into) override;
  IoResult write(std::string_view bytes) override;
  void finish_writing() override;

 private:
  FileDescriptor socket_;
};

}  // namespace switchboard::net
