// Whether the file is the one that this server left, and still is: judges what lies there before it is taken over,
// keeps the mark beside it, and looks after it while it is open. Knows files, not tables. On the writer's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/sqlite/file_identity.h"
#include "broker/sqlite/log_check.h"
#include "broker/sqlite/mark.h"

namespace switchboard::broker {

class Custody {
 public:
  explicit Custody(const std::string& file);
  ~Custody() { let_go(); }
  Custody(const Custody&) = delete;
  Custody& operator=(const Custody&) = delete;

  // --- opening, in this order ---

  /// Before SQLite opens the file, and while nobody has it open: sees what lies there. A file that is made is for its
  /// owner alone.
  void approach();

  /// What the database says of itself once it is open.
  struct Claims {
    bool is_new = false;
    bool has_lost_power = false;
    std::string last_run;  // of the opening before; "" when it had no mark yet
    std::int64_t last_row = 0;
  };
  /// Why it cannot be believed to be what was left, in words; "" when it can.
  std::string doubts(const Claims& claims) const;

  /// Somebody else has written into it since it was left: what is derived from its rows is to be made again.
  bool was_written() const;

  /// Before the takeover by `run` is committed: a mark that says so. What was there is for its owner alone from here
  /// on. `is_doubted`: it stays doubted until then. The error is a sentence.
  std::optional<std::string> begin(const std::string& run, const Claims& claims, bool is_doubted);
  /// After it was committed.
  std::optional<std::string> opened(std::int64_t last_row, int log_frames);

  // --- while it is open ---

  /// After each transaction, before it is told: how far the database has come.
  std::optional<std::string> note(std::int64_t last_row, int log_frames);
  struct Finding {
    std::string sentence;
    /// The log is still all there, though perhaps not at its path, and belongs to the file: a checkpoint would save
    /// what is in it.
    bool can_save_log = false;
  };
  /// What has become of the file, if it is not as it should be. A mark that is missing is made again.
  std::optional<Finding> look();
  /// A checkpoint may write the file from here on; it is over, and `moved_all` of the log is in the file.
  void begin_checkpoint();
  void end_checkpoint(bool moved_all);
  /// An fsync has failed: what it should have brought to the disk may be lost with the machine's power, and a later one
  /// that succeeds says nothing of it.
  void note_lost_sync();

  // --- closing ---

  /// SQLite is about to close it in good order, which moves the log into it.
  void begin_closing();
  /// It has done so.
  void closed();
  /// It is closed, or not to be touched any more.
  void let_go();

  /// The path without symbolic links, as SQLite has it.
  const std::string& path() const { return path_; }

 private:
  std::optional<std::string> written(int error) const;
  bool has_log() const;
  std::optional<std::string> log_doubts(const MarkContent& left) const;
  std::string log_path() const { return path_ + "-wal"; }
  std::string shm_path() const { return path_ + "-shm"; }

  const std::string file_;
  std::string path_;
  std::optional<Mark> mark_;

  // What lay there.
  Mark::Found found_;
  std::optional<FileFacts> database_before_;
  std::optional<LogContent> log_before_;

  // What is open.
  MarkContent content_;
  std::optional<FileFacts> database_;
  std::optional<FileFacts> log_;
  std::optional<FileFacts> shm_;
  int log_descriptor_ = -1;
  std::uint32_t page_bytes_ = 0;
};

}  // namespace switchboard::broker
