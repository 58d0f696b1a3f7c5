// JSON by nlohmann-json, whose parser and printer take seconds to compile: compiled here once for all.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace weft::detail {

/// Keeps members in insertion order.
using Json = nlohmann::ordered_json;

/// Throws Json::exception for invalid JSON. `watch` sees each event of the parser, and may throw.
Json parse_json(std::string_view text, const Json::parser_callback_t& watch = nullptr);

/// Serialises to one line.
std::string json_text(const Json& json);

}  // namespace weft::detail
