#include "registry/registry_preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "registry/curl_transport.hpp"
#include "registry/registry_client.hpp"

namespace penstock {
namespace {

using Verdict = CheckItem::Verdict;

// A person waits for the answer.
constexpr std::chrono::milliseconds kPatience{5000};

CheckItem failed(std::string item, const Error& error) {
    const ErrorRow& row = error_row(error.name);
    return {std::move(item), Verdict::kFailed, fmt::format("{}: {}", row.text, error.message),
            std::string(row.remedy), error.name};
}

// A right to read settings is not needed for anything but this look.
CheckItem untold(std::string item, const Error& error) {
    if (error.name != ErrorName::kRegistryAuthorization) return failed(std::move(item), error);
    return {std::move(item),
            Verdict::kWarning,
            "could not be found out: " + error.message,
            {},
            std::nullopt};
}

std::string put_line(const std::string& url, std::string_view path, std::string_view body) {
    return fmt::format(
        "curl -X PUT -H 'Content-Type: application/vnd.schemaregistry.v1+json' --data '{}' {}{}",
        body, url, path);
}

// Each URL by itself: a list in which only the first one works is no list.
std::vector<CheckItem> check_urls(const RegistrySettings& settings, HttpTransport& transport) {
    std::vector<CheckItem> items;
    bool any = false;
    for (const std::string& url : settings.urls) {
        RegistrySettings alone = settings;
        alone.urls = {url};
        const Status answers = RegistryClient(alone, transport).probe();
        any = any || answers.has_value();
        items.push_back(answers ? CheckItem{"registry",
                                            Verdict::kOk,
                                            fmt::format("\"{}\" answers", url),
                                            {},
                                            std::nullopt}
                                : failed("registry", answers.error()));
    }
    for (CheckItem& item : items) {
        if (any && item.error == ErrorName::kRegistryUnreachable) {
            item.verdict = Verdict::kWarning;
            item.error.reset();
        }
    }
    return items;
}

CheckItem check_mode(const RegistrySettings& settings, RegistryClient& client) {
    const std::string item = "registry mode";
    const auto mode = client.mode();
    if (!mode) return untold(item, mode.error());
    if (!*mode) return {item, Verdict::kOk, "the registry has no modes", {}, std::nullopt};
    if (**mode == "READWRITE" || !settings.auto_register) {
        return {item, Verdict::kOk, **mode, {}, std::nullopt};
    }
    return {item, Verdict::kFailed,
            fmt::format("the mode is {}: new schemas cannot be registered", **mode),
            put_line(client.url(), "/mode", R"({"mode": "READWRITE"})"),
            ErrorName::kRegistryReadOnly};
}

CheckItem check_level(RegistryClient& client) {
    const std::string item = "registry compatibility";
    const auto level = client.compatibility_level();
    if (!level) return untold(item, level.error());
    if (!*level) return {item, Verdict::kOk, "the registry tells no level", {}, std::nullopt};
    if (**level != "NONE") return {item, Verdict::kOk, **level, {}, std::nullopt};
    return {item, Verdict::kWarning, "NONE: a change of a table that breaks readers is let through",
            put_line(client.url(), "/config", R"({"compatibility": "BACKWARD"})"), std::nullopt};
}

std::optional<CheckItem> check_secrecy(const RegistrySettings& settings) {
    if (settings.auth == RegistryAuth::kNone) return std::nullopt;
    const bool open = std::any_of(settings.urls.begin(), settings.urls.end(),
                                  [](const std::string& url) { return url.starts_with("http:"); });
    if (!open) return std::nullopt;
    return CheckItem{"registry credentials", Verdict::kWarning,
                     "they travel unencrypted: registry.url begins with http:", "use https",
                     std::nullopt};
}

}  // namespace

std::vector<CheckItem> check_registry(const RegistrySettings& settings) {
    RegistrySettings patient = settings;
    patient.timeout = std::min(settings.timeout, kPatience);
    CurlTransport transport(patient);
    return check_registry(patient, transport);
}

std::vector<CheckItem> check_registry(const RegistrySettings& settings, HttpTransport& transport) {
    std::vector<CheckItem> items = check_urls(settings, transport);
    const bool any = std::any_of(items.begin(), items.end(), [](const CheckItem& item) {
        return item.verdict == Verdict::kOk;
    });
    if (!any) return items;
    RegistryClient client(settings, transport);
    items.push_back(check_mode(settings, client));
    items.push_back(check_level(client));
    if (auto item = check_secrecy(settings)) items.push_back(std::move(*item));
    return items;
}

}  // namespace penstock
