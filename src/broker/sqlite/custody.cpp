#include "broker/sqlite/custody.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace switchboard::broker {
namespace {

constexpr mode_t kPrivate = 0600;

std::string resolved(const std::string& file) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::weakly_canonical(file, error);
  return error ? file : path.string();
}

void make_private(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0 && (found.st_mode & 07777) != kPrivate) ::chmod(path.c_str(), kPrivate);
}

/// SQLite would make it with the mode that the umask leaves.
void make_empty(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kPrivate);
  if (descriptor >= 0) ::close(descriptor);  // nobody can have a lock on it yet
}

}  // namespace

Custody::Custody(const std::string& file) : file_(file) {}

// --- opening ---------------------------------------------------------------------------------------------------------

void Custody::approach() {
  let_go();
  path_ = resolved(file_);
  mark_.emplace(path_);
  make_empty(path_);
  found_ = mark_->find();
  database_before_ = facts_of(path_);
  log_before_ = read_log(log_path());
}

std::string Custody::doubts(const Claims& claims) const {
  if (claims.is_new) return found_.exists ? "the file is gone or empty, and history begins anew" : "";
  if (claims.last_run.empty()) return "";  // it never had a mark
  if (!found_.exists) return mark_->path() + " is missing";
  if (!found_.content) return mark_->path() + " is damaged";
  const MarkContent& left = *found_.content;
  const bool is_opening = left.state == MarkContent::State::kOpening;
  // A snapshot that was put back into the inodes it was taken of has changed the mark at another time than it says. (A
  // mark that was closed in good order has an inode that no earlier snapshot has, and may be given to another owner.
  // What a machine that stopped has kept of the mark and of its times need not fit.)
  const bool must_be_unchanged = left.state != MarkContent::State::kClosed && !claims.has_lost_power;
  if (!found_.has_own_inode || (must_be_unchanged && !found_.is_unchanged))
    return mark_->path() + " is a copy: perhaps a backup or a snapshot was put back";
  if (!database_before_ || database_before_->identity != left.database) return "it is a copy, or another file";
  if (claims.last_run != left.run && !(is_opening && claims.last_run == left.last_run))
    return "it is of another time than its mark";
  if (claims.has_lost_power)  // what was not on the disk yet is missing in the mark, too
    return left.lost_sync ? "the disk had failed to keep it before the machine stopped" : "";
  if (claims.last_row < left.last_row)
    return "its last " + std::to_string(left.last_row - claims.last_row) + " transactions are missing";
  // (Of a store that was closed in good order all is there that was acknowledged, whoever has looked into it since.)
  if (left.state != MarkContent::State::kClosed && was_written()) return "somebody else has written into it";
  return log_doubts(left).value_or("");
}

bool Custody::was_written() const {
  return found_.content && database_before_ && found_.content->database_written_ns != 0 &&
         found_.content->database_written_ns != database_before_->written_ns;
}

std::optional<std::string> Custody::log_doubts(const MarkContent& left) const {
  const std::uint32_t frames = log_before_ ? log_before_->frames : 0;
  if (left.state == MarkContent::State::kClosed && frames > 0)
    return "a write-ahead log lies beside it that it was not left with";
  if (left.log_frames == 0) return std::nullopt;
  if (left.state == MarkContent::State::kClosing && frames == 0) return std::nullopt;  // it had been moved already
  // Begun anew since: then all of the one before is in the file.
  if (log_before_ && log_before_->salt == left.log_salt + 1) return std::nullopt;
  if (frames == 0 || log_before_->salt != left.log_salt) return "its write-ahead log is missing, or another one";
  if (frames < left.log_frames) return "its write-ahead log has lost its end";
  return std::nullopt;
}

std::optional<std::string> Custody::begin(const std::string& run, const Claims& claims, bool is_doubted) {
  for (const std::string& path : {path_, log_path(), shm_path()})
    make_private(path);
  const std::optional<FileFacts> database = facts_of(path_);
  content_ = found_.content && !is_doubted && !claims.is_new ? *found_.content : MarkContent{};
  content_.state = MarkContent::State::kOpening;
  content_.run = run;
  content_.last_run = is_doubted ? std::string() : claims.last_run;
  content_.database = database ? database->identity : FileIdentity{};
  content_.database_written_ns = 0;
  content_.last_row = claims.last_row;
  return written(mark_->begin(content_));
}

