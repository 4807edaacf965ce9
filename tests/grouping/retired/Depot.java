// SPDX-License-Identifier: Apache-2.0
import java.util.*;
import java.util.concurrent.*;
import java.util.function.*;

public class Depot {
	static final long ID = ProcessHandle.current().pid();

	static class Settings {
		static final int SIZE = Integer.parseInt(System.getProperty("depot.size", "size-" + ID));
	}

	interface Part {
		int weight();
	}

	static class Crate<T extends Part> implements Part {
		final List<T> parts = new ArrayList<>();

		public int weight() {
			return parts.stream().map(Part::weight).reduce(0, Integer::sum) + parts.get((int) ID).weight();
		}
	}

	static int crate() {
		return new Crate<Crate<?>>().weight();
	}

	static int pooled() throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(1);
		try {
			return pool.submit(() -> Map.<Long, String>of().get(ID).length()).get();
		} finally {
			pool.shutdown();
		}
	}

	static int settings() {
		return Settings.SIZE;
	}

	static int nested(int n) {
		return nested(n + 1) + 1;
	}

	static int cast() {
		Object o = "crate " + ID;
		return (Integer) o;
	}

	static int supplied(Supplier<Object> s) {
		return s.get().hashCode();
	}

	static int run(String way) throws Exception {
		switch (way) {
		case "crate": return crate();
		case "pooled": return pooled();
		case "settings": return settings();
		case "nested": return nested(0);
		case "cast": return cast();
		default: return supplied(() -> { throw new UnsupportedOperationException("depot " + ID + " has none"); });
		}
	}

	public static void main(String[] args) throws Exception {
		System.exit(run(args[0]));
	}
}
