// SPDX-License-Identifier: Apache-2.0
class Main {
	static class Holder {
		static final int VALUE = Integer.parseInt("x");
	}

	public static void main(String[] args)
	{
		System.out.println(Holder.VALUE);
	}
}
