//! The grammar of configuration files: models, connections, environments and PoPs.

use crate::grammar::{API_VERSION, METADATA};
use forebay_types::shape::{Access, Field, Names, Shape};

/// `apiVersion kind metadata spec` of one kind of file.
macro_rules! top {
    ($name:ident, $kind:literal, $spec:ident, $doc:literal) => {
        pub const $name: &[Field] = &[
            Field::required(
                "apiVersion",
                Shape::Word(&[(API_VERSION, "the version of the format")]),
                "The version of the format.",
            ),
            Field::required("kind", Shape::Word(&[($kind, $doc)]), "What the file describes."),
            Field::required("metadata", Shape::Record(METADATA), "Its name, which is the name of the file."),
            Field::required("spec", Shape::Record($spec), $doc),
        ];
    };
}

top!(MODEL_TOP, "Model", MODEL, "What is known of a model before its file is there.");
top!(CONNECTION_TOP, "Connection", CONNECTION, "An address with what it takes to use it.");
top!(ENVIRONMENT_TOP, "Environment", ENVIRONMENT, "What is different in one environment.");
top!(POP_TOP, "PoP", POP, "A place with hosts, power and links.");

pub const MODEL: &[Field] = &[
    Field::optional(
        "version",
        Shape::Text,
        "Needed where there are several cards of one name: `model: NAME@VERSION`.",
    ),
    Field::required(
        "source",
        Shape::Record(MODEL_SOURCE),
        "Where the file comes from: exactly one of `file` and `package`.",
    ),
    Field::required("sha256", Shape::Text, "The digest of the model file, 64 hexadecimal digits."),
    Field::required("licence", Shape::Text, "The licence of the model, as SPDX writes it."),
    Field::required("batch", BATCH, "Whether a row's result depends on its neighbours in a batch."),
    Field::required("inputs", Shape::List(&Shape::Record(TENSOR)), "The tensors that it reads."),
    Field::required("outputs", Shape::List(&Shape::Record(TENSOR)), "The tensors that it gives."),
];

pub const MODEL_SOURCE: &[Field] = &[
    Field::optional("file", Shape::Path(Access::Read), "A file."),
    Field::optional("package", Shape::Record(PACKAGE), "A file inside a Python wheel."),
];

pub const PACKAGE: &[Field] = &[
    Field::required("name", Shape::Text, "The package."),
    Field::required("version", Shape::Text, "Its exact version."),
    Field::required("member", Shape::Text, "The path of the file inside the wheel."),
];

pub const BATCH: Shape = Shape::Forms {
    scalar: Some(&Shape::Word(&[
        ("invariant", "the same bits at any batch size"),
        ("one", "one row a call"),
    ])),
    list: None,
    map: Some(&Shape::Record(&[Field::required(
        "tolerance",
        Shape::Float { min: 0.0, max: 1.0 },
        "The largest absolute difference; the card's test holds it.",
    )])),
};

pub const TENSOR: &[Field] = &[
    Field::required("tensor", Shape::Text, "The tensor's name in the model."),
    Field::required("type", Shape::Ty, "The type of its elements."),
    Field::required(
        "dims",
        Shape::List(&Shape::Any),
        "Its dimensions: names for those of any size, the first of which is the batch, and numbers.",
    ),
    Field::optional(
        "columns",
        Shape::List(&TENSOR_COLUMN),
        "The columns that stand for the elements of a row, in its order.",
    ),
];

pub const TENSOR_COLUMN: Shape = Shape::Short {
    to: "name",
    short: &Shape::ColumnName,
    long: &[
        Field::required("name", Shape::ColumnName, "The column."),
        Field::optional(
            "at",
            Shape::Int { min: 0, max: 1 << 20 },
            "Its index in the row, from 0; by default the one after the column before.",
        ),
        Field::optional(
            "null",
            Shape::Float { min: f64::MIN, max: f64::MAX },
            "What stands for a null; without it a null rejects the record.",
        ),
    ],
};

pub const CONNECTION: &[Field] = &[
    Field::required("kafka", Shape::Record(KAFKA), "A Kafka cluster."),
    Field::optional("pop", Shape::Ref(Names::Pop), "The PoP in which it stands."),
];

