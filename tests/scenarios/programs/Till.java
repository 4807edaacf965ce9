// SPDX-License-Identifier: Apache-2.0
// Takes payments, in Java: Till [KEY=VALUE...]. Keys: every, bug (cast, settle, due), odds (of so many payments one meets the bug),
// after (payments before that), ask (a URL whose answer is a number), peer (host:port of the bank), flags (a file; the flag
// "split-payments" parts each payment), rates (properties, read anew each time).
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

public class Till {
	static final Map<String, String> options = new HashMap<>(Map.of("every", "0.3", "bug", "", "odds", "1", "after", "0"));

	record Payment(String card, Object amount) {
		int cents() {
			return (Integer)amount;
		}
	}

	static void settle(List<Payment> open) {
		for (Payment payment : open)
			open.remove(payment);
	}

	static List<Payment> split(Payment payment, int parts) {
		int each = payment.cents() / parts;
		return List.of(new Payment(payment.card(), each));
	}

	static double ask(String url) throws IOException {
		var connection = new URL(url).openConnection();
		connection.setConnectTimeout(1000);
		connection.setReadTimeout(1000);
		try (var answer = connection.getInputStream()) {
			return Double.parseDouble(new String(answer.readAllBytes()).trim());
		}
	}

	static void authorize(String peer) throws IOException {
		String[] parts = peer.split(":");
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])), 1000);
			socket.setSoTimeout(1000);
			socket.getOutputStream().write("AUTH 42\r\n".getBytes());
			if (socket.getInputStream().read() < 0)
				throw new IOException("the bank hung up");
		}
	}

	static double rate() throws IOException {
		Properties rates = new Properties();
		try (var file = new FileInputStream(options.get("rates"))) {
			rates.load(file);
		}
		return Double.parseDouble(rates.getProperty("eur"));
	}

	static void take(boolean unlucky) throws IOException {
		Payment payment = new Payment("4111", 4200);
		if (options.containsKey("rates"))
			rate();
		if (options.containsKey("flags") && Files.readString(Path.of(options.get("flags"))).contains("split-payments"))
			split(payment, List.of().size());
		if (options.containsKey("ask"))
			ask(options.get("ask"));
		if (options.containsKey("peer"))
			authorize(options.get("peer"));
		if (!unlucky)
			return;
		switch (options.get("bug")) {
		case "cast" -> new Payment("4111", "42.00").cents();
		case "settle" -> settle(new ArrayList<>(List.of(payment, payment, payment)));
		case "due" -> LocalDate.parse("2026-11-31");
		default -> { }
		}
	}

	public static void main(String[] words) throws InterruptedException {
		for (String word : words)
			options.put(word.split("=", 2)[0], word.split("=", 2)[1]);
		int odds = Integer.parseInt(options.get("odds")), after = Integer.parseInt(options.get("after"));
		for (int count = 1;; count++) {
			Thread.sleep((long)(Double.parseDouble(options.get("every")) * 1000));
			try {
				take(count > after && count % odds == 0);
			} catch (Throwable error) {
				error.printStackTrace();
			}
		}
	}
}
