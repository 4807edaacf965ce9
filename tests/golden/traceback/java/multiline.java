// SPDX-License-Identifier: Apache-2.0
class Main {
	public static void main(String[] args)
	{
		throw new IllegalArgumentException("two\nlines: of text\n\tand a third");
	}
}
