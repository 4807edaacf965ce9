// SPDX-License-Identifier: Apache-2.0
#include <exception>
namespace shop
{
struct failure : std::exception {
	const char *what() const noexcept override
	{
		return "two\nlines";
	}
};
} // namespace shop
int main()
{
	throw shop::failure();
}
