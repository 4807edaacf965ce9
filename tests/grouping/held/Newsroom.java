// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;

public class Newsroom {
	static final long ID = ProcessHandle.current().pid();

	static class DeskError extends RuntimeException {
		DeskError(String what, Throwable cause) {
			super(what, cause);
		}
	}

	record Article(long number, String title, String author, Integer words) {
		int lines(int width) {
			return words / width;
		}
	}

	interface Section {
		String name();

		List<Article> articles();
	}

	record Sports(List<Article> articles) implements Section {
		public String name() {
			return "sports";
		}
	}

	static class Edition {
		final Map<String, Section> sections = new HashMap<>();
		final Deque<Article> queue = new ArrayDeque<>();
		LocalDate day = LocalDate.of(2026, 1, 1);

		void add(Section section) {
			sections.put(section.name(), section);
		}

		Article next() {
			return queue.removeFirst();
		}

		int pages(int perPage) {
			return queue.size() * 10 / perPage;
		}
	}

	static void require(boolean good, String what) {
		if (!good)
			throw new IllegalStateException(what + " in edition " + ID);
	}

	static Article article(Integer words) {
		return new Article(ID, "Title " + ID, "a.b", words);
	}

	static void edited(Edition e) {
		e.add(new Sports(List.of(article(300), article(null))));
		int sum = 0;
		for (Article a : e.sections.get("sports").articles())
			sum += a.lines(40);
		System.out.println(sum);
	}

	static void printed(Edition e) {
		for (int perPage = (int) (ID % 4); perPage >= 0; perPage--)
			System.out.println(e.pages(perPage));
	}

	static void queued(Edition e) {
		for (int i = 0; i < ID % 5; i++)
			e.queue.add(article(i));
		while (true)
			System.out.println(e.next().title());
	}

	static String initials(String author) {
		String[] parts = author.split("\\.");
		return parts[0].substring(0, 1) + parts[1].substring(0, 3);
	}

	static void signed(Edition e) {
		System.out.println(initials("ann.berg") + initials(article(1).author()));
	}

	static String load(Path path) {
		try {
			return Files.readString(path);
		} catch (IOException error) {
			throw new UncheckedIOException("photo " + ID + " is lost", error);
		}
	}

	static void illustrated(Edition e) {
		Supplier<String> photo = () -> load(Path.of("/tmp/newsroom-" + ID, "photo"));
		System.out.println(photo.get().length());
	}

	static int price(String text) {
		try {
			return Integer.parseInt(text.trim());
		} catch (NumberFormatException error) {
			throw new DeskError("advert of " + ID, error);
		}
	}

	static void advertised(Edition e) {
		System.out.println(List.of(" 20", ID + " EUR").stream().mapToInt(Newsroom::price).sum());
	}

	static void approved(Edition e) {
		require(!e.sections.isEmpty(), "no section");
	}

	static void closed(Edition e) {
		e.queue.add(article(5));
		for (int i = 0; i < 3; i++)
			require(e.queue.size() > i, "no article");
	}

	static void ranked(Edition e) {
		List<Article> all = new ArrayList<>(List.of(article(3), new Article(1, null, "c", 2), article(9)));
		all.sort(Comparator.comparing(Article::title));
		System.out.println(all.get(0));
	}

	static void indexed(Edition e) {
		Map<String, Integer> index = List.of(article(1), article(2)).stream()
				.collect(Collectors.toMap(Article::title, Article::words));
		System.out.println(index);
	}

	static void corrected(Edition e) {
		List<Article> all = new ArrayList<>(List.of(article(1), article(2), article(3)));
		for (Article a : all)
			if (a.words() < 3)
				all.remove(a);
	}

	static void streamed(Edition e) {
		CompletableFuture<Integer> wire = CompletableFuture.supplyAsync(() -> wire(e).orElseThrow());
		System.out.println(wire.join());
	}

	static Optional<Integer> wire(Edition e) {
		return e.queue.stream().map(Article::words).findFirst();
	}

	static int quote(Article a, int depth) {
		return a.words() + reply(a, depth + 1);
	}

	static int reply(Article a, int depth) {
		return depth < 0 ? 0 : quote(a, depth + 1) - 1;
	}

	static void quoted(Edition e) {
		System.out.println(quote(article(7), (int) (ID % 50)));
	}

	static void dated(Edition e) {
		e.day = LocalDate.parse("2026-02-" + (30 + ID % 2));
	}

	static void cancelled(Edition e) {
		System.err.println("newsroom: edition " + ID + " of " + e.day + " is cancelled");
		System.exit(9);
	}

	public static void main(String[] args) {
		Edition e = new Edition();
		switch (args[0]) {
		case "edited" -> edited(e);
		case "printed" -> printed(e);
		case "queued" -> queued(e);
		case "signed" -> signed(e);
		case "illustrated" -> illustrated(e);
		case "advertised" -> advertised(e);
		case "approved" -> approved(e);
		case "closed" -> closed(e);
		case "ranked" -> ranked(e);
		case "indexed" -> indexed(e);
		case "corrected" -> corrected(e);
		case "streamed" -> streamed(e);
		case "quoted" -> quoted(e);
		case "dated" -> dated(e);
		default -> cancelled(e);
		}
	}
}
