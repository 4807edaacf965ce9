// SPDX-License-Identifier: Apache-2.0
import java.io.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;

public class Museum {
	static final long ID = ProcessHandle.current().pid();

	static class MuseumException extends RuntimeException {
		MuseumException(String what, Throwable cause) {
			super(what, cause);
		}
	}

	interface Source {
		int read() throws Exception;
	}

	/* Whatever goes wrong inside is wrapped in one place. */
	static int loaded(Source source) {
		try {
			return source.read();
		} catch (Exception e) {
			throw new MuseumException("hall " + ID + " is closed", e);
		}
	}

	static int file() {
		return loaded(() -> new FileInputStream("/tmp/museum-" + ID).read());
	}

	static int number() {
		return loaded(() -> Integer.parseInt("n" + ID));
	}

	static <T> T known(T row) {
		return Objects.requireNonNull(row, "row of " + ID);
	}

	static int painting() {
		return known(System.getProperty("museum.painting")).length();
	}

	static int statue() {
		return known(System.getProperty("museum.statue")).hashCode() + 1;
	}

	static int rooms() {
		return Stream.of("a", "b").map(s -> s.charAt((int) ID)).collect(Collectors.toList()).size();
	}

	static int guide() {
		return new Object() {
			int speak(String[] words) {
				return words[3].length();
			}
		}.speak(new String[2]);
	}

	static int tour() {
		return CompletableFuture.supplyAsync(() -> List.of(1, 2).get((int) ID)).join();
	}

	static int found() {
		return Optional.ofNullable((String) null).orElseThrow().length();
	}

	static int walked() {
		List<Integer> rows = new ArrayList<>(List.of(1, 2, 3));
		for (Integer row : rows)
			rows.remove(row);
		return rows.size();
	}

	static int lent() {
		Map<String, Long> rows = new TreeMap<>();
		rows.put(null, ID);
		return rows.size();
	}

	static int run(String way) {
		switch (way) {
		case "file": return file();
		case "number": return number();
		case "painting": return painting();
		case "statue": return statue();
		case "rooms": return rooms();
		case "guide": return guide();
		case "tour": return tour();
		case "found": return found();
		case "walked": return walked();
		default: return lent();
		}
	}

	public static void main(String[] args) {
		System.exit(run(args[0]) & 127);
	}
}
