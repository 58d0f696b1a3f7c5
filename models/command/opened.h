// Models from wherever they are: text, a file of text, a checkpoint; and what a checkpoint of `weft train` tells
// besides its model, so that it is evaluated and used without being told anything.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command/data_sets.h"
#include "weft/nn/lang/model.h"
#include "weft/train/model_file.h"

namespace command {

/// The text of a model that is given as text or as the name of a file of text. Throws IoError for a name of a file that
/// is not there.
std::string model_text(const std::string& given);

/// What `weft train` puts into its checkpoints.
struct Notes {
  std::string data_set, loss = "cross_entropy";
  std::vector<std::string> class_names, feature_names;
  Scale scale;
  weft::Dims sizes;  ///< of one sample of the data set
  bool images = true;
  std::vector<std::pair<std::string, std::string>> options;  ///< of the command line
  std::optional<std::string> option(const std::string& name) const;
};
/// As metadata of a checkpoint, and back: nothing where they hold none. Throws StateError, naming the file, for notes
/// that cannot be read.
weft::Metadata metadata_of(const Notes& notes);
std::optional<Notes> notes_in(const weft::Metadata& metadata, const std::string& file);

/// A checkpoint, read.
struct Opened {
  std::string file;
  weft::StateDict content;
  weft::nn::Model model{nullptr};  ///< in evaluation mode
  std::optional<Notes> notes;
  std::string last_layer() const { return model->description().layers.back().layer; }
};
/// Throws what load_model throws. `path` may be the folder of a run: then it is `best` there, else `last`.
Opened open_checkpoint(const std::string& path);
/// Whether there is a safetensors file, or a run's folder, of that name.
bool is_checkpoint(const std::string& path);

/// Whether a file is a PNG image, or at least called one.
bool is_png(const std::string& path);

/// Of samples of `sample` sizes for a model that takes `wanted`, unscaled. Throws ShapeError, naming `what`, where they
/// do not fit.
Inputs inputs_for(const weft::Dims& wanted, const weft::Dims& sample, const std::string& what);

/// Tests a model, which is in evaluation mode. `sizes` are those of the data set's samples, so that the mistakes on
/// images are seen whatever form the model takes them in.
weft::train::Evaluation evaluate(weft::nn::Model& model, Batches& batches, const weft::train::Scoring& scoring,
                                 const weft::Dims& sizes);

}  // namespace command
