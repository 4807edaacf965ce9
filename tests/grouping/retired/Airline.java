// SPDX-License-Identifier: Apache-2.0
import java.lang.reflect.InvocationTargetException;
import java.time.LocalDate;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.*;
import java.util.stream.*;

/** Airline WAY: flies; a defect for each way. "charter" is a second way to the defect of "scheduled". */
public class Airline {
	static final long ID = ProcessHandle.current().pid();

	static class BookingException extends RuntimeException {
		BookingException(String what, Throwable cause) {
			super(what, cause);
		}
	}

	record Flight(long number, String gate, List<Integer> seats) {
	}

	sealed interface Fare permits Economy, Business {
		int price(Flight flight);
	}

	record Economy() implements Fare {
		public int price(Flight flight) {
			return 90000 / (flight.gate().length() - 2);
		}
	}

	record Business(Map<String, Integer> rows) implements Fare {
		public int price(Flight flight) {
			return rows.get(flight.gate());
		}
	}

	/* Two fares, each wrong in its own way, that one function asks. */
	static int total(List<? extends Fare> fares, Flight flight) {
		return fares.stream().mapToInt(fare -> fare.price(flight)).sum();
	}

	static int economy(Flight flight) {
		return total(List.of(new Economy()), flight);
	}

	static int business(Flight flight) {
		return total(List.of(new Business(new HashMap<>())), flight);
	}

	/* A rule that two break. */
	static void check(boolean good, String rule) {
		if (!good)
			throw new IllegalStateException(rule + " (flight " + ID + ", " + System.nanoTime() + ")");
	}

	static int boarded(Flight flight) {
		check(flight.seats().size() > 9, "not open");
		return 1;
	}

	static int delayed(Flight flight) {
		IntConsumer wait = minutes -> check(minutes < 30, "not open");
		IntStream.range(20, 60).forEach(wait);
		return 2;
	}

	/* It reads dates wrongly, whoever has it read. */
	static int day(String text) {
		return LocalDate.parse(text.replace('-', '/')).getDayOfYear();
	}

	static int scheduled(Flight flight) {
		return day("2024-03-" + (10 + ID % 20));
	}

	static int charter(Flight flight) {
		return Stream.of("2025-01-" + (10 + ID % 20)).map(Airline::day).reduce(0, Integer::sum);
	}

	/* Wrapped twice. */
	static int ticket(Flight flight) {
		try {
			try {
				return flight.gate().charAt((int) ID);
			} catch (StringIndexOutOfBoundsException e) {
				throw new IllegalArgumentException("gate of " + flight.number(), e);
			}
		} catch (IllegalArgumentException e) {
			throw new BookingException("ticket " + ID * 7 + " is not sold", e);
		}
	}

	/* In a thread of a pool that has its own names, and by reflection. */
	static int crew(Flight flight) throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(2);
		try {
			return pool.submit(() -> new ArrayDeque<>(List.of(4)).stream().skip(ID % 5 + 1).findAny().get()).get();
		} finally {
			pool.shutdown();
		}
	}

	public static int pilot(Flight flight) {
		Object[] rows = new String[1];
		rows[0] = flight.number();
		return rows.length;
	}

	static int reflected(Flight flight) throws Exception {
		try {
			return (int) Airline.class.getMethod("pilot", Flight.class).invoke(null, flight);
		} catch (InvocationTargetException e) {
			throw new RuntimeException(e.getCause());
		}
	}

	static int circled(int height) {
		return height < 0 ? 1 : descended(height + 1) + 1;
	}

	static int descended(int height) {
		return circled(height) * 3;
	}

	static int holding(Flight flight) {
		return circled((int) ID);
	}

	static int cargo(Flight flight) {
		List<long[]> hold = new ArrayList<>();
		while (flight.number() > 0)
			hold.add(new long[1 << 20]);
		return hold.size();
	}

	static int tower(Flight flight) throws Exception {
		class Radio implements AutoCloseable {
			public void close() {
				throw new RadioException("radio " + ID);
			}
		}
		try (Radio radio = new Radio()) {
			return Integer.parseInt(flight.gate());
		}
	}

	static class RadioException extends RuntimeException {
		RadioException(String what) {
			super(what + " is closed");
		}
	}

	interface Way {
		int go(Flight flight) throws Exception;
	}

	public static void main(String[] args) throws Exception {
		Map<String, Way> ways = new HashMap<>();
		ways.put("economy", Airline::economy);
		ways.put("business", Airline::business);
		ways.put("boarded", Airline::boarded);
		ways.put("delayed", Airline::delayed);
		ways.put("scheduled", Airline::scheduled);
		ways.put("charter", Airline::charter);
		ways.put("ticket", Airline::ticket);
		ways.put("crew", Airline::crew);
		ways.put("reflected", Airline::reflected);
		ways.put("holding", Airline::holding);
		ways.put("cargo", Airline::cargo);
		ways.put("tower", Airline::tower);
		System.exit(ways.get(args[0]).go(new Flight(ID, "B7", List.of(1, 2))) & 127);
	}
}
