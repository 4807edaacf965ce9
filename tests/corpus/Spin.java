// SPDX-License-Identifier: Apache-2.0
// Interpreted and compiled code, some calls deep.
public class Spin {
	static int fib(int n) {
		return n < 2 ? n : fib(n - 1) + fib(n - 2);
	}

	public static void main(String[] args) {
		for (int i = 0;; i++)
			fib(i % 30);
	}
}
