// What the simulation throws when the server has broken a promise. The test adds the seed and the configuration.
#pragma once

#include <stdexcept>
#include <string>

namespace switchboard::simulation {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void check(bool holds, const std::string& otherwise) {
  if (!holds) throw Failure(otherwise);
}

}  // namespace switchboard::simulation
