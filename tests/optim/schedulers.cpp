// Compares the schedulers with PyTorch's rates, and tests their further behaviour.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "weft/optim/optim.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::optim;

BOOST_AUTO_TEST_SUITE(schedulers)

namespace {

nlohmann::json golden() {
  std::ifstream file(WEFT_TEST_DIR "/golden/schedulers.json");
  return nlohmann::json::parse(file);
}

Tensor parameter() { return ones({2}).set_requires_grad(true); }

/// The rates of `count` steps of a scheduler constructed by `make` for base rate 0.1.
template <class Make>
std::vector<double> rates(size_t count, Make make) {
  SGD optimizer({parameter()}, SGDOptions(0.1).momentum(0.9));
  auto scheduler = make(optimizer);
  std::vector<double> out;
  for (size_t i = 0; i < count; ++i) {
    if (i) scheduler.step();
    out.push_back(optimizer.lr());
    BOOST_TEST(scheduler.get_last_lr() == std::vector<double>{optimizer.lr()});
  }
  return out;
}

void check_close(const std::vector<double>& got, const std::vector<double>& want) {
  BOOST_REQUIRE_EQUAL(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i)
    BOOST_TEST(std::abs(got[i] - want[i]) <= 1e-9 * std::abs(want[i]) + 1e-17,
               "step " << i << ": " << got[i] << " instead of " << want[i]);
}

struct Row {
  const char* name;
  std::function<std::vector<double>(size_t)> run;
};
#define WEFT_ROW(name, ...)                                                           \
  Row {                                                                               \
    name, [](size_t n) { return rates(n, [](Optimizer& o) { return __VA_ARGS__; }); } \
  }

const Row kRows[] = {
    WEFT_ROW("StepLR(step_size=5,gamma=0.5)", StepLR(o, 5, 0.5)),
    WEFT_ROW("MultiStepLR(milestones={3,10,11},gamma=0.1)", MultiStepLR(o, {3, 10, 11}, 0.1)),
    WEFT_ROW("ExponentialLR(gamma=0.9)", ExponentialLR(o, 0.9)),
    WEFT_ROW("CosineAnnealingLR(T_max=10,eta_min=0.001)", CosineAnnealingLR(o, 10, 0.001)),
    WEFT_ROW("CosineAnnealingWarmRestarts(T_0=4,T_mult=2,eta_min=0.001)", CosineAnnealingWarmRestarts(o, 4, 2, 0.001)),
    WEFT_ROW("LinearLR(start_factor=0.25,total_iters=5)", LinearLR(o, 0.25, 1, 5)),
    WEFT_ROW("PolynomialLR(total_iters=8,power=2)", PolynomialLR(o, 8, 2)),
    WEFT_ROW("OneCycleLR(max_lr=0.4,total_steps=20,pct_start=0.3,anneal=cos)", OneCycleLR(o, 0.4, 20)),
    WEFT_ROW("LinearLR(0.1,total_iters=4) then CosineAnnealingLR(T_max=20) from step 4",
             SequentialLR(o, {LinearLR(o, 0.1, 1, 4), CosineAnnealingLR(o, 20)}, {4})),
    WEFT_ROW("seed: cosine restarts every 3 epochs between 1e-4 and 0.1, times warm-up {0:0.01,1:0.1,2:1}, per epoch",
             WarmupCosineLR(o, WarmupCosineLROptions(3, 10).factors({0.01, 0.1, 1}).restart_every(3).eta_min(1e-4))),
};

}  // namespace

BOOST_AUTO_TEST_CASE(rates_are_pytorchs) {
  auto want = golden();
  size_t seen = 0;
  for (const Row& row : kRows) BOOST_TEST_CONTEXT(row.name) {
      auto numbers = want.at(row.name).get<std::vector<double>>();
      check_close(row.run(numbers.size()), numbers);
      ++seen;
    }
  BOOST_TEST(seen + 1 == want.size());  // ReduceLROnPlateau has its own test
}

BOOST_AUTO_TEST_CASE(plateau_is_pytorchs) {
  auto want =
      golden().at("ReduceLROnPlateau(factor=0.5,patience=2),metric=max(1-0.1*s,0.6)").get<std::vector<double>>();
  SGD optimizer({parameter()}, 0.1);
  ReduceLROnPlateau scheduler(optimizer, ReduceLROnPlateau::min, 0.5, 2);
  std::vector<double> got;
  for (size_t s = 0; s < want.size(); ++s) {
    got.push_back(optimizer.lr());
    scheduler.step(std::max(1 - 0.1 * static_cast<double>(s), 0.6));
  }
  check_close(got, want);
}

BOOST_AUTO_TEST_CASE(the_seeds_row_is_a_chain_too) {
  auto want = golden().at(kRows[9].name).get<std::vector<double>>();
  check_close(rates(want.size(),
                    [](Optimizer& o) {
                      return ChainedScheduler(o,
                                              {CosineAnnealingWarmRestarts(o, 3, 1, 1e-4), LambdaLR(o, [](int64_t t) {
                                                 return t == 0 ? 0.01 : t == 1 ? 0.1 : 1.;
                                               })});
                    }),
              want);
}

