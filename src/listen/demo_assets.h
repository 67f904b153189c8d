// The demo page (web/demo/) as it is embedded in the binary: `/` is its index.html, the rest is below `/demo/`. The
// definition is generated at build time by cmake/embed.cmake. Must not know how assets are served.
#pragma once

#include "http/asset.h"

namespace switchboard::listen {

/// The table and all it points to are constants; any thread may read them.
http::AssetTable demo_assets();

}  // namespace switchboard::listen
