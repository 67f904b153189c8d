// Something that may cost more when there is more of it: it is set up with so many things, and then does one message's
// work at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace switchboard::bounds {

class Subject {
 public:
  virtual ~Subject() = default;
  virtual void one() = 0;
};

struct Kind {
  std::string_view name;
  std::string_view about;  // what there is `things` of, and what is measured
  std::unique_ptr<Subject> (*make)(std::uint32_t things);
};

std::span<const Kind> kinds();

}  // namespace switchboard::bounds
