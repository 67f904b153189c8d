# Tests read the same large headers some hundred times: they are compiled once beforehand. The sources themselves do without, so
# that a file which forgets to include something is found.
set(SB_STANDARD_HEADERS <algorithm> <array> <chrono> <cstdint> <expected> <functional> <memory> <optional> <span> <string>
    <string_view> <unordered_map> <utility> <variant> <vector> <absl/container/flat_hash_map.h>)

# sb_precompile(TARGET [SHARED_WITH target] headers...): another target's, if it has the same compile definitions.
function(sb_precompile target)
  cmake_parse_arguments(ARG "" "SHARED_WITH" "" ${ARGN})
  if(ARG_SHARED_WITH AND NOT ARG_SHARED_WITH STREQUAL target)
    target_precompile_headers(${target} REUSE_FROM ${ARG_SHARED_WITH})
  else()
    target_precompile_headers(${target} PRIVATE ${SB_STANDARD_HEADERS} ${ARG_UNPARSED_ARGUMENTS})
  endif()
endfunction()
