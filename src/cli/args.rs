//! What the command line understands.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::diag::render::Format;
use crate::diff::{Impact, Report};
use crate::k8s::schema::{Minor, Schemas};
use crate::model::Version;

/// Compiles one typed description of a whole stack into Kustomize-ready Kubernetes YAML.
#[derive(Debug, Parser)]
#[command(name = "stackgen", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Example:
  stackgen init shop && cd shop && stackgen render staging

Exit codes:
  0  clean
  1  findings of severity error, or differences with --check or --fail-on
  2  usage, or files that cannot be read or written";

/// What every command takes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Global {
    /// The stack's file [default: stack.yaml here or in a parent folder, else every stacks/*/stack.yaml]
    #[arg(short, long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Only the stack of this name (repeatable)
    #[arg(long, global = true, value_name = "NAME")]
    pub stack: Vec<String>,
    /// The value of a declared parameter (repeatable)
    #[arg(long, global = true, value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// How findings are written; `json` has those that the stack accepts, too, with the reason in `accepted`
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    pub diagnostics: Format,
    /// Whether to colour: `auto` does on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,
    /// How many threads compile [default: as many as the machine runs at once]; the output does not depend on it
    #[arg(short, long, global = true, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Errors and results only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also which files are read and written, and the findings that the stack accepts, with the reasons
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compile an environment: to a stream on standard output, or to a tree under DIR/ENV
    #[command(
        after_help = "Examples:\n  stackgen render prod | kubectl diff -f -\n  stackgen render prod -o out\n  stackgen render prod -o out --check\n  stackgen render dev -o out --watch"
    )]
    Render(Render),
    /// What applying an environment would change, by meaning, what that does to what runs, and which line causes it
    #[command(
        after_help = "Examples:\n  stackgen diff prod\n  stackgen diff prod --fail-on recreate\n  stackgen diff prod --base origin/main\n  stackgen diff staging prod --stat\n  kubectl get deploy,sts,svc,cm -n shop -o yaml | stackgen diff prod --against -"
    )]
    Diff(Diff),
    /// Which outputs differ from those of a revision: each environment of each stack
    #[command(
        after_help = "Examples:\n  stackgen affected --base origin/main\n  stackgen affected --base \"$(git merge-base origin/main HEAD)\" --format github >> \"$GITHUB_OUTPUT\""
    )]
    Affected(Affected),
    /// Render into another repository, or into a branch of this one, and commit what changed there
    #[command(
        after_help = "Examples:\n  stackgen publish prod --repo ../deploy --path clusters --push\n  stackgen publish prod --branch deploy --dry-run"
    )]
    Publish(Publish),
    /// Look for mistakes in every environment, in those named, or in objects of files; writes nothing without --fix
    #[command(
        after_help = "Examples:\n  stackgen check\n  stackgen check prod --diagnostics github --set sha=4f2a91c\n  stackgen check --fix\n  helm template shop ./chart | stackgen check --manifests -\n  stackgen check --manifests k8s/ --kubernetes 1.34"
    )]
    Check(Check),
    /// The stacks with their environments and parameters
    #[command(after_help = "Example:\n  stackgen list --json")]
    List(List),
    /// The stack as one environment sees it, after profiles and overrides, as YAML
    #[command(after_help = "Example:\n  stackgen resolve prod --set sha=4f2a91c")]
    Resolve(Resolve),
    /// Which line set each value of an output object, and what it beat
    #[command(
        after_help = "Examples:\n  stackgen why prod deployment/iam spec.replicas\n  stackgen why prod deployment/iam"
    )]
    Why(Why),
    /// Who may reach whom, on which port and why, decided from the rendered policies
    #[command(
        after_help = "Examples:\n  stackgen graph prod --to postgres\n  stackgen graph prod --format svg -o prod.svg"
    )]
    Graph(Graph),
    /// The page of a rule, or the list of all
    #[command(after_help = "Examples:\n  stackgen explain SG020\n  stackgen explain file-not-found")]
    Explain(Explain),
    /// A workflow that builds the images of a stack, renders it and commits the trees
    #[command(
        after_help = "Example:\n  stackgen ci github prod --tree deploy --install 'make install-stackgen' > .github/workflows/deploy.yaml"
    )]
    Ci(Ci),
    /// The JSON Schema of the stack language, for editors, or of what a command writes
    #[command(after_help = "Example:\n  stackgen schema > stack.schema.json")]
    Schema(Schema),
    /// A new stack that renders at once
    #[command(after_help = "Example:\n  stackgen init shop --name web-shop")]
    Init(Init),
    /// A completion script for a shell
    #[command(after_help = "Example:\n  stackgen completions bash > /etc/bash_completion.d/stackgen")]
    Completions(Completions),
    /// The manual page, of the program or of one command
    #[command(after_help = "Example:\n  stackgen man render | man -l -")]
    Man(Man),
}

