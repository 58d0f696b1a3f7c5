// Models from wherever they are: text, a file of text, a checkpoint with what it tells of its training.
#pragma once

#include <optional>
#include <string>

#include "command/data_sets.h"
#include "weft/nn/lang/model.h"
#include "weft/train/model_file.h"
#include "weft/train/notes.h"

namespace command {

/// The text of a model that is given as text or as the name of a file of text. Throws IoError for a name of a file that
/// is not there.
std::string model_text(const std::string& given);

/// A checkpoint, read.
struct Opened {
  std::string file;
  weft::StateDict content;
  weft::nn::Model model{nullptr};  ///< in evaluation mode
  std::optional<weft::train::Notes> notes;
  std::string last_layer() const { return model->description().layers.back().layer; }
};
/// The file itself, or of the folder of a run `best`, else `last`. Throws IoError for a folder that holds neither.
std::string checkpoint_file(const std::string& path);
/// Opens that file. Throws what checkpoint_file and load_model throw.
Opened open_checkpoint(const std::string& path);
/// Whether there is a safetensors file, or a run's folder, of that name.
bool is_checkpoint(const std::string& path);

/// Throws DtypeError for a model that reads whole numbers, as `embedding` does: the command's data are floats.
void check_reads_floats(const weft::nn::Model& model);

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
