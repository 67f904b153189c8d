// Clients that ask for new TLS 1.3 keys, again and again, and send nothing else (RFC 8446 section 4.6.3).
#pragma once

#include <vector>

#include "cli/bench/flood/flooders.h"

namespace switchboard::cli::bench {

class KeyUpdateFlood final : public Flooders {
 public:
  /// `endpoint` is wss://.
  KeyUpdateFlood(std::uint32_t clients, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s);

 private:
  bool press_on(std::int64_t now_ns) override;
  void on_joined(std::uint32_t index) override { can_write_[index] = true; }
  void on_writable(std::uint32_t index) override { can_write_[index] = true; }
  void on_lost(std::uint32_t index) override { can_write_[index] = false; }

  /// False when the socket takes no more for now.
  bool send_some(std::uint32_t index);

  std::vector<bool> can_write_;
};

}  // namespace switchboard::cli::bench
