// SPDX-License-Identifier: Apache-2.0
// A service in Java that books: Ledger [KEY=VALUE...]. Keys: every, bug (cache: keeps all it saw; threads: one that stays for each
// request), url (whom it asks), settings (properties, read at its start).
import java.io.FileInputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

public class Ledger {
	static final Map<String, String> options = new HashMap<>(Map.of("every", "0.3", "bug", "", "url", "", "settings", ""));
	static final List<byte[]> seen = new ArrayList<>();
	static int limit = 100;

	static void remember() {
		seen.add(new byte[3 << 20]);
	}

	static void start() {
		Thread thread = new Thread(() -> {
			try {
				Thread.sleep(1000000);
			} catch (InterruptedException error) {
				return;
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	static void ask() throws Exception {
		HttpURLConnection connection = (HttpURLConnection)new URL(options.get("url")).openConnection();
		connection.setConnectTimeout(1000);
		connection.setReadTimeout(1000);
		try (var answer = connection.getInputStream()) {
			answer.readAllBytes();
		}
	}

	static void load() throws Exception {
		Properties settings = new Properties();
		try (var file = new FileInputStream(options.get("settings"))) {
			settings.load(file);
		}
		limit = Integer.parseInt(settings.getProperty("limit"));
	}

	static void book() throws Exception {
		if (!options.get("url").isEmpty())
			ask();
		if (options.get("bug").equals("cache"))
			remember();
		if (options.get("bug").equals("threads"))
			start();
	}

	public static void main(String[] words) throws Exception {
		for (String word : words)
			options.put(word.split("=", 2)[0], word.split("=", 2)[1]);
		if (!options.get("settings").isEmpty())
			load();
		for (;;) {
			Thread.sleep((long)(Double.parseDouble(options.get("every")) * 1000));
			try {
				book();
			} catch (Throwable error) {
				error.printStackTrace();
			}
		}
	}
}
