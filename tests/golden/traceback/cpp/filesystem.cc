// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
int main()
{
	return (int)std::filesystem::file_size("/nonexistent/file");
}
