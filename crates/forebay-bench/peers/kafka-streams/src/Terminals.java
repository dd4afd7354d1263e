import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.core.JsonFactory;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Windows of terminals with their labels, the model, rules, and the JSON of the decision. Each task has one.
 *
 * <p>The model is called for each record: a record's output has to be sent before its offset may be committed, and Kafka
 * Streams commits between any two records. Its tensor is made once and written over.
 */
final class Terminals implements Processor<byte[], byte[], byte[], byte[]> {
    static final String STORE = "terminals";
    private static final long DAY_MS = Customers.DAY_MS;
    private static final long DELAY_MS = 7 * DAY_MS;
    /** Its time, its id, and whether it is known to be a fraud. */
    private static final int EVENT_BYTES = 17;
    private static final double REVIEW_ABOVE = 0.9;
    private static final double LARGE = 500.0;

    private final Path model;
    private final Set<Long> blocked;
    private final JsonFactory json = new JsonFactory();
    private final ByteArrayOutputStream written = new ByteArrayOutputStream(512);
    private final FloatBuffer features =
            ByteBuffer.allocateDirect(Passed.FEATURES * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    private final Passed passed = new Passed();
    /** Labels that came before their transaction. */
    private final Map<Long, Boolean> early = new HashMap<>();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> terminals;
    private String modelName;
    private OrtSession session;
    private OnnxTensor input;
    private Map<String, OnnxTensor> inputs;

    Terminals(Path model, Set<Long> blocked) {
        this.model = model;
        this.blocked = blocked;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        terminals = context.getStateStore(STORE);
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            var environment = OrtEnvironment.getEnvironment();
            session = environment.createSession(model.toString(), options);
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(model));
            modelName = "card-fraud@3 sha256:" + HexFormat.of().formatHex(digest);
            input = OnnxTensor.createTensor(environment, features, new long[] {1, Passed.FEATURES});
            inputs = Map.of("input", input);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (OrtException | NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        passed.read(record.value());
        Bytes key = Bytes.wrap(record.key());
        if (passed.isLabel) {
            label(key);
            return;
        }
        try {
            features.put(0, passed.features);
            windows(key);
            byte[] decision = decide(score());
            context.forward(record.withKey(Customers.key(passed.customer)).withValue(decision));
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

    private void label(Bytes key) {
        byte[] value = terminals.get(key);
        var events = ByteBuffer.wrap(value == null ? new byte[0] : value);
        // Most labels are of the last weeks.
        for (int event = events.capacity() - EVENT_BYTES; event >= 0; event -= EVENT_BYTES) {
            if (events.getLong(event + 8) == passed.id) {
                events.put(event + 16, (byte) (passed.fraud ? 1 : 0));
                terminals.put(key, value);
                return;
            }
        }
        early.put(passed.id, passed.fraud);
    }

    /** Count and share of known frauds of 1, 7 and 30 days, a week ago. Events are in order of time, however they came. */
    private void windows(Bytes key) {
        long upTo = passed.at - DELAY_MS;
        byte[] before = terminals.get(key);
        var events = ByteBuffer.wrap(before == null ? new byte[0] : before);
        int keep = 0;
        while (keep < events.capacity() && events.getLong(keep) <= upTo - 30 * DAY_MS) {
            keep += EVENT_BYTES;
        }
        int n1 = 0, n7 = 0, n30 = 0;
        int frauds1 = 0, frauds7 = 0, frauds30 = 0;
        for (int event = keep; event < events.capacity(); event += EVENT_BYTES) {
            long age = upTo - events.getLong(event);
            if (age < 0) {
                break;
            }
            int fraud = events.get(event + 16);
            n30++;
            frauds30 += fraud;
            if (age < 7 * DAY_MS) {
                n7++;
                frauds7 += fraud;
            }
            if (age < DAY_MS) {
                n1++;
                frauds1 += fraud;
            }
        }
        boolean known = !early.isEmpty() && Boolean.TRUE.equals(early.remove(passed.id));
        int place = events.capacity();
        while (place > keep && events.getLong(place - EVENT_BYTES) > passed.at) {
            place -= EVENT_BYTES;
        }
        var after = ByteBuffer.allocate(events.capacity() - keep + EVENT_BYTES);
        after.put(events.array(), keep, place - keep);
        after.putLong(passed.at).putLong(passed.id).put((byte) (known ? 1 : 0));
        after.put(events.array(), place, events.capacity() - place);
        terminals.put(key, after.array());
        features.put(9, n1).put(10, n7).put(11, n30);
        features.put(12, share(frauds1, n1)).put(13, share(frauds7, n7)).put(14, share(frauds30, n30));
    }

    private static float share(int frauds, int of) {
        return of == 0 ? 0f : (float) frauds / of;
    }

    private float score() throws OrtException {
        try (OrtSession.Result result = session.run(inputs)) {
            return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0);
        }
    }

    private byte[] decide(float score) throws IOException {
        String decision = "approve", rule = null;
        if (blocked.contains(passed.terminal)) {
            decision = "decline";
            rule = "blocked";
        } else if (score >= REVIEW_ABOVE) {
            decision = "review";
            rule = "model";
        } else if (Float.isNaN(score) && passed.amount > LARGE) {
            decision = "review";
            rule = "no_time";
        }
        written.reset();
        try (var out = json.createGenerator(written)) {
            out.writeStartObject();
            out.writeStringField("tx_id", HexFormat.of().toHexDigits(passed.id));
            out.writeNumberField("customer_id", passed.customer);
            out.writeNumberField("terminal_id", passed.terminal);
            out.writeNumberField("amount", passed.amount);
            out.writeNumberField("score", score);
            out.writeStringField("decision", decision);
            out.writeStringField("rule", rule);
            out.writeStringField("_model", modelName);
            out.writeEndObject();
        }
        return written.toByteArray();
    }
}
