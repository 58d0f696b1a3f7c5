// Selects the instruction sets of weft's Highway kernels: plain code, AVX2 and AVX-512; the machine decides at run
// time. Include it before anything of Highway. Other targets of Highway would only make the build longer.
#pragma once

#if defined(__x86_64__)
#define HWY_DISABLED_TARGETS (~(HWY_EMU128 | HWY_SCALAR | HWY_AVX2 | HWY_AVX3))
#endif
