# tests/unit/<room>/*.cpp becomes unit_<room>, tests/simulation/*.cpp becomes simulation. A folder
# that bears a room's name links that room (and what the room uses); any other folder links all.
set(all_rooms)
foreach(room IN ITEMS worker engine config encode source snapshot control registry sink observe
        run cli)
    list(APPEND all_rooms penstock_${room})
endforeach()

function(penstock_test_binary name)
    cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_executable(${name} ${TEST_SOURCES})
    target_link_libraries(${name} PRIVATE penstock_base ${TEST_LIBRARIES} penstock_proto
        nlohmann_json::nlohmann_json fmt::fmt GTest::gtest GTest::gmock GTest::gtest_main)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_include_directories(${name} SYSTEM PRIVATE ${EXPECTED_INCLUDE_DIR})
    target_compile_definitions(${name} PRIVATE
        PENSTOCK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name})
endfunction()

file(GLOB unit_folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${PROJECT_SOURCE_DIR}/tests/unit/*)
foreach(folder IN LISTS unit_folders)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    if(sources)
        get_filename_component(room ${folder} NAME)
        if(penstock_${room} IN_LIST all_rooms)
            penstock_test_binary(unit_${room} SOURCES ${sources} LIBRARIES penstock_${room})
        else()
            penstock_test_binary(unit_${room} SOURCES ${sources} LIBRARIES ${all_rooms})
        endif()
    endif()
endforeach()

# The sink's tests look behind its door: what they test is how it speaks librdkafka.
if(TARGET unit_sink)
    target_link_libraries(unit_sink PRIVATE RdKafka::rdkafka)
endif()

# The registry's tests bring a web server of their own.
if(TARGET unit_registry)
    target_link_libraries(unit_registry PRIVATE PkgConfig::httplib)
endif()

# The simulation twice: with the engine as it is shipped, and with the planted bugs compiled in, of
# which each run of simulation_mutants switches on one and must be caught.
file(GLOB_RECURSE simulation_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/simulation/*.cpp)
if(simulation_sources)
    penstock_test_binary(simulation SOURCES ${simulation_sources} LIBRARIES penstock_engine)

    file(GLOB_RECURSE engine_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/consumer/engine/*.cpp)
    add_library(penstock_engine_mutants STATIC ${engine_sources})
    target_link_libraries(penstock_engine_mutants PUBLIC penstock_base)
    target_include_directories(penstock_engine_mutants SYSTEM PUBLIC ${EXPECTED_INCLUDE_DIR})
    target_compile_definitions(penstock_engine_mutants PUBLIC PENSTOCK_MUTANTS)
    penstock_test_binary(simulation_mutants SOURCES ${simulation_sources}
        LIBRARIES penstock_engine_mutants)

    # The whole program with a planted bug, for a fault test that must be able to fail: the sink
    # judges a commit by its return code alone. The engine is the shipped one, so that whatever goes
    # wrong comes of that bug.
    add_executable(penstock_mutants ${PROJECT_SOURCE_DIR}/tests/mutant/main.cpp
        ${PROJECT_SOURCE_DIR}/consumer/sink/producer_pair.cpp)
    target_compile_definitions(penstock_mutants PRIVATE PENSTOCK_MUTANTS)
    target_link_libraries(penstock_mutants PRIVATE penstock_base RdKafka::rdkafka fmt::fmt
        penstock_cli penstock_run)
    target_include_directories(penstock_mutants SYSTEM PRIVATE ${EXPECTED_INCLUDE_DIR})
endif()
