#include "weft/app/data_sets.h"

#include <fmt/format.h>

#include <unordered_map>

#include "weft/app/command_line.h"
#include "weft/data/csv_rows.h"
#include "weft/nn/lang/words.h"
#include "weft/train/digits.h"
#include "weft/train/progress.h"
#include "weft/weft.h"

namespace command {
using namespace weft;
using nn::lang::whole;

namespace {

struct DataSetRow : SettingRow {
  std::function<DataSet(const Setting&, const DataRequest&)> load;
};

template <class Set>
Samples samples_of(const Set& set) {
  return {set.pixels(), set.targets()};
}

std::vector<std::string> digits_0_to_9() { return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; }

DataSet mnist(const Setting&, const DataRequest& r) {
  if (!r.generate && !r.folder) {
    const data::MnistLocation place = data::find_mnist(r.folder);
    check<IoError>(place.folder.has_value(), "[data] {}", place.explanation);
  }
  const train::DigitSets digits = train::load_digits(r.folder);
  return {digits.generated ? "digits" : "mnist",
          digits.description,
          samples_of(digits.train),
          {},
          samples_of(digits.test),
          digits_0_to_9(),
          {}};
}

DataSet fashion(const Setting&, const DataRequest& r) {
  using data::datasets::FashionMNIST;
  const data::MnistLocation place = data::find_fashion_mnist(r.folder);
  check<IoError>(place.folder.has_value(), "[data] {}", place.explanation);
  return {"fashion",
          "Fashion-MNIST from " + *place.folder,
          samples_of(FashionMNIST(*place.folder, FashionMNIST::Mode::kTrain)),
          {},
          samples_of(FashionMNIST(*place.folder, FashionMNIST::Mode::kTest)),
          {"T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"},
          {}};
}

DataSet digits(const Setting& s, const DataRequest&) {
  using data::datasets::SyntheticDigits;
  const auto count = static_cast<size_t>(s.whole("count")), test = static_cast<size_t>(s.whole("test"));
  return {"digits",
          fmt::format("{} and {} generated digits", train::format_count(static_cast<double>(count)),
                      train::format_count(static_cast<double>(test))),
          samples_of(SyntheticDigits(count, 1)),
          {},
          samples_of(SyntheticDigits(test, 2)),
          digits_0_to_9(),
          {}};
}

/// Splits a table in a random order; the test part takes every n-th row of each class.
DataSet table_of(const std::string& name, const std::string& description, const data::datasets::Csv& csv,
                 const DataRequest& r) {
  const Samples all{csv.data(), csv.target()};
  if (r.test >= 1) return {name, description, all, {}, all, csv.class_names(), csv.feature_names()};
  const auto* classes = csv.target().data_ptr<int64_t>();
  std::vector<double> seen(csv.class_names().size());
  std::vector<int64_t> train, test;
  for (int64_t i = 0; i < csv.target().numel(); ++i) {
    double& count = seen[static_cast<size_t>(classes[i])];
    const bool is_test = std::floor((count + 1) * r.test + 1e-9) > std::floor(count * r.test + 1e-9);
    count += 1;
    (is_test ? test : train).push_back(i);
  }
  check<ValueError>(!train.empty(), "[data] a test part of {} leaves nothing of {} to train on", r.test, name);
  const Tensor order = tensor(train, kInt64).index_select(0, randperm(static_cast<int64_t>(train.size())));
  return {name,
          description,
          all.rows(order),
          {},
          test.empty() ? Samples() : all.rows(tensor(test, kInt64)),
          csv.class_names(),
          csv.feature_names()};
}

DataSet iris(const Setting&, const DataRequest& r) {
  return table_of("iris", "iris: 150 flowers of 3 species", data::datasets::Iris(), r);
}

DataSet csv(const std::string& file, const DataRequest& r) {
  data::CsvOptions options;
  options.label = r.target;
  options.class_names = r.class_names;
  options.header = header_of(r.header);
  check<ValueError>(!file.empty(), "[data set] csv needs a file: csv:FILE");
  const data::datasets::Csv table(file, options);
  note_header(file, r.header, table.has_header());
  return table_of("csv:" + file,
                  fmt::format("{}: {} rows of {} numbers{}", file, table.target().numel(), table.feature_names().size(),
                              table.has_header() ? "" : ", no header"),
                  table, r);
}

constexpr double kMostSamples = 1e9;

const std::vector<DataSetRow>& data_sets() {
  static const std::vector<DataSetRow> rows{
      {{"mnist", "60,000 and 10,000 handwritten digits of 28 x 28, from mnist/ below --data"}, mnist},
      {{"fashion", "the same number of pictures of clothes, from fashion/ below --data"}, fashion},
      {{"digits",
        "generated digits like MNIST's",
        {whole("count", 1, kMostSamples).defaults_to(60000)},
        {whole("test", 1, kMostSamples).defaults_to(10000)}},
       digits},
      {{"iris", "150 flowers of 3 species by 4 lengths"}, iris},
  };
  return rows;
}

constexpr std::string_view kCsv = "csv:";

DataSet load_whole(const DataRequest& r) {
  if (r.name.starts_with(kCsv)) return csv(r.name.substr(kCsv.size()), r);
  check<ValueError>(r.header == "auto", "[data] --header is for CSV files");
  check<ValueError>(r.name != "csv", "[data set] csv needs a file: csv:FILE");
  check<ValueError>(!r.name.ends_with(".csv"), "[data set] '{}' is a file: did you mean 'csv:{}'?", r.name, r.name);
  const auto chosen = read_setting("data set", r.name, data_sets());
  check<ValueError>(!r.target, "[data] --target is for CSV files");
  DataSet set = chosen.row->load(chosen.setting, r);
  if (set.name == chosen.row->name) set.name = r.name;  // with its parameters
  return set;
}

}  // namespace

Samples Samples::rows(const Tensor& which) const {
  return {data.index_select(0, which), target.index_select(0, which)};
}
Samples Samples::slice(int64_t begin, int64_t end) const {
  return {data.slice(0, begin, end), target.slice(0, begin, end)};
}

Dims DataSet::sizes() const {
  if (!images()) return Dims{train.data.size(1)};
  return Dims{train.data.dim() == 4 ? train.data.size(1) : 1, train.data.size(-2), train.data.size(-1)};
}

std::vector<int64_t> columns_named(const std::vector<std::string>& wanted, const std::vector<std::string>& header,
                                   const std::string& table) {
  std::unordered_map<std::string_view, int64_t> places;
  for (size_t c = 0; c < header.size(); ++c) places.emplace(header[c], static_cast<int64_t>(c));
  std::vector<int64_t> out;
  for (const std::string& name : wanted) {
    const auto at = places.find(name);
    if (at == places.end())
      fail<ValueError>("[csv] {}: no column is named \"{}\"; the columns are {}", table, shortened(name),
                       data::list_of(header));
    out.push_back(at->second);
  }
  return out;
}

void add_header_option(CLI::App& app, std::string& header) {
  app.add_option("--header", header,
                 "of a CSV file: `first` if its first line names the columns, `none` if it is data [as it looks]")
      ->check(models::BaseOptions::one_of({"auto", "first", "none"}));
}

data::CsvHeader header_of(const std::string& option) {
  return option == "first"  ? data::CsvHeader::kFirst
         : option == "none" ? data::CsvHeader::kNone
                            : data::CsvHeader::kAuto;
}

void note_header(const std::string& file, const std::string& option, bool has_header) {
  if (!has_header && option == "auto")
    fmt::print(stderr,
               "note: {}: the first line contains numbers and is read as data, the columns are named c1, c2 ...; "
               "--header first uses it as their names\n",
               file);
}

std::string data_set_reference() {
  return reference(data_sets()) +
         fmt::format("  {:<22} {}\n", "csv:FILE", "rows of numbers and a class, with or without a header");
}

DataSet load_data_set(const DataRequest& r) {
  DataSet set = load_whole(r);
  check<ValueError>(set.train.size() > 0, "[data] the training part of {} is empty", set.name);
  check<ValueError>(set.test.size() > 0, "[data] a test part of {} leaves nothing of {} to test on", r.test, set.name);
  if (r.samples) {
    check<ValueError>(*r.samples <= set.train.size(), "[data] {} samples cannot be drawn from {}", *r.samples,
                      set.train.size());
    set.train = set.train.rows(randperm(set.train.size()).slice(0, 0, *r.samples));
  }
  if (r.validation > 0) {
    const auto kept = static_cast<int64_t>(std::floor(static_cast<double>(set.train.size()) * (1 - r.validation)));
    if (!r.needs_validation && (kept == 0 || kept == set.train.size())) return set;
    check<ValueError>(kept > 0 && kept < set.train.size(), "[data] a validation part of {} of {} samples leaves {}",
                      r.validation, set.train.size(), kept);
    set.validation = set.train.slice(kept, set.train.size());
    set.train = set.train.slice(0, kept);
  }
  return set;
}

}  // namespace command
