// Precompiled header: the headers that take most of the library's compile time.
#include <fmt/format.h>

#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"
