#include "registry/curl_transport.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <new>

namespace penstock {
namespace {

// An answer that is longer than any schema is not read to its end.
constexpr std::size_t kAnswerBytesMax = 16U << 20;
// How long a cancellation that was missed could go unnoticed.
constexpr int kPollMs = 1000;

struct EasyDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

// libcurl counts its users itself; once per process is enough.
void initialize_library() {
    static const CURLcode kDone = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (kDone != CURLE_OK) throw std::bad_alloc();
}

std::size_t append_body(char* bytes, std::size_t, std::size_t count, void* place) {
    auto& body = *static_cast<std::string*>(place);
    if (body.size() + count > kAnswerBytesMax) return 0;
    body.append(bytes, count);
    return count;
}

HeaderList header_list(const HttpRequest& request) {
    HeaderList list;
    // Without the empty Expect libcurl waits a second for a "100 Continue" before a large schema.
    std::vector<std::string> lines{"Expect:"};
    for (const auto& [name, value] : request.headers) lines.push_back(name + ": " + value);
    for (const std::string& line : lines) {
        curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        static_cast<void>(list.release());
        list.reset(longer);
    }
    return list;
}

}  // namespace

class CurlTransport::Core {
public:
    explicit Core(const RegistrySettings& settings)
        : settings_(settings), multi_(curl_multi_init()), easy_(curl_easy_init()) {
        if (!multi_ || !easy_) throw std::bad_alloc();
    }

    HttpResult perform(const HttpRequest& request) {
        HttpAnswer answer;
        reason_[0] = '\0';
        const HeaderList headers = header_list(request);
        prepare(request, headers.get(), answer);
        if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) throw std::bad_alloc();
        const CURLcode code = drive();
        curl_multi_remove_handle(multi_.get(), easy_.get());
        if (code == CURLE_OK) {
            long status = 0;
            curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
            answer.status = static_cast<int>(status);
            return answer;
        }
        if (code == CURLE_ABORTED_BY_CALLBACK) return tl::unexpected(HttpFailure{"given up"});
        return tl::unexpected(HttpFailure{reason_[0] != '\0' ? reason_ : curl_easy_strerror(code)});
    }

    void cancel() {
        cancelled_ = true;
        curl_multi_wakeup(multi_.get());
    }

private:
    // Options are set anew for each request; the connections belong to the multi handle and stay.
    void prepare(const HttpRequest& request, curl_slist* headers, HttpAnswer& answer) {
        CURL* const easy = easy_.get();
        curl_easy_reset(easy);
        curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "penstock");
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason_);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
        const long timeout = std::max(1L, static_cast<long>(settings_.timeout.count()));
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
        if (request.method == HttpRequest::Method::kPost) {
            curl_easy_setopt(easy, CURLOPT_POST, 1L);
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request.body.size()));
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
        }
        prepare_tls(easy);
        prepare_credentials(easy, request.credentials);
    }

    void prepare_tls(CURL* easy) {
        const auto set = [easy](CURLoption option, const std::string& text) {
            if (!text.empty()) curl_easy_setopt(easy, option, text.c_str());
        };
        set(CURLOPT_CAINFO, settings_.ca);
        set(CURLOPT_SSLCERT, settings_.certificate);
        set(CURLOPT_SSLKEY, settings_.key);
        set(CURLOPT_KEYPASSWD, settings_.key_password.reveal());
    }

    void prepare_credentials(CURL* easy, const HttpCredentials& credentials) {
        if (credentials.kind == HttpCredentials::Kind::kBasic) {
            curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
            curl_easy_setopt(easy, CURLOPT_USERNAME, credentials.username.c_str());
            curl_easy_setopt(easy, CURLOPT_PASSWORD, credentials.secret.reveal().c_str());
        } else if (credentials.kind == HttpCredentials::Kind::kBearer) {
            curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
            curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, credentials.secret.reveal().c_str());
        }
    }

    // The multi interface, only because a poll in it can be woken: easy_perform cannot.
    CURLcode drive() {
        int running = 1;
        while (running > 0) {
            if (cancelled_) return CURLE_ABORTED_BY_CALLBACK;
            if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
            if (running > 0) curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
        }
        int left = 0;
        const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
        return message == nullptr ? CURLE_RECV_ERROR : message->data.result;
    }

    const RegistrySettings settings_;
    Multi multi_;
    Easy easy_;
    std::atomic<bool> cancelled_{false};
    char reason_[CURL_ERROR_SIZE] = {};
};

CurlTransport::CurlTransport(const RegistrySettings& settings) {
    initialize_library();
    core_ = std::make_unique<Core>(settings);
}

CurlTransport::~CurlTransport() = default;

HttpResult CurlTransport::perform(const HttpRequest& request) {
    return core_->perform(request);
}

void CurlTransport::cancel() {
    core_->cancel();
}

}  // namespace penstock
