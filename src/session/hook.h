// What a back end is asked before a session obeys, and what it answers. How it is asked is not known here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace switchboard::session {

enum class HookKind : std::uint8_t { kConnect, kJoin, kPublish, kDirect };

/// Views, valid during the call.
struct HookQuestion {
  HookKind kind;
  std::string_view room_id = {};     // kJoin, kPublish
  std::string_view to_user_id = {};  // kDirect
  std::string_view user_id = {};     // kJoin: whom the client says it is
  std::string_view json = {};        // kJoin: `info`; kPublish, kDirect: the content
};

struct HookAnswer {
  bool is_allowed = false;
  bool is_down = false;          // nobody has answered: what was to be done then is in `is_allowed`
  std::string reason = {};       // of a refusal, for the client
  std::string user_id = {};      // kConnect: who it is; "" leaves that open
  std::string permissions = {};  // what it may besides: as in a token's claim `switchboard`; "" for nothing
  std::string info = {};         // kJoin: in the place of the client's; "" leaves that
  std::string content = {};      // kPublish, kDirect: likewise
};

/// How far a command has got with it.
struct HookStep {
  enum class State : std::uint8_t {
    kGoOn,     // it may be obeyed, with what `info` and `content` say
    kWait,     // it was asked: once more when `resume` is called
    kRefused,  // for that reason
    kDown,     // nobody has answered, and then it is refused
  };
  State state = State::kGoOn;
  std::string reason = {};
  std::string info = {};
  std::string content = {};
};

/// Which questions there are for whole connections; of rooms their namespaces say it.
struct HookWishes {
  bool is_on = false;  // there is somebody to be asked
  bool connect = false;
  bool direct = false;
};

}  // namespace switchboard::session
