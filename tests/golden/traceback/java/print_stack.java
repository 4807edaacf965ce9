// SPDX-License-Identifier: Apache-2.0
import java.util.List;

class Main {
	public static void main(String[] args)
	{
		try {
			List.of(1, 2).add(3);
		} catch (RuntimeException e) {
			System.err.println("request failed:");
			e.printStackTrace();
		}
		System.err.println("goes on");
	}
}
