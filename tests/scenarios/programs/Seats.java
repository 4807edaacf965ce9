// SPDX-License-Identifier: Apache-2.0
// Sells seats of trains over HTTP, in Java: Seats [KEY=VALUE...]. port; partner: URL of another railway that is asked for its trains;
// plan: properties of the coaches (rows), read anew for each seat; flags: a file in which the flag "bicycles" sells places for them;
// change: what its release does otherwise (quiet: asks where the table of a coach is). What fails is logged and answered with 500.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

public class Seats {
	static final Logger log = Logger.getLogger("seats");
	static final Map<String, String> options = new HashMap<>(Map.of("port", "0", "change", ""));

	record Table(int row) {
	}

	record Coach(String number, Table table, int[] hooks) {
	}

	static final List<Coach> train = List.of(new Coach("1", new Table(4), new int[2]), new Coach("2", new Table(6), new int[0]),
			new Coach("12A", new Table(2), new int[1]), new Coach("4", null, new int[2]), new Coach("5", new Table(1), new int[4]));

	static int rows() throws IOException {
		if (!options.containsKey("plan"))
			return 20;
		Properties plan = new Properties();
		try (var file = new FileInputStream(options.get("plan"))) {
			plan.load(file);
		}
		return Integer.parseInt(plan.getProperty("rows"));
	}

	static boolean flag(String name) throws IOException {
		return options.containsKey("flags") && Files.readString(Path.of(options.get("flags"))).contains(name + " on");
	}

	static int place(Coach coach, int count) {
		return ++coach.hooks()[count % 4];
	}

	static int seat(Coach coach, int rows, int count) {
		if (options.get("change").equals("quiet") && coach.table().row() == count % rows)
			return coach.table().row();
		return count % rows;
	}

	static void ask(String url) throws IOException {
		var connection = (HttpURLConnection)new URL(url).openConnection();
		connection.setConnectTimeout(1000);
		connection.setReadTimeout(1000);
		try (var answer = connection.getInputStream()) {
			answer.readAllBytes();
		}
	}

	static String sell(int count) throws IOException {
		Coach coach = train.get(count % train.size());
		if (options.containsKey("partner"))
			ask(options.get("partner"));
		String sold = coach.number() + "/" + seat(coach, rows(), count);
		return flag("bicycles") ? sold + "+" + place(coach, count) : sold;
	}

	static void serve(HttpExchange exchange) throws IOException {
		int status = 200;
		String answer, query = exchange.getRequestURI().getQuery();
		try {
			answer = sell(query == null ? 0 : Integer.parseInt(query.replaceAll("\\D", "")));
		} catch (Exception error) {
			log.log(Level.SEVERE, "no seat for " + query, error);
			status = 500;
			answer = error.toString();
		}
		exchange.sendResponseHeaders(status, answer.length());
		try (var body = exchange.getResponseBody()) {
			body.write(answer.getBytes());
		}
	}

	public static void main(String[] words) throws Exception {
		for (String word : words)
			options.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
		var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(options.get("port"))), 0);
		server.createContext("/", Seats::serve);
		server.setExecutor(Executors.newFixedThreadPool(4));
		server.start();
	}
}
