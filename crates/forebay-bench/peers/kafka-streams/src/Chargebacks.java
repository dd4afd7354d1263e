import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** From the JSON of a chargeback to a label, keyed by the terminal. */
final class Chargebacks implements Processor<byte[], byte[], byte[], byte[]> {
    private final Passed passed = new Passed();
    private ProcessorContext<byte[], byte[]> context;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        passed.isLabel = true;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        passed.parse(record.value());
        context.forward(record.withKey(Customers.key(passed.terminal)).withValue(passed.write()));
    }
}
