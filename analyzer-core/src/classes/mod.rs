//! Classes of bottlenecks: what code spends its time on, by the names of functions.
//!
//! The rules are data (`rules.tsv`); a file of the same form may add more, which go first. A function that no rule knows
//! belongs to the class of its nearest caller that one does, so that helpers of a hash function count as hashing; what
//! has none is the program's own code.

mod table;

use crate::align::KeySpace;
use crate::tree::{CallTree, Cell};
use regex::bytes::{RegexSet, RegexSetBuilder};
use std::collections::BTreeSet;
use std::sync::LazyLock;
pub use table::ClassRow;
pub(crate) use table::classes;
use thiserror::Error;

const RULES: &str = include_str!("rules.tsv");
/// The class of code that no rule knows.
pub const OWN_CODE: &str = "own code";

/// Rules for classes, in the order in which they are tried.
#[derive(Clone, Debug)]
pub struct ClassRules {
    /// The class of each rule.
    classes: Vec<String>,
    patterns: RegexSet,
}

/// Why a file of rules cannot be used.
#[derive(Debug, Error)]
#[error("line {line}: expected {expected}, found \"{found}\"")]
pub struct ClassRulesError {
    /// The line, counted from 1.
    pub line: usize,
    /// What belongs there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// A line of a file of rules.
struct Rule<'a> {
    class: &'a str,
    pattern: &'a str,
    /// Names that it is for, and one that it is not for.
    #[cfg(test)]
    examples: (&'a str, &'a str),
}

impl<'a> Rule<'a> {
    /// `class`, where it is used, and the pattern, with tabs between; what follows is for people and tests.
    fn parse(text: &'a str) -> Option<Rule<'a>> {
        let mut columns = text.split('\t');
        let (class, _, pattern) = (columns.next()?, columns.next()?, columns.next()?);
        let rule = Rule {
            class,
            pattern,
            #[cfg(test)]
            examples: (columns.next().unwrap_or_default(), columns.next().unwrap_or_default()),
        };
        Some(rule).filter(|rule| !rule.class.is_empty() && !rule.pattern.is_empty())
    }
}

impl ClassRules {
    /// The rules of the project, and before them those of `more`, a text of the same form.
    ///
    /// # Errors
    /// When a line of `more` has too few columns or its pattern is no regular expression.
    pub fn new(more: &str) -> Result<ClassRules, ClassRulesError> {
        let (mut classes, mut patterns) = (Vec::new(), Vec::new());
        for (line, text) in lines(more) {
            let fault = |expected: &str| ClassRulesError {
                line,
                expected: expected.to_owned(),
                found: text.to_owned(),
            };
            let rule = Rule::parse(text).ok_or_else(|| fault("\"CLASS<tab>WHERE<tab>PATTERN\""))?;
            set(&[rule.pattern]).map_err(|error| fault(&format!("a regular expression ({error})")))?;
            classes.push(rule.class.to_owned());
            patterns.push(rule.pattern);
        }
        for rule in lines(RULES).filter_map(|(_, text)| Rule::parse(text)) {
            classes.push(rule.class.to_owned());
            patterns.push(rule.pattern);
        }
        let patterns = set(&patterns).map_err(|error| ClassRulesError {
            line: 0,
            expected: "rules that are small enough together".to_owned(),
            found: error.to_string(),
        })?;
        Ok(ClassRules { classes, patterns })
    }

    /// The class of a function by its canonical name.
    #[must_use]
    pub fn class_of(&self, name: &[u8]) -> Option<&str> {
        self.rule_of(name).map(|rule| self.classes[rule].as_str())
    }

    /// The classes that code may have, in the order of their names.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.classes.iter().map(String::as_str).chain([OWN_CODE]).collect()
    }

    fn rule_of(&self, name: &[u8]) -> Option<usize> {
        self.patterns.matches(name).iter().next()
    }
}

/// The rules of the project.
pub(crate) static CLASSES: LazyLock<ClassRules> =
    LazyLock::new(|| ClassRules::new("").expect("the project's own rules are tested"));

/// Lines that are rules, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // Editors may begin a file with the mark of UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

