// One endpoint that events are sent to, as the operator wrote it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::webhook {

inline constexpr std::size_t kEndpointsMax = 32;

struct EndpointSettings {
  std::string name = {};  // what it is called in the log, metrics and the API; unique
  std::string url = {};
  std::string secret = {};                           // "whsec_..."
  std::vector<std::string> additional_secrets = {};  // sign besides: while one is replaced by another, or "whsk_..."
  std::vector<std::string> events = {"*"};           // see event_types_of
  std::vector<std::string> rooms = {"*"};            // patterns; of events that are about a room
  bool allow_private_addresses = false;              // of this machine and its own networks
  std::string ca_file = {};                          // PEM, in the place of the system's certificates; "": those
  std::uint32_t timeout_ms = 10'000;                 // of one request, whole
  std::uint32_t batch_ms = 5;                        // how long an event may wait for others to go along with
  std::uint32_t batch_events_max = 100;              // in one request; 1: each by itself, without an envelope
  std::uint32_t user_grace_ms = 2'000;               // a user who is back within it has not left, nor been offline
  std::uint64_t backlog_bytes_max = 64ull << 20;     // of events that wait, or were delivered and may be replayed
  std::uint64_t retry_ms_max = 72ull * 3'600'000;    // how long a request is tried again

  friend bool operator==(const EndpointSettings&, const EndpointSettings&) = default;
};

/// "" when events may be sent there, else what is wrong, as behind its name.
std::string problem_with_url(std::string_view url);
/// What is wrong with them together: "" or a sentence behind the name of the setting it begins with.
std::string problem_with(const EndpointSettings& settings);

}  // namespace switchboard::webhook