BOOST_AUTO_TEST_CASE(chained_factors_multiply) {
  check_close(rates(5,
                    [](Optimizer& o) {
                      return ChainedScheduler(o, {ConstantLR(o, 0.1, 2), ExponentialLR(o, 0.9)});
                    }),
              {0.01, 0.009, 0.081, 0.0729, 0.06561});
}

BOOST_AUTO_TEST_CASE(warmup_goes_up_a_line_and_down_a_cosine) {
  check_close(rates(9, [](Optimizer& o) { return WarmupCosineLR(o, 3, 7); }),
              {0.025, 0.05, 0.075, 0.1, 0.05 * (1 + std::sqrt(0.5)), 0.05, 0.05 * (1 - std::sqrt(0.5)), 0, 0});
  check_close(rates(7,
                    [](Optimizer& o) {
                      return WarmupCosineLR(
                          o,
                          WarmupCosineLROptions(2, 7).start_factor(0.5).restart_every(1).restart_mult(2).eta_min(0.02));
                    }),
              {0.05, 0.075, 0.1, 0.1, 0.06, 0.1, 0.02 + 0.04 * (1 + std::sqrt(0.5))});
}

BOOST_AUTO_TEST_CASE(one_cycle_moves_momentum_against_the_rate) {
  SGD sgd({parameter()}, SGDOptions(0.1).momentum(0.5));
  OneCycleLR cycle(sgd, OneCycleLROptions(0.4, 20));
  auto momentum = [&] { return static_cast<SGDOptions&>(sgd.param_groups()[0].options()).momentum(); };
  BOOST_TEST(momentum() == 0.95);
  for (int i = 0; i < 5; ++i) cycle.step();
  BOOST_TEST(sgd.lr() == 0.4);
  BOOST_TEST(momentum() == 0.85);
  for (int i = 0; i < 14; ++i) cycle.step();
  BOOST_CHECK_CLOSE(momentum(), 0.95, 1e-10);
  cycle.step();  // the step after the last batch stays at the end
  BOOST_CHECK_CLOSE(sgd.lr(), 1.6e-6, 1e-8);
  BOOST_CHECK_THROW(cycle.step(), StateError);
  BOOST_TEST(cycle.last_epoch() == 20);

  Adam adam({parameter()}, AdamOptions().betas({0.7, 0.9}));
  OneCycleLR of_adam(adam, OneCycleLROptions(0.4, 20));
  BOOST_TEST(std::get<0>(static_cast<AdamOptions&>(adam.param_groups()[0].options()).betas()) == 0.95);
  BOOST_TEST(std::get<1>(static_cast<AdamOptions&>(adam.param_groups()[0].options()).betas()) == 0.9);
  Adagrad adagrad({parameter()});
  BOOST_CHECK_THROW(OneCycleLR(adagrad, OneCycleLROptions(0.4, 20)), ValueError);
  OneCycleLR without(adagrad, OneCycleLROptions(0.4, 20).cycle_momentum(false));
  BOOST_CHECK_CLOSE(adagrad.lr(), 0.016, 1e-10);
}

BOOST_AUTO_TEST_CASE(one_cycle_in_three_linear_phases) {
  check_close(rates(11,
                    [](Optimizer& o) {
                      return OneCycleLR(o, OneCycleLROptions(1, 11)
                                               .pct_start(4. / 11)
                                               .three_phase(true)
                                               .anneal_strategy(Anneal::Linear)
                                               .div_factor(4)
                                               .final_div_factor(10));
                    }),
              {0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0.19375, 0.1375, 0.08125, 0.025});
}

BOOST_AUTO_TEST_CASE(groups_keep_their_own_rates) {
  SGD optimizer({OptimizerParamGroup({parameter()}), OptimizerParamGroup({parameter()}, SGDOptions(0.5))}, 0.1);
  StepLR scheduler(optimizer, 1, 0.5);
  scheduler.step();
  check_close(scheduler.get_last_lr(), {0.05, 0.25});
  LambdaLR by_group(optimizer, {[](int64_t) { return 1.; }, [](int64_t) { return 2.; }});
  check_close(by_group.get_last_lr(), {0.1, 1});
  OneCycleLR cycle(optimizer, OneCycleLROptions({1, 2}, 10).div_factor(4).cycle_momentum(false));
  check_close(cycle.get_last_lr(), {0.25, 0.5});
  BOOST_CHECK_CLOSE(cycle.rate_at(2, 1), 2, 1e-9);
}

BOOST_AUTO_TEST_CASE(set_lr_gives_the_base_rate) {
  SGD optimizer({parameter()}, 0.1);
  ExponentialLR scheduler(optimizer, 0.5);
  scheduler.step();
  BOOST_CHECK_CLOSE(optimizer.lr(), 0.05, 1e-10);
  optimizer.set_lr(0.8);
  BOOST_TEST(optimizer.lr() == 0.8);
  scheduler.step();
  BOOST_CHECK_CLOSE(optimizer.lr(), 0.2, 1e-10);
  BOOST_CHECK_THROW(optimizer.set_lr(-1), ValueError);
  BOOST_CHECK_THROW(optimizer.set_lr(std::nan("")), ValueError);
}

