# Installs weft's build tree BUILD into WORK/prefix, then configures, builds and runs the consumer against it.
# usage: cmake -DBUILD=... -DWORK=... -DCXX=... -DGENERATOR=... -P check.cmake
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
foreach(file IN ITEMS share/weft/iris.csv share/doc/weft/LICENSE include/weft/version.h)
  if(NOT EXISTS "${WORK}/prefix/${file}")
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
set(PREFIX "${WORK}/prefix")
include("${CMAKE_CURRENT_LIST_DIR}/compile_headers.cmake")

# Compiled directly, with the flags of pkg-config.
file(GLOB_RECURSE pc "${PREFIX}/weft.pc")
get_filename_component(pc "${pc}" DIRECTORY)
find_program(PKG_CONFIG NAMES pkgconf pkg-config REQUIRED)
execute_process(COMMAND "${CMAKE_COMMAND}" -E env "PKG_CONFIG_PATH=${pc}" "${PKG_CONFIG}" --cflags --libs weft
                OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run("${CXX}" "${CMAKE_CURRENT_LIST_DIR}/consumer.cpp" ${flags} -o "${WORK}/by_hand")
execute_process(COMMAND "${CMAKE_COMMAND}" -E env "LD_LIBRARY_PATH=${pc}/.." "${WORK}/by_hand"
                COMMAND_ERROR_IS_FATAL ANY)
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build" -G "${GENERATOR}" -DCMAKE_BUILD_TYPE=Release
    "-DCMAKE_PREFIX_PATH=${WORK}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/consumer")
