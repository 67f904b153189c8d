// The version that was built, from the project() line of CMakeLists.txt: one place that says it.
#pragma once

namespace switchboard {

/// "0.1.0". Valid for the whole life of the process.
const char* version();

}  // namespace switchboard
