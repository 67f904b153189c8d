// Inflates a server's compressed messages (RFC 7692) and checks that they carry what was sent. Thousands of connections
// are sent the same bytes: they are inflated once and compared after that, so that the load generator has time left.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ws/inflater.h"

namespace switchboard::cli::bench {

class DeflateReader {
 public:
  /// The message in a compressed frame's payload; nullopt when it cannot be inflated by itself. Valid until the next
  /// call. `is_right` is asked once about every message that was not there before; what it refuses is nullopt, too.
  std::optional<std::string_view> read(std::string_view payload,
                                       const std::function<bool(std::string_view message)>& is_right);

  /// How many were inflated; all others were the same bytes as one of these.
  std::uint64_t inflated() const { return inflated_; }

 private:
  struct Known {
    std::string payload;
    std::string message;
    bool is_right = false;
  };

  bool inflate(std::string_view payload, std::string& message);

  ws::Inflater inflater_{15};
  std::array<Known, 256> known_;
  std::uint64_t inflated_ = 0;
};

}  // namespace switchboard::cli::bench
