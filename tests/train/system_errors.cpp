// Errors contain the system's reason for this failure, not one left by an earlier call.
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fstream>

#include "weft/tensor/error.h"
#include "weft/train/output_folder.h"
#include "weft/train/sweep.h"

using namespace weft;

namespace {

template <class F>
void check_reason(F f) {
  errno = EDOM;  // an earlier call may leave it
  BOOST_CHECK_EXCEPTION(f(), IoError, [](const IoError& e) {
    return std::string(e.what()).find("No such file or directory") != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(system_errors)

BOOST_AUTO_TEST_CASE(tell_the_reason_of_this_call) {
  const std::string path = "/no-such-folder/file";
  check_reason([&] { train::check_writable(path); });
  check_reason([&] { train::Sweep({}, path); });
  check_reason([&] { check_system(std::ifstream(path).good(), "[test] {} cannot be read", path); });
}

BOOST_AUTO_TEST_SUITE_END()