pub const KAFKA: &[Field] = &[
    Field::required("brokers", Shape::List(&Shape::Text), "Addresses to begin with, `HOST:PORT`."),
    Field::optional("tls", Shape::Record(TLS), "Encrypt; `{}` where all defaults are right."),
    Field::optional("sasl", Shape::Record(SASL), "Log in."),
    Field::optional("registry", Shape::Text, "The URL of the schema registry."),
];

pub const TLS: &[Field] = &[
    Field::optional("ca", Shape::Path(Access::Read), "Certificates to trust; by default the system's."),
    Field::optional("certificate", Shape::Path(Access::Read), "Our certificate."),
    Field::optional("key", Shape::Path(Access::Read), "The key of our certificate."),
];

pub const SASL: &[Field] = &[
    Field::required(
        "mechanism",
        Shape::Word(&[
            ("plain", "PLAIN"),
            ("scram_sha_256", "SCRAM-SHA-256"),
            ("scram_sha_512", "SCRAM-SHA-512"),
        ]),
        "How.",
    ),
    Field::required("user", Shape::Text, "The user."),
    Field::required("password", Shape::Text, "The password, as `${secret:N}`.").secret(),
];

const VARS: Field =
    Field::optional("vars", Shape::Map(&Shape::Any), "Values of vars, for pipelines that declare them.");
const CONNECTIONS: Field = Field::optional(
    "connections",
    Shape::Map(&Shape::Ref(Names::Connection)),
    "For a connection that pipelines name, the one that is used.",
);

pub const ENVIRONMENT: &[Field] = &[VARS, CONNECTIONS];

const MONEY: Shape = Shape::Float { min: 0.0, max: 1e9 };

pub const POP: &[Field] = &[
    Field::required("jurisdiction", Shape::Text, "Whose law holds there, such as `CH`."),
    Field::optional("region", Shape::Text, "The region."),
    Field::optional("position", Shape::Record(POSITION), "Where on Earth."),
    Field::optional("hosts", Shape::List(&Shape::Record(HOST)), "The machines."),
    Field::optional("power", Shape::Record(POWER), "What power there is and what it costs."),
    Field::optional("price", Shape::Record(PRICE), "What the machines cost, in dollars."),
    Field::optional("links", Shape::Map(&Shape::Record(LINK)), "Links to other PoPs, by name."),
    VARS,
    CONNECTIONS,
];

pub const POSITION: &[Field] = &[
    Field::required("latitude", Shape::Float { min: -90.0, max: 90.0 }, "Degrees north."),
    Field::required("longitude", Shape::Float { min: -180.0, max: 180.0 }, "Degrees east."),
];

pub const HOST: &[Field] = &[
    Field::required("name", Shape::Label, "The host."),
    Field::required("cores", Shape::Int { min: 1, max: 1 << 16 }, "CPU cores."),
    Field::required("memory", Shape::Size, "Main memory."),
    Field::optional("gpus", Shape::List(&Shape::Record(GPU)), "Its GPUs."),
];

pub const GPU: &[Field] = &[
    Field::required("model", Shape::Text, "The model, such as `L4`."),
    Field::required("memory", Shape::Size, "Its memory."),
    Field::default("decoders", Shape::Int { min: 0, max: 64 }, "0", "Video decoding engines."),
    Field::optional("decodes", Shape::List(&Shape::Text), "The codecs that they decode."),
];

pub const POWER: &[Field] = &[
    Field::optional("cap_kw", MONEY, "The most that may be drawn, in kilowatts."),
    Field::optional("price_kwh", MONEY, "Dollars for a kilowatt hour."),
];

pub const PRICE: &[Field] = &[
    Field::optional("core_hour", MONEY, "A core for an hour."),
    Field::optional("gpu_hour", MONEY, "A GPU for an hour."),
];

pub const LINK: &[Field] = &[
    Field::required("rtt", Shape::Duration, "Round-trip time."),
    Field::default("egress_gb", MONEY, "0", "Dollars for a gigabyte that leaves."),
    Field::optional("gbit", MONEY, "Gigabits a second."),
];
