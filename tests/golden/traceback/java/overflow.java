// SPDX-License-Identifier: Apache-2.0
class Main {
	static int down(int n)
	{
		return down(n + 1) + 1;
	}

	public static void main(String[] args)
	{
		down(0);
	}
}
