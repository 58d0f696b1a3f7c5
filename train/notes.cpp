#include "weft/train/notes.h"

#include "weft/tensor/error.h"
#include "weft/tensor/json.h"

namespace weft::train {
namespace {

using weft::detail::Json;

constexpr const char* kNotesKey = "weft.train";

}  // namespace

std::optional<std::string> Notes::option(const std::string& name) const {
  for (const auto& [key, value] : options)
    if (key == name) return value;
  return std::nullopt;
}

std::string json_of(const Notes& n) {
  const Json json{{"program", n.program},
                  {"data_set", n.data_set},
                  {"loss", n.loss},
                  {"classes", n.class_names},
                  {"features", n.feature_names},
                  {"mean", n.scale.mean},
                  {"deviation", n.scale.deviation},
                  {"sizes", std::vector<int64_t>(n.sizes.begin(), n.sizes.end())},
                  {"images", n.images},
                  {"options", n.options}};
  try {
    return weft::detail::json_text(json);
  } catch (const Json::exception& e) {
    fail<ValueError>("[data] a name of a class or column of {} is not UTF-8: {}", n.data_set, e.what());
  }
}

Notes notes_of(const std::string& text, const std::string& where) {
  try {
    const Json json = weft::detail::parse_json(text);
    Notes n;
    n.program = json.value("program", "weft train");  // it wrote notes before programs stored their names
    n.data_set = json.at("data_set"), n.loss = json.at("loss");
    n.class_names = json.at("classes"), n.feature_names = json.at("features");
    n.scale = {json.at("mean"), json.at("deviation")};
    n.sizes = Dims(json.at("sizes").get<std::vector<int64_t>>());
    n.images = json.at("images");
    n.options = json.at("options").get<GivenOptions>();
    return n;
  } catch (const Json::exception& e) {
    fail<StateError>("[load] '{}': cannot parse the training notes: {}", where, e.what());
  }
}

Metadata metadata_of(const Notes& notes) { return {{kNotesKey, json_of(notes)}}; }

std::string note_text(const Metadata& metadata) {
  const auto found = metadata.find(kNotesKey);
  return found == metadata.end() ? "" : found->second;
}

std::optional<Notes> notes_in(const Metadata& metadata, const std::string& file) {
  const auto found = metadata.find(kNotesKey);
  if (found == metadata.end()) return std::nullopt;
  return notes_of(found->second, file);
}

}  // namespace weft::train
