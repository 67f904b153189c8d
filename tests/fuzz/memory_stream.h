// One client's connection in memory, as the server's transport sees it: edge-triggered, a socket that takes as many
// bytes as it was told to, everything it took put through the check of what servers may send.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "fuzz/server_output.h"
#include "net/transport.h"

namespace switchboard::fuzz {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

struct MemoryStream {
  std::string to_server;
  bool fin = false;  // the client has finished sending
  bool is_reset = false;
  ServerOutput from_server;
  std::size_t room = kNoLimit;  // bytes that the socket takes until told otherwise
  bool came_short = false;      // a write: the next room is an edge
  bool finished = false;        // by the server
  bool gone = false;            // closed by the server
};

class MemoryTransport final : public net::Transport {
 public:
  explicit MemoryTransport(std::shared_ptr<MemoryStream> stream) : stream_(std::move(stream)) {}
  ~MemoryTransport() override { stream_->gone = true; }

  net::IoResult read(std::span<char> into) override {
    MemoryStream& stream = *stream_;
    if (stream.is_reset) return {net::IoStatus::kFailed, 0};
    if (stream.to_server.empty()) return {stream.fin ? net::IoStatus::kEnd : net::IoStatus::kWouldBlock, 0};
    const std::size_t count = stream.to_server.copy(into.data(), into.size());
    stream.to_server.erase(0, count);
    return {net::IoStatus::kOk, count};
  }
  net::IoResult write(std::string_view bytes) override {
    MemoryStream& stream = *stream_;
    SB_ASSERT(!stream.finished && !bytes.empty());
    if (stream.is_reset) return {net::IoStatus::kFailed, 0};
    const std::size_t count = std::min(bytes.size(), stream.room);
    if (stream.room != kNoLimit) stream.room -= count;
    stream.from_server.take(bytes.substr(0, count));
    stream.came_short = count < bytes.size();
    if (count == 0) return {net::IoStatus::kWouldBlock, 0};
    return {net::IoStatus::kOk, count};
  }
  void finish_writing() override { stream_->finished = true; }

 private:
  std::shared_ptr<MemoryStream> stream_;
};

}  // namespace switchboard::fuzz
