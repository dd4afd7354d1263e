import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/**
 * Card fraud on Kafka Streams with ONNX Runtime: what `pipelines/card-fraud.yaml` does, as far as that needs no second
 * topic. Left out, in its favour: what the pipeline knows of terminals (their records would go through a topic of
 * their own, and their labels through a join; the model gets zeros in their place), headers, and dead letters.
 *
 * <p>It is set up as Kafka Streams' documentation advises for throughput: a thread a core, a large record cache in
 * front of its store, large batches that may wait, lz4, and a commit each 30 seconds. It ends when its standard input does.
 *
 * <p>Arguments: broker, topic to read, topic to write, application, folder for state, model, list of blocked terminals.
 */
public final class CardFraud {
    static final String STORE = "customers";

    public static void main(String[] args) throws IOException {
        String reads = args[1], writes = args[2];
        Path model = Path.of(args[5]);
        Set<Long> blocked = blocked(Path.of(args[6]));
        var topology = new Topology();
        topology.addSource("tx", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), reads);
        topology.addProcessor("score", () -> new Scoring(model, blocked), "tx");
        var customers = Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(STORE), Serdes.Bytes(), Serdes.ByteArray());
        topology.addStateStore(customers.withCachingEnabled(), "score");
        topology.addSink("scored", writes, Serdes.ByteArray().serializer(), Serdes.ByteArray().serializer(), "score");
        try (var streams = new KafkaStreams(topology, properties(args[0], args[3], args[4]))) {
            streams.setUncaughtExceptionHandler(error -> {
                error.printStackTrace();
                Runtime.getRuntime().halt(1);
                return null;
            });
            streams.start();
            while (System.in.read() >= 0) {
                // Nothing is said to it.
            }
        }
    }

    private static Properties properties(String broker, String application, String state) {
        var properties = new Properties();
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, state);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 30_000);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
        properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 64 << 10);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
        properties.put(ConsumerConfig.RECEIVE_BUFFER_CONFIG, 1 << 20);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 100);
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 512 << 10);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20);
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        return properties;
    }

    private static Set<Long> blocked(Path list) throws IOException {
        List<String> lines = Files.readAllLines(list);
        int column = List.of(lines.get(0).split(",")).indexOf("terminal_id");
        var blocked = new HashSet<Long>();
        for (String line : lines.subList(1, lines.size())) {
            blocked.add(Long.valueOf(line.split(",")[column].trim()));
        }
        return blocked;
    }
}
