#include "control/socket_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace penstock {
namespace {

constexpr mode_t kPrivate = 0700;

// FNV-1a: stable over releases, which a client and a pipe may differ in.
std::uint32_t digest(const std::string& text) {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> bases() {
    std::vector<std::string> found;
    const std::string runtime = variable("XDG_RUNTIME_DIR");
    if (runtime.starts_with("/")) found.push_back(runtime + "/penstock");
    found.push_back("/run/penstock");
    const std::string temporary = variable("TMPDIR");
    found.push_back((temporary.starts_with("/") ? temporary : "/tmp") + "/penstock-" +
                    std::to_string(::geteuid()));
    return found;
}

bool ours_alone(const std::string& folder) {
    if (::mkdir(folder.c_str(), kPrivate) != 0 && errno != EEXIST) return false;
    struct stat facts {};
    if (::lstat(folder.c_str(), &facts) != 0) return false;
    return S_ISDIR(facts.st_mode) && facts.st_uid == ::geteuid() &&
           (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

std::string socket_name(const PipeName& pipe) {
    char number[9];
    std::snprintf(number, sizeof number, "%08x",
                  static_cast<unsigned>(digest(pipe.prefix + "\n" + pipe.brokers)));
    return pipe.slot + "-" + number + "/run.sock";
}

std::vector<std::string> socket_candidates(const PipeName& pipe) {
    std::vector<std::string> paths;
    for (const std::string& base : bases()) paths.push_back(base + "/" + socket_name(pipe));
    return paths;
}

Result<std::string> prepare_socket_path(const PipeName& pipe) {
    for (const std::string& base : bases()) {
        const std::string path = base + "/" + socket_name(pipe);
        if (ours_alone(base) && ours_alone(path.substr(0, path.rfind('/')))) return path;
    }
    return fail(ErrorName::kControlSocket,
                "could not make a folder for the socket that takes commands",
                "Neither $XDG_RUNTIME_DIR nor /run/penstock nor $TMPDIR can hold one that is ours "
                "alone.");
}

}  // namespace penstock
