# penstock_proto: C++ of proto/*.proto, included as "proto/penstock.pb.h". Generated code is not
# held to our warnings.
file(GLOB proto_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/proto/*.proto)
set(proto_out ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${proto_out}/proto)

set(proto_sources)
foreach(file IN LISTS proto_files)
    get_filename_component(stem ${file} NAME_WE)
    set(outputs ${proto_out}/proto/${stem}.pb.cc ${proto_out}/proto/${stem}.pb.h)
    add_custom_command(
        OUTPUT ${outputs}
        COMMAND protobuf::protoc -I${PROJECT_SOURCE_DIR} --cpp_out=${proto_out} ${file}
        DEPENDS ${file}
        COMMENT "protoc proto/${stem}.proto")
    list(APPEND proto_sources ${outputs})
endforeach()

add_library(penstock_proto STATIC ${proto_sources})
target_include_directories(penstock_proto SYSTEM PUBLIC ${proto_out} ${PROTOZERO_INCLUDE_DIR})
target_link_libraries(penstock_proto PUBLIC protobuf::libprotobuf)
