#include "kernel_files.hpp"

#include <array>
#include <fstream>

namespace curfew::process {

std::string contents(const std::filesystem::path& path) {
    std::array<char, 8192> buffer;
    std::ifstream file{path, std::ios::binary};
    file.read(buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(file.gcount())};
}

}  // namespace curfew::process
