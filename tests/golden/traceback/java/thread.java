// SPDX-License-Identifier: Apache-2.0
class Main {
	public static void main(String[] args) throws Exception
	{
		Thread t = new Thread(() -> { throw new UnsupportedOperationException(); }, "worker-1");
		t.start();
		t.join();
		System.out.println("main goes on");
	}
}
