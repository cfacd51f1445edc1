//! A command as its report quotes it: the verb, its inputs and the options that shape the result.

use super::{Measuring, Reading, parse};

/// The words of a command, in their order.
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn new(verb: &str) -> Words {
        Words(vec!["plateau".to_owned(), verb.to_owned()])
    }

    /// An input.
    pub(super) fn argument(&mut self, argument: &str) {
        self.0.push(parse::quote(argument));
    }

    /// An option, where it has a value.
    pub(super) fn option(&mut self, name: &str, value: Option<String>) {
        self.0.extend(value.map(|value| format!("--{name} {}", parse::quote(&value))));
    }

    /// An option without a value.
    pub(super) fn flag(&mut self, name: &str) {
        self.0.push(format!("--{name}"));
    }

    /// What is taken off the captures.
    pub(super) fn subtracted(&mut self, reading: &Reading) {
        reading.subtract.iter().for_each(|base| self.option("subtract", Some(base.display().to_string())));
    }

    /// What is measured.
    pub(super) fn measured(&mut self, measuring: &Measuring) {
        self.option("sample-index", measuring.sample_index.clone());
        self.0.extend(measuring.words_of_traces());
    }

    /// How captures are read, as far as that shapes the result.
    pub(super) fn read(&mut self, reading: &Reading) {
        self.option("from", reading.from.clone());
        self.0.extend(reading.hidden());
    }

    pub(super) fn finish(self) -> String {
        self.0.join(" ")
    }
}
