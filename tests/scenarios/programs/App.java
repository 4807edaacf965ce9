// SPDX-License-Identifier: Apache-2.0
// A service in Java that handles a request every so often, and its bugs: App [KEY=VALUE...], as app.py has them.
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

public class App {
	static final Map<String, String> options = new HashMap<>(Map.of("every", "0.3", "bug", "", "odds", "1", "after", "0"));

	static int total(Map<String, Integer> order) {
		return order.get("total");
	}

	static void connect() throws Exception {
		String[] peer = options.get("peer").split(":");
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(peer[0], Integer.parseInt(peer[1])), 1000);
			socket.setSoTimeout(1000);
			socket.getOutputStream().write("PING\r\n".getBytes());
			if (socket.getInputStream().read() < 0)
				throw new java.io.IOException("the peer closed");
		}
	}

	static void handle() throws Exception {
		switch (options.get("bug")) {
		case "null" -> total(new HashMap<>());
		case "connect" -> connect();
		default -> { }
		}
	}

	public static void main(String[] words) throws Exception {
		for (String word : words)
			options.put(word.split("=", 2)[0], word.split("=", 2)[1]);
		for (int count = 1;; count++) {
			Thread.sleep((long)(Double.parseDouble(options.get("every")) * 1000));
			if (count <= Integer.parseInt(options.get("after")) || count % Integer.parseInt(options.get("odds")) != 0)
				continue;
			try {
				handle();
			} catch (Exception error) {
				error.printStackTrace();
			}
		}
	}
}
