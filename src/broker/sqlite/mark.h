// The high-water mark: says how far the database had come when the last answer was given. A database that is behind it,
// or beside a mark that is not its own, has lost or repeats what was acknowledged.
//
// It is two files beside the database, written in turns after each transaction. A process that is killed while it
// writes leaves a file that was changed later than it says: the kernel notes the time of the change before the content
// is there, and may be held up in between. That can happen to one of the two. A copy that was put into their place has
// changed both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/sqlite/mark_file.h"

namespace switchboard::broker {

class Mark {
 public:
  /// `file`: the database's path; the mark's are the same with "-mark" and "-mark2" behind it.
  explicit Mark(const std::string& file) : files_{MarkFile(file + "-mark"), MarkFile(file + "-mark2")} {}

  struct Found {
    bool exists = false;
    bool has_own_inode = false;          // else something of it is a copy
    bool is_unchanged = false;           // nobody but the server has changed it
    std::optional<MarkContent> content;  // the newest; none: something of it is damaged, or of another version
  };
  /// What lies at the paths. To be called before `begin`.
  Found find();

  /// Makes a new one in the place of what is there, on the disk when this returns. The error is errno.
  [[nodiscard]] int begin(const MarkContent& content);
  /// The error is errno.
  [[nodiscard]] int write(const MarkContent& content);
  bool is_open() const { return files_[0].is_open(); }
  /// It still lies where it should.
  bool is_in_place() const { return files_[0].is_in_place() && files_[1].is_in_place(); }
  /// The path at which another file lies; "" when there is none.
  std::string replaced() const;
  void close();

  /// The first file's, which names it to people.
  const std::string& path() const { return files_[0].path(); }

 private:
  std::array<MarkFile, 2> files_;
  std::uint64_t number_ = 0;  // of the last writing
  std::size_t next_ = 0;      // which file is written next
};

}  // namespace switchboard::broker
