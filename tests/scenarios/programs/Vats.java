// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * Vats of a brewery: Vats hall [KEY=VALUE...] serves HTTP at port: how long the beer of a vat (a line "NAME DAYS" of the file vats) has to lie,
 * which it tells an office first, at a URL (office), if any.
 */
public class Vats {
	private static final Map<String, String> options = new HashMap<>();
	private static final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofMillis(1500)).build();

	private static Map<String, Integer> vats() throws IOException {
		return Files.readAllLines(Path.of(options.get("vats"))).stream().map(line -> line.split(" "))
				.collect(Collectors.toMap(words -> words[0], words -> Integer.parseInt(words[1])));
	}

	private static void declare(String vat) throws InterruptedException {
		try {
			HttpRequest request = HttpRequest.newBuilder(URI.create(options.get("office") + "?vat=" + vat)).timeout(Duration.ofMillis(1500)).build();
			HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
			if (answer.statusCode() >= 400)
				throw new IOException("the office answers " + answer.statusCode());
		} catch (IOException e) {
			throw new UncheckedIOException("vat " + vat + " is not declared", e);
		}
	}

	private static String days(String vat) throws IOException, InterruptedException {
		int days = vats().get(vat);
		if (options.containsKey("office"))
			declare(vat);
		return days + " days\n";
	}

	private static void answer(HttpExchange exchange) throws IOException {
		int status = 200;
		byte[] text = new byte[0];
		try {
			text = days(exchange.getRequestURI().getQuery()).getBytes();
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
		server.createContext("/", Vats::answer);
		server.setExecutor(Executors.newFixedThreadPool(4));
		server.start();
	}
}
