//! What a report holds that this version does not know: fields and words of another one. It is kept with the session, and
//! written again where the session is saved whole.

use serde_json::{Map, Value};

/// Whatever was not understood, in the shape of the report: objects with only those fields, lists with a place for each
/// item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unknown(Option<Value>);

impl Unknown {
    /// What is in the report as it was read, and not in what was made of it; a word differs in what was `understood`.
    pub fn of(read: &Value, understood: &Value, made: &Value) -> Self {
        Unknown(lost(read, understood, made))
    }

    /// Adds it to a report that is written.
    pub fn add_to(&self, report: &mut Value) {
        if let Some(unknown) = &self.0 {
            add(unknown, report);
        }
    }
}

fn lost(read: &Value, understood: &Value, made: &Value) -> Option<Value> {
    match (read, understood, made) {
        (Value::Object(read), Value::Object(understood), Value::Object(made)) => {
            let fields = read.iter().filter(|(_, value)| !value.is_null()).filter_map(|(name, value)| {
                let lost = match (understood.get(name), made.get(name)) {
                    (Some(understood), Some(made)) => lost(value, understood, made)?,
                    _ => value.clone(),
                };
                Some((name.clone(), lost))
            });
            let fields: Map<String, Value> = fields.collect();
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        (Value::Array(read), Value::Array(understood), Value::Array(made)) if read.len() == made.len() => {
            let items = read.iter().zip(understood).zip(made);
            let items: Vec<Value> =
                items.map(|((read, understood), made)| lost(read, understood, made).unwrap_or_default()).collect();
            items.iter().any(|item| !item.is_null()).then_some(Value::Array(items))
        }
        _ => (read != understood).then(|| read.clone()),
    }
}

fn add(unknown: &Value, report: &mut Value) {
    match (unknown, report) {
        (Value::Null, _) => {}
        (Value::Object(unknown), Value::Object(report)) => {
            for (name, value) in unknown {
                match report.get_mut(name) {
                    Some(known) => add(value, known),
                    None => drop(report.insert(name.clone(), value.clone())),
                }
            }
        }
        (Value::Array(unknown), Value::Array(report)) if unknown.len() == report.len() => {
            unknown.iter().zip(report).for_each(|(unknown, known)| add(unknown, known));
        }
        (Value::String(word), known @ Value::String(_)) => *known = Value::String(word.clone()),
        _ => {}
    }
}
