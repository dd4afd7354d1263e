import java.nio.ByteBuffer;

/**
 * What goes to the task of a terminal, through Kafka Streams' own topics: a transaction with what is known of its customer, or a
 * label. Features are in the model's order, those of the terminal zero.
 */
final class Passed {
    static final int FEATURES = 15;
    private static final byte TRANSACTION = 0;
    private static final byte LABEL = 1;

    boolean isLabel;
    /** The hexadecimal digits of a transaction's id as a number. */
    long id;
    boolean fraud;
    long customer;
    long terminal;
    double amount;
    long at;
    final float[] features = new float[FEATURES];

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
