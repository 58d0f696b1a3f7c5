// Signals that request the end of a run.
#include "weft/train/stop_signals.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <thread>

#include "weft/weft.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(stop_signals)

BOOST_AUTO_TEST_CASE(a_signal_is_noted_and_handlers_come_back) {
  struct sigaction before, after;
  sigaction(SIGINT, nullptr, &before);
  {
    train::StopSignals signals;
    BOOST_TEST(train::stopped_by() == 0);
    raise(SIGTERM);
    BOOST_TEST(train::stopped_by() == SIGTERM);
    // A second one of the same kind has the default effect: the end of the process.
    struct sigaction now;
    sigaction(SIGTERM, nullptr, &now);
    BOOST_TEST((now.sa_handler == SIG_DFL));
  }
  sigaction(SIGINT, nullptr, &after);
  BOOST_TEST((after.sa_handler == before.sa_handler));
  BOOST_TEST(train::stopped_by() == SIGTERM);
  // One that replaces another.
  auto run = std::make_unique<train::StopSignals>();
  run = std::make_unique<train::StopSignals>();
  raise(SIGINT);
  BOOST_TEST(train::stopped_by() == SIGINT);
  run.reset();
  sigaction(SIGINT, nullptr, &after);
  BOOST_TEST((after.sa_handler == before.sa_handler));
  train::StopSignals again;
  BOOST_TEST(train::stopped_by() == 0);
}

// Products of these sizes spend most of their time with oneDNN's stack pointer in the heap: on the stack of the thread,
// a handler would overwrite the heap at almost every signal.
BOOST_AUTO_TEST_CASE(a_signal_within_a_product_changes_nothing) {
  manual_seed(1);
  const Tensor x = randn({64, 4096}), w = randn({48, 4096});
  const Tensor expected = x.matmul(w.t());
  std::atomic<bool> wanted{false}, done{false};
  bool same = true;
  // On a separate thread, since Boost.Test gives the first one a stack for handlers.
  std::thread trainer([&] {
    for (int i = 0; i < 200; ++i) {
      train::StopSignals signals;
      wanted = true;
      while (!train::stopped_by()) same = same && x.matmul(w.t()).equal(expected);
    }
    done = true;
  });
  while (!done)
    if (wanted.exchange(false)) pthread_kill(trainer.native_handle(), SIGINT);
  trainer.join();
  BOOST_TEST(same);
}

BOOST_AUTO_TEST_SUITE_END()
