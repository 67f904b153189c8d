# One test program per folder of tests/ that has *_test.cpp files: tests/ws/*_test.cpp becomes test_ws.
find_package(GTest REQUIRED)
include(GoogleTest)

file(GLOB support_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.cpp)

function(sb_tests folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${folder} ${sources})
  target_include_directories(test_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(test_${folder} PRIVATE ${ARGN} GTest::gtest GTest::gtest_main)
  gtest_discover_tests(test_${folder} TEST_PREFIX "${folder}/" PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
endfunction()

sb_tests(base base)
sb_tests(net net)
sb_tests(http http)
sb_tests(ws ws)
sb_tests(protocol protocol)
sb_tests(room room)
sb_tests(broker broker)
sb_tests(session session)
sb_tests(shard shard)
sb_tests(server server)
sb_tests(simulation shard)

# tests/cli also runs the binary itself.
sb_tests(cli cli)
if(TARGET test_cli AND TARGET switchboard)
  target_compile_definitions(test_cli PRIVATE SWITCHBOARD_BINARY="$<TARGET_FILE:switchboard>")
  add_dependencies(test_cli switchboard)
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME tools/check_layers_test
         COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/tools/check_layers_test.py)
set_tests_properties(tools/check_layers_test PROPERTIES TIMEOUT 60)
