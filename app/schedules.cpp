#include "weft/app/tables.h"
#include "weft/optim/optim.h"

namespace command {
using namespace weft;
using namespace weft::optim;
using nn::lang::flag;
using nn::lang::list;
using nn::lang::number;
using nn::lang::whole;

namespace {

constexpr double kMany = 1e12;
constexpr size_t kMostNumbers = 64;

Field by_step() { return flag("by_step").says("count steps"); }

/// A schedule that keeps an epoch's value during its steps.
std::unique_ptr<LRScheduler> held(Optimizer& optimizer, const LRScheduler& of_epochs, int64_t steps_per_epoch) {
  return std::make_unique<LRScheduler>(
      optimizer, of_epochs.name(),
      [schedule = of_epochs.schedule(), steps_per_epoch](double base, int64_t step, size_t group) {
        return schedule(base, step / steps_per_epoch, group);
      });
}

/// A formula counted in epochs, or in steps if the setting says so.
MadeSchedule counted(const Setting& s, Optimizer& optimizer, const RunLength& length, const LRScheduler& formula) {
  return {held(optimizer, formula, s.has("by_step") ? 1 : length.steps_per_epoch)};
}

MadeSchedule cosine(const Setting& s, Optimizer& optimizer, const RunLength& length) {
  const bool epochs = s.has("by_epoch");
  const int64_t unit = epochs ? 1 : length.steps_per_epoch;
  const int64_t total = epochs ? (length.steps + length.steps_per_epoch - 1) / length.steps_per_epoch : length.steps;
  const bool has_factors = s.has("factors");
  const int64_t warmup = has_factors ? static_cast<int64_t>(s.numbers("factors").size()) : s.whole("warmup");
  check<ValueError>(!has_factors || s.whole("warmup") == 0, "[cosine] takes warmup or factors, not both");
  check<ValueError>(s.has("restart") || s.whole("mult") == 1, "[cosine] mult is for restarts: give restart, too");
  check<ValueError>(!s.has("start") || !has_factors, "[cosine] takes start or factors, not both");
  check<ValueError>(!s.has("start") || warmup > 0, "[cosine] start is for a warmup: give it, too");
  check<ValueError>(warmup < total, "[cosine] {} {} of warm-up leave nothing of {}", warmup,
                    epochs ? "epochs" : "steps", total);
  WarmupCosineLROptions o(warmup, total);
  o.eta_min(s.number("min"));
  if (has_factors) o.factors(s.numbers("factors"));
  if (s.has("start")) o.start_factor(s.number("start"));
  if (s.has("restart")) o.restart_every(s.whole("restart") * unit).restart_mult(s.whole("mult"));
  return {held(optimizer, WarmupCosineLR(optimizer, o), epochs ? length.steps_per_epoch : 1)};
}

MadeSchedule one_cycle(const Setting& s, Optimizer& optimizer, const RunLength& length) {
  OneCycleLROptions o(optimizer.lr(), length.steps);
  o.pct_start(s.number("start")).div_factor(s.number("div")).final_div_factor(s.number("final_div"));
  o.cycle_momentum(s.has("momentum"));
  if (s.has("linear")) o.anneal_strategy(Anneal::Linear);
  return {std::make_unique<OneCycleLR>(optimizer, o)};
}

MadeSchedule plateau(const Setting& s, Optimizer& optimizer, const RunLength&) {
  return {{},
          std::make_unique<ReduceLROnPlateau>(optimizer, ReduceLROnPlateau::min, s.number("factor"),
                                              s.whole("patience"), s.number("threshold"), ReduceLROnPlateau::rel,
                                              s.whole("cooldown"), std::vector<double>{s.number("min")})};
}

}  // namespace

const std::vector<ScheduleRow>& schedules() {
  static const std::vector<ScheduleRow> rows{
      {{"constant", "a constant rate"}, [](const Setting&, Optimizer&, const RunLength&) { return MadeSchedule(); }},
      {{"step",
        "multiplies by gamma every N epochs",
        {whole("every", 1, kMany)},
        {number("gamma", 0, kMany).defaults_to(0.1), by_step()}},
       [](const Setting& s, Optimizer& o, const RunLength& l) {
         return counted(s, o, l, StepLR(o, s.whole("every"), s.number("gamma")));
       }},
      {{"milestones",
        "multiplies by gamma at each of these epochs",
        {list("at", 1, kMany, kMostNumbers)},
        {number("gamma", 0, kMany).defaults_to(0.1), by_step()}},
       [](const Setting& s, Optimizer& o, const RunLength& l) {
         const auto& at = s.numbers("at");
         return counted(s, o, l, MultiStepLR(o, std::vector<int64_t>(at.begin(), at.end()), s.number("gamma")));
       }},
      {{"exponential", "multiplies by gamma after every epoch", {number("gamma", 0, kMany)}, {by_step()}},
       [](const Setting& s, Optimizer& o, const RunLength& l) {
         return counted(s, o, l, ExponentialLR(o, s.number("gamma")));
       }},
      {{"linear",
        "a linear factor over the complete run",
        {},
        {number("start", 0, kMany).defaults_to(1), number("end", 0, kMany).defaults_to(0)}},
       [](const Setting& s, Optimizer& o, const RunLength& l) -> MadeSchedule {
         return {std::make_unique<LinearLR>(o, s.number("start"), s.number("end"), l.steps)};
       }},
      {{"polynomial", "falls to 0 over the complete run", {number("power", 0, 100).defaults_to(1)}, {}},
       [](const Setting& s, Optimizer& o, const RunLength& l) -> MadeSchedule {
         return {std::make_unique<PolynomialLR>(o, l.steps, s.number("power"))};
       }},
      {{"cosine",
        "falls along half a cosine over the complete run",
        {},
        {number("min", 0, kMany).defaults_to(0),
         whole("warmup", 0, kMany).defaults_to(0).says("steps of linear warm-up"),
         number("start", 0, 1).says("factor of the first step"),
         list("factors", 0, kMany, kMostNumbers).says("of the first steps, instead of a warm-up"),
         whole("restart", 1, kMany).says("epochs of the first cosine"),
         whole("mult", 1, kMany).defaults_to(1).says("growth of each further one"),
         flag("by_epoch").says("change and count per epoch")}},
       cosine},
      {{"one_cycle",
        "rises to the rate and falls to 0 over the complete run",
        {},
        {number("start", 0, 1).defaults_to(0.3).says("fraction that rises"),
         number("div", 1, kMany).defaults_to(25).says("initial rate: the rate / div"),
         number("final_div", 1, kMany).defaults_to(1e4), flag("linear").says("linear, not cosines"),
         flag("momentum").says("varies inversely to the rate")}},
       one_cycle},
      {{"plateau",
        "multiplies by factor when the loss of --early-stop has not fallen",
        {},
        {whole("patience", 0, kMany).defaults_to(10), number("factor", 0, 1).defaults_to(0.1),
         number("threshold", 0, 1).defaults_to(1e-4), whole("cooldown", 0, kMany).defaults_to(0),
         number("min", 0, kMany).defaults_to(0)}},
       plateau},
  };
  return rows;
}

}  // namespace command
