# Compiles all headers in PREFIX, and the consumer, with common warnings: none may appear.
# usage: cmake -DPREFIX=... -DWORK=... -DCXX=... -P compile_headers.cmake
file(GLOB_RECURSE headers RELATIVE "${PREFIX}/include" "${PREFIX}/include/weft/*.h")
set(source "")
foreach(header IN LISTS headers)
  string(APPEND source "#include \"${header}\"\n")
endforeach()
file(READ "${CMAKE_CURRENT_LIST_DIR}/consumer.cpp" consumer)
file(WRITE "${WORK}/all_headers.cpp" "${source}${consumer}")
find_program(GXX g++)
find_program(CLANGXX clang++)
foreach(compiler IN LISTS CXX GXX CLANGXX)
  if(compiler)
    execute_process(COMMAND "${compiler}" -std=c++20 -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Werror
                            -I "${PREFIX}/include" "${WORK}/all_headers.cpp" COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
