// SPDX-License-Identifier: Apache-2.0
// Encodes key cards of hotel rooms, in Java: Cards [KEY=VALUE...]. Answers lines "CARD ROOM" at port with "OK SERIAL", else "NO REASON"
// and tells why. doors: URL of who runs the locks and is told of each; change: what its release does otherwise (table: it remembers each
// serial in a table of a hundred).
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

public class Cards {
	static final Logger log = Logger.getLogger("cards");
	static final Map<String, String> options = new HashMap<>(Map.of("port", "0", "change", ""));
	static final int[] table = new int[100];
	static int serial;

	static synchronized int nextSerial(int room) {
		if (options.get("change").equals("table"))
			table[serial] = room;
		return ++serial;
	}

	static void tellDoors(int room) throws IOException {
		var connection = (HttpURLConnection)new URL(options.get("doors") + "?room=" + room).openConnection();
		connection.setConnectTimeout(1000);
		connection.setReadTimeout(1000);
		try (var answer = connection.getInputStream()) {
			answer.readAllBytes();
		}
	}

	static String encode(int room) throws IOException {
		int number = nextSerial(room);
		if (options.containsKey("doors"))
			tellDoors(room);
		return "OK " + number;
	}

	static void serve(Socket desk) {
		try (desk; var reader = new BufferedReader(new InputStreamReader(desk.getInputStream()))) {
			desk.setSoTimeout(2000);
			String line = reader.readLine(), answer;
			if (line == null)
				return;
			try {
				answer = encode(Integer.parseInt(line.substring(5).strip()));
			} catch (Exception error) {
				log.log(Level.SEVERE, "no card for " + line, error);
				answer = "NO " + error.getClass().getSimpleName();
			}
			desk.getOutputStream().write((answer + "\n").getBytes());
		} catch (IOException error) {
			log.fine("a desk went away: " + error);
		}
	}

	public static void main(String[] words) throws IOException {
		for (String word : words)
			options.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
		var pool = Executors.newFixedThreadPool(8);
		try (var server = new ServerSocket(Integer.parseInt(options.get("port")), 50, InetAddress.getLoopbackAddress())) {
			while (true) {
				Socket desk = server.accept();
				pool.execute(() -> serve(desk));
			}
		}
	}
}
