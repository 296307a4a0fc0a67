#include "jobs/simulator/weather.hpp"

#include <stdexcept>

namespace simulator {
namespace {

Weather even(double share) {
    Weather weather{share, share, share, share, share, share, share,
                    share, share, share, share, share, share};
    weather.redirect = share / 4;  // ends a run, since it speaks of the account
    return weather;
}

}  // namespace

Weather weather(const std::string& name) {
    if (name.empty() || name == "calm") return {};
    if (name == "mixed") return even(0.03);
    if (name == "storm") return even(0.12);
    throw std::invalid_argument("there is no weather \"" + name +
                                "\"; expected calm, mixed or storm");
}

const std::vector<std::string>& weather_names() {
    static const std::vector<std::string> names = {"calm", "mixed", "storm"};
    return names;
}

}  // namespace simulator
