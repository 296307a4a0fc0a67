#include "jobs/serve/mail.hpp"

#include <Poco/Net/MailMessage.h>
#include <Poco/Net/MailRecipient.h>
#include <Poco/Net/SecureSMTPClientSession.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Timespan.h>

#include <charconv>
#include <sstream>

#include "etl/error.hpp"
#include "etl/log.hpp"

namespace jobs {
namespace {

using Poco::Net::MailMessage;
using Poco::Net::MailRecipient;
using Poco::Net::SMTPClientSession;

constexpr int kSubmission = 587, kOverTls = 465;  // ports with a meaning
constexpr int kVerificationDepth = 9;             // OpenSSL's default

struct Server {
    std::string host;
    int port = kSubmission;
};

Server server_of(const std::string& smtp) {
    const std::size_t colon = smtp.rfind(':');
    if (colon == std::string::npos) return {smtp, kSubmission};
    Server server{smtp.substr(0, colon)};
    (void)std::from_chars(smtp.data() + colon + 1, smtp.data() + smtp.size(), server.port);
    return server;
}

void compose(MailMessage& mail, const etl::Config& config, const Message& message) {
    mail.setSender(config.alert.mail_from);
    std::istringstream receivers(config.alert.mail_to);
    for (std::string receiver; std::getline(receivers, receiver, ',');) {
        receiver.erase(0, receiver.find_first_not_of(' '));
        if (!receiver.empty())
            mail.addRecipient(MailRecipient(MailRecipient::PRIMARY_RECIPIENT, receiver));
    }
    // ASCII: Poco's encoded words may cut a letter in two.
    mail.setSubject("gcmirror: " + (message.kind == "recovered" ? "recovered, " : std::string()) +
                    message.code + ", " + message.school);
    mail.setContentType("text/plain; charset=UTF-8");
    mail.setContent(sentence(config, message) + "\r\n", MailMessage::ENCODING_QUOTED_PRINTABLE);
}

void login(SMTPClientSession& session, const etl::Config& config) {
    if (config.alert.smtp_user.empty())
        session.login();
    else
        session.login(SMTPClientSession::AUTH_LOGIN, config.alert.smtp_user,
                      config.smtp_password.reveal());
}

Poco::Net::Context::Ptr tls_context(const std::string& ca_file) {
    Poco::Net::Context::Ptr context =
        new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", ca_file,
                               Poco::Net::Context::VERIFY_STRICT, kVerificationDepth, true);
    context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    context->enableExtendedCertificateVerification(true);
    return context;
}

void deliver(const etl::Config& config, MailMessage& mail) {
    const Server server = server_of(config.alert.smtp);
    const Poco::Timespan patience(15, 0);
    const auto port = static_cast<Poco::UInt16>(server.port);
    const auto talk = [&](SMTPClientSession& session) {
        session.setTimeout(patience);
        login(session, config);
        session.sendMessage(mail);
        session.close();
    };
    if (config.alert.smtp_plain) {
        SMTPClientSession session(server.host, port);
        return talk(session);
    }
    const Poco::Net::Context::Ptr context = tls_context(config.alert.ca_file);
    if (server.port == kOverTls) {
        SMTPClientSession session(Poco::Net::SecureStreamSocket(
            Poco::Net::SocketAddress(server.host, port), server.host, context));
        return talk(session);
    }
    Poco::Net::SecureSMTPClientSession session(server.host, port);
    session.setTimeout(patience);
    session.login();
    if (!session.startTLS(context))
        throw etl::Error(etl::Kind::refused,
                         "the mail server " + config.alert.smtp + " offers no TLS");
    talk(session);
}

}  // namespace

std::string send_mail(const etl::Config& config, const Message& message) {
    try {
        MailMessage mail;
        compose(mail, config, message);
        deliver(config, mail);
        return "";
    } catch (const Poco::Exception& error) {
        return etl::log::redacted(error.displayText());
    } catch (const std::exception& error) {
        return etl::log::redacted(error.what());
    }
}

}  // namespace jobs
