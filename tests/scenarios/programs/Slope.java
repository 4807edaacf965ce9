// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executors;

/**
 * Slopes of a ski resort: Slope map [KEY=VALUE...] serves HTTP at port: whether the slope of a number is open, by a file of
 * properties (season, read for each), asking for the state of the snow at a URL (snow, again so often: retries), and keeping the tracks of
 * skiers; change: what its release does otherwise (rating: looks for the grooming of each colour).
 */
public class Slope {
	private static final List<String> COLOURS = List.of("blue", "red", "black", "blue");
	private static final Map<String, Integer> GROOMED = Map.of("blue", 2, "red", 1);
	private static final Map<String, String> options = new HashMap<>(Map.of("port", "0", "retries", "0", "change", ""));
	private static final Deque<byte[]> tracks = new ArrayDeque<>();

	private static LocalDate season() throws IOException {
		Properties settings = new Properties();
		try (InputStream file = Files.newInputStream(Path.of(options.get("season")))) {
			settings.load(file);
		}
		return LocalDate.parse(settings.getProperty("begins"));
	}

	private static int rating(String colour) {
		if (options.get("change").equals("rating"))
			return GROOMED.get(colour);
		return GROOMED.getOrDefault(colour, 0);
	}

	private static synchronized void follow(int skier) {
		tracks.add(new byte[600 << 10]);
		if (tracks.size() > 10)
			tracks.remove();
	}

	private static void ask(String url) throws IOException, InterruptedException {
		for (int tries = Integer.parseInt(options.get("retries"));; tries--)
			try {
				HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
				connection.setConnectTimeout(1500);
				connection.setReadTimeout(1500);
				try (InputStream answer = connection.getInputStream()) {
					answer.readAllBytes();
				}
				return;
			} catch (IOException e) {
				if (tries <= 0)
					throw e;
				Thread.sleep(400);
			}
	}

	private static String state(int number) throws IOException, InterruptedException {
		String colour = COLOURS.get(number % COLOURS.size());
		int groomed = rating(colour);
		follow(number);
		if (options.containsKey("season") && LocalDate.of(2026, 12, 24).isBefore(season()))
			return "closed\n";
		if (options.containsKey("snow"))
			ask(options.get("snow") + "?slope=" + number);
		return colour + " groomed " + groomed + " times\n";
	}

	private static void answer(HttpExchange exchange) throws IOException {
		boolean known = exchange.getRequestURI().getPath().equals("/");
		int status = known ? 200 : 404;
		byte[] text = new byte[0];
		try {
			if (known)
				text = state(Integer.parseInt(exchange.getRequestURI().getQuery().replaceAll("card=(\\d+).*", "$1"))).getBytes();
		} catch (Exception e) {
			e.printStackTrace();
			status = 500;
		}
		exchange.sendResponseHeaders(status, status == 200 ? text.length : -1);
		if (status == 200)
			exchange.getResponseBody().write(text);
		exchange.close();
	}

	public static void main(String[] args) throws Exception {
		for (int n = 1; n < args.length; n++)
			options.put(args[n].split("=", 2)[0], args[n].split("=", 2)[1]);
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(options.get("port"))), 64);
		server.createContext("/", Slope::answer);
		server.setExecutor(Executors.newFixedThreadPool(3));
		server.start();
	}
}
