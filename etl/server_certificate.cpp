// The certificate that the private PostgreSQL shows to BI tools when it was given none.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <set>

#include "etl/error.hpp"
#include "etl/listening.hpp"

namespace etl {
namespace {

using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long kValidSeconds = 3650L * 24 * 3600;
constexpr int kRenewDays = 30;

void made(bool good, const char* what) {
    if (!good)
        throw Error(
            Kind::unexpected,
            std::string("the certificate of the private PostgreSQL cannot be made: ") + what);
}

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

// What clients may call this machine: its name, and its addresses or the one that was named.
std::set<std::string> names_for(const std::string& host) {
    std::set<std::string> names = {"localhost", "127.0.0.1", "::1"};
    std::array<char, 256> own{};
    if (gethostname(own.data(), own.size() - 1) == 0 && own[0] != '\0') names.insert(own.data());
    if (host != "*") {
        names.insert(host);
        return names;
    }
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return names;
    for (const ifaddrs* at = all; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr) continue;
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (at->ifa_addr->sa_family == AF_INET) {
            const auto* address = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
            inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
        } else if (at->ifa_addr->sa_family == AF_INET6) {
            const auto* address = reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
            if (IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr)) continue;
            inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size());
        }
        if (text[0] != '\0') names.insert(text.data());
    }
    freeifaddrs(all);
    return names;
}

void extend(X509* certificate, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    made(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
    X509_EXTENSION_free(extension);
}

Certificate self_signed(EVP_PKEY* key, const std::set<std::string>& names) {
    Certificate certificate(X509_new(), &X509_free);
    made(certificate != nullptr, "memory");
    X509_set_version(certificate.get(), 2);
    std::uint64_t serial = 0;
    made(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
         "random number");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    const std::string title = "gcmirror";
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(title.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    std::string alternatives;
    for (const std::string& name : names)
        alternatives += (alternatives.empty() ? "" : ",") +
                        std::string(is_address(name) ? "IP:" : "DNS:") + name;
    // its own authority: clients trust this one file
    extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(certificate.get(), NID_subject_alt_name, alternatives);
    extend(certificate.get(), NID_subject_key_identifier, "hash");
    made(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "signature");
    return certificate;
}

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

ServerCertificate make_server_certificate(const std::string& host) {
    const PrivateKey key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    made(key != nullptr, "key");
    const Certificate certificate = self_signed(key.get(), names_for(host));
    const Bio first(BIO_new(BIO_s_mem()), &BIO_free), second(BIO_new(BIO_s_mem()), &BIO_free);
    made(PEM_write_bio_X509(first.get(), certificate.get()) == 1 &&
             PEM_write_bio_PrivateKey(second.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) == 1,
         "memory");
    return {text_of(first.get()), text_of(second.get())};
}

bool serves(const std::string& certificate, const std::string& host) {
    const Bio memory(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())),
                     &BIO_free);
    const Certificate read(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), &X509_free);
    int days = 0, seconds = 0;
    if (read == nullptr ||
        ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(read.get())) != 1 ||
        days < kRenewDays)
        return false;
    if (host == "*") return true;
    return is_address(host)
               ? X509_check_ip_asc(read.get(), host.c_str(), 0) == 1
               : X509_check_host(read.get(), host.c_str(), host.size(), 0, nullptr) == 1;
}

}  // namespace etl
