#include "jobs/report/report_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "etl/error.hpp"

namespace jobs {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kRights = S_IRUSR | S_IWUSR | S_IRGRP;

[[noreturn]] void refuse(const fs::path& path, int reason, bool unchanged) {
    const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    throw etl::Error(
        etl::Kind::usage, "cannot write " + path.string() + ": " + std::strerror(reason),
        !full       ? "Name a file with --out in a folder that may be written."
        : unchanged ? "Make room and start it again; a report that was there is unchanged."
                    : "Make room and start it again; what is there now is not whole.");
}

// 0, or why not.
int put(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

void write_in_place(const fs::path& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kRights);
    if (file < 0) refuse(path, errno, true);
    struct stat is {};
    if (::fstat(file, &is) == 0 && S_ISREG(is.st_mode))
        (void)::fchmod(file, kRights);  // one that was there before, too; never /dev/null
    int reason = put(file, text);
    if (::close(file) != 0 && reason == 0) reason = errno;
    if (reason != 0) refuse(path, reason, false);
}

}  // namespace

void write_report_file(const fs::path& path, const std::string& text) {
    std::error_code none;
    struct stat before {};
    const bool there = ::stat(path.c_str(), &before) == 0;
    const fs::path target = fs::is_symlink(path, none) ? fs::canonical(path, none) : path;
    if ((there && !S_ISREG(before.st_mode)) || target.empty()) return write_in_place(path, text);
    const std::string beside = target.string() + ".new";
    const int file =
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kRights);
    if (file < 0) return write_in_place(path, text);
    if (there && ::fchown(file, before.st_uid, before.st_gid) != 0) {
        ::close(file);
        (void)::unlink(beside.c_str());
        return write_in_place(path, text);
    }
    (void)::fchmod(file, kRights);
    int reason = put(file, text);
    if (::close(file) != 0 && reason == 0) reason = errno;
    if (reason == 0 && ::rename(beside.c_str(), target.c_str()) == 0) return;
    (void)::unlink(beside.c_str());
    if (reason != 0) refuse(path, reason, true);
    write_in_place(path, text);
}

}  // namespace jobs
