// SPDX-License-Identifier: Apache-2.0
class Main {
	static int total(String text)
	{
		return Integer.parseInt(text);
	}

	public static void main(String[] args)
	{
		total("80a");
	}
}
