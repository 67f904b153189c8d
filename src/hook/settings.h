// The back end that is asked before clients are obeyed, as the operator wrote it.
#pragma once

#include <cstdint>
#include <string>

namespace switchboard::hook {

/// What is done when nobody answers.
enum class WhenDown : std::uint8_t { kDeny, kAllow };

struct HookSettings {
  std::string url;     // "": nobody is asked anything
  std::string secret;  // "whsec_...": questions are signed with it
  WhenDown when_down = WhenDown::kDeny;
  std::string ca_file;  // PEM, in the place of the system's certificates; "": those
  std::uint32_t timeout_ms = 2'000;
  std::uint32_t concurrency_max = 64;  // questions under way at once

  friend bool operator==(const HookSettings&, const HookSettings&) = default;
};

}  // namespace switchboard::hook
