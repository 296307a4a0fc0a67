#include "jobs/output/places.hpp"

namespace jobs {

std::string filled_places(std::string_view page,
                          const std::function<std::string(std::string_view name)>& said) {
    std::string out;
    for (std::size_t at = page.find("{{"); at != std::string_view::npos; at = page.find("{{")) {
        const std::size_t end = page.find("}}", at);
        if (end == std::string_view::npos) break;
        out += page.substr(0, at);
        out += said(page.substr(at + 2, end - at - 2));
        page.remove_prefix(end + 2);
    }
    return out += page;
}

}  // namespace jobs
