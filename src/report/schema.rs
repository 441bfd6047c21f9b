//! What the JSON report contains, for programs and people that read it: its JSON Schema (draft 2020-12, in
//! docs/report.schema.json) and the table of its facts in docs/report-format.md. Both are made from the declarations, by
//! the tests here.

use crate::packed::SCHEMA;

/// The report's JSON Schema as text, indented, with a final line feed.
pub fn text() -> &'static str {
    SCHEMA.text("").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::check;
    use crate::facts::key::{Declared, Form};
    use crate::report::Report;
    use serde_json::{Map, Value, json};

    /// The report's JSON Schema.
    fn schema() -> Value {
        let mut schema = schemars::schema_for!(Report).to_value();
        // Which facts a check has depends on the kind of check.
        let rules: Vec<Value> = check::declared().map(|(kind, facts)| rule(kind, facts)).collect();
        if let Some(check) = schema.pointer_mut("/$defs/Check").and_then(Value::as_object_mut) {
            check.insert("allOf".to_owned(), Value::Array(rules));
        }
        // Written with the report, so that times need no adding.
        for (kind, field, says) in [("Check", "started", "When it began."), ("Evidence", "at", "When it was seen.")] {
            if let Some(fields) =
                schema.pointer_mut(&format!("/$defs/{kind}/properties")).and_then(Value::as_object_mut)
            {
                fields
                    .insert(field.to_owned(), json!({ "type": "string", "format": "date-time", "description": says }));
            }
        }
        if let Some(fields) = schema.as_object_mut() {
            fields.insert("$id".to_owned(), json!("mailtriage.report/1"));
            fields.insert("title".to_owned(), json!("A report of mailtriage"));
        }
        schema
    }

    /// A check whose id is of this kind has facts of these forms. Others are allowed: as long as the schema's number stays
    /// the same, fields are only ever added.
    fn rule(kind: &str, facts: &[Declared]) -> Value {
        let mut named = Map::new();
        let mut families = Map::new();
        for row in facts {
            let mut form = form(&row.form);
            if let Some(fields) = form.as_object_mut() {
                fields.insert("description".to_owned(), json!(row.says));
            }
            match row.pattern() {
                Some(pattern) => families.insert(pattern, form),
                None => named.insert(row.name.to_owned(), form),
            };
        }
        let pattern = format!(r"^(wanted\.)?{}(\.[0-9]+)?$", kind.replace('.', r"\."));
        json!({
            "if": { "properties": { "id": { "pattern": pattern } } },
            "then": { "properties": { "facts": { "properties": named, "patternProperties": families } } },
        })
    }

    fn form(form: &Form) -> Value {
        match form {
            Form::Word(words) => json!({ "enum": words }),
            Form::Text => json!({ "type": "string" }),
            // For some readers, a report may omit an address.
            Form::Address => json!({ "type": "string" }),
            Form::Number => json!({ "type": "integer" }),
            // A list contains its items as text.
            Form::List(Form::Word(words)) => json!({ "type": "array", "items": { "enum": words } }),
            Form::List(_) => json!({ "type": "array", "items": { "type": "string" } }),
        }
    }

    /// The table of facts in docs/report-format.md.
    fn facts_table() -> String {
        let mut table = String::from("| check | fact | value | says |\n|---|---|---|---|\n");
        for (kind, facts) in check::declared() {
            for (index, row) in facts.iter().enumerate() {
                let check = if index == 0 { format!("`{kind}`") } else { String::new() };
                table.push_str(&format!("| {check} | `{}` | {} | {} |\n", row.name, value(&row.form), row.says));
            }
        }
        table
    }

    fn value(form: &Form) -> String {
        match form {
            Form::Word(words) => format!("`{}`", words.join(" ")),
            Form::Text => "text".to_owned(),
            Form::Number => "number".to_owned(),
            Form::Address => "address".to_owned(),
            Form::List(of) => format!("list: {}", value(of)),
        }
    }

    /// `UPDATE_SCHEMA=1` writes it anew.
    #[test]
    fn the_schema_in_docs_is_that_of_the_declarations() {
        let made = format!("{:#}\n", schema());
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(file, &made).unwrap();
        }
        let kept = std::fs::read_to_string(file).unwrap_or_default().replace("\r\n", "\n");
        assert!(kept == made, "docs/report.schema.json is another one: UPDATE_SCHEMA=1 cargo test --lib schema");
    }

    #[test]
    fn the_docs_have_the_table_of_facts() {
        let docs = include_str!("../../docs/report-format.md");
        assert!(docs.contains(&facts_table()), "docs/report-format.md needs this table:\n{}", facts_table());
    }

    #[test]
    fn the_schema_says_which_words_a_fact_can_have() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let rules = schema["$defs"]["Check"]["allOf"].as_array().unwrap();
        let port =
            rules.iter().find(|rule| rule["if"]["properties"]["id"]["pattern"] == r"^(wanted\.)?port(\.[0-9]+)?$");
        let state = &port.unwrap()["then"]["properties"]["facts"]["properties"]["state"];
        assert!(state["enum"].as_array().unwrap().contains(&json!("filtered")), "{state}");
        let tls = rules.iter().find(|rule| rule["if"]["properties"]["id"]["pattern"] == r"^(wanted\.)?tls(\.[0-9]+)?$");
        let families = &tls.unwrap()["then"]["properties"]["facts"]["patternProperties"];
        assert!(families.get(r"^(SSLv3|TLSv1\.[0-3])$").is_some(), "{families}");
    }
}
