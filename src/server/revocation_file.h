// The revocations that outlive the process: a line for each in a file of the data directory.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "auth/revocations.h"

namespace switchboard::server {

/// One thread's.
class RevocationFile {
 public:
  /// Reads what there is and writes it anew without what is over by `now`. A last line that was cut off, by the end of
  /// the machine, say, is dropped; another that cannot be read is an error: it may have been somebody's. `path` "":
  /// nothing outlives the process.
  static std::expected<RevocationFile, std::string> open(std::string path, UnixMillis now);

  /// What was in force when it was opened.
  const std::vector<auth::Revocation>& found() const { return found_; }
  /// Is on the disk when it returns. The error is a sentence for the operator.
  std::expected<void, std::string> append(const auth::Revocation& revocation);

 private:
  std::string path_;
  std::vector<auth::Revocation> found_;
};

}  // namespace switchboard::server
