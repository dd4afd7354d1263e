//! The catalogue of diagnostic codes. A code is stable: once given it is never used for something else.
//!
//! Each code is one module that holds its title, its explanation and its examples. The examples are its
//! tests: a wrong one has to produce the code and the mended one must not.
//!
//! | range | about |
//! |---|---|
//! | FB01 | YAML itself and values: syntax, duplicate keys, what YAML 1.1 reads otherwise, units, names |
//! | FB02 | the grammar of a file: fields, kinds, vars, lists, what belongs where |
//! | FB03 | the graph and its columns: inputs, ports, types, names |
//! | FB04 | expressions |
//! | FB05 | what the plan refuses: delivery, keys, time, places, budgets |
//! | FB06 | what a file names: models, connections, environments, lists |
//! | FB07 | records that are rejected while a pipeline runs |
//! | FB08 | running: state, outputs, workers, disks |
//! | FB09 | tests in a pipeline file |

/// A diagnostic code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `FB0204`.
    pub id: &'static str,
    /// One line, as in a list of codes.
    pub title: &'static str,
    /// What it means, why it is one, how to mend it. Markdown.
    pub text: &'static str,
    /// Files that show it. Empty for codes that only a running pipeline gives, or that no one file can show.
    pub examples: &'static [Example],
}

/// A wrong file beside the mended one. A text that does not begin with `apiVersion` is the inside of `spec`
/// of an otherwise complete pipeline, without its indentation.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    pub wrong: &'static str,
    pub right: &'static str,
}

/// One `codes! { NAME = module, … }` declares the modules, the constants and the list of all.
macro_rules! codes {
    ($($name:ident = $module:ident),* $(,)?) => {
        $(mod $module; pub use $module::CODE as $name;)*
        /// Every code, in order.
        pub const ALL: &[&Code] = &[$(&$module::CODE),*];
    };
}

