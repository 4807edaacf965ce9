// SPDX-License-Identifier: Apache-2.0
import java.util.*;

public class Bugs {
	static int customer(Map<String, String> row) {
		return row.get("customer").length();
	}

	static int total(Map<String, String> row) {
		return 100 / (row.size() - row.size());
	}

	static int parse(Map<String, String> row) {
		return Integer.parseInt("x" + ProcessHandle.current().pid());
	}

	static int check(Map<String, String> row) {
		throw new IllegalStateException("order " + ProcessHandle.current().pid() + " is not valid");
	}

	static int lambda(Map<String, String> row) {
		return List.of(1, 2).stream().mapToInt(n -> row.get("line" + n).length()).sum();
	}

	static int wrapped(Map<String, String> row) {
		try {
			return parse(row);
		} catch (NumberFormatException e) {
			throw new RuntimeException("order " + System.nanoTime(), e);
		}
	}

	static int serve(String way) {
		Map<String, String> row = new HashMap<>();
		switch (way) {
		case "customer": return customer(row);
		case "total": return total(row);
		case "parse": return parse(row);
		case "check": return check(row);
		case "lambda": return lambda(row);
		default: return wrapped(row);
		}
	}

	public static void main(String[] args) {
		System.exit(serve(args[0]));
	}
}
