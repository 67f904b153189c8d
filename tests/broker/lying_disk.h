// A disk between SQLite and the real one that says that it has failed: after it has done what it was asked, or without.
// One at a time; while it lives, every connection that is opened goes through it.
#pragma once

#include <cstring>
#include <string>

#include <sqlite3.h>

namespace switchboard::broker {

class LyingDisk {
 public:
  LyingDisk() {
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "lying";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = &LyingDisk::open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~LyingDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }
  LyingDisk(const LyingDisk&) = delete;
  LyingDisk& operator=(const LyingDisk&) = delete;

  bool fails_syncs = false;
  int syncs = 0;
  bool is_full = false;           // for the log: as long as that, nothing is written there
  bool fails_log_writes = false;  // and does them
  bool loses_log_writes = false;  // and does not

 private:
  struct File {
    sqlite3_file base;
    LyingDisk* disk;
    bool is_log;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return of(file)->real(); }

  static int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
    auto* disk = static_cast<LyingDisk*>(vfs->pAppData);
    File* made = of(file);
    made->disk = disk;
    made->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    std::memset(made->real(), 0, static_cast<std::size_t>(disk->real_->szOsFile));
    const int code = disk->real_->xOpen(disk->real_, name, made->real(), flags, out_flags);
    made->base.pMethods = made->real()->pMethods == nullptr ? nullptr : methods();
    return code;
  }
  static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    const LyingDisk& disk = *of(file)->disk;
    if (of(file)->is_log && disk.is_full) return SQLITE_FULL;
    if (of(file)->is_log && disk.loses_log_writes) return SQLITE_IOERR_WRITE;
    const int code = real(file)->pMethods->xWrite(real(file), bytes, count, at);
    return of(file)->is_log && disk.fails_log_writes ? SQLITE_IOERR_WRITE : code;
  }
  static int sync(sqlite3_file* file, int flags) {
    LyingDisk& disk = *of(file)->disk;
    ++disk.syncs;
    return disk.fails_syncs ? SQLITE_IOERR_FSYNC : real(file)->pMethods->xSync(real(file), flags);
  }
  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods = {
        .iVersion = 2,
        .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
        .xRead = [](sqlite3_file* f, void* to, int n,
                    sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); },
        .xWrite = &LyingDisk::write,
        .xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
        .xSync = &LyingDisk::sync,
        .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
        .xLock = [](sqlite3_file* f, int lock) { return real(f)->pMethods->xLock(real(f), lock); },
        .xUnlock = [](sqlite3_file* f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); },
        .xCheckReservedLock = [](sqlite3_file* f,
                                 int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
        .xFileControl = [](sqlite3_file* f, int op,
                           void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); },
        .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
        .xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
        .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                      void volatile** out) { return real(f)->pMethods->xShmMap(real(f), page, size, extend, out); },
        .xShmLock = [](sqlite3_file* f, int offset, int n,
                       int flags) { return real(f)->pMethods->xShmLock(real(f), offset, n, flags); },
        .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
        .xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    return &kMethods;
  }

  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
};

}  // namespace switchboard::broker
