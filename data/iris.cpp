#include "weft/data/csv.h"

namespace weft::data {

extern const char kIrisCsv[];  // share/iris.csv, embedded into the library by cmake/library/CMakeLists.txt

namespace datasets {

Iris::Iris(Dtype dtype) : Csv(parse_csv(kIrisCsv, "iris.csv", {{}, {}, dtype})) {}

}  // namespace datasets
}  // namespace weft::data
