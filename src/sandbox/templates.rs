//! The approved (and one unapproved) message templates of the demo's accounts.

use serde_json::{Value, json};

struct Template {
    name: &'static str,
    language: &'static str,
    category: &'static str,
    status: &'static str,
    named: bool,
    body: &'static str,
    /// Parameter names (or numbers) with the example a reviewer was shown.
    examples: &'static [(&'static str, &'static str)],
}

const TEMPLATES: [Template; 4] = [
    Template {
        name: "lanjut_percakapan",
        language: "id",
        category: "UTILITY",
        status: "APPROVED",
        named: false,
        body: "Halo {{1}}, kami ingin melanjutkan percakapan kita. Balas pesan ini bila masih perlu bantuan.",
        examples: &[("1", "Dewi")],
    },
    Template {
        name: "pesanan_dikirim",
        language: "id",
        category: "UTILITY",
        status: "APPROVED",
        named: true,
        body: "Halo {{nama}}, pesanan {{nomor}} sudah kami kirim hari ini.",
        examples: &[("nama", "Dewi"), ("nomor", "TL-1042")],
    },
    Template {
        name: "order_ready",
        language: "en_US",
        category: "UTILITY",
        status: "APPROVED",
        named: false,
        body: "Hi {{1}}, order {{2}} is ready.",
        examples: &[("1", "Olivia"), ("2", "TL-1042")],
    },
    Template {
        name: "promo_akhir_tahun",
        language: "id",
        category: "MARKETING",
        status: "PENDING",
        named: false,
        body: "Halo {{1}}, ada potongan akhir tahun untuk Anda.",
        examples: &[("1", "Dewi")],
    },
];

/// Why a template cannot be sent.
pub enum TemplateError {
    /// Unknown in this language, or not approved.
    Missing,
    ParameterCount {
        given: usize,
        expected: usize,
    },
}

/// Checks a template message's name, language and number of body parameters.
pub fn check(name: &str, language: &str, given: usize) -> Result<(), TemplateError> {
    let approved = |template: &&Template| template.name == name && template.language == language && template.status == "APPROVED";
    let template = TEMPLATES.iter().find(approved).ok_or(TemplateError::Missing)?;
    let expected = template.examples.len();
    if given == expected { Ok(()) } else { Err(TemplateError::ParameterCount { given, expected }) }
}

/// The text a customer sees: the body with the message's parameters filled in. None for an unknown template.
pub fn rendered(content: &Value) -> Option<String> {
    let (name, language) = (content["name"].as_str()?, content["language"]["code"].as_str()?);
    let template = TEMPLATES.iter().find(|template| template.name == name && template.language == language)?;
    let mut text = template.body.to_owned();
    for (place, parameter) in body_parameters(content).iter().enumerate() {
        let key = parameter["parameter_name"].as_str().map_or_else(|| (place + 1).to_string(), str::to_owned);
        text = text.replace(&format!("{{{{{key}}}}}"), parameter["text"].as_str().unwrap_or_default());
    }
    Some(text)
}

/// The parameters of a template message's body.
pub fn body_parameters(content: &Value) -> &[Value] {
    let component = content["components"].as_array().into_iter().flatten().find(|component| component["type"] == "body");
    component.and_then(|component| component["parameters"].as_array()).map_or(&[], Vec::as_slice)
}

/// The list as Meta gives it, narrowed by exact `name`, `status`, `category` and `language`.
pub fn list(account: &str, wanted: impl Fn(&str) -> Option<String>) -> Vec<Value> {
    let passes = |filter: &str, value: &str| wanted(filter).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value));
    TEMPLATES
        .iter()
        .enumerate()
        .filter(|(_, template)| {
            passes("name", template.name)
                && passes("status", template.status)
                && passes("category", template.category)
                && passes("language", template.language)
        })
        .map(|(place, template)| json_of(account, place, template))
        .collect()
}

fn json_of(account: &str, place: usize, template: &Template) -> Value {
    let example = if template.named {
        let named = |(name, example): &(&str, &str)| json!({ "param_name": name, "example": example });
        json!({ "body_text_named_params": template.examples.iter().map(named).collect::<Vec<_>>() })
    } else {
        json!({ "body_text": [template.examples.iter().map(|(_, example)| example).collect::<Vec<_>>()] })
    };
    json!({
        "id": format!("{}{place:02}", account.chars().take(13).collect::<String>()),
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "status": template.status,
        "parameter_format": if template.named { "NAMED" } else { "POSITIONAL" },
        "components": [{ "type": "BODY", "text": template.body, "example": example }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_placeholder_has_an_example_and_is_filled() {
        for template in &TEMPLATES {
            let places: BTreeSet<&str> = template.body.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()).collect();
            assert_eq!(places, template.examples.iter().map(|(name, _)| *name).collect(), "{}", template.name);
        }
        let content = json!({ "name": "pesanan_dikirim", "language": { "code": "id" }, "components": [{ "type": "body", "parameters": [
            { "type": "text", "parameter_name": "nomor", "text": "TL-7" }, { "type": "text", "parameter_name": "nama", "text": "Bayu" },
        ]}]});
        assert_eq!(rendered(&content).as_deref(), Some("Halo Bayu, pesanan TL-7 sudah kami kirim hari ini."));
    }
}