#[derive(Debug, clap::Args)]
pub(super) struct Render {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Write a tree to DIR/ENV (DIR/STACK/ENV where the stacks are in stacks/) instead of a stream; ENV is the name of the `instance` where the environment has one
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Write nothing; list what a write would change and exit with 1 if it is not nothing (a write refuses changes made by hand without --force)
    #[arg(long, requires = "output")]
    pub check: bool,
    /// With --check: exit with 1 only where a change does this, or worse: the words of `diff --fail-on`
    #[arg(long, value_name = "IMPACT", value_parser = fail_on(), hide_possible_values = true, value_delimiter = ',', requires = "check")]
    pub fail_on: Vec<FailOn>,
    /// Overwrite changes made by hand and files that are in the way
    #[arg(long, requires = "output", conflicts_with = "check")]
    pub force: bool,
    /// Render again whenever a file that the stack reads changes, until Ctrl-C; with errors, the tree stays as it is
    #[arg(long, requires = "output", conflicts_with = "check")]
    pub watch: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Another environment: what would change if the first became this one
    #[arg(value_name = "OTHER", conflicts_with_all = ["against", "base"])]
    pub other: Option<String>,
    /// What is there: a folder as for `render -o`, a tree, a file with objects, or `-` for standard input
    #[arg(long, value_name = "DIR|FILE|-", default_value = "out", value_hint = ValueHint::AnyPath)]
    pub against: PathBuf,
    /// The same stack at a revision of its repository: exactly that one, such as `main`, or `$(git merge-base main HEAD)`
    #[arg(long, value_name = "REV", conflicts_with = "against")]
    pub base: Option<String>,
    /// One line for each object
    #[arg(long)]
    pub stat: bool,
    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: DiffFormat,
    /// Exit with 1 where a change does this, or worse: none, hot, scale, rolling, unknown, downtime, recreate, data; or
    /// where anything becomes reachable or readable, or that is not checked: exposure. May be given several times
    #[arg(long, value_name = "IMPACT", value_parser = fail_on(), hide_possible_values = true, value_delimiter = ',')]
    pub fail_on: Vec<FailOn>,
}

/// How a comparison is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people
    #[default]
    Human,
    /// For a comment on a pull request
    Markdown,
    /// For programs
    Json,
}

/// What makes a comparison fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailOn {
    /// This impact, or a worse one.
    Impact(Impact),
    /// Anything that becomes reachable or readable, and what could not be told of it.
    Exposure,
}

