import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * From the JSON of a transaction to the JSON of its decision: windows of its customer, the model, rules. Each task has one.
 *
 * <p>The model is called for each record: a record's output has to be sent before its offset may be committed, and Kafka
 * Streams commits between any two records. Its tensor is made once and written over.
 */
final class Scoring implements Processor<byte[], byte[], byte[], byte[]> {
    private static final long DAY_MS = 86_400_000L;
    private static final long HOUR_MS = 3_600_000L;
    private static final int FEATURES = 15;
    private static final double REVIEW_ABOVE = 0.9;
    private static final double LARGE = 500.0;

    private final Path model;
    private final Set<Long> blocked;
    private final JsonFactory json = new JsonFactory();
    private final ByteArrayOutputStream written = new ByteArrayOutputStream(256);
    private final FloatBuffer features =
            ByteBuffer.allocateDirect(FEATURES * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> customers;
    private OrtSession session;
    private OnnxTensor input;
    private Map<String, OnnxTensor> inputs;

    // The transaction that is being scored.
    private String txId;
    private long customer;
    private long terminal;
    private double amount;
    private long at;

    Scoring(Path model, Set<Long> blocked) {
        this.model = model;
        this.blocked = blocked;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        customers = context.getStateStore(CardFraud.STORE);
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            var environment = OrtEnvironment.getEnvironment();
            session = environment.createSession(model.toString(), options);
            input = OnnxTensor.createTensor(environment, features, new long[] {1, FEATURES});
            inputs = Map.of("input", input);
        } catch (OrtException error) {
            throw new IllegalStateException(error);
        }
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        try {
            parse(record.value());
            features.put(0, (float) amount);
            features.put(1, Math.floorMod(Math.floorDiv(at, HOUR_MS), 24L) <= 6 ? 1f : 0f);
            // 1970 began on a Thursday; Sunday is 0.
            long weekday = Math.floorMod(Math.floorDiv(at, DAY_MS) + 4, 7L);
            features.put(2, weekday == 0 || weekday == 6 ? 1f : 0f);
            windows(Bytes.wrap(record.key()));
            float score = score();
            context.forward(record.withValue(decide(score)));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (OrtException error) {
            throw new IllegalStateException(error);
        }
    }

    @Override
    public void close() {
        try {
            input.close();
            session.close();
        } catch (OrtException error) {
            throw new IllegalStateException(error);
        }
    }

    private void parse(byte[] value) throws IOException {
        try (JsonParser parser = json.createParser(value)) {
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "tx_id" -> txId = parser.getText();
                    case "customer_id" -> customer = parser.getLongValue();
                    case "terminal_id" -> terminal = parser.getLongValue();
                    case "amount" -> amount = parser.getDoubleValue();
                    case "ts" -> at = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        }
    }

    /** Count and mean of 1, 7 and 30 days, this transaction included. An event is its time and its amount, 16 bytes. */
    private void windows(Bytes key) {
        byte[] before = customers.get(key);
        var events = ByteBuffer.wrap(before == null ? new byte[0] : before);
        int keep = 0;
        while (keep < events.capacity() && events.getLong(keep) <= at - 30 * DAY_MS) {
            keep += 16;
        }
        int n1 = 1, n7 = 1, n30 = 1;
        double sum1 = amount, sum7 = amount, sum30 = amount;
        for (int event = keep; event < events.capacity(); event += 16) {
            long age = at - events.getLong(event);
            double paid = events.getDouble(event + 8);
            n30++;
            sum30 += paid;
            if (age < 7 * DAY_MS) {
                n7++;
                sum7 += paid;
            }
            if (age < DAY_MS) {
                n1++;
                sum1 += paid;
            }
        }
        var after = ByteBuffer.allocate(events.capacity() - keep + 16);
        after.put(events.array(), keep, events.capacity() - keep).putLong(at).putDouble(amount);
        customers.put(key, after.array());
        features.put(3, n1).put(4, n7).put(5, n30);
        features.put(6, (float) (sum1 / n1)).put(7, (float) (sum7 / n7)).put(8, (float) (sum30 / n30));
    }

    private float score() throws OrtException {
        try (OrtSession.Result result = session.run(inputs)) {
            return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0);
        }
    }

    private byte[] decide(float score) throws IOException {
        String decision = "approve", rule = null;
        if (blocked.contains(terminal)) {
            decision = "decline";
            rule = "blocked";
        } else if (score >= REVIEW_ABOVE) {
            decision = "review";
            rule = "model";
        } else if (Float.isNaN(score) && amount > LARGE) {
            decision = "review";
            rule = "no_time";
        }
        written.reset();
        try (var out = json.createGenerator(written)) {
            out.writeStartObject();
            out.writeStringField("tx_id", txId);
            out.writeNumberField("customer_id", customer);
            out.writeNumberField("terminal_id", terminal);
            out.writeNumberField("amount", amount);
            out.writeNumberField("score", score);
            out.writeStringField("decision", decision);
            out.writeStringField("rule", rule);
            out.writeEndObject();
        }
        return written.toByteArray();
    }
}
