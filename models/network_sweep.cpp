#include "weft/models/network_sweep.h"

#include <algorithm>
#include <filesystem>

#include "weft/report/report.h"
#include "weft/report/sweep_report.h"

namespace models {
using namespace weft;

namespace {

constexpr int64_t kChartColumns = 3;

train::Notes notes_of(const SweepOptions& o, const train::DigitSets& digits) {
  train::Notes notes = notes_on(digits, o.program);
  notes.options = o.kept();
  return notes;
}

std::unique_ptr<train::SweepFolder> folder_of(const SweepOptions& o, const train::DigitSets& digits) {
  if (!o.resume && !o.out) return nullptr;
  const std::string path = o.resume ? resumed_path(*o.resume, o.out) : *o.out;
  return std::make_unique<train::SweepFolder>(path, o.resume.has_value(), notes_of(o, digits));
}

/// Removes duplicates; the first `added` come after those that a sweep already has.
template <class T>
void join(std::vector<T>& list, size_t added) {
  std::rotate(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(added), list.end());
  std::vector<T> once;
  for (const T& value : list)
    if (std::find(once.begin(), once.end(), value) == once.end()) once.push_back(value);
  list = once;
}

}  // namespace

void SweepOptions::parse(int argc, char** argv) {
  app.add_option("--hidden", hidden, "hidden units; several, separated by spaces or commas")
      ->delimiter(',')
      ->check(count())
      ->capture_default_str();
  app.add_option("--lr", rates, "learning rates; several, separated by spaces or commas")
      ->delimiter(',')
      ->check(number("at least 0", [](double v) { return v >= 0; }))
      ->capture_default_str();
  app.add_option("--epochs", epochs, "passes over the images, at most")->check(count())->capture_default_str();
  app.add_option("--images", images, "training images, the first of the set")->check(count())->capture_default_str();
  app.add_option("--out", out, "folder for the results, report.html and a run's folder for each network");
  app.add_option("--resume", resume,
                 "resume the sweep in this folder (default: that of --out); --hidden and --lr are "
                 "added to its own")
      ->expected(0, 1);
  app.add_flag("--allow-nan", allow_nan,
               "continue networks whose loss is not finite; otherwise they have no results, and the exit code is 3");
  app.add_option("--results", results, "store only the results, in this file; networks in it are not trained again");
  app.add_option("--chart", chart, "draw the results into this file (.png or .svg)");
  BaseOptions::parse(argc, argv);
  program = name_of(argv);
  rules_.free = {"--threads", "--data", "--chart", "--allow-nan"};
  rules_.growing = {"--hidden", "--lr"};
  rules_.not_kept = {"--out", "--resume", "--threads", "--data", "--chart", "--allow-nan"};
  const size_t sizes = resume ? app.count("--hidden") : 0, rates_told = resume ? app.count("--lr") : 0;
  if (resume) {
    const std::string folder = resumed_path(*resume, out);
    std::error_code error;  // for a folder that does not exist
    check<ValueError>(!out || *out == folder || std::filesystem::equivalent(folder, *out, error),
                      "[resume] a sweep resumed in {} cannot write to {}", folder, out.value_or(""));
    read_resumed(argc, argv, folder, train::notes_of_sweep(folder, program).options, rules_);
  }
  join(hidden, sizes);
  join(rates, rates_told);
  check<ValueError>(!results || !(out || resume), "[sweep] the folder of --out stores the results: omit --results");
  if (chart) train::check_chart_name(*chart);
}

GivenOptions SweepOptions::kept() const {
  GivenOptions out = models::kept(app, rules_);
  const GivenOptions chosen{{"--hidden", fmt::format("{}", fmt::join(hidden, " "))},
                            {"--lr", fmt::format("{}", fmt::join(rates, " "))},
                            {"--epochs", fmt::format("{}", epochs)}};
  for (auto& [name, value] : out)
    for (const auto& [option, now] : chosen)
      if (name == option) value = now;
  return out;
}

NetworkSweep::NetworkSweep(const SweepOptions& options, const train::DigitSets& digits,
                           std::vector<train::SweepColumn> columns, size_t networks)
    : options_(options),
      data_(
          fmt::format("{} images of {}", train::format_count(static_cast<double>(options.images)), digits.description)),
      notes_(notes_of(options, digits)),
      networks_(networks),
      folder_(folder_of(options, digits)),
      sweep_(std::move(columns), folder_ ? std::optional(folder_->results()) : options.results) {
  if (options.chart) train::check_writable(*options.chart);
  fmt::print("{}, {} threads\n", data_, get_num_threads());
}

train::RunOptions NetworkSweep::run_options(const train::Numbers& settings, const Inputs& inputs) const {
  train::Notes notes = notes_;
  notes.scale = inputs.scale, notes.loss = inputs.loss;
  notes.options.clear();
  train::RunOptions run;
  run.quiet = true;
  run.write_report = train::write_report;
  run.allow_nan = options_.allow_nan;
  run.label = fmt::format("{}/{} {}: ", begun_, networks_, sweep_.name_of(settings));
  for (const auto& [name, value] : settings) notes.options.emplace_back(name, fmt::format("{}", value));
  run.about.title = fmt::format("{}: {}", options_.program, sweep_.name_of(settings));
  run.about.data = data_;
  run.about.class_names = notes.class_names;
  run.about.options = notes.options;
  run.about.options.emplace_back("threads", fmt::format("{}", get_num_threads()));
  run.about.metadata = metadata_of(notes);
  if (folder_) folder_->place(run, sweep_.name_of(settings));
  return run;
}

void NetworkSweep::train(const train::Numbers& settings, const Inputs& inputs, const Work& work) {
  ++begun_;
  if (train::stopped_by()) return;
  sweep_.run(settings, [&] {
    manual_seed(options_.seed);
    train::Numbers results;
    try {
      results = work(run_options(settings, inputs));
    } catch (const train::NotFinite& e) {  // the other networks do not depend on this one
      ++failed_;
      fmt::print(stderr, "{}: {}\n", sweep_.name_of(settings), e.what());
      return train::Numbers();
    }
    if (train::stopped_by()) return train::Numbers();
    // New options count from the first network trained with them.
    if (folder_ && options_.resume) folder_->save_notes(notes_);
    return results;
  });
}

void NetworkSweep::write_report(const std::vector<train::Chart>& charts) const {
  train::SweepReport report{options_.program, data_, charts, sweep_.table()};
  if (sweep_.table().rows().size() < networks_)
    report.subtitle += fmt::format("; {} of {} networks", sweep_.table().rows().size(), networks_);
  for (const std::string& name : sweep_.names())
    report.links.push_back(std::filesystem::exists(folder_->file(name)) ? name + "/report.html" : "");
  report.options = notes_.options;
  report.options.emplace_back("threads", fmt::format("{}", get_num_threads()));
  write_sweep_report(folder_->report(), report);
}

int NetworkSweep::finish(const std::vector<train::Chart>& charts) {
  const size_t done = sweep_.table().rows().size();
  if (done > 0) fmt::print("\n{}", sweep_.table().text());
  if (folder_) write_report(charts);
  if (done > 0 && options_.chart) train::write_charts(*options_.chart, charts, kChartColumns);
  if (done + failed_ < networks_)
    fmt::print("interrupted after {} of {} networks{}\n", done, networks_,
               folder_            ? "; resume with --resume " + folder_->path()
               : options_.results ? "; the same command continues after them"
                                  : "");
  else if (folder_)
    fmt::print("saved to {}: report.html, results.jsonl and a folder for each network\n", folder_->path());
  if (failed_ > 0)
    fmt::print(stderr, "error: {} of {} networks have no results: use --allow-nan\n", failed_, networks_);
  return failed_ > 0 ? kNotFinite : 0;
}

}  // namespace models
