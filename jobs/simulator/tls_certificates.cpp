#include "jobs/simulator/tls_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace simulator {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

constexpr long kValidSeconds = 30L * 24 * 3600;
constexpr long kRenewSeconds = 24L * 3600;

void check(bool good, const char* what) {
    if (!good)
        throw std::runtime_error(std::string("the simulator's certificate cannot be made: ") +
                                 what);
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    check(key != nullptr, "key");
    return key;
}

void extend(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

// `names`: of a server certificate, as OpenSSL writes alternative names; unused for an authority.
Certificate make_certificate(EVP_PKEY* key, const char* name, X509* issuer, EVP_PKEY* issuer_key,
                             const std::string& names = {}) {
    Certificate certificate(X509_new(), &X509_free);
    check(certificate != nullptr, "memory");
    X509_set_version(certificate.get(), 2);
    std::uint64_t serial = 0;
    check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
          "random number");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate.get(),
                         issuer == nullptr ? subject : X509_get_subject_name(issuer));
    X509* const signer = issuer == nullptr ? certificate.get() : issuer;
    extend(certificate.get(), signer, NID_basic_constraints,
           issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (issuer == nullptr)
        extend(certificate.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    else
        extend(certificate.get(), signer, NID_subject_alt_name, names.c_str());
    extend(certificate.get(), signer, NID_subject_key_identifier, "hash");
    if (issuer != nullptr) extend(certificate.get(), signer, NID_authority_key_identifier, "keyid");
    check(X509_sign(certificate.get(), issuer == nullptr ? key : issuer_key, EVP_sha256()) > 0,
          "signature");
    return certificate;
}

File open(const std::filesystem::path& path, const char* mode) {
    File file(std::fopen(path.c_str(), mode), &std::fclose);
    check(file != nullptr, path.c_str());
    return file;
}

bool still_valid(const Certificates& files, const std::vector<std::string>& hosts) {
    File file(std::fopen(files.certificate.c_str(), "r"), &std::fclose);
    if (file == nullptr || !std::filesystem::exists(files.ca) ||
        !std::filesystem::exists(files.key))
        return false;
    const Certificate certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
    if (certificate == nullptr) return false;
    for (const std::string& host : hosts)
        if (X509_check_host(certificate.get(), host.c_str(), host.size(), 0, nullptr) != 1)
            return false;
    int days = 0, seconds = 0;
    return ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) == 1 &&
           days * 86400L + seconds > kRenewSeconds;
}

}  // namespace

Certificates make_certificates(const std::filesystem::path& dir,
                               const std::vector<std::string>& hosts) {
    std::filesystem::create_directories(dir);
    std::filesystem::permissions(dir, std::filesystem::perms::owner_all);
    Certificates files{dir / "ca.pem", dir / "server.pem", dir / "server.key"};
    if (still_valid(files, hosts)) return files;
    std::string names = "DNS:localhost,IP:127.0.0.1";
    for (const std::string& host : hosts) names += ",DNS:" + host;
    const Key ca_key = make_key(), key = make_key();
    const Certificate ca =
        make_certificate(ca_key.get(), "gcmirror simulator (throwaway)", nullptr, nullptr);
    const Certificate server =
        make_certificate(key.get(), "localhost", ca.get(), ca_key.get(), names);
    check(PEM_write_X509(open(files.ca, "w").get(), ca.get()) == 1, "ca.pem");
    check(PEM_write_X509(open(files.certificate, "w").get(), server.get()) == 1, "server.pem");
    check(PEM_write_PrivateKey(open(files.key, "w").get(), key.get(), nullptr, nullptr, 0, nullptr,
                               nullptr) == 1,
          "server.key");
    std::filesystem::permissions(
        files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return files;
}

}  // namespace simulator