fn set(patterns: &[&str]) -> Result<RegexSet, regex::Error> {
    // Names of functions are told by ASCII; classes of all of Unicode would make the rules ten times as large.
    RegexSetBuilder::new(patterns).unicode(false).build()
}

/// The class of every key and of every node: its own or that of its nearest caller that has one.
#[derive(Clone, Debug)]
pub(crate) struct Classified<'r> {
    rules: &'r ClassRules,
    of_key: Vec<Option<usize>>,
}

impl<'r> Classified<'r> {
    pub(crate) fn new(rules: &'r ClassRules, keys: &KeySpace) -> Classified<'r> {
        let of_key = keys.keys().iter().map(|key| rules.rule_of(&key.name)).collect();
        Classified { rules, of_key }
    }

    /// What was measured in each class, in the order of its first rule; code of the program's own last.
    pub(crate) fn cells(&self, tree: &CallTree) -> Vec<(String, Cell)> {
        let (names, of_node) = self.positions(tree);
        let mut cells = vec![Cell::default(); names.len()];
        of_node.into_iter().zip(&tree.own).for_each(|(class, own)| cells[class] += *own);
        names.into_iter().map(str::to_owned).zip(cells).collect()
    }

    /// The class of every node.
    pub(crate) fn of_nodes(&self, tree: &CallTree) -> Vec<&str> {
        let (names, of_node) = self.positions(tree);
        of_node.into_iter().map(|class| names[class]).collect()
    }

    /// The classes in the order of their first rules, code of the program's own last, and by node which of them it is.
    fn positions(&self, tree: &CallTree) -> (Vec<&str>, Vec<usize>) {
        let mut names: Vec<&str> = Vec::new();
        let position: Vec<usize> = self
            .rules
            .classes
            .iter()
            .map(|class| {
                names.iter().position(|name| name == class).unwrap_or_else(|| {
                    names.push(class);
                    names.len() - 1
                })
            })
            .collect();
        names.push(OWN_CODE);
        // Callers are numbered before what they call.
        let mut of_node = vec![names.len() - 1; tree.len()];
        for node in 1..tree.len() {
            let rule = self.of_key[tree.key(node)];
            of_node[node] = rule.map_or(of_node[tree.parent(node)], |rule| position[rule]);
        }
        (names, of_node)
    }

    /// The class of a function, wherever it was called from.
    pub(crate) fn of_key(&self, key: usize) -> Option<&str> {
        self.of_key[key].map(|rule| self.rules.classes[rule].as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_for_its_examples_only() {
        for (line, text) in lines(RULES) {
            let rule = Rule::parse(text).unwrap_or_else(|| panic!("line {line}: three columns"));
            let pattern = set(&[rule.pattern]).unwrap();
            let (wanted, unwanted) = rule.examples;
            let wanted: Vec<&str> = wanted.split('|').collect();
            assert_eq!(wanted.len(), 2, "line {line}: two names it is for");
            for name in wanted {
                let canonical = crate::align::canonical(name.as_bytes());
                assert!(pattern.is_match(&canonical), "line {line}: {name}");
            }
            assert!(
                !unwanted.is_empty() && !pattern.is_match(unwanted.as_bytes()),
                "line {line}: {unwanted}"
            );
        }
    }

    #[test]
    fn what_a_user_adds_goes_first() {
        let rules =
            ClassRules::new("\u{feff}# ours\npricing\tshop\t^shop::price\nown alloc\t\t^malloc$\n").unwrap();
        assert_eq!(rules.class_of(b"shop::price::quote"), Some("pricing"));
        assert_eq!(rules.class_of(b"malloc"), Some("own alloc"));
        assert_eq!(rules.class_of(b"calloc"), Some("alloc"));
        assert_eq!(rules.class_of(b"main"), None);
    }

    #[test]
    fn a_flawed_rule_is_named() {
        let error = |text: &str| ClassRules::new(text).unwrap_err().to_string();
        assert!(error("\nlock only\n").starts_with("line 2: expected \"CLASS<tab>WHERE<tab>PATTERN\""));
        assert!(error("a\tb\t(\n").starts_with("line 1: expected a regular expression"));
    }
}
