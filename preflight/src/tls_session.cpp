#include "tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <array>
#include <ctime>

namespace curfew::preflight {

namespace {

std::string last_error() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_get_error();
    if (code == 0) return "the other side broke it off";
    const char* reason = ERR_reason_error_string(code);
    if (reason != nullptr) return reason;
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

bool is_numeric(const std::string& host) noexcept {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

void tls_session::free_context::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

void tls_session::free_session::operator()(ssl_st* session) const noexcept {
    SSL_free(session);
}

std::expected<tls_session, std::string> tls_session::make(
    const std::string& host, const std::string& ca_file
) {
    ERR_clear_error();
    tls_session made;
    made.context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!made.context_) return std::unexpected{last_error()};
    SSL_CTX* context = made.context_.get();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    const int trusts = ca_file.empty()
                           ? SSL_CTX_set_default_verify_paths(context)
                           : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
    if (trusts != 1) return std::unexpected{"cannot read certificates from " + ca_file};
    made.session_.reset(SSL_new(context));
    if (!made.session_) return std::unexpected{last_error()};
    SSL* session = made.session_.get();
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    if (in == nullptr || out == nullptr) return std::unexpected{last_error()};
    SSL_set_bio(session, in, out);
    if (is_numeric(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
    } else {
        SSL_set_tlsext_host_name(session, host.c_str());
        SSL_set1_host(session, host.c_str());
    }
    return made;
}

tls_session::progress tls_session::handshake() {
    ERR_clear_error();
    const int done = SSL_connect(session_.get());
    if (done == 1) return progress::done;
    const int why = SSL_get_error(session_.get(), done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return progress::wants_input;
    const long verified = SSL_get_verify_result(session_.get());
    problem_ = verified == X509_V_OK ? last_error() : X509_verify_cert_error_string(verified);
    return progress::failed;
}

bool tls_session::peer_speaks_no_tls() const noexcept {
    return SSL_get_verify_result(session_.get()) == X509_V_OK &&
           SSL_get0_peer_certificate(session_.get()) == nullptr;
}

void tls_session::give_input(std::string_view bytes) {
    BIO_write(SSL_get_rbio(session_.get()), bytes.data(), static_cast<int>(bytes.size()));
}

std::string tls_session::take_output() {
    BIO* out = SSL_get_wbio(session_.get());
    std::string bytes(BIO_ctrl_pending(out), '\0');
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

void tls_session::write(std::string_view text) {
    SSL_write(session_.get(), text.data(), static_cast<int>(text.size()));
}

std::string tls_session::read() {
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
        ERR_clear_error();
        const int got = SSL_read(session_.get(), piece.data(), static_cast<int>(piece.size()));
        if (got <= 0) {
            ended_ = SSL_get_error(session_.get(), got) != SSL_ERROR_WANT_READ;
            return text;
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
}

std::optional<std::string> tls_session::validity_lacks(duration valid_for) const {
    const X509* certificate = SSL_get0_peer_certificate(session_.get());
    if (certificate == nullptr) return "is missing";
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1) {
        return "does not say when it ends";
    }
    const auto left = std::chrono::hours{24} * days + std::chrono::seconds{seconds};
    if (left >= valid_for) return std::nullopt;
    return "ends in " + std::to_string(days) + (days == 1 ? " day" : " days");
}

}  // namespace curfew::preflight
