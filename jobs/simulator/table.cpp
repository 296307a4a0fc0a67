// The table of an export: which rows a filter lets through, and how they stand in JSON
// (getcourse-api.md 3.4, 6 and 7).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "jobs/simulator/state.hpp"
#include "jobs/simulator/vocabulary.hpp"

namespace simulator {
namespace {

bool wanted_among(const std::vector<std::string>& list, const std::string& value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

// Puts edits into a row: fixed columns by the first heading, custom ones by the custom block's.
void edit(Row& row, const std::vector<std::string>& headings, const Edits& edits) {
    const auto user = std::find(headings.begin(), headings.end(), "От партнера"),
               deal = std::find(headings.begin(), headings.end(), "Промоакция");
    const auto custom_begin =
        static_cast<std::size_t>((user != headings.end() ? user : deal) - headings.begin()) + 1;
    for (const auto& [name, text] : edits) {
        const bool custom = name.starts_with("custom:");
        const std::string heading = custom ? name.substr(7) : name;
        std::optional<std::size_t> at;
        const bool last = !custom && heading.starts_with("utm_");  // the session's: in the tail
        for (std::size_t i = custom || last ? custom_begin : 0;
             i < headings.size() && i < row.size() && (last || !at); ++i)
            if (headings[i] == heading) at = i;
        if (at) row[*at] = {text, {}, false};
    }
}

// Writes rows into `out` in pieces, as an array or as an object with numbered keys.
class Writer {
public:
    Writer(const Manner& manner, std::vector<std::size_t> left_out,
           const std::function<void(const std::string&)>& out)
        : manner_(manner), left_out_(std::move(left_out)), out_(out) {}

    void begin(const std::vector<std::string>& headings) {
        piece_ = R"({"success":true,"info":)";
        if (manner_.text_info) piece_ += '"';
        Row cells;
        for (const std::string& heading : headings) cells.push_back({heading, {}, false});
        put(R"({"fields":)" + row_json(cells) + R"(,"items":)" +
            (manner_.object_items ? "{" : "["));
    }
    void row(const Row& row) {
        std::string text = count_ == 0 ? "" : ",";
        if (manner_.object_items) text += fmt::format("\"{}\":", count_ * 2);  // with gaps
        ++count_;
        put(text + row_json(row));
        if (piece_.size() < 64UL * 1024) return;
        out_(piece_);
        piece_.clear();
    }
    void end() {
        put(manner_.object_items ? "}}" : "]}");
        if (manner_.text_info) piece_ += '"';
        out_(piece_ + R"(,"error_message":"","error":false})");
    }

private:
    void put(const std::string& json) {
        if (!manner_.text_info) {
            piece_ += json;
            return;
        }
        const std::string quoted = json_text(json);
        piece_.append(quoted, 1, quoted.size() - 2);
    }
    [[nodiscard]] std::string row_json(const Row& row) const {
        std::string out = "[";
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (std::find(left_out_.begin(), left_out_.end(), i) != left_out_.end()) continue;
            if (out.size() > 1) out += ',';
            if (!row[i].is_list) {
                out += json_text(row[i].text);
                continue;
            }
            out += '[';
            for (std::size_t k = 0; k < row[i].list.size(); ++k)
                out += (k > 0 ? "," : "") + json_text(row[i].list[k]);
            out += ']';
        }
        return out + "]";
    }

    const Manner& manner_;
    std::vector<std::size_t> left_out_;
    const std::function<void(const std::string&)>& out_;
    std::string piece_;
    std::size_t count_ = 0;
};

// The rows of one export.
class Table {
public:
    Table(const Simulator::State& state, const Export& wanted, Writer& writer)
        : state_(state), wanted_(wanted), writer_(writer) {}

    void users() {
        for (std::int64_t i = 0; i < school().users(wanted_.day); ++i)
            if (school().user_is_there(i, wanted_.day)) generated_user(i);
        for (const auto& [id, user] : state_.imports.users())
            if (user.index < 0) imported_user(user);
        if (wanted_.resource != "users") return;
        for (const std::string& email : wanted_.emails)  // an unknown address: nobody (7)
            if (std::find(found_.begin(), found_.end(), email) == found_.end()) {
                Row row(School::user_headings().size());
                row[0].text = "-1";
                row[1].text = email;
                add_groups(row, {});
                writer_.row(row);
            }
    }

    void deals() {
        for (std::int64_t i = 0; i < school().deals(wanted_.day); ++i)
            if (school().deal_is_there(i, wanted_.day) &&
                !state_.imports.deals().contains(school().deal_id(i)))
                generated_deal(i);
        for (const auto& [id, deal] : state_.imports.deals())
            if (passes(deal.created, deal.status_changed, deal.paid_day, deal.finished_day,
                       deal.status, deal.user_id, -1))
                writer_.row(imported_deal_row(deal));
    }

