#include "weft/app/kept_options.h"

#include <algorithm>
#include <filesystem>

#include "weft/data/csv_text.h"
#include "weft/tensor/error.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/folder_lock.h"
#include "weft/train/output_folder.h"

namespace models {
using namespace weft;
namespace fs = std::filesystem;

namespace {

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_flag(const CLI::Option* option) { return option->get_expected_max() == 0; }

/// The value of an option; "" for a flag that is not set.
std::string given(const CLI::Option* option) {
  if (is_flag(option)) return option->as<bool>() ? "yes" : "";
  return CLI::detail::join(option->results(), " ");
}

/// The default value; several values in the form of `given`: CLI11 writes [1,255].
std::string default_of(const CLI::Option* option) {
  std::string out = option->get_default_str();
  if (option->get_expected_max() < 2 || !out.starts_with('[') || !out.ends_with(']')) return out;
  out = out.substr(1, out.size() - 2);
  std::replace(out.begin(), out.end(), ',', ' ');
  return out;
}

}  // namespace

bool KeepingRules::same_value(const std::string& option, const std::string& now, const std::string& then) {
  if (option == "--seed") return now == then;  // which may exceed the precision of a double
  const auto a = CLI::detail::split(now, ' '), b = CLI::detail::split(then, ' ');
  auto same_word = [](const std::string& p, const std::string& q) {
    const auto x = data::number_in(p), y = data::number_in(q);
    return x && y ? *x == *y : p == q;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_word);
}

GivenOptions given_options(const CLI::App& app) {
  GivenOptions out;
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr()) continue;
    const std::string value = option->count() > 0 ? given(option) : default_of(option);
    if (!value.empty()) out.emplace_back(option->get_name(), value);
  }
  return out;
}

GivenOptions kept(const CLI::App& app, const KeepingRules& rules) {
  GivenOptions out = given_options(app);
  std::erase_if(out, [&](const auto& option) { return among(rules.not_kept, option.first); });
  return out;
}

std::vector<std::string> resumed_arguments(const CLI::App& app, int argc, char** argv, const GivenOptions& then,
                                           const std::string& run, const KeepingRules& rules) {
  std::vector<std::string> out(argv, argv + argc);
  for (const auto& [name, value] : then) {
    const CLI::Option* option = app.get_option_no_throw(name);
    if (!option) continue;
    if (option->count() > 0 && !among(rules.growing, name)) {
      check<ValueError>(among(rules.free, name) || rules.same(name, given(option), value),
                        "[resume] {} {}: the run in {} has {} {}; leave it out, or start another run", name,
                        given(option).empty() ? "no" : given(option), run, name, value);
    } else if (name != "--steps" ||
               app.count("--epochs") == 0) {  // with --epochs given, a run of steps becomes one of epochs
      const int most = option->get_expected_max();
      out.push_back(name + (most == 1 ? "=" + value : ""));
      if (most > 1)
        for (const std::string& part : CLI::detail::split(value, ' ')) out.push_back(part);
    }
  }
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    const bool known = std::any_of(then.begin(), then.end(), [&](const auto& o) { return o.first == name; });
    check<ValueError>(option->count() == 0 || given(option).empty() || known || among(rules.free, name) ||
                          among(rules.not_kept, name),
                      "[resume] the run in {} has no {}; leave it out, or start another run", run, name);
  }
  return out;
}

train::Notes notes_on(const train::DigitSets& digits, const std::string& program) {
  train::Notes notes{.program = program, .data_set = digits.generated ? "digits" : "mnist", .sizes = {1, 28, 28}};
  for (int digit = 0; digit < 10; ++digit) notes.class_names.push_back(std::to_string(digit));
  return notes;
}

std::string resumed_path(const std::string& resume, const std::optional<std::string>& out) {
  check<ValueError>(!resume.empty() || out, "[resume] --resume without a folder needs --out");
  const std::string path = resume.empty() ? *out : resume;
  if (resume.empty()) train::check_run_folder(path);
  return path;
}

std::optional<train::Notes> notes_of_run(const std::string& path, const std::string& program) {
  const bool is_folder = fs::is_directory(path);
  const std::string file = is_folder ? path + "/last.safetensors" : path;
  std::optional<train::Notes> notes;
  if (is_folder && !fs::exists(file)) {  // killed before its first checkpoint: its lock file has its options
    if (const std::string text = train::lock_note(path); !text.empty()) notes = train::notes_of(text, path);
  } else {
    notes = train::notes_in(load_safetensors(file).metadata, file);
  }
  check<StateError>(!notes || notes->program == program, "[resume] {} is a run of {}, not of {}", path,
                    notes ? notes->program : "", program);
  return notes;
}

}  // namespace models