BOOST_AUTO_TEST_CASE(a_saved_scheduler_goes_on) {
  for (int stop : {0, 3, 7}) {
    SGD a({parameter()}, 0.1), b({parameter()}, 0.7);
    SequentialLR one(a, {LinearLR(a, 0.1, 1, 4), CosineAnnealingLR(a, 20)}, {4});
    for (int i = 0; i < stop; ++i) one.step();
    SequentialLR other(b, {LinearLR(b, 0.1, 1, 4), CosineAnnealingLR(b, 20)}, {4});
    other.load_state_dict(one.state_dict());
    BOOST_TEST(other.last_epoch() == stop);
    for (int i = 0; i < 5; ++i) {
      one.step(), other.step();
      BOOST_TEST(a.lr() == b.lr());
    }
  }
  SGD o({parameter()}, 0.1);
  StepLR step(o, 3);
  ExponentialLR exponential(o, 0.9);
  BOOST_CHECK_THROW(step.load_state_dict(exponential.state_dict()), StateError);
  BOOST_CHECK_THROW(step.load_state_dict({}), StateError);
  Metadata bad = step.state_dict();
  bad["last_epoch"] = "many";
  BOOST_CHECK_THROW(step.load_state_dict(bad), StateError);
}

BOOST_AUTO_TEST_CASE(a_saved_plateau_goes_on) {
  SGD a({parameter()}, 0.1), b({parameter()}, 0.1);
  ReduceLROnPlateau one(a, ReduceLROnPlateau::max, 0.5, 1, 0.01, ReduceLROnPlateau::abs, 2, {0.02});
  ReduceLROnPlateau other(b, ReduceLROnPlateau::max, 0.5, 1, 0.01, ReduceLROnPlateau::abs, 2, {0.02});
  const std::vector<double> metrics{1, 2, 2, 1.9, 3, 3, 3, 3, 3, 3.005, 3, 3, 3, 3, 3};
  for (size_t i = 0; i < metrics.size(); ++i) {
    other.load_state_dict(one.state_dict());
    b.set_lr(a.lr());
    one.step(metrics[i]), other.step(metrics[i]);
    BOOST_TEST(a.lr() == b.lr());
  }
  BOOST_TEST(a.lr() == 0.02);  // the lower bound
  BOOST_CHECK_THROW(one.load_state_dict({}), StateError);
}

BOOST_AUTO_TEST_CASE(arguments_outside_their_range) {
  SGD o({parameter()}, 0.1);
  BOOST_CHECK_THROW(StepLR(o, 0), ValueError);
  BOOST_CHECK_THROW(ConstantLR(o, 1.5), ValueError);
  BOOST_CHECK_THROW(LinearLR(o, 0), ValueError);
  BOOST_CHECK_THROW(LinearLR(o, 0.1, 1, 0), ValueError);
  BOOST_CHECK_THROW(PolynomialLR(o, 0), ValueError);
  BOOST_CHECK_THROW(CosineAnnealingLR(o, 0), ValueError);
  BOOST_CHECK_THROW(CosineAnnealingWarmRestarts(o, 0), ValueError);
  BOOST_CHECK_THROW(CosineAnnealingWarmRestarts(o, 1, 0), ValueError);
  BOOST_CHECK_THROW(SequentialLR(o, {}, {}), ValueError);
  BOOST_CHECK_THROW(SequentialLR(o, {StepLR(o, 1), StepLR(o, 2)}, {}), ValueError);
  BOOST_CHECK_THROW(SequentialLR(o, {StepLR(o, 1), StepLR(o, 2), StepLR(o, 2)}, {5, 3}), ValueError);
  BOOST_CHECK_THROW(ChainedScheduler(o, {}), ValueError);
  BOOST_CHECK_THROW(OneCycleLR(o, 0.1, 0), ValueError);
  BOOST_CHECK_THROW(OneCycleLR(o, OneCycleLROptions(0.1, 5).pct_start(1.5)), ValueError);
  BOOST_CHECK_THROW(OneCycleLR(o, OneCycleLROptions({1, 2}, 5)), ValueError);
  BOOST_CHECK_THROW(WarmupCosineLR(o, 5, 5), ValueError);
  BOOST_CHECK_THROW(WarmupCosineLR(o, WarmupCosineLROptions(2, 5).factors({1})), ValueError);
  BOOST_CHECK_THROW(ReduceLROnPlateau(o, ReduceLROnPlateau::min, 1), ValueError);
  BOOST_CHECK_THROW(ReduceLROnPlateau(o, ReduceLROnPlateau::min, 0.1, -1), ValueError);
  BOOST_CHECK_THROW((ReduceLROnPlateau(o, ReduceLROnPlateau::min, 0.1, 1, 1e-4, ReduceLROnPlateau::rel, 0, {0, 0})),
                    ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
