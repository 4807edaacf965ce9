// SPDX-License-Identifier: Apache-2.0
class Main {
	public static void main(String[] args)
	{
		long[][] all = new long[1000][];
		for (int i = 0; i < all.length; i++)
			all[i] = new long[10_000_000];
	}
}
