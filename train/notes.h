// Notes: what a checkpoint tells of its training besides the model.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/tensor/named_tensors.h"
#include "weft/tensor/sizes.h"

namespace weft::train {

/// How samples were scaled: x becomes (x - mean) / deviation, with one number for all of an image, whose pixels are 0
/// to 1 before, or one per column of a table.
struct InputScale {
  std::vector<double> mean{0}, deviation{1};
  bool changes_nothing() const { return mean == std::vector<double>{0} && deviation == std::vector<double>{1}; }
};

/// Options of a command line with their values, by which a program goes on with a run.
using ToldOptions = std::vector<std::pair<std::string, std::string>>;

/// What the command `weft` and --resume need to know of a run, so that they need not be told it. The names of data sets
/// and losses are those of `weft train`.
struct Notes {
  std::string program = {};  ///< that made the run
  std::string data_set = {}, loss = "cross_entropy";
  std::vector<std::string> class_names = {}, feature_names = {};
  InputScale scale = {};
  Dims sizes = {};  ///< of one sample of the data set
  bool images = true;
  ToldOptions options = {};
  std::optional<std::string> option(const std::string& name) const;
};

/// As JSON on one line, and back; `where` names it in errors. Throw ValueError for names that are not UTF-8, and
/// StateError for what cannot be read.
std::string json_of(const Notes& notes);
Notes notes_of(const std::string& json, const std::string& where);

/// The notes among the metadata as they stand there; empty where there are none.
std::string note_text(const Metadata& metadata);
/// As metadata of a checkpoint. Throws ValueError for names that are not UTF-8.
Metadata metadata_of(const Notes& notes);
/// And back: nothing where they hold none. Throws StateError, naming the file, for notes that cannot be read.
std::optional<Notes> notes_in(const Metadata& metadata, const std::string& file);

}  // namespace weft::train