std::optional<std::string> Custody::opened(std::int64_t last_row, int log_frames) {
  database_ = facts_of(path_);
  log_ = facts_of(log_path());
  shm_ = facts_of(shm_path());
  log_descriptor_ = ::open(log_path().c_str(), O_RDONLY | O_CLOEXEC);
  const std::optional<LogHeader> header = log_header(log_descriptor_);
  page_bytes_ = header ? header->page_bytes : 0;
  content_.state = MarkContent::State::kInUse;
  content_.database_written_ns = database_ ? database_->written_ns : 0;
  content_.log_frames = 0;
  return note(last_row, log_frames);
}

// --- while it is open ------------------------------------------------------------------------------------------------

std::optional<std::string> Custody::note(std::int64_t last_row, int log_frames) {
  const auto frames = static_cast<std::uint32_t>(log_frames);
  // The log may have been begun anew since, and be longer than it was all the same.
  const std::uint32_t salt = log_header(log_descriptor_).value_or(LogHeader{.salt = content_.log_salt}).salt;
  if (last_row == content_.last_row && frames == content_.log_frames && salt == content_.log_salt) return std::nullopt;
  content_.log_salt = salt;
  content_.last_row = last_row;
  content_.log_frames = frames;
  return written(mark_->write(content_));
}

std::optional<Custody::Finding> Custody::look() {
  const std::optional<FileFacts> database = facts_of(path_);
  if (!database_ || !database || database->identity != database_->identity)
    return Finding{file_ + " was removed, renamed or replaced", has_log()};
  const bool is_settled = content_.database_written_ns != 0;
  if (is_settled && (database->bytes < database_->bytes || database->written_ns != content_.database_written_ns))
    return Finding{file_ + " was changed by somebody else", false};
  const std::optional<FileFacts> log = facts_of(log_path());
  if (!log_ || !log || log->identity != log_->identity)
    return Finding{log_path() + " was removed or replaced", has_log()};
  if (!has_log()) return Finding{log_path() + " was cut short", false};
  const std::optional<FileFacts> shm = facts_of(shm_path());
  if (!shm_ || !shm || shm->identity != shm_->identity) return Finding{shm_path() + " was removed or replaced", true};
  if (shm->bytes < shm_->bytes) return Finding{shm_path() + " was cut short", false};
  if (mark_->is_in_place()) return std::nullopt;
  if (const std::string path = mark_->replaced(); !path.empty()) return Finding{path + " was replaced", true};
  if (auto failure = written(mark_->begin(content_))) return Finding{*failure, true};
  return std::nullopt;
}

bool Custody::has_log() const {
  const std::optional<FileFacts> log = facts_of(log_descriptor_);
  return log && log_ && log->identity == log_->identity && log->bytes >= log_bytes(content_.log_frames, page_bytes_);
}

void Custody::begin_checkpoint() {
  content_.database_written_ns = 0;
  static_cast<void>(mark_->write(content_));  // a mark that cannot be written is noticed by the next `note`
}

void Custody::end_checkpoint(bool moved_all) {
  if (moved_all) content_.log_frames = 0;
  database_ = facts_of(path_);
  content_.database_written_ns = database_ ? database_->written_ns : 0;
  static_cast<void>(mark_->write(content_));
}

void Custody::note_lost_sync() {
  if (content_.lost_sync || !mark_ || !mark_->is_open()) return;
  content_.lost_sync = true;
  static_cast<void>(mark_->write(content_));
}

// --- closing ---------------------------------------------------------------------------------------------------------

void Custody::begin_closing() {
  content_.state = MarkContent::State::kClosing;
  begin_checkpoint();
}

void Custody::closed() {
  const std::optional<FileFacts> database = facts_of(path_);
  if (!mark_ || !database || database->identity != content_.database) return;
  const std::optional<LogContent> log = read_log(log_path());
  if (log && log->frames > 0) return;  // somebody was in the way: it stays as after a kill
  content_.state = MarkContent::State::kClosed;
  content_.log_frames = 0;
  content_.database_written_ns = database->written_ns;
  // A new one, whose inode no snapshot has that was made while this run went on.
  static_cast<void>(mark_->begin(content_));
}

void Custody::let_go() {
  if (log_descriptor_ >= 0) ::close(log_descriptor_);
  log_descriptor_ = -1;
  if (mark_) mark_->close();
}

std::optional<std::string> Custody::written(int error) const {
  if (error == 0) return std::nullopt;
  return mark_->path() + " cannot be written: " + std::strerror(error) + "; check the disk, its permissions and space";
}

}  // namespace switchboard::broker
