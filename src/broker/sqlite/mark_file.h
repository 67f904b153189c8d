// One file of the mark (mark.h): what it says, and whether it is what the server wrote there. Written in place, some
// 100 bytes into the kernel's cache: it survives the process as the database does. One that was copied says so: it
// names its own inode, and when it was last changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/sqlite/file_identity.h"

namespace switchboard::broker {

struct MarkContent {
  enum class State : std::uint8_t {
    kOpening,  // the database was about to be taken over by `run`; the rest is of the run before
    kInUse,
    kClosing,
    kClosed,  // in good order
  };
  State state = State::kOpening;
  std::string run;       // as in the table meta; 12 characters
  std::string last_run;  // the one before it
  FileIdentity database;
  std::int64_t database_written_ns = 0;  // 0: a checkpoint may be writing it
  std::int64_t last_row = 0;             // of the journal
  std::uint32_t log_salt = 0;            // the write-ahead log's first salt ...
  std::uint32_t log_frames = 0;          // ... and how many frames of it count; 0: it need not exist
  bool lost_sync = false;                // an fsync has failed: what was believed to be on the disk may not be
};

class MarkFile {
 public:
  explicit MarkFile(std::string path) : path_(std::move(path)) {}
  ~MarkFile() { close(); }
  MarkFile(const MarkFile&) = delete;
  MarkFile& operator=(const MarkFile&) = delete;

  struct Found {
    bool exists = false;
    bool has_own_inode = false;  // else it is a copy
    bool is_unchanged = false;   // nobody has changed it since it was written: a copy in the same inode would have
    std::uint64_t number = 0;    // of the writing, counted over all files of the mark; 0: by an earlier version
    std::optional<MarkContent> content;  // none: damaged, or of another version
  };
  /// What lies at the path.
  Found find() const;

  /// Makes a new one in the place of what is there, on the disk when the folder is. The error is errno.
  [[nodiscard]] int begin(const MarkContent& content, std::uint64_t number);
  struct Written {
    int error = 0;  // errno
    /// The file system's time of the change is what the file says of it. False on a machine that is so busy that
    /// several tries were all held up.
    bool is_settled = false;
  };
  /// Writes over what is there.
  Written write(const MarkContent& content, std::uint64_t number);
  bool is_open() const { return descriptor_ >= 0; }
  /// It still lies where it should.
  bool is_in_place() const;
  void close();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
  FileIdentity own_;
};

}  // namespace switchboard::broker
