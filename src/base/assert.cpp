#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace switchboard {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "switchboard: broken invariant `%s` at %s:%d; please report this\n", expression, file, line);
  std::abort();
}

}  // namespace switchboard