codes! {
    SYNTAX = fb0101,
    TAB = fb0102,
    INDENTATION = fb0103,
    UNCLOSED = fb0104,
    QUOTES_NEEDED = fb0105,
    ESCAPE = fb0106,
    ALIAS = fb0107,
    DUPLICATE_KEY = fb0108,
    MERGE_KEY = fb0109,
    TAG = fb0110,
    SEVERAL_DOCUMENTS = fb0111,
    KEY_NOT_TEXT = fb0112,
    YAML_1_1 = fb0113,
    YAML_1_1_KEY = fb0114,
    TOO_DEEP = fb0115,
    ALIAS_BOMB = fb0116,
    FILE_TOO_LARGE = fb0117,
    EMPTY_FILE = fb0118,
    WRONG_TYPE = fb0121,
    NO_VALUE = fb0122,
    QUOTED_VALUE = fb0123,
    OUT_OF_RANGE = fb0124,
    UNIT = fb0125,
    DATE = fb0126,
    WORD = fb0127,
    NAME = fb0128,
    LABEL = fb0129,
    COLUMN_TYPE = fb0130,
    LITERAL = fb0131,
    EMPTY = fb0132,
    NOT_FINITE = fb0133,
    PLACEHOLDER = fb0140,
    UNKNOWN_VAR = fb0141,
    SECRET_PLACE = fb0142,
    STREAM_PLACE = fb0143,
    TIME_PLACE = fb0144,
    TIME_FORMAT = fb0145,
    PLACEHOLDER_IN_EXPRESSION = fb0146,
    LITERAL_SECRET = fb0147,
    UNKNOWN_FIELD = fb0201,
    MISPLACED_FIELD = fb0202,
    MISSING_FIELD = fb0203,
    API_VERSION = fb0204,
    FILE_KIND = fb0205,
    NO_KIND = fb0206,
    SEVERAL_KINDS = fb0207,
    KIND_ROLE = fb0209,
    UNKNOWN_KIND = fb0210,
    DUPLICATE_NODE = fb0211,
    RESERVED_NAME = fb0212,
    OUTPUT = fb0213,
    SCHEMA_FORM = fb0214,
    COLUMN_FORM = fb0215,
    RESERVED_COLUMN = fb0216,
    MOCK = fb0217,
    DUPLICATE_TEST = fb0218,
    ARGUMENT = fb0219,
    UNKNOWN_NODE = fb0301,
    UNKNOWN_OUTPUT = fb0302,
    NO_DEFAULT_OUTPUT = fb0303,
    SINK_READ = fb0304,
    NOT_KEYED = fb0305,
    UNKNOWN_INPUT = fb0306,
    INPUT_MISSING = fb0307,
    CYCLE = fb0308,
    UNEQUAL_UNION = fb0309,
    READ_TWICE = fb0310,
    UNREAD = fb0311,
    NO_DEAD_LETTERS = fb0312,
    COLUMN_EXISTS = fb0313,
    NO_SCHEMA = fb0314,
    UNKNOWN_COLUMN = fb0315,
    NOTHING_TO_WRITE = fb0316,
    COLUMN_TWICE = fb0317,
    EVENT_TIME_COLUMN = fb0318,
    EVENT_TIME_TYPE = fb0319,
    NO_EVENT_TIME = fb0320,
    SLO_FROM = fb0321,
    ON_FULL_WAITS = fb0322,
    SKIP_ADDS_NOTHING = fb0323,
    SKIP_WITHOUT_DEADLINE = fb0324,
    KEY_TYPES = fb0325,
    UNUSED_VAR = fb0326,
    UNUSED_LIST = fb0327,
    UNKNOWN_STAGE = fb0328,
    UNKNOWN_JURISDICTION = fb0329,
    SAME_OUTPUT_FILE = fb0330,
    STILL_THERE = fb0331,
    SAME_STANDARD_INPUT = fb0332,
    EXTRA_UNWRITTEN = fb0333,
    EXPR_SYNTAX = fb0401,
    EXPR_UNCLOSED = fb0402,
    EXPR_OPERATOR = fb0403,
    EXPR_DEPTH = fb0404,
    EXPR_NAME = fb0405,
    EXPR_FUNCTION = fb0406,
    EXPR_ARGUMENTS = fb0407,
    EXPR_OPERAND = fb0408,
    EXPR_MIX = fb0409,
    EXPR_NULL = fb0410,
    EXPR_LITERAL = fb0411,
    EXPR_RESULT = fb0412,
    EXPR_FIELD = fb0413,
    EXPR_TEXT = fb0414,
    EXPR_AGGREGATE = fb0415,
    EXPR_NEVER_NULL = fb0416,
    EXPR_DECIMAL = fb0417,
    EXPR_LIST = fb0418,
    LIVE_SOURCE_ONCE = fb0501,
    DROP_ONCE = fb0502,
    LIVE_CROSSING_ONCE = fb0503,
    STRONGER_SINK = fb0504,
    GUARANTEE_AWAY = fb0505,
    ON_WATERMARK = fb0506,
    REPARTITION = fb0507,
    PLACEMENT_AWAY = fb0508,
    DEADLINE_TOO_SHORT = fb0509,
    FORMAT_AWAY = fb0510,
    SCHEMA_AWAY = fb0511,
    NEEDS_ROTATE = fb0512,
    TOO_MANY_COLUMNS = fb0513,
    REPEATING_SINK = fb0514,
    KEY_COLUMN = fb0540,
    WINDOW = fb0541,
    AGGREGATE_TYPE = fb0542,
    LABELS_INPUT = fb0543,
    LABEL_COLUMN = fb0544,
    LABELS_MIXED = fb0545,
    SET_READS_ITSELF = fb0546,
    NO_VALUE_TYPE = fb0547,
    RULES_FORM = fb0548,
    RULE_NAME = fb0549,
    RULE_TYPES = fb0550,
    RULE_COLUMN = fb0551,
    UNREADABLE = fb0601,
    CONFIG_NAME = fb0602,
    UNKNOWN_ENVIRONMENT = fb0603,
    UNKNOWN_POP = fb0604,
    UNKNOWN_CONNECTION = fb0605,
    CARD_SOURCE = fb0606,
    DIGEST = fb0607,
    CARD_TENSOR = fb0608,
    DUPLICATE_CARD = fb0609,
    MODEL_UNKNOWN = fb0620,
    MODEL_VERSION = fb0621,
    MODEL_SHAPE = fb0622,
    MODEL_RENAME = fb0623,
    MODEL_COLUMN = fb0624,
    MODEL_COLUMN_TYPE = fb0625,
    MODEL_NULL = fb0626,
    GLOB = fb0640,
    NO_FILE_PATH = fb0641,
    PACKING = fb0642,
    STANDARD_STREAM = fb0643,
    ROTATE = fb0644,
    ROTATE_NAMES = fb0645,
    KAFKA_START = fb0646,
    KAFKA_NAME = fb0647,
    KAFKA_KEY = fb0648,
    NOT_JSON = fb0701,
    NOT_AN_OBJECT = fb0702,
    INVALID_UTF8 = fb0703,
    TRAILING_CHARACTERS = fb0704,
    NESTED_TOO_DEEP = fb0705,
    WRONG_JSON_TYPE = fb0706,
    NUMBER_OUT_OF_RANGE = fb0707,
    DECIMAL_DIGITS = fb0708,
    NULL_NOT_DECLARED = fb0709,
    FIELD_MISSING = fb0710,
    DUPLICATE_FIELD = fb0711,
    UNDECLARED_FIELD = fb0712,
    TIME_UNREADABLE = fb0713,
    TEXT_UNREADABLE = fb0714,
    RECORD_TOO_LONG = fb0715,
    NOT_WRITABLE = fb0716,
    MESSAGE_WITHOUT_VALUE = fb0717,
    VALUE_OVERFLOW = fb0720,
    VALUE_DIVISION = fb0721,
    VALUE_CONVERSION = fb0722,
    VALUE_INDEX = fb0723,
    VALUE_TOO_LONG = fb0724,
    SUM_TOO_LARGE = fb0740,
    NOT_AGGREGATED = fb0741,
    MESSAGE_TOO_LARGE = fb0742,
    MESSAGE_REFUSED = fb0743,
    MODEL_NOT_FINITE = fb0760,
    RECORD_BEHIND = fb0770,
    RECORD_AHEAD = fb0771,
    RECORD_LATE = fb0772,
    STAGE_PANICKED = fb0773,
    RECORD_CRASHED = fb0774,
    STAGE_BROKE_WORD = fb0775,
    STATE_IN_USE = fb0801,
    STATE_UNREADABLE = fb0802,
    STATE_OF_ANOTHER = fb0803,
    STREAM_REPLACED = fb0804,
    COMMIT_FAILED = fb0805,
    ENGINE_DEFECT = fb0806,
    WINDOW_STATE = fb0807,
    STATE_ELSEWHERE = fb0808,
    STREAM_GONE = fb0809,
    NO_FILE = fb0810,
    FILE_UNREADABLE = fb0811,
    FILE_DAMAGED = fb0812,
    READ_ONCE = fb0813,
    OUTPUT_EXISTS = fb0820,
    OUTPUT_UNWRITABLE = fb0821,
    DISK_FULL = fb0822,
    OUTPUT_DAMAGED = fb0823,
    OUTPUT_IN_USE = fb0824,
    RUNTIME_AWAY = fb0830,
    MODEL_AWAY = fb0831,
    MODEL_DIGEST = fb0832,
    MODEL_FETCH = fb0833,
    MODEL_CACHE = fb0834,
    MODEL_DIFFERS = fb0835,
    MODEL_FAILED = fb0836,
    LIST_UNREADABLE = fb0840,
    ADMIN_ADDRESS = fb0841,
    WORKER_CRASHES = fb0842,
    NOT_RUNNING = fb0850,
    SEVERAL_RUNNING = fb0851,
    NO_OUTLET = fb0852,
    TOO_MANY_TAPS = fb0853,
    NO_ANSWER = fb0854,
    ORDER_REFUSED = fb0855,
    NO_SECRET = fb0870,
    KAFKA_AWAY = fb0871,
    KAFKA_LOGIN = fb0872,
    KAFKA_TOPIC = fb0873,
    KAFKA_RIGHTS = fb0874,
    KAFKA_LOST = fb0875,
    KAFKA_PARTITIONS = fb0876,
    KAFKA_GROUP = fb0877,
    KAFKA_FAILED = fb0878,
    KAFKA_CONNECTION = fb0879,
    KAFKA_UNKEYED = fb0880,
    KAFKA_COMPACTED = fb0881,
    BREAKER_TRIPPED = fb0885,
    LETTER_GONE = fb0886,
    NO_LETTERS = fb0887,
    REPLAY_REFUSED = fb0888,
    LETTER_UNREADABLE = fb0889,
    TEST_SOURCE = fb0901,
    TEST_COLUMN = fb0902,
    TEST_VALUE = fb0903,
    TEST_MOCK = fb0904,
    TEST_INCOMPLETE = fb0905,
    TEST_OUTPUT = fb0906,
    TEST_ERROR = fb0907,
}

/// The code with this id, in any case, with or without `FB`.
pub fn find(id: &str) -> Option<&'static Code> {
    let id = id.to_ascii_uppercase();
    let digits = id.strip_prefix("FB").unwrap_or(&id);
    ALL.iter().copied().find(|code| &code.id[2..] == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_say_what_they_are() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} before {}", pair[0].id, pair[1].id);
        }
        for code in ALL {
            assert!(code.id.len() == 6 && !code.title.is_empty() && code.text.len() > 40, "{}", code.id);
            // An example of FB0513 would have thousands of columns.
            let late = code.id[2..4].parse::<u8>().unwrap() >= 7 || code.id == "FB0513";
            // Arguments, names of environments, several files, and files that are empty or huge.
            let not_one_file = matches!(code.id, "FB0117" | "FB0118" | "FB0219" | "FB0603" | "FB0609");
            assert!(late || not_one_file || !code.examples.is_empty(), "{} shows no example", code.id);
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_written() {
        assert_eq!(find("fb0201").unwrap().id, "FB0201");
        assert_eq!(find("0201").unwrap().id, "FB0201");
        assert!(find("FB9999").is_none());
    }
}
