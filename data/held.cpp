#include "weft/data/held.h"

namespace weft::data::datasets::detail {
namespace {

thread_local bool t_deep = false;

}  // namespace

DeepCopies::DeepCopies() : before_(std::exchange(t_deep, true)) {}
DeepCopies::~DeepCopies() { t_deep = before_; }
bool DeepCopies::active() { return t_deep; }

}  // namespace weft::data::datasets::detail
