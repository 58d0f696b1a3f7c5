// Data sets by name, split into a training, a validation and a test part, and their batches.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/app/tables.h"
#include "weft/data/csv.h"
#include "weft/data/example.h"
#include "weft/data/image_plan.h"
#include "weft/train/evaluate.h"
#include "weft/train/run.h"

namespace command {

/// Samples with their classes: uint8 images [N, H, W], or float32 rows [N, columns]; int64 [N].
struct Samples {
  Tensor data, target;
  int64_t size() const { return target.defined() ? target.numel() : 0; }
  Samples rows(const Tensor& which) const;
  Samples slice(int64_t begin, int64_t end) const;
};

struct DataSet {
  std::string name;  ///< the name that selects it
  std::string description;
  Samples train, validation, test;  ///< the last two may be empty
  std::vector<std::string> class_names, feature_names;
  bool images() const { return train.data.dtype() == weft::kUInt8; }
  /// Sizes of one sample: [1, 28, 28] or [4].
  weft::Dims sizes() const;
};

/// Selects a data set and its parts.
struct DataRequest {
  std::string name = "mnist";            ///< "mnist", "digits 5000", "csv:FILE"
  std::optional<std::string> folder;     ///< --data
  std::optional<std::string> target;     ///< label column of a CSV file
  double test = 0.2;                     ///< fraction of each class of a table that is kept for the test; 1: all
                                         ///< samples are both
  std::optional<int64_t> samples;        ///< train on this many samples, drawn with the seed
  double validation = 0;                 ///< fraction of the training part, its last samples
  bool needs_validation = true;          ///< false: a set that is too small is not split
  bool generate = false;                 ///< generate digits if MNIST is not found
  std::vector<std::string> class_names;  ///< of a CSV file, if they are known
  std::string header = "auto";           ///< of a CSV file: "auto", "first" or "none"
};

/// Adds --header, which sets DataRequest::header.
void add_header_option(CLI::App& app, std::string& header);
/// The library's value of --header.
weft::data::CsvHeader header_of(const std::string& option);
/// Prints a note to standard error if a file was detected to have no header.
void note_header(const std::string& file, const std::string& option, bool has_header);

/// Reads and splits the data set. The default generator draws the order of a table's rows and the samples. Throws
/// ValueError for an unknown name and fractions that leave no samples, IoError for files.
DataSet load_data_set(const DataRequest& request);
/// The index of each of the wanted names in `header`. Throws ValueError with `table` for a missing one.
std::vector<int64_t> columns_named(const std::vector<std::string>& wanted, const std::vector<std::string>& header,
                                   const std::string& table);

/// The names, for --help.
std::string data_set_reference();

/// The conversion of samples to a model's inputs.
struct Inputs {
  Scale scale;
  std::vector<std::shared_ptr<const weft::data::ImageStage>> augment = {};
  weft::Dims sizes;  ///< of one sample, as the model expects it
};

enum class Order { kAsTheyAre, kShuffled, kWithReplacement };

/// Iterates over batches, epoch by epoch.
class Batches {
 public:
  virtual ~Batches() = default;
  /// Calls `f` with each batch of an epoch until it returns false.
  virtual void each(const std::function<bool(weft::data::Example<>&)>& f) = 0;
  virtual weft::train::Position position() = 0;
};
/// Throws ValueError for batches larger than the set.
std::unique_ptr<Batches> make_batches(const Samples& samples, const Inputs& inputs, Order order, int64_t batch);

/// Samples converted to a model's inputs, without augmentation: float32 [N, sizes...].
Tensor inputs_of(const Tensor& data, const Inputs& inputs);

}  // namespace command
