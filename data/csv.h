// CSV files as data sets: a header, then a sample per line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/data/tensor_dataset.h"

namespace weft::data {

/// How a CSV file is read.
struct CsvOptions {
  /// Name of the label column. Without one it is the first that there is of "label", "class", "target", "species" and
  /// "y", whatever their case, else the last column.
  std::optional<std::string> label;
  /// The classes by id, where they are known already: those of the training set for its test set. A label that is none
  /// of them is an error.
  std::vector<std::string> class_names;
  Dtype dtype = kFloat32;  ///< of the numbers, float32 or float64
};

/// What a CSV file holds.
struct CsvData {
  Tensor data;                             ///< [N, features], all columns but the label's
  Tensor target;                           ///< int64 [N]
  std::vector<std::string> feature_names;  ///< by column of data
  std::vector<std::string> class_names;    ///< by id
};

/// Reads a file whose first line names the columns. Cells are separated by commas, and stand in double quotes where
/// they hold one (RFC 4180); blank lines are skipped. All columns but the label's hold finite numbers. Labels that are
/// whole numbers from 0 to 9999 are class ids as they are; other texts are numbered in sorted order.
///
/// Throws IoError naming file, line and column for a file that cannot be read, a header without names or with a name
/// twice, a row of another length, a cell that is no number, and an unknown class; ValueError for a label column that
/// is not there.
CsvData read_csv(const std::string& path, const CsvOptions& options = {});
/// The same from text; `name` stands for the file in errors.
CsvData parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

namespace datasets {

/// The rows of a CSV file. `map(Stack)` on it gathers a batch in one pass.
class Csv : public TensorDataset<Example<>> {
 public:
  /// Throws as read_csv.
  explicit Csv(const std::string& path, const CsvOptions& options = {}) : Csv(read_csv(path, options)) {}
  explicit Csv(CsvData csv)
      : TensorDataset(csv.data, csv.target),
        feature_names_(std::move(csv.feature_names)),
        class_names_(std::move(csv.class_names)) {}
  const std::vector<std::string>& feature_names() const { return feature_names_; }
  const std::vector<std::string>& class_names() const { return class_names_; }

 private:
  std::vector<std::string> feature_names_, class_names_;
};

/// Fisher's iris flowers: 150 samples of 4 lengths in centimetres and 3 species. Part of the library (share/iris.csv).
class Iris : public Csv {
 public:
  explicit Iris(Dtype dtype = kFloat32);
};

}  // namespace datasets
}  // namespace weft::data
