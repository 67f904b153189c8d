#include "server/version.h"

namespace switchboard::server {

const char* version() {
  return SWITCHBOARD_VERSION;
}

}  // namespace switchboard::server
