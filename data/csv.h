// CSV files as data sets: one sample per line, with or without a header.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/data/tensor_dataset.h"

namespace weft::data {

/// The line that names the columns.
enum class CsvHeader {
  kAuto,   ///< the first one, unless it is data by the rule of read_csv
  kFirst,  ///< the first one
  kNone,   ///< none: the columns are c1, c2 ...
};

/// Options of reading a CSV file.
struct CsvOptions {
  /// Name of the label column. By default the first existing one of "label", "class", "target", "species" and "y" in
  /// any case, else the last column.
  std::optional<std::string> label;
  /// The classes by id, if they are known already: the training set's classes for its test set. Any other label is an
  /// error.
  std::vector<std::string> class_names;
  Dtype dtype = kFloat32;  ///< of the features, float32 or float64
  CsvHeader header = CsvHeader::kAuto;
  std::optional<char> separator = {};  ///< by default detected in the first line
};

/// The contents of a CSV file.
struct CsvData {
  Tensor data;                             ///< [N, features], all columns but the label's
  Tensor target;                           ///< int64 [N]
  std::vector<std::string> feature_names;  ///< by column of data
  std::vector<std::string> class_names;    ///< by id
  bool has_header = true;                  ///< the first line names the columns
};

/// Reads a file of rows. Cells are separated by commas, semicolons or tabs, whichever occurs most in the first line,
/// and are in double quotes if they contain one (RFC 4180); blank lines are skipped. All columns but the label's hold
/// finite numbers of options.dtype. Labels that are integers from 0 to 9999 are used as class ids; other texts are
/// numbered in sorted order.
///
/// The first line names the columns if none of its cells is a number, if one of them is options.label or a usual name
/// of the label column, or if one is a text above a number. Otherwise it is data, and the columns are named c1, c2 ...
///
/// Throws IoError with file, line and column for an unreadable file, a header with an empty or duplicate name, a row of
/// another length, a cell that is not a number or too large, an unknown class, and labels that are real numbers (a
/// regression target); ValueError for a missing label column.
CsvData read_csv(const std::string& path, const CsvOptions& options = {});
/// The same from text; `name` replaces the file in errors.
CsvData parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

namespace datasets {

/// The rows of a CSV file. `map(Stack)` on it gathers a batch in one pass.
class Csv : public TensorDataset<Example<>> {
 public:
  /// Throws the errors of read_csv.
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
