//! Certificates for the listeners with TLS, and for those who connect to them, made by the program `openssl`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files in PEM.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// Who signed the certificates of the broker and of the client.
    pub ca: PathBuf,
    /// Who signed none of them.
    pub wrong_ca: PathBuf,
    pub client_certificate: PathBuf,
    pub client_key: PathBuf,
    /// Key and certificate in one file, as Kafka wants them.
    pub(super) server: PathBuf,
}

/// Who a client with the certificate is to the broker's ACLs.
pub const CLIENT_PRINCIPAL: &str = "User:CN=forebay";

/// Nothing of the machine's own settings is asked for.
const SETTINGS: &str = "\
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
";

impl Certificates {
    /// Those in a folder, made where they are not there.
    pub fn made_in(folder: &Path) -> Result<Certificates, String> {
        let file = |name: &str| folder.join(name);
        let certificates = Certificates {
            ca: file("ca.pem"),
            wrong_ca: file("wrong-ca.pem"),
            client_certificate: file("client.pem"),
            client_key: file("client.key"),
            server: file("server-with-key.pem"),
        };
        // Written last.
        if certificates.server.is_file() {
            return Ok(certificates);
        }
        let said = |error| format!("cannot write certificates to {}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(said)?;
        fs::write(file("openssl.cnf"), SETTINGS).map_err(said)?;
        for (name, section, subject, signed) in [
            ("ca", "ca", "/CN=Forebay's tests", false),
            ("wrong-ca", "ca", "/CN=Somebody else", false),
            ("server", "server", "/CN=localhost", true),
            ("client", "client", "/CN=forebay", true),
        ] {
            make(folder, name, section, subject, signed)?;
        }
        let mut server = fs::read(file("server.key")).map_err(said)?;
        server.extend(fs::read(file("server.pem")).map_err(said)?);
        fs::write(&certificates.server, server).map_err(said)?;
        Ok(certificates)
    }
}

/// `NAME.pem` and `NAME.key`, signed by the CA or by itself.
fn make(folder: &Path, name: &str, section: &str, subject: &str, signed: bool) -> Result<(), String> {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args([
        "req",
        "-x509",
        "-new",
        "-config",
        "openssl.cnf",
        "-extensions",
        section,
    ]);
    openssl.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"]);
    openssl.args(["-subj", subject, "-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]);
    if signed {
        openssl.args(["-CA", "ca.pem", "-CAkey", "ca.key"]);
    }
    let done = openssl.output().map_err(|error| {
        format!(
            "`openssl` does not run: {error}. It makes the certificates of a test's broker: `cargo xtask setup` installs \
             it, or install what Debian calls openssl"
        )
    })?;
    match done.status.success() {
        true => Ok(()),
        false => Err(format!(
            "openssl made no certificate `{name}`: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        )),
    }
}
