// Notes: a checkpoint's data about its training besides the model.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/tensor/named_tensors.h"
#include "weft/tensor/sizes.h"

namespace weft::train {

/// Scaling of samples: x becomes (x - mean) / deviation, with one value for all pixels of an image, which are 0 to 1
/// before, or one per column of a table.
struct InputScale {
  std::vector<double> mean{0}, deviation{1};
  bool changes_nothing() const { return mean == std::vector<double>{0} && deviation == std::vector<double>{1}; }
};

/// Options of a command line with their values, with which a program resumes a run.
using GivenOptions = std::vector<std::pair<std::string, std::string>>;

/// The properties of a run that the command `weft` and --resume need, so that users need not repeat them. The names of
/// data sets and losses are those of `weft train`.
struct Notes {
  std::string program = {};  ///< that created the run
  std::string data_set = {}, loss = "cross_entropy";
  std::vector<std::string> class_names = {}, feature_names = {};
  InputScale scale = {};
  Dims sizes = {};  ///< of one sample of the data set
  bool images = true;
  GivenOptions options = {};
  std::optional<std::string> option(const std::string& name) const;
};

/// Converts notes to one line of JSON, and back; `where` names it in errors. Throw ValueError for names that are not
/// UTF-8, and StateError for text that cannot be parsed.
std::string json_of(const Notes& notes);
Notes notes_of(const std::string& json, const std::string& where);

/// The unparsed notes in the metadata; empty if there are none.
std::string note_text(const Metadata& metadata);
/// Converts notes to metadata of a checkpoint. Throws ValueError for names that are not UTF-8.
Metadata metadata_of(const Notes& notes);
/// The notes in the metadata; nullopt if there are none. Throws StateError with the file for notes that cannot be
/// parsed.
std::optional<Notes> notes_in(const Metadata& metadata, const std::string& file);

}  // namespace weft::train
