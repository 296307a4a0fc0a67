// What tests and `gcmirror simulate` order of a running simulator, and ask it.
#include <fmt/format.h>
#include <algorithm>
#include <fstream>

#include "jobs/simulator/state.hpp"

namespace simulator {
namespace {

// Of about eight digits (3.2). A varied school that starts again, even at once, goes on behind what
// it has given: a start keeps so many ids for itself in its folder. Without the folder the clock
// stands for it.
std::int64_t first_export_id(const SimulatorOptions& options) {
    constexpr std::int64_t kFirst = 60000001, kOfAStart = 200000;
    if (options.first_export_id != 0) return options.first_export_id;
    if (!options.school.varied) return kFirst;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    std::int64_t first = kFirst + seconds.count() % 1000000000, kept = 0;
    const std::filesystem::path file = options.dir / "next_export_id";
    if (std::ifstream(file) >> kept) first = std::max(first, kept);
    std::ofstream(file) << first + kOfAStart << '\n';
    return first;
}

}  // namespace

Simulator::State::State(const SimulatorOptions& given)
    : options(given),
      school(given.school),
      clock(given.time_zone),
      certificates(make_certificates(given.dir, given.hosts)),
      next_id(first_export_id(given)),
      random(given.school.seed) {
    if (!given.log_file.empty()) log_file.open(given.log_file, std::ios::app);
}

Simulator::Simulator(const SimulatorOptions& options) : state_(std::make_unique<State>(options)) {}
Simulator::~Simulator() { stop(); }

std::string Simulator::url() const {
    return fmt::format("https://localhost:{}", state_->socket->address().port());
}
std::filesystem::path Simulator::ca_file() const { return state_->certificates.ca; }

void Simulator::advance_day() {
    const std::lock_guard guard(state_->mutex);
    ++state_->day;
}
int Simulator::day() const {
    const std::lock_guard guard(state_->mutex);
    return state_->day;
}
bool Simulator::building() const {
    const std::lock_guard guard(state_->mutex);
    return std::chrono::steady_clock::now() < state_->lock_until;
}
std::int64_t Simulator::requests() const {
    const std::lock_guard guard(state_->mutex);
    return state_->requests;
}
std::int64_t Simulator::keys_in_addresses() const {
    const std::lock_guard guard(state_->mutex);
    return state_->keys_in_addresses;
}
int Simulator::most_in_window() const {
    const std::lock_guard guard(state_->mutex);
    return state_->most_in_window;
}
std::vector<std::string> Simulator::log() const {
    const std::lock_guard guard(state_->mutex);
    return state_->log;
}
void Simulator::set_weather(const Weather& weather) {
    const std::lock_guard guard(state_->mutex);
    state_->options.weather = weather;
}
void Simulator::hold_lock(bool held) {
    const std::lock_guard guard(state_->mutex);
    state_->foreign_lock = held;
}
void Simulator::spend(int requests) {
    const std::lock_guard guard(state_->mutex);
    for (int i = 0; i < requests; ++i) state_->window.push_back(std::chrono::steady_clock::now());
}
void Simulator::lose_answers(int count) {
    const std::lock_guard guard(state_->mutex);
    state_->lose = count;
}
void Simulator::cut_answers(int count) {
    const std::lock_guard guard(state_->mutex);
    state_->cut = count;
}
void Simulator::omit_groups(bool omit) {
    const std::lock_guard guard(state_->mutex);
    state_->omit_groups = omit;
}
void Simulator::repeat_ids(bool repeat) {
    const std::lock_guard guard(state_->mutex);
    state_->repeat = repeat;
}
void Simulator::set_import_faults(const ImportFaults& faults) {
    const std::lock_guard guard(state_->mutex);
    state_->faults = faults;
}
void Simulator::set_imports(bool in_tariff, int allowance) {
    const std::lock_guard guard(state_->mutex);
    state_->imports.rules = {in_tariff, allowance, false};
}
void Simulator::set_edits_need_cost(bool need) {
    const std::lock_guard guard(state_->mutex);
    state_->imports.rules.edits_need_cost = need;
}
std::int64_t Simulator::imported_users() const {
    const std::lock_guard guard(state_->mutex);
    const auto& users = state_->imports.users();
    return std::count_if(users.begin(), users.end(),
                         [](const auto& user) { return user.second.index < 0; });
}
std::int64_t Simulator::imported_deals() const {
    const std::lock_guard guard(state_->mutex);
    const auto& deals = state_->imports.deals();
    return std::count_if(deals.begin(), deals.end(),
                         [](const auto& deal) { return deal.second.index < 0; });
}
std::int64_t Simulator::imported_payments() const {
    const std::lock_guard guard(state_->mutex);
    return static_cast<std::int64_t>(state_->imports.payments().size());
}
int Simulator::most_orders_of_one_number() const {
    const std::lock_guard guard(state_->mutex);
    std::map<std::string, int> orders;
    int most = 0;
    for (const auto& [id, deal] : state_->imports.deals())
        most = std::max(most, ++orders[deal.number]);
    return most;
}
int Simulator::most_payments_of_one_order() const {
    const std::lock_guard guard(state_->mutex);
    std::map<std::int64_t, int> payments;
    int most = 0;
    for (const ImportedPayment& payment : state_->imports.payments())
        most = std::max(most, ++payments[payment.deal_id]);
    return most;
}
std::int64_t Simulator::lost_memberships() const {
    const std::lock_guard guard(state_->mutex);
    const auto& users = state_->imports.users();
    return std::count_if(users.begin(), users.end(),
                         [](const auto& user) { return user.second.groups_replaced; });
}

}  // namespace simulator
