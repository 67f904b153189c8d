// The names of the rooms whose home a shard is, in their order: so that they can be listed a stretch at a time. Users'
// own rooms are not among them.
#pragma once

#include <cstddef>
#include <set>
#include <string_view>

namespace switchboard::shard {

class RoomNames {
 public:
  /// The text must stay where it is until `remove`. Not there yet. O(log rooms), as `remove`.
  void add(std::string_view room_id);
  void remove(std::string_view room_id);
  std::size_t size() const { return names_.size(); }

  /// Calls take(name) for those that begin with `prefix` and come behind `after` ("": from the first one on), in the
  /// order of their bytes, until it returns false. O(log rooms + names taken).
  template <class F>
  void each(std::string_view prefix, std::string_view after, F&& take) const {
    const bool begins_behind = !after.empty() && after >= prefix;
    auto name = begins_behind ? names_.upper_bound(after) : names_.lower_bound(prefix);
    while (name != names_.end() && name->starts_with(prefix) && take(*name))
      ++name;
  }

 private:
  std::set<std::string_view> names_;
};

}  // namespace switchboard::shard
