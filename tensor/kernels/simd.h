// Which instruction sets weft's Highway kernels are compiled for: plain code, AVX2 and AVX-512; the machine decides
// at run time. Include before anything of Highway. Others that Highway knows would only make the build longer.
#pragma once

#if defined(__x86_64__)
#define HWY_DISABLED_TARGETS (~(HWY_EMU128 | HWY_SCALAR | HWY_AVX2 | HWY_AVX3))
#endif
