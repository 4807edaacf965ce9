// SPDX-License-Identifier: Apache-2.0
// Collects what substations measure, in Java: Grid [KEY=VALUE...]. Listens at port for lines "STATION KILOVOLTS AMPERES", amperes of one
// phase or of three ("80/81/79"), and answers OK or NO with why; archive: a folder with a file of each station; historian: a URL
// that is told of each; change: what its release does otherwise (phases: looks how far the three are apart).
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

public class Grid {
	static final Logger log = Logger.getLogger("grid");
	static final Map<String, String> options = new HashMap<>(Map.of("port", "0", "change", ""));

	static class ArchiveException extends Exception {
		ArchiveException(String message, Throwable cause) {
			super(message, cause);
		}
	}

	record Measurement(String station, double kilovolts, double[] amperes) {
		static Measurement parse(String line) {
			String[] words = line.split(" ");
			double[] amperes = Arrays.stream(words[2].split("/")).mapToDouble(Double::parseDouble).toArray();
			return new Measurement(words[0], Double.parseDouble(words[1]), amperes);
		}

		double apart() {
			return Math.max(Math.abs(amperes[0] - amperes[1]), Math.abs(amperes[1] - amperes[2]));
		}
	}

	static void keep(Measurement m) throws ArchiveException {
		Path file = Path.of(options.get("archive"), m.station() + ".txt");
		try {
			Files.writeString(file, m.kilovolts() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		} catch (IOException error) {
			throw new ArchiveException("cannot keep what " + m.station() + " measures", error);
		}
	}

	static void tell(Measurement m) throws IOException {
		var connection = (HttpURLConnection)new URL(options.get("historian") + "?station=" + m.station()).openConnection();
		connection.setConnectTimeout(1000);
		connection.setReadTimeout(1000);
		try (var answer = connection.getInputStream()) {
			answer.readAllBytes();
		}
	}

	static void take(String line) throws IOException, ArchiveException {
		Measurement m = Measurement.parse(line);
		if (options.get("change").equals("phases") && m.apart() > 40)
			log.warning(m.station() + ": the phases are far apart");
		if (options.containsKey("archive"))
			keep(m);
		if (options.containsKey("historian"))
			tell(m);
	}

	static String answer(String line) {
		if (line.split(" ").length < 3)
			return "SHORT\n"; // a station that went away in the midst of it
		try {
			take(line);
			return "OK\n";
		} catch (Exception error) {
			log.log(Level.SEVERE, "cannot take " + line, error);
			return "NO " + error.getMessage() + "\n";
		}
	}

	static void serve(Socket station) {
		try (station; var reader = new BufferedReader(new InputStreamReader(station.getInputStream()))) {
			station.setSoTimeout(3000);
			String line = reader.readLine();
			if (line != null)
				station.getOutputStream().write(answer(line).getBytes());
		} catch (IOException gone) {
			log.fine("a station went away");
		}
	}

	public static void main(String[] words) throws Exception {
		for (String word : words)
			options.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
		var listener = new ServerSocket(Integer.parseInt(options.get("port")), 50, InetAddress.getLoopbackAddress());
		var pool = Executors.newFixedThreadPool(4);
		while (true) {
			Socket station = listener.accept();
			pool.execute(() -> serve(station));
		}
	}
}
