// SPDX-License-Identifier: Apache-2.0
class Main {
	static class Connection implements AutoCloseable {
		public void close() throws java.io.IOException
		{
			throw new java.io.IOException("cannot close");
		}
	}

	public static void main(String[] args) throws Exception
	{
		try (Connection c = new Connection()) {
			try {
				Object o = null;
				o.toString();
			} catch (NullPointerException e) {
				throw new RuntimeException("query failed", e);
			}
		}
	}
}
