import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * What goes to the task of a terminal, through Kafka Streams' own topics: a transaction with what is known of its customer, or a
 * label. Features are in the model's order, those of the terminal zero.
 */
final class Passed {
    static final int FEATURES = 15;
    private static final byte TRANSACTION = 0;
    private static final byte LABEL = 1;

    private final JsonFactory json = new JsonFactory();

    boolean isLabel;
    /** The hexadecimal digits of a transaction's id as a number. */
    long id;
    boolean fraud;
    long customer;
    long terminal;
    double amount;
    long at;
    final float[] features = new float[FEATURES];

    /** Takes the fields of a transaction or of a chargeback out of its JSON. */
    void parse(byte[] value) {
        try (JsonParser parser = json.createParser(value)) {
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "tx_id" -> id = Long.parseUnsignedLong(parser.getText(), 16);
                    case "customer_id" -> customer = parser.getLongValue();
                    case "terminal_id" -> terminal = parser.getLongValue();
                    case "amount" -> amount = parser.getDoubleValue();
                    case "ts" -> at = parser.getLongValue();
                    case "fraud" -> fraud = parser.getBooleanValue();
                    default -> parser.skipChildren();
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    byte[] write() {
        if (isLabel) {
            return ByteBuffer.allocate(10).put(LABEL).putLong(id).put((byte) (fraud ? 1 : 0)).array();
        }
        var bytes = ByteBuffer.allocate(41 + Float.BYTES * FEATURES);
        bytes.put(TRANSACTION).putLong(id).putLong(customer).putLong(terminal).putDouble(amount).putLong(at);
        for (float feature : features) {
            bytes.putFloat(feature);
        }
        return bytes.array();
    }

    void read(byte[] value) {
        var bytes = ByteBuffer.wrap(value);
        isLabel = bytes.get() == LABEL;
        id = bytes.getLong();
        if (isLabel) {
            fraud = bytes.get() != 0;
            return;
        }
        customer = bytes.getLong();
        terminal = bytes.getLong();
        amount = bytes.getDouble();
        at = bytes.getLong();
        for (int feature = 0; feature < FEATURES; feature++) {
            features[feature] = bytes.getFloat();
        }
    }
}
