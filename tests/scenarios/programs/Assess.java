// SPDX-License-Identifier: Apache-2.0
// Assesses taxes, in Java: Assess [KEY=VALUE...]. Serves HTTP at port: "?income=N" and with "&partner=N" or "&joint" for two. rates:
// properties, read each time; documents: a folder that the deductions are read from; register: a URL asked for each; archive: a
// file that says host:port of who takes each assessment; change: what its release does otherwise (bracket).
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executors;

public class Assess {
	static final Map<String, String> options = new HashMap<>(Map.of("port", "0", "change", ""));
	static final int[] LIMITS = {12000, 30000, 68000};
	static final int[] RATES = {0, 14, 24, 42};
	static int count;

	static class AssessmentException extends Exception {
		AssessmentException(String message, Throwable cause) {
			super(message, cause);
		}
	}

	static Map<String, String> query(HttpExchange exchange) {
		Map<String, String> found = new HashMap<>();
		String text = exchange.getRequestURI().getQuery();
		for (String word : (text == null ? "income=1" : text).split("&")) {
			String[] parts = word.split("=", 2);
			found.put(parts[0], parts.length > 1 ? parts[1] : null);
		}
		return found;
	}

	static int bracket(int income) {
		int n = 0;
		while ((options.get("change").equals("bracket") || n < LIMITS.length) && income > LIMITS[n])
			n++;
		return n;
	}

	static int factor() throws IOException {
		if (!options.containsKey("rates"))
			return 100;
		Properties rates = new Properties();
		try (var file = new FileInputStream(options.get("rates"))) {
			rates.load(file);
		}
		return Integer.parseInt(rates.getProperty("factor"));
	}

	static int deductions(int number) throws IOException {
		if (!options.containsKey("documents"))
			return 0;
		return Files.readString(Path.of(options.get("documents"), number % 8 + ".txt")).length();
	}

	static void ask(String url) throws IOException {
		var connection = (HttpURLConnection)new URL(url).openConnection();
		connection.setConnectTimeout(1000);
		connection.setReadTimeout(1000);
		try (var answer = connection.getInputStream()) {
			answer.readAllBytes();
		}
	}

	static void file(int number, int tax) throws IOException {
		String[] parts = Files.readString(Path.of(options.get("archive"))).trim().split(":");
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])), 1000);
			String text = "tax " + tax;
			socket.getOutputStream().write(("PUT " + number + " " + text.length() + "\n" + text).getBytes());
			socket.getInputStream().readAllBytes();
		}
	}

	static int assess(Map<String, String> query, int number) throws AssessmentException {
		int income = Integer.parseInt(query.get("income"));
		if (query.containsKey("joint"))
			income = (income + query.get("partner").length()) / 2;
		try {
			int tax = (income - deductions(number)) * RATES[bracket(income)] / factor();
			if (options.containsKey("register"))
				ask(options.get("register"));
			if (options.containsKey("archive"))
				file(number, tax);
			return tax;
		} catch (IOException error) {
			throw new AssessmentException("no assessment of return " + number, error);
		}
	}

	static void answer(HttpExchange exchange) throws IOException {
		int status = 200;
		try {
			assess(query(exchange), ++count);
		} catch (AssessmentException | RuntimeException error) {
			error.printStackTrace();
			status = 500;
		}
		exchange.sendResponseHeaders(status, -1);
		exchange.close();
	}

	public static void main(String[] words) throws IOException {
		for (String word : words) {
			String[] parts = word.split("=", 2);
			options.put(parts[0], parts[1]);
		}
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(options.get("port"))), 50);
		server.createContext("/", Assess::answer);
		server.setExecutor(Executors.newFixedThreadPool(4));
		server.start();
	}
}