    void payments() {
        for (std::int64_t i = 0; i < school().deals(wanted_.day); ++i)
            for (const PaymentState& payment : school().deal_payments(i, wanted_.day))
                if (payment_passes(payment.created, payment.status_changed, payment.status))
                    writer_.row(school().payment_row(payment));
        for (const ImportedPayment& payment : state_.imports.payments())
            if (payment_passes(payment.created, payment.created, "accepted"))
                writer_.row(imported_payment_row(payment));
    }

private:
    using Groups = std::vector<std::pair<std::int64_t, Day>>;

    [[nodiscard]] const School& school() const { return state_.school; }

    void add_groups(Row& row, const Groups& groups) const {
        if (wanted_.idgrouplist != "id" && wanted_.idgrouplist != "id_date") return;
        std::string cell;
        for (const auto& [group, joined] : groups)
            cell += (cell.empty() ? "" : ", ") + std::to_string(group) +
                    (wanted_.idgrouplist == "id_date" ? ":" + format_day(joined) : "");
        row.push_back({cell, {}, false});
    }

    // Adds what group members' exports have; false: not a member within the window.
    [[nodiscard]] bool add_membership(Row& row, const Groups& groups) const {
        if (wanted_.resource != "group_users") return true;
        const auto member = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
            return group.first == wanted_.group;
        });
        if (member == groups.end() || !wanted_.span("added_at").holds(member->second)) return false;
        row.push_back({std::to_string(wanted_.group), {}, false});
        row.push_back({format_day(member->second) + " 12:00:34", {}, false});
        return true;
    }

    void generated_user(std::int64_t index) {
        if (!wanted_.span("created_at").holds(school().user_created(index))) return;
        if (!wanted_.status.empty() && wanted_.status != school().user_status(index)) return;
        if (!wanted_among(wanted_.emails, email_key(school().user_email(index)))) return;
        Row row = school().user_row(index, wanted_.day);
        const auto imported = state_.imports.users().find(school().user_id(index));
        if (imported != state_.imports.users().end())
            edit(row, School::user_headings(), imported->second.edits);
        const Groups groups = state_.groups_of(school().user_id(index), index, wanted_.day);
        add_groups(row, groups);
        if (add_membership(row, groups)) emit_user(row);
    }

    void imported_user(const ImportedUser& user) {
        if (!wanted_.span("created_at").holds(user.created)) return;
        if (!wanted_.status.empty() && wanted_.status != "in_base") return;
        Row row(School::user_headings().size());
        row[0].text = std::to_string(user.id);
        row[2].text = "Импорт";
        row[3].text = user.created_at;
        edit(row, School::user_headings(), user.edits);
        if (!wanted_among(wanted_.emails, email_key(row[1].text))) return;
        const Groups groups = state_.groups_of(user.id, -1, wanted_.day);
        add_groups(row, groups);
        if (add_membership(row, groups)) emit_user(row);
    }

    void emit_user(const Row& row) {
        if (!wanted_.emails.empty()) found_.push_back(email_key(row[1].text));
        writer_.row(row);
    }

    [[nodiscard]] bool passes(Day created, Day changed, std::optional<Day> paid,
                              std::optional<Day> finished, const std::string& status,
                              std::int64_t user_id, std::int64_t user_index) const {
        if (!finished && status == "payed") finished = changed;
        if (wanted_.user_in_group != 0) {
            const Groups groups = state_.groups_of(user_id, user_index, wanted_.day);
            if (std::none_of(groups.begin(), groups.end(), [&](const auto& group) {
                    return group.first == wanted_.user_in_group;
                }))
                return false;
        }
        return wanted_.span("created_at").holds(created) &&
               wanted_.span("status_changed_at").holds(changed) &&
               wanted_.span("payed_at").holds(paid) &&
               wanted_.span("finished_at").holds(finished) &&
               (wanted_.status.empty() || wanted_.status == status) &&
               wanted_among(wanted_.user_ids, std::to_string(user_id));
    }

    void generated_deal(std::int64_t index) {
        const DealState state = school().deal_state(index, wanted_.day);
        const std::int64_t user = school().deal_user(index);
        if (passes(school().deal_created(index), state.status_changed,
                   state.paid_at ? state.paid_day : std::nullopt, std::nullopt, state.status,
                   school().user_id(user), user))
            writer_.row(school().deal_row(index, wanted_.day));
    }

    [[nodiscard]] bool payment_passes(Day created, Day changed, const std::string& status) const {
        return wanted_.span("created_at").holds(created) &&
               wanted_.span("status_changed_at").holds(changed) &&
               (wanted_.status.empty() || wanted_.status == status);
    }

