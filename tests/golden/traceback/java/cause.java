// SPDX-License-Identifier: Apache-2.0
class Main {
	static class ConfigException extends RuntimeException {
		ConfigException(String message, Throwable cause)
		{
			super(message, cause);
		}
	}

	static void load()
	{
		try {
			Integer.parseInt("80a");
		} catch (NumberFormatException e) {
			throw new ConfigException("port is not a number", e);
		}
	}

	static void start()
	{
		try {
			load();
		} catch (ConfigException e) {
			throw new IllegalStateException("cannot start", e);
		}
	}

	public static void main(String[] args)
	{
		start();
	}
}
