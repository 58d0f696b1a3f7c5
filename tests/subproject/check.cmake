# Configures the parent project twice, and checks that weft changes neither its build type nor its flags nor its
# installed files, but is itself built with optimisation.
# usage: cmake -DWEFT=... -DWORK=... -DCXX=... -DGENERATOR=... -P check.cmake
function(check condition)
  cmake_language(EVAL CODE "if(NOT (${condition}))\n  message(FATAL_ERROR [==[${ARGN}]==])\nendif()")
endfunction()

foreach(fetch IN ITEMS OFF ON)
  set(build "${WORK}/build_${fetch}")
  file(REMOVE_RECURSE "${build}" "${WORK}/prefix")
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${build}" -G "${GENERATOR}"
                          "-DWEFT=${WEFT}" "-DFETCH=${fetch}" "-DCMAKE_CXX_COMPILER=${CXX}"
                          -DCMAKE_EXPORT_COMPILE_COMMANDS=ON COMMAND_ERROR_IS_FATAL ANY)
  file(STRINGS "${build}/CMakeCache.txt" type REGEX "^CMAKE_BUILD_TYPE:")
  check([["${type}" MATCHES "=$" OR "${type}" STREQUAL ""]] "weft set the parent's CMAKE_BUILD_TYPE")

  file(READ "${build}/compile_commands.json" commands)
  string(JSON last LENGTH "${commands}")
  math(EXPR last "${last} - 1")
  set(parents 0)
  foreach(i RANGE ${last})
    string(JSON file GET "${commands}" ${i} file)
    string(JSON command GET "${commands}" ${i} command)
    if(file MATCHES "/consumer\\.cpp$")
      math(EXPR parents "${parents} + 1")
      check([[NOT command MATCHES " -O[1-3s]"]] "the parent's flags were changed: ${command}")
    elseif(file MATCHES "/tensor/storage\\.cpp$")
      check([[command MATCHES " -O3"]] "weft is built without optimisation: ${command}")
    endif()
    check([[NOT file MATCHES "^${WEFT}/(models|tests|bench)/" OR file MATCHES "/consumer\\.cpp$"]] "not asked for: ${file}")
  endforeach()
  check([[parents EQUAL 1]] "the parent's program is not built")

  execute_process(COMMAND "${CMAKE_COMMAND}" --install "${build}" --prefix "${WORK}/prefix"
                  COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB_RECURSE installed RELATIVE "${WORK}/prefix" "${WORK}/prefix/*")
  check([[installed STREQUAL "share/parent/CMakeLists.txt"]] "installed with the parent: ${installed}")
endforeach()