    // Name and address of a person, whoever made them.
    struct Buyer {
        std::string name, email, phone;
    };
    [[nodiscard]] Buyer buyer(std::int64_t user_id) const {
        const auto found = state_.imports.users().find(user_id);
        if (found == state_.imports.users().end()) return {};
        const ImportedUser& user = found->second;
        Row row = user.index >= 0 ? school().user_row(user.index, wanted_.day)
                                  : Row(School::user_headings().size());
        edit(row, School::user_headings(), user.edits);
        const std::string blank = row[5].text.empty() || row[6].text.empty() ? "" : " ";
        return {row[5].text + blank + row[6].text, row[1].text, row[7].text};
    }

    [[nodiscard]] Row imported_deal_row(const ImportedDeal& deal) const {
        const std::vector<std::string>& headings = School::deal_headings();
        Row row =
            deal.index >= 0 ? school().deal_row(deal.index, wanted_.day) : Row(headings.size());
        const auto set = [&](std::size_t at, std::string text) {
            row[at] = {std::move(text), {}, false};
        };
        if (deal.index < 0) {
            const Buyer who = buyer(deal.user_id);
            set(2, std::to_string(deal.user_id)), set(3, who.name), set(4, who.email);
            set(5, who.phone), set(6, deal.created_at);
            row[headings.size() - 1] = row[headings.size() - 2] = {{}, {}, true};
        }
        set(0, std::to_string(deal.id)), set(1, deal.number), set(7, deal.paid_at);
        set(9, label_of("deals", deal.status));
        const std::int64_t fee = deal.paid * 35 / 1000, received = deal.paid - fee;
        const std::array<std::int64_t, 8> money = {deal.cost, deal.paid, fee, received,
                                                   0,         received,  0,   received};
        for (std::size_t i = 0; i < money.size(); ++i) set(10 + i, format_amount(money[i]));
        set(18, deal.currency);
        if (!deal.payment_type.empty()) set(21, deal.payment_type);
        edit(row, headings, deal.edits);
        return row;
    }

    [[nodiscard]] Row imported_payment_row(const ImportedPayment& payment) const {
        const Buyer who = buyer(payment.user_id);
        const std::string amount = format_amount(payment.amount) + " руб.";
        Row row;
        for (const std::string& cell :
             {std::to_string(payment.number), who.name, who.email, payment.deal_number,
              payment.created_at, payment.type, label_of("payments", "accepted"), amount,
              std::string("0 руб."), amount, std::string(), payment.title})
            row.push_back({cell, {}, false});
        return row;
    }

    const Simulator::State& state_;
    const Export& wanted_;
    Writer& writer_;
    std::vector<std::string> found_;
};

std::vector<std::string> headings_of(const Export& wanted, const School& school) {
    std::vector<std::string> headings = wanted.resource == "deals"      ? School::deal_headings()
                                        : wanted.resource == "payments" ? School::payment_headings()
                                                                        : School::user_headings();
    for (std::string& heading : headings) heading = school.title(heading, wanted.day);
    if (wanted.idgrouplist == "id_date")
        headings.emplace_back("id групп пользователя/дата добавления");
    if (wanted.idgrouplist == "id") headings.emplace_back("id групп пользователя");
    if (wanted.resource == "group_users")
        headings.insert(headings.end(), {"ID группы", "Добавлен в группу"});
    return headings;
}

// What an export lacks when its columns are away: money's tax, the manager, the groups.
std::vector<std::size_t> left_out(const Export& wanted, const std::vector<std::string>& headings) {
    std::vector<std::size_t> columns;
    if (!wanted.lacks_columns || wanted.resource == "group_users") return columns;
    for (std::size_t i = 0; i < headings.size(); ++i)
        if (headings[i] == "Налог" || headings[i] == "Менеджер" || headings[i] == "Код платежа" ||
            headings[i].starts_with("id групп пользователя"))
            columns.push_back(i);
    return columns;
}

}  // namespace

std::vector<std::pair<std::int64_t, Day>> Simulator::State::groups_of(std::int64_t user_id,
                                                                      std::int64_t index,
                                                                      int at_day) const {
    std::vector<std::pair<std::int64_t, Day>> groups;
    const auto imported = imports.users().find(user_id);
    if (index >= 0 && (imported == imports.users().end() || !imported->second.groups_replaced))
        groups = school.user_groups(index, at_day);
    if (imported == imports.users().end()) return groups;
    for (const auto& [id, joined] : imported->second.groups)
        if (std::none_of(groups.begin(), groups.end(),
                         [&, id = id](const auto& group) { return group.first == id; }))
            groups.emplace_back(id, joined);
    return groups;
}

void Simulator::State::write_table(const Export& wanted, const Manner& manner,
                                   const std::function<void(const std::string&)>& out) const {
    const std::shared_lock guard(imports_mutex);
    const std::vector<std::string> headings = headings_of(wanted, school);
    Writer writer(manner, left_out(wanted, headings), out);
    writer.begin(headings);
    Table table(*this, wanted, writer);
    if (wanted.resource == "deals")
        table.deals();
    else if (wanted.resource == "payments")
        table.payments();
    else
        table.users();
    writer.end();
}

}  // namespace simulator
