// What every page of ours is behind, a school's or a fleet's: its name, its login, its files, and
// how a refusal becomes a reply.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/serve/dashboard_access.hpp"
#include "jobs/serve/http.hpp"

namespace jobs {

constexpr const char *kHtml = "text/html; charset=utf-8", *kPlain = "text/plain; charset=utf-8",
                     *kScript = "text/javascript; charset=utf-8",
                     *kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] HttpReply ok(const char* type, std::string body);
[[nodiscard]] HttpReply error_reply(int status, const std::string& message);
// What the reader's browser is set to; our pages ask for the language they are shown in.
[[nodiscard]] bool wants_russian(const HttpCall& call);

// Checks the Host, the login and the token. A reply: the call ends with it (login page, cookie, the
// way to the login); nullopt: it may go on. HttpRefusal.
[[nodiscard]] std::optional<HttpReply> gate(const HttpCall& call, DashboardAccess& access);
// A file of web/ or of the reports' page by its path; index.html is "/". nullopt: there is none.
[[nodiscard]] std::optional<HttpReply> file_reply(const std::string& path);
// A file with the type that its name says; of a page the file is the body, and web/layout.html
// stands around it.
[[nodiscard]] HttpReply served(std::string_view name, std::string_view text);
// What `act` replies; what it throws, as a reply in the reader's language. Never throws.
[[nodiscard]] HttpReply replied(const HttpCall& call, const std::function<HttpReply()>& act);

}  // namespace jobs
