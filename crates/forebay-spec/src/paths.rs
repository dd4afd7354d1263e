//! Paths as texts, so that a pure crate can say what a path counts from. `/` separates, as in every file.

/// A path that stands in `file`, as a path from the working directory. What `file` names need not exist; names
/// that begin with `--` are arguments of the command line and stand in the working directory.
pub fn from_file(file: &str, path: &str) -> String {
    let folder = if file.starts_with("--") || file == "-" { "" } else { parent(file) };
    join(folder, path)
}

/// A path from the working directory as `file` has to name it; `here` is the working directory.
pub fn to_file(file: &str, path: &str, here: &str) -> String {
    let folder = parent(file);
    let inside = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/').map(str::to_string);
    if let Some(rest) = inside(folder.trim_end_matches('/')).filter(|_| !folder.is_empty()) {
        return rest;
    }
    if matches!(folder, "" | ".") || path == "-" || path.starts_with('/') {
        return path.to_string();
    }
    fn steps(path: &str) -> Vec<&str> {
        path.split('/').filter(|step| !matches!(*step, "" | ".")).collect()
    }
    let (from, to) = (steps(folder), steps(path));
    if folder.starts_with('/') || from.contains(&"..") {
        // The way back leads through folders whose names no text has.
        return join(here, path);
    }
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    "../".repeat(from.len() - common) + &to[common..].join("/")
}

/// `folder/path`, or `path` where it is absolute, `-` (standard input), or the folder is the working directory.
pub fn join(folder: &str, path: &str) -> String {
    match folder {
        "" | "." => path.to_string(),
        _ if path.starts_with('/') || path == "-" => path.to_string(),
        _ => format!("{}/{}", folder.trim_end_matches('/'), path.strip_prefix("./").unwrap_or(path)),
    }
}

/// The folder that a file lies in; empty for the working directory.
pub fn parent(file: &str) -> &str {
    match file.rfind('/') {
        Some(0) => "/",
        Some(at) => &file[..at],
        None => "",
    }
}

/// The name of a file without its folder and `.yaml`.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yaml").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_counts_from_the_file_that_names_it() {
        for (file, path, expect) in [
            ("pipelines/a.yaml", "lists/x.csv", "pipelines/lists/x.csv"),
            ("a.yaml", "lists/x.csv", "lists/x.csv"),
            ("/srv/a.yaml", "./x", "/srv/x"),
            ("/a.yaml", "x", "/x"),
            ("pipelines/a.yaml", "/x", "/x"),
            ("pipelines/a.yaml", "-", "-"),
            ("--set spec.x", "x", "x"),
        ] {
            assert_eq!(from_file(file, path), expect);
        }
        assert_eq!(stem("configs/models/card-fraud.yaml"), "card-fraud");
    }

    #[test]
    fn a_path_leads_back_to_where_it_was() {
        for (file, path, expect) in [
            ("pipelines/a.yaml", "pipelines/lists/x.csv", "lists/x.csv"),
            ("./pipelines/a.yaml", "./pipelines/x.csv", "x.csv"),
            ("a.yaml", "lists/x.csv", "lists/x.csv"),
            ("pipelines/a.yaml", "data/x", "../data/x"),
            ("a/b/c/d.yaml", "a/x/y", "../../x/y"),
            ("pipelines/a.yaml", "../x", "../../x"),
            ("../a.yaml", "../x", "x"),
            ("../p/a.yaml", "x", "/home/me/x"),
            ("/srv/a.yaml", "/srv/x", "x"),
            ("/srv/a.yaml", "x", "/home/me/x"),
            ("/a.yaml", "/x", "x"),
            ("pipelines/a.yaml", "/x", "/x"),
            ("pipelines/a.yaml", "-", "-"),
        ] {
            assert_eq!(to_file(file, path, "/home/me"), expect, "{path} in {file}");
        }
    }
}
