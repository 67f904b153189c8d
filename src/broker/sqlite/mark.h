// The high-water mark: a small file beside the database that says how far the database had come when the last answer
// was given. A database that is behind it, or beside a mark that is not its own, has lost or repeats what was
// acknowledged. It is written in place after each transaction, some 100 bytes into the kernel's cache: it survives the
// process as the database does. A mark that was copied says so: it names its own inode, and when it was last changed.
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

class Mark {
 public:
  /// `file`: the database's path; the mark's is the same with "-mark" behind it.
  explicit Mark(const std::string& file) : path_(file + "-mark") {}
  ~Mark() { close(); }
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

  struct Found {
    bool exists = false;
    bool has_own_inode = false;          // else it is a copy
    bool is_unchanged = false;           // nobody but the server has changed it: a copy in the same inode would have
    std::optional<MarkContent> content;  // none: damaged, or of another version
  };
  /// What lies at the path.
  Found find() const;

  /// Makes a new one in the place of what is there, on the disk when this returns. The error is errno.
  [[nodiscard]] int begin(const MarkContent& content);
  /// Writes the content again, if it is another one. The error is errno.
  [[nodiscard]] int write(const MarkContent& content);
  const MarkContent& content() const { return content_; }
  bool is_open() const { return descriptor_ >= 0; }
  /// It still lies where it should.
  bool is_in_place() const;
  void close();

  const std::string& path() const { return path_; }

 private:
  int put();

  std::string path_;
  int descriptor_ = -1;
  FileIdentity own_;
  MarkContent content_;
};

}  // namespace switchboard::broker
