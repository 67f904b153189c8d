// The description of the API for programs (OpenAPI 3.1), as /api/v1/openapi.json serves it.
#pragma once

#include <string_view>

namespace switchboard::api {

std::string_view openapi_document();

}  // namespace switchboard::api
