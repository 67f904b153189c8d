#include "net/file_descriptor.h"

#include <unistd.h>

namespace switchboard::net {

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace switchboard::net
