#include "weft/tensor/json.h"

namespace weft::detail {

Json parse_json(std::string_view text, const Json::parser_callback_t& watch) { return Json::parse(text, watch); }

std::string json_text(const Json& json) { return json.dump(); }

}  // namespace weft::detail
