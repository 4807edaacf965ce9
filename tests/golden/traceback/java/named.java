// SPDX-License-Identifier: Apache-2.0
import java.util.logging.*;

class Main {
	static class NoLoan extends RuntimeException {
		NoLoan(String message, Throwable cause) { super(message, cause); }
	}

	static void order(int id) { throw new IllegalStateException("no loan " + id); }

	static void handle(int id)
	{
		try {
			order(id);
		} catch (IllegalStateException e) {
			throw new NoLoan("cannot lend", e);
		}
	}

	public static void main(String[] args)
	{
		try {
			handle(7);
		} catch (NoLoan e) {
			Logger.getLogger("loans").log(Level.SEVERE, "request failed", e);
		}
		Logger.getLogger("loans").info("goes on");
	}
}
