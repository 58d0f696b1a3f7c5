// CSV files as data sets: a sample per line, below the names of the columns or without them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/data/tensor_dataset.h"

namespace weft::data {

/// The line that names the columns.
enum class CsvHeader {
  kAuto,   ///< the first one, unless it is data as read_csv tells
  kFirst,  ///< the first one
  kNone,   ///< none: the columns are c1, c2 ...
};

/// How a CSV file is read.
struct CsvOptions {
  /// Name of the label column. Without one it is the first that there is of "label", "class", "target", "species" and
  /// "y", whatever their case, else the last column.
  std::optional<std::string> label;
  /// The classes by id, where they are known already: those of the training set for its test set. A label that is none
  /// of them is an error.
  std::vector<std::string> class_names;
  Dtype dtype = kFloat32;  ///< of the numbers, float32 or float64
  CsvHeader header = CsvHeader::kAuto;
  std::optional<char> separator = {};  ///< found in the first line where it is not given
};

/// What a CSV file holds.
struct CsvData {
  Tensor data;                             ///< [N, features], all columns but the label's
  Tensor target;                           ///< int64 [N]
  std::vector<std::string> feature_names;  ///< by column of data
  std::vector<std::string> class_names;    ///< by id
  bool has_header = true;                  ///< the first line named the columns
};

/// Reads a file of rows. Cells are separated by commas, semicolons or tabs, whichever occurs most in the first line,
/// and stand in double quotes if they hold one (RFC 4180); blank lines are skipped. All columns but the label's hold
/// finite numbers of options.dtype. Labels that are integers from 0 to 9999 are class ids as they are; other texts are
/// numbered in sorted order.
///
/// The first line names the columns if none of its cells is a number, if one of them is options.label or a usual name
/// of the label column, or if one is a text above a number. Otherwise it is data, and the columns are named c1, c2 ...
///
/// Throws IoError naming file, line and column for a file that cannot be read, a header without names or with a name
/// twice, a row of another length, a cell that is no number or too large, an unknown class, and labels that are real
/// numbers (a regression target); ValueError for a label column that is not there.
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
        class_names_(std::move(csv.class_names)),
        has_header_(csv.has_header) {}
  const std::vector<std::string>& feature_names() const { return feature_names_; }
  const std::vector<std::string>& class_names() const { return class_names_; }
  /// False if the file had no header: the columns are then named c1, c2 ...
  bool has_header() const { return has_header_; }

 private:
  std::vector<std::string> feature_names_, class_names_;
  bool has_header_;
};

/// Fisher's iris flowers: 150 samples of 4 lengths in centimetres and 3 species. Part of the library (share/iris.csv).
class Iris : public Csv {
 public:
  explicit Iris(Dtype dtype = kFloat32);
};

}  // namespace datasets
}  // namespace weft::data
