// SPDX-License-Identifier: Apache-2.0
class Main {
	public static void main(String[] args)
	{
		Exception a = new Exception("a");
		Exception b = new Exception("b", a);
		a.initCause(b);
		a.printStackTrace();
	}
}
