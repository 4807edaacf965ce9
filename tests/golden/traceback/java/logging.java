// SPDX-License-Identifier: Apache-2.0
import java.util.logging.*;

class Main {
	public static void main(String[] args)
	{
		try {
			new java.util.ArrayList<Integer>().iterator().next();
		} catch (RuntimeException e) {
			Logger.getLogger("app").log(Level.SEVERE, "request failed", e);
		}
		Logger.getLogger("app").info("goes on");
	}
}
