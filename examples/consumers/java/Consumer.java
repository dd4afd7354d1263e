// Reads scored transactions and tells results that it has seen: `Consumer.java BROKERS TOPIC COUNT`.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public final class Consumer {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("Consumer.java BROKERS TOPIC COUNT");
            System.exit(2);
        }
        System.exit(read(args[0], args[1], Integer.parseInt(args[2])) ? 0 : 1);
    }

    private static boolean read(String brokers, String topic, int count) throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", brokers,
            "group.id", "example-java-" + topic,
            "auto.offset.reset", "earliest",
            // Positions are kept when what was read is dealt with, not before.
            "enable.auto.commit", false,
            "isolation.level", "read_committed");
        Map<String, Long> highest = new HashMap<>();
        ObjectMapper json = new ObjectMapper();
        int seen = 0;
        int again = 0;
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (seen < count) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(PATIENCE);
                if (records.isEmpty()) {
                    break;
                }
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    // A message without a value says that its key is gone.
                    if (record.value() == null || seen == count) {
                        continue;
                    }
                    long seq = Long.parseLong(header(record, "_seq"));
                    String stream = record.partition() + " " + header(record, "stream");
                    if (seq <= highest.getOrDefault(stream, -1L)) {
                        again += 1;
                        continue;
                    }
                    highest.put(stream, seq);
                    JsonNode value = json.readTree(record.value());
                    System.out.println(value.get("tx_id").asText() + " " + value.get("decision").asText());
                    seen += 1;
                }
            }
            consumer.commitSync();
        }
        System.err.println(again + " seen before");
        return seen == count;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
