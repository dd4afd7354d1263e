import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** From the JSON of a transaction to what is known of its customer, keyed by the terminal. Each task has one. */
final class Customers implements Processor<byte[], byte[], byte[], byte[]> {
    static final String STORE = "customers";
    static final long DAY_MS = 86_400_000L;
    private static final long HOUR_MS = 3_600_000L;

    private final Passed passed = new Passed();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> customers;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        customers = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        passed.parse(record.value());
        passed.features[0] = (float) passed.amount;
        passed.features[1] = Math.floorMod(Math.floorDiv(passed.at, HOUR_MS), 24L) <= 6 ? 1f : 0f;
        // 1970 began on a Thursday; Sunday is 0.
        long weekday = Math.floorMod(Math.floorDiv(passed.at, DAY_MS) + 4, 7L);
        passed.features[2] = weekday == 0 || weekday == 6 ? 1f : 0f;
        windows(Bytes.wrap(record.key()));
        context.forward(record.withKey(key(passed.terminal)).withValue(passed.write()));
    }

    static byte[] key(long id) {
        return Long.toString(id).getBytes(StandardCharsets.US_ASCII);
    }

    /** Count and mean of 1, 7 and 30 days, this transaction included. An event is its time and its amount, 16 bytes. */
    private void windows(Bytes key) {
        long at = passed.at;
        double amount = passed.amount;
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
        float[] features = passed.features;
        features[3] = n1;
        features[4] = n7;
        features[5] = n30;
        features[6] = (float) (sum1 / n1);
        features[7] = (float) (sum7 / n7);
        features[8] = (float) (sum30 / n30);
    }
}
