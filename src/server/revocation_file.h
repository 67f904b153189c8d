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
  /// the machine, say, is dropped; others that cannot be read are passed over, and told by `unread`. `path` "":
  /// nothing outlives the process.
  static std::expected<RevocationFile, std::string> open(std::string path, UnixMillis now);

  /// What was in force when it was opened.
  const std::vector<auth::Revocation>& found() const { return found_; }
  /// The numbers of lines that could not be read: somebody else has written there, or the disk is damaged.
  const std::vector<std::size_t>& unread() const { return unread_; }
  /// Lines in the file, also of what is over or said twice.
  std::size_t lines() const { return lines_; }
  /// Writes it anew with these alone.
  std::expected<void, std::string> keep_only(const auth::Revocations& revocations);
  /// Is on the disk when it returns. The error is a sentence for the operator.
  std::expected<void, std::string> append(const auth::Revocation& revocation);

 private:
  std::string path_;
  std::vector<auth::Revocation> found_;
  std::vector<std::size_t> unread_;
  std::size_t lines_ = 0;
};

}  // namespace switchboard::server
