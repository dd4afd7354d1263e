import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Card fraud on Kafka Streams with ONNX Runtime: what `pipelines/card-fraud.yaml` does. Transactions are keyed by their
 * customer and terminals have windows too, so they go through a repartition topic, as Kafka Streams does it; chargebacks come
 * to the same task through another one, for their topic has fewer partitions. Left out, in its favour: headers, dead letters,
 * the order in which records of different topics came, and a restart in which labels that came early are still known.
 *
 * <p>It is set up as Kafka Streams' documentation advises for throughput: a thread a core, a large record cache in
 * front of its stores, large batches that may wait, lz4, and a commit each 30 seconds. What passes through its own topics is
 * binary. It ends when its standard input does.
 *
 * <p>Arguments: broker, topic to read, topic of labels, topic to write, application, folder for state, model, list of blocked
 * terminals.
 */
public final class CardFraud {
    /** As many as the topic of transactions has. */
    private static final int PARTITIONS = 4;

    public static void main(String[] args) throws IOException {
        var topology = topology(args[1], args[2], args[3], Path.of(args[6]), blocked(Path.of(args[7])));
        try (var streams = new KafkaStreams(topology, properties(args[0], args[4], args[5]))) {
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

    private static Topology topology(String reads, String labels, String writes, Path model, Set<Long> blocked) {
        Serde<byte[]> bytes = Serdes.ByteArray();
        var builder = new StreamsBuilder();
        builder.addStateStore(store(Customers.STORE)).addStateStore(store(Terminals.STORE));
        KStream<byte[], byte[]> transactions = builder.stream(reads, Consumed.with(bytes, bytes))
                .process(Customers::new, Customers.STORE)
                .repartition(byTerminal("transactions"));
        KStream<byte[], byte[]> chargebacks = builder.stream(labels, Consumed.with(bytes, bytes))
                .process(Chargebacks::new)
                .repartition(byTerminal("chargebacks"));
        transactions.merge(chargebacks)
                .process(() -> new Terminals(model, blocked), Terminals.STORE)
                .to(writes, Produced.with(bytes, bytes));
        return builder.build();
    }

    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(String name) {
        return Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray()).withCachingEnabled();
    }

    private static Repartitioned<byte[], byte[]> byTerminal(String name) {
        return Repartitioned.<byte[], byte[]>as(name).withNumberOfPartitions(PARTITIONS)
                .withKeySerde(Serdes.ByteArray()).withValueSerde(Serdes.ByteArray());
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
