# One test program per folder of tests/ that has *_test.cpp files: tests/ws/*_test.cpp becomes test_ws.
find_package(GTest REQUIRED)
include(GoogleTest)

file(GLOB support_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.cpp)

function(sb_tests folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp)
  if(SWITCHBOARD_SANITIZE)
    # They count allocations with an operator new of their own; the sanitizers bring theirs.
    list(FILTER sources EXCLUDE REGEX "/allocation_(count|test)\\.cpp$")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(test_${folder} ${sources})
  # An operator new of its own is seen by what is compiled along with it, and warned about.
  set(own_new ${sources})
  list(FILTER own_new INCLUDE REGEX "/allocation_count\\.cpp$")
  set_source_files_properties(${own_new} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_include_directories(test_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(test_${folder} PRIVATE ${ARGN} GTest::gtest GTest::gtest_main)
  if(folder MATCHES "^(listen|ops|server)$")
    sb_precompile(test_${folder} SHARED_WITH test_config)
  elseif(folder MATCHES "^(log|config|cli)$")
    sb_precompile(test_${folder} <gtest/gtest.h>)
  else()
    sb_precompile(test_${folder} SHARED_WITH test_base <gtest/gtest.h>)
  endif()
  if(SWITCHBOARD_SANITIZE)
    # Optimising what the sanitizers add to the tests' own code takes the compiler longer than it saves.
    target_compile_options(test_${folder} PRIVATE -O0)
    # A sanitizer takes longer to start than most tests take: one process for all of a folder.
    add_test(NAME ${folder}/all COMMAND test_${folder} --gtest_brief=1)
    set_tests_properties(${folder}/all PROPERTIES TIMEOUT 300)
  else()
    gtest_discover_tests(test_${folder} TEST_PREFIX "${folder}/" PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

sb_tests(base base)
sb_tests(net net)
sb_tests(http http)
sb_tests(ws ws)
sb_tests(protocol protocol)
sb_tests(room room)
sb_tests(broker broker)
sb_tests(wire wire)
sb_tests(auth auth)
sb_tests(api api)
sb_tests(session session)
sb_tests(shard shard)
sb_tests(log log)
sb_tests(fetch fetch OpenSSL::SSL)
sb_tests(webhook webhook OpenSSL::SSL)
sb_tests(hook hook)
sb_tests(config config)
sb_tests(listen listen)
sb_tests(ops ops)
sb_tests(server server)
sb_tests(simulation shard)
# What clients see, laid out by section of the RFCs.
sb_tests(conformance shard)

# A table of the documents is a test.
if(TARGET test_auth)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/auth/examples_test.cpp PROPERTIES
    COMPILE_DEFINITIONS SWITCHBOARD_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SKIP_UNITY_BUILD_INCLUSION ON)
endif()

# tests/cli also runs the binary itself.
sb_tests(cli cli)
if(TARGET test_cli AND TARGET switchboard)
  target_compile_definitions(test_cli PRIVATE SWITCHBOARD_BINARY="$<TARGET_FILE:switchboard>")
  add_dependencies(test_cli switchboard)
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
# What the documents point at; the test of the check itself is among those below.
add_test(NAME tools/check_docs COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/check_docs)
set_tests_properties(tools/check_docs PROPERTIES TIMEOUT 60)
foreach(test check_docs check_layers commands conformance_table)
  add_test(NAME tools/${test}_test
           COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/tools/${test}_test.py)
  set_tests_properties(tools/${test}_test PROPERTIES TIMEOUT 60)
endforeach()

# tests/integration: the binary of this build against clients that are not ours. Debian's websockets is a package of
# Debian's own interpreter.
find_program(SWITCHBOARD_TEST_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(SWITCHBOARD_TEST_NODE node)

function(sb_command_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "COMMAND" ${ARGN})
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} ENVIRONMENT
                       "SWITCHBOARD_BINARY=$<TARGET_FILE:switchboard>;SWITCHBOARD_SANITIZE=${SWITCHBOARD_SANITIZE};PYTHONDONTWRITEBYTECODE=1")
endfunction()

if(SWITCHBOARD_TEST_NODE)
  sb_command_test(web/connection_test TIMEOUT 60
                  COMMAND ${SWITCHBOARD_TEST_NODE} --test ${PROJECT_SOURCE_DIR}/tests/web/)
endif()

if(TARGET switchboard AND SWITCHBOARD_TEST_PYTHON AND SWITCHBOARD_TEST_NODE)
  set(integration ${PROJECT_SOURCE_DIR}/tests/integration)
  set(with_server ${SWITCHBOARD_TEST_PYTHON} ${integration}/with_server.py)
  set(integration_tests)
  foreach(test base_protocol v1 hostile_peers hostile_handshakes hostile_frames hostile_commands rates heartbeat file_descriptors ops shutdown ending crowd node_and_python deflate echo tls listeners auth token_interop webhooks hooks direct api api_refusals api_description history_settings disk trace_checker exposition start crash resume shared_store presence bench)
    sb_command_test(integration/${test}_test TIMEOUT 300
                    COMMAND ${SWITCHBOARD_TEST_PYTHON} ${integration}/${test}_test.py)
    list(APPEND integration_tests integration/${test}_test)
  endforeach()
  foreach(test node_ws demo_browser demo_accessibility)
    sb_command_test(integration/${test}_test TIMEOUT 300
                    COMMAND ${with_server} -- ${SWITCHBOARD_TEST_NODE} --test ${integration}/${test}_test.mjs)
    list(APPEND integration_tests integration/${test}_test)
  endforeach()
  sb_command_test(integration/demo_restart_test TIMEOUT 300
                  COMMAND ${SWITCHBOARD_TEST_NODE} --test ${integration}/demo_restart_test.mjs)
  list(APPEND integration_tests integration/demo_restart_test)
  set_tests_properties(${integration_tests} PROPERTIES LABELS integration)
  # It takes nearly every file descriptor and a good part of both cores.
  set_tests_properties(integration/crowd_test PROPERTIES RUN_SERIAL TRUE)
endif()

# The whole core on a simulated network and clock, and the proof that this finds bugs.
if(TARGET test_simulation)
  target_sources(test_simulation PRIVATE ${support_sources})
  add_test(NAME simulation/planted_bugs
           COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/simulation/planted_bugs.py)
  set_tests_properties(simulation/planted_bugs PROPERTIES TIMEOUT 1200 LABELS planted COST 1000)  # the longest begins first
endif()
