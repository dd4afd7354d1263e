import java.io.IOException;
import java.io.UncheckedIOException;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** From the JSON of a chargeback to a label, keyed by the terminal. */
final class Chargebacks implements Processor<byte[], byte[], byte[], byte[]> {
    private final JsonFactory json = new JsonFactory();
    private final Passed passed = new Passed();
    private ProcessorContext<byte[], byte[]> context;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        passed.isLabel = true;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        try (JsonParser parser = json.createParser(record.value())) {
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "tx_id" -> passed.id = Long.parseUnsignedLong(parser.getText(), 16);
                    case "terminal_id" -> passed.terminal = parser.getLongValue();
                    case "fraud" -> passed.fraud = parser.getBooleanValue();
                    default -> parser.skipChildren();
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        context.forward(record.withKey(Customers.key(passed.terminal)).withValue(passed.write()));
    }
}
