// One room of a StoreBroker: where it stands, as that was told, whatever its store says. Judges whether what the store
// says next follows on from that, and begins another epoch where it does not; knows without asking which messages are
// too old to be there still. Nothing of what is under way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "broker/broker.h"
#include "broker/store.h"
#include "room/settings.h"

namespace switchboard::broker {

/// Makes names for epochs that no client has seen.
class EpochNames {
 public:
  explicit EpochNames(const Clock& clock) : clock_(clock) {}

  /// Of an epoch that its store calls as it has called another one.
  std::string other_than(const std::string& store_epoch) {
    return store_epoch + "~" + std::to_string(clock_.unix_ms()) + "." + std::to_string(++made_);
  }

 private:
  const Clock& clock_;
  std::uint64_t made_ = 0;
};

class StoreTopic {
 public:
  /// `names` must outlive it.
  StoreTopic(TopicId id, std::string_view room_id, const room::RoomSettings& settings, EpochNames& names);

  TopicId id() const { return id_; }
  const std::string& room_id() const { return room_id_; }
  const room::Retention& retention() const { return retention_; }
  room::Durability durability() const { return durability_; }
  void use(const room::RoomSettings& settings);

  bool is_open() const { return is_open_; }
  void open(const StoreOpened& opened);

  /// As it was told.
  const Head& head() const { return head_; }
  /// A quiet room hears nothing of what its store removes: passes over what is too old by now. (Members' logs may still
  /// hold it, for others who are slow.)
  void pass_too_old(Instant now);
  /// How many epochs were told since the room was opened.
  std::uint64_t epochs() const { return epochs_; }

  /// True when the commit is not of the epoch that was told, and the head now stands where that other one begins,
  /// before the commit. A number that does not follow on is of another epoch, too, whatever the store says of that.
  bool turn_epoch(const StoreCommitted& committed);
  /// The store, opened anew, says where the room stands. True when that is not where it stood, in another epoch now.
  bool turn_epoch(const StoreOpened& opened);

  /// A commit that follows on. Where that was not so, `turn_epoch` has seen to it.
  void commit(const StoreCommitted& committed, Instant now);
  /// As clients are told it: "", or as the store calls the current one, is the one that was told.
  std::string_view epoch_of(const StoreCommitted& committed) const;
  /// A page that was asked for when `epochs` were told, with the epoch's name as it was told. A read knows best which
  /// is the oldest message.
  SharedPage receive(const SharedPage& page, std::uint64_t epochs);

 private:
  struct Mark {
    Seq seq;
    Instant at;
  };

  bool is_of_other_epoch(const StoreCommitted& committed) const;
  bool turn_epoch_for_duplicate(const StoreCommitted& committed);
  void begin_epoch(const std::string& store_epoch);
  void mark(Instant now);

  const TopicId id_;
  const std::string room_id_;
  EpochNames& names_;
  room::Retention retention_;
  room::Durability durability_;
  bool is_open_ = false;
  Head head_;
  std::string store_epoch_;           // as the store calls it
  std::vector<std::string> earlier_;  // of the store, that this topic has left: a store may come back to one
  std::uint64_t epochs_ = 0;
  /// When some of the messages were committed, about sixteen of the time that they are kept for: what is older than
  /// that is known without asking the store.
  std::vector<Mark> marks_;
  Instant newest_at_ = Instant::max();  // when the newest was committed, if that was seen
};

}  // namespace switchboard::broker
