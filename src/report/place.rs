//! Where a value stands in a document's text that has a line for each value (JSON, as `serde_json` writes it for people). What
//! is wrong with a report there is said in `open`.

use serde_json::Value;

/// The way to what stands on a line of a value's text, counted from 0: the names and numbers of a JSON pointer.
pub(super) fn path_to(value: &Value, line: usize) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        _ => vec![],
    };
    let mut first = 1;
    for (name, child) in children {
        let after = first + lines(child);
        if (first..after).contains(&line) {
            return [vec![name], path_to(child, line - first)].concat();
        }
        first = after;
    }
    vec![]
}

/// How many lines a value's text has.
fn lines(value: &Value) -> usize {
    let of_children = match value {
        Value::Array(items) => items.iter().map(lines).sum(),
        Value::Object(fields) => fields.values().map(lines).sum(),
        _ => 0,
    };
    if of_children == 0 { 1 } else { of_children + 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_report_has_its_place() {
        let value = serde_json::json!({"a": [], "b": {"c": [1, [true, {}], "x\ny"]}, "d": {}, "e": null});
        let text = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(lines(&value), text.lines().count());
        for (line, shown) in text.lines().enumerate() {
            let pointer: String = path_to(&value, line).iter().map(|step| format!("/{step}")).collect();
            let found = value.pointer(&pointer).unwrap();
            match shown.trim().trim_end_matches(',') {
                "}" => assert!(found.is_object(), "{line}"),
                "]" => assert!(found.is_array(), "{line}"),
                shown if shown.ends_with(['{', '[']) => assert!(lines(found) > 1, "{line}"),
                shown => assert!(shown.ends_with(&found.to_string()), "{line}: {shown}"),
            }
        }
    }
}
