#include "base/version.h"

namespace switchboard {

const char* version() {
  return SWITCHBOARD_VERSION;
}

}  // namespace switchboard