impl FailOn {
    /// Whether a comparison does what it names.
    pub(super) fn fires(self, report: &Report) -> bool {
        match self {
            Self::Impact(least) => report.undecided().is_some_and(|it| it >= least),
            Self::Exposure => report.exposure.numbers()[0] > 0 || !report.exposure.unchecked.is_empty(),
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Publish {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// The working tree of the repository to commit in [default: the one around this folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, required_unless_present = "branch")]
    pub repo: Option<PathBuf>,
    /// The folder of the trees there, as for `render -o`, from the root of the repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub path: PathBuf,
    /// The branch to commit to, which need not be checked out [default: the one that is]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Push the commit; where somebody else pushed meanwhile, render onto that and try again
    #[arg(long)]
    pub push: bool,
    /// Print the message and commit nothing
    #[arg(long, conflicts_with = "push")]
    pub dry_run: bool,
    /// Commit nothing and exit with 1 where a change does this, or worse: the words of `diff --fail-on`
    #[arg(long, value_name = "IMPACT", value_parser = fail_on(), hide_possible_values = true, value_delimiter = ',')]
    pub fail_on: Vec<FailOn>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Affected {
    /// A revision of the stacks' repository: exactly that one, such as `main`, or `$(git merge-base main HEAD)`
    #[arg(long, value_name = "REV")]
    pub base: String,
    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: AffectedFormat,
}

/// How a list of outputs is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum AffectedFormat {
    /// A line each: stack, environment, and whether it is changed, new or gone
    #[default]
    Text,
    /// For programs
    Json,
    /// A line for `$GITHUB_OUTPUT`: a matrix of jobs
    Github,
}

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The environments [default: all]
    #[arg(value_name = "ENV")]
    pub environments: Vec<String>,
    /// First make the edits that are beyond doubt, in the stack's files: a misspelt word with one that is nearest
    #[arg(long)]
    pub fix: bool,
    /// Objects of Kubernetes instead of a stack: files, folders, or `-` for standard input
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath, conflicts_with_all = ["environments", "fix", "file", "stack", "set"])]
    pub manifests: Vec<String>,
    /// The version of Kubernetes that objects without a stack are for, such as 1.34 [default: the newest that is known]
    #[arg(long, value_name = "VERSION", value_parser = kubernetes, requires = "manifests")]
    pub kubernetes: Option<Minor>,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Resolve {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Why {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// An object, as `kind/name`
    #[arg(value_name = "OBJECT")]
    pub object: String,
    /// Only the values at or below this path, such as `spec.replicas`
    #[arg(value_name = "PATH")]
    pub path: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Graph {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// How it is shown
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: GraphFormat,
    /// Only what this may reach: a workload, component or namespace, or one outside by its whole name
    #[arg(long, value_name = "NAME")]
    pub from: Option<String>,
    /// Only who may reach this, named in the same way
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Only paths on this port of the called container, by number or name
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// How a graph is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// A table by who is called, with the policies and the lines of the stack
    #[default]
    Matrix,
    /// A flowchart for Mermaid
    Mermaid,
    /// A graph for Graphviz
    Dot,
    /// A picture
    Svg,
    /// Everything, for programs
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// A code or the name of a rule [default: list all]
    #[arg(value_name = "CODE|NAME")]
    pub rule: Option<String>,
}

/// Run it at the root of the repository: paths are as seen from there.
#[derive(Debug, clap::Args)]
pub(super) struct Ci {
    /// What runs the workflow
    #[arg(value_name = "SERVICE")]
    pub service: CiService,
    /// The environments to render [default: all but those with an `instance`]
    #[arg(value_name = "ENV")]
    pub environments: Vec<String>,
    /// The folder of the trees, as for `render -o`
    #[arg(long, value_name = "DIR", default_value = "out", value_hint = ValueHint::DirPath)]
    pub tree: PathBuf,
    /// The branch whose pushes build and deploy
    #[arg(long, value_name = "NAME", default_value = "main")]
    pub branch: String,
    /// Where layers are kept between builds
    #[arg(long, value_name = "WHERE", value_enum, default_value_t)]
    pub cache: Cache,
    /// The command that installs stackgen on the runner
    #[arg(long, value_name = "COMMAND")]
    pub install: String,
}

/// What runs workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CiService {
    /// GitHub Actions
    Github,
}

/// Where layers are kept between builds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Cache {
    /// In the image's repository, as the tag `buildcache`
    #[default]
    Registry,
    /// In the cache of GitHub Actions
    Gha,
}

#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// The stack's name [default: that of the folder]
    #[arg(long)]
    pub name: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Schema {
    /// Of what
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub of: SchemaOf,
}

/// What a schema is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// The stack language
    #[default]
    Stack,
    /// What `diff --format json` writes
    Diff,
    /// A line of what `--diagnostics json` writes
    Diagnostic,
}

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    pub shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// A command [default: the program]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        None => Err("write NAME=VALUE".to_owned()),
        Some(("", _)) => Err("the name before `=` is missing".to_owned()),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
    }
}

/// A version of Kubernetes of which something is known.
fn kubernetes(text: &str) -> Result<Minor, String> {
    let (from, to) = Schemas::covered();
    match Version::parse(text)? {
        Version { major: 1, minor } if (from..=to).contains(&minor) => Ok(minor),
        other => Err(format!("nothing is known of Kubernetes {other}; write one of 1.{from} to 1.{to}")),
    }
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::NAMES).try_map(|name| name.parse::<Format>())
}

fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    const EXPOSURE: &str = "exposure";
    let words = Impact::ALL.into_iter().map(Impact::name).chain([EXPOSURE]);
    PossibleValuesParser::new(words).try_map(|name| match name.as_str() {
        EXPOSURE => Ok(FailOn::Exposure),
        name => name.parse().map(FailOn::Impact),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declarations_agree_with_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Args::command().get_subcommands() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let call = format!("stackgen {}", command.get_name());
            assert!(after.starts_with("Example") && after.contains(&call), "{}", command.get_name());
        }
    }

    #[test]
    fn assignments_split_at_the_first_equals_sign() {
        assert_eq!(assignment("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(assignment("a="), Ok(("a".to_owned(), String::new())));
        assert!(assignment("a").is_err() && assignment("=b").is_err());
    }
}
