// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * Missions of a mountain rescue service: Mission dispatch [KEY=VALUE...] serves HTTP at port: which of the crews reaches a call
 * first, within its radius, asking for the weather at a URL (weather), keeping kb of each in
 * the file log; flags, a file read for each, may say "night"; change=remember: its release keeps what it was asked.
 */
public class Mission {
	private record Crew(String name, double north, double east) {
		double distance(double n, double e) {
			return Math.hypot((north - n) * 111, (east - e) * 76);
		}
	}

	private static final double RADIUS = 40; // km
	private static final List<Crew> CREWS = List.of(new Crew("valley", 46.5, 8.0), new Crew("pass", 46.6, 8.3), new Crew("glacier", 46.4, 8.1));
	private static final Map<String, String> options = new HashMap<>(Map.of("port", "0", "retries", "0", "kb", "8", "change", ""));
	private static final List<byte[]> remembered = new ArrayList<>();
	private static final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofMillis(1500)).build();

	private static Crew nearest(double north, double east) {
		return CREWS.stream().filter(crew -> crew.distance(north, east) < RADIUS)
				.min((a, b) -> Double.compare(a.distance(north, east), b.distance(north, east))).orElseThrow();
	}

	private static List<Crew> alarm(Crew first) throws IOException {
		List<Crew> crews = List.of(first);
		if (options.containsKey("flags") && Files.readString(Path.of(options.get("flags"))).contains("night"))
			crews.add(new Crew("searchlight", first.north(), first.east()));
		return crews;
	}

	private static String ask(String url) throws IOException, InterruptedException {
		for (int tries = Integer.parseInt(options.get("retries"));; tries--)
			try {
				HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofMillis(1500)).build();
				HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
				if (answer.statusCode() >= 400)
					throw new IOException(url + " answers " + answer.statusCode());
				return answer.body();
			} catch (IOException e) {
				if (tries <= 0)
					throw e;
				Thread.sleep(400);
			}
	}

	private static String send(String[] place) throws IOException, InterruptedException {
		List<Crew> crews = alarm(nearest(Double.parseDouble(place[0]), Double.parseDouble(place[1])));
		if (options.get("change").equals("remember"))
			remembered.add(new byte[1000 << 10]);
		if (options.containsKey("weather"))
			ask(options.get("weather") + "?at=" + place[0]);
		if (options.containsKey("log"))
			Files.writeString(Path.of(options.get("log")), "x".repeat(Integer.parseInt(options.get("kb")) << 10), StandardOpenOption.CREATE,
					StandardOpenOption.APPEND);
		return crews.get(0).name();
	}

	private static void answer(HttpExchange exchange) throws IOException {
		boolean known = exchange.getRequestURI().getPath().equals("/");
		int status = known ? 200 : 404;
		byte[] text = new byte[0];
		try {
			if (known)
				text = send(exchange.getRequestURI().getQuery().split(",")).getBytes();
		} catch (OutOfMemoryError e) {
			e.printStackTrace();
			Runtime.getRuntime().halt(3);
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
		server.createContext("/", Mission::answer);
		server.setExecutor(Executors.newFixedThreadPool(4));
		server.start();
	}
}
