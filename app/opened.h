// Opens models: from text, a text file, or a checkpoint with the notes of its training.
#pragma once

#include <optional>
#include <string>

#include "weft/app/data_sets.h"
#include "weft/nn/lang/model.h"
#include "weft/train/model_file.h"
#include "weft/train/notes.h"

namespace command {

/// The text of a model given as text or as the name of a text file. Throws IoError for the name of a missing file.
std::string model_text(const std::string& given);

/// A loaded checkpoint.
struct Opened {
  std::string file;
  weft::StateDict content;
  weft::nn::Model model{nullptr};  ///< in evaluation mode
  std::optional<weft::train::Notes> notes;
  std::string last_layer() const { return model->description().layers.back().layer; }
};
/// The file itself, or in the folder of a run `best`, else `last`. Throws IoError for a folder with neither.
std::string checkpoint_file(const std::string& path);
/// Opens that file. Throws the errors of checkpoint_file and load_model.
Opened open_checkpoint(const std::string& path);
/// True if a safetensors file, or a run's folder, of that name exists.
bool is_checkpoint(const std::string& path);

/// Throws DtypeError for a model that reads integers, as `embedding` does: the command's data are floats.
void check_reads_floats(const weft::nn::Model& model);

/// True if a file is a PNG image, or has the extension of one.
bool is_png(const std::string& path);

/// Inputs for a model that expects `wanted` sizes from samples of `sample` sizes, unscaled. Throws ShapeError with
/// `what` if they do not fit.
Inputs inputs_for(const weft::Dims& wanted, const weft::Dims& sample, const std::string& what);

/// Evaluates a model in evaluation mode. `sizes` are those of the data set's samples, so that mistakes on images are
/// shown whatever shape the model expects.
weft::train::Evaluation evaluate(weft::nn::Model& model, Batches& batches, const weft::train::Scoring& scoring,
                                 const weft::Dims& sizes);

}  // namespace command
