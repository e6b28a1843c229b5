#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    clippy::unwrap_used
)]
use stackgen::document::{FileError, Files};
use stackgen::layout::{Form, Laid, Output};
struct D(String);
impl Files for D {
    fn read(&self, p: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(format!("{}/{p}", self.0)).map_err(|_| FileError::NotFound(None))
    }
    fn glob(&self, p: &str) -> Result<Vec<String>, FileError> {
        Ok(if p.contains('*') { vec![] } else { vec![p.to_owned()] })
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let f = D(a[1].clone());
    let mut p = stackgen::compile::Project::open(&f, "stack.yaml");
    let mut s = stackgen::diag::Sink::default();
    for d in p.findings.drain(..) {
        s.push(d);
    }
    let c = p.compile(&f, &a[2], &[], Form::Tree);
    for d in c.findings {
        s.push(d);
    }
    let r = s.into_report(&[a[2].clone()]);
    eprint!(
        "{}",
        stackgen::diag::render::render(
            stackgen::diag::render::Format::Human,
            stackgen::diag::render::Style::default(),
            &p.sources,
            &r
        )
    );
    if let Some(Laid { output: Output::Tree(bundle), .. }) = c.laid {
        for (path, file) in bundle.iter() {
            let t = std::path::Path::new(&a[3]).join(path);
            std::fs::create_dir_all(t.parent().unwrap()).unwrap();
            std::fs::write(t, &file.text).unwrap();
        }
    }
}
