//! Price lists of other tools to `price` blocks, to be pasted into endpoints.
//!
//! * LiteLLM's `model_prices_and_context_window.json`: models by name
//! * OpenRouter's `/api/v1/models`: `data[].pricing`
//! * OpenRouter's `/api/v1/models/AUTHOR/SLUG/endpoints`: `data.endpoints[].pricing`
//!
//! Numbers stay decimals from their text to the pico-dollar: nothing passes through a float. A price that is not
//! there stays unknown, and its model is left out with a note: it is never zero.

use std::collections::BTreeMap;

use sandbox_model::Price;
use serde_json::value::RawValue;

use super::Imported;
use crate::problem::{Invalid, Place, Problem, name_hint};

type Object<'a> = BTreeMap<String, &'a RawValue>;

/// The price blocks of the models in a file whose names have `model` in them, whatever the case of letters. `name`
/// stands for the file in messages; its bytes may be gzipped.
///
/// # Errors
/// If it is no such file, or has no such model.
pub fn import(name: &str, bytes: &[u8], model: &str) -> Result<Imported, Invalid> {
    let text = crate::unpack::text(name, bytes, "give a JSON file, plain or gzipped")?;
    let offers = offers(name, &text)?;
    let wanted = model.to_lowercase();
    let mut found = offers.iter().filter(|offer| offer.name.to_lowercase().contains(&wanted)).peekable();
    if found.peek().is_none() {
        let hint = name_hint(model, "models here", offers.iter().map(|offer| offer.name.as_str()));
        let message = format!("no model has `{model}` in its name");
        return Err(Problem::bare(name, "--model", message, Some(hint)).into());
    }
    let mut imported = Imported { text: String::new(), notes: Vec::new() };
    for offer in found {
        offer.write(&mut imported);
    }
    if imported.text.is_empty() {
        let hint = "look the prices up elsewhere: an unknown price is not zero";
        let message = imported.notes.join("; ");
        return Err(Problem::bare(name, "--model", message, Some(hint.to_owned())).into());
    }
    Ok(imported)
}

/// One model, or one provider's endpoint of it.
struct Offer<'a> {
    name: String,
    /// More to tell in the comment.
    more: String,
    prices: Prices<'a>,
    /// Prompts above so many tokens.
    steps: Vec<(u32, Prices<'a>)>,
    /// A price for each request, which a scenario has no key for.
    request: Option<&'a str>,
}

/// Dollars a token, as they stand in the file.
#[derive(Copy, Clone, Default)]
struct Prices<'a> {
    input: Option<&'a str>,
    cached: Option<&'a str>,
    output: Option<&'a str>,
}

impl Prices<'_> {
    /// `input: …, cached: …, output: …`; or why there is none.
    fn write(&self, name: &str, notes: &mut Vec<String>) -> Result<String, String> {
        let mut read = |text: Option<&str>, what: &str| {
            let Some(text) = text else { return Ok(None) };
            let (price, exact) = per_token(text)
                .ok_or_else(|| format!("the price of {what} is `{text}`, which is no amount"))?;
            if !exact {
                notes.push(format!(
                    "{name}: the price of {what}, {text} a token, is rounded to {price}: nothing is finer than a pico-dollar"
                ));
            }
            Ok::<_, String>(Some(price))
        };
        let input = read(self.input, "prompt tokens")?;
        let cached = read(self.cached, "cached prompt tokens")?;
        let output = read(self.output, "answer tokens")?;
        let (Some(input), Some(output)) = (input, output) else {
            return Err("has no price for prompt and answer tokens".to_owned());
        };
        if input == Price::default() && output == Price::default() {
            return Err("costs nothing, which may mean that nobody knows".to_owned());
        }
        let cached = cached.map_or_else(String::new, |cached| format!("cached: \"{cached}\", "));
        Ok(format!("input: \"{input}\", {cached}output: \"{output}\""))
    }
}

impl Offer<'_> {
    fn write(&self, imported: &mut Imported) {
        let Self { name, more, .. } = self;
        let mut notes = Vec::new();
        let mut block = match self.prices.write(name, &mut notes) {
            Ok(prices) => prices,
            Err(why) => return imported.notes.push(format!("{name}{more}: {why}: left out")),
        };
        if self.prices.cached.is_none() {
            notes.push(format!(
                "{name}{more}: no price of cached tokens: they cost what other prompt tokens do"
            ));
        }
        let mut steps = String::new();
        for (above, prices) in &self.steps {
            match prices.write(name, &mut notes) {
                Ok(prices) => steps.push_str(&format!("(above: {above}, {prices}), ")),
                Err(why) => {
                    notes.push(format!("{name}{more}: above {above} tokens it {why}: that step is left out"))
                }
            }
        }
        if !steps.is_empty() {
            block.push_str(&format!(", steps: [{}]", steps.trim_end_matches(", ")));
        }
        if let Some(request) =
            self.request.filter(|text| per_token(text).is_none_or(|(p, _)| p != Price::default()))
        {
            notes.push(format!("{name}{more}: ${request} for each request is not carried over"));
        }
        imported.text.push_str(&format!("// {name}{more}\nprice: ({block}),\n"));
        imported.notes.append(&mut notes);
    }
}

/// Dollars a token as a price, and whether it is exact; `None` if it is not an amount, or less than nothing.
pub(super) fn per_token(text: &str) -> Option<(Price, bool)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.strip_prefix('+').unwrap_or(exponent).parse::<i32>().ok()?)
        }
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    if whole.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits: u128 = digits.parse().ok()?;
    // Pico-dollars.
    let shift = exponent.checked_sub(i32::try_from(part.len()).ok()?)?.checked_add(12)?;
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    let (pico, exact) = if digits == 0 {
        (0, true)
    } else if shift >= 0 {
        (digits.checked_mul(power?)?, true)
    } else {
        let Some(power) = power else { return Some((Price::default(), false)) };
        let (whole, rest) = (digits / power, digits % power);
        let up = rest * 2 > power || (rest * 2 == power && whole % 2 == 1);
        (whole + u128::from(up), rest == 0)
    };
    Some((Price::from_pico_per_token(u64::try_from(pico).ok()?), exact))
}

fn offers<'a>(name: &str, text: &'a str) -> Result<Vec<Offer<'a>>, Invalid> {
    let broken = |error: serde_json::Error| -> Invalid {
        let start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let end = start + text[start..].lines().next().map_or(0, str::len);
        let hint =
            "give LiteLLM's model prices, or what OpenRouter answers for models or a model's endpoints";
        let problem = Problem::bare(name, "", format!("is no price list: {error}"), Some(hint.to_owned()));
        Problem { place: Some(Place::new(text, start..end)), ..problem }.into()
    };
    let top: Object<'a> = serde_json::from_str(text).map_err(broken)?;
    let Some(data) = top.get("data") else {
        return Ok(top.iter().filter_map(|(model, entry)| litellm(model, entry)).collect());
    };
    if let Ok(models) = serde_json::from_str::<Vec<Object<'a>>>(data.get()) {
        return Ok(models
            .iter()
            .filter_map(|model| openrouter(word(model, "id")?.to_owned(), String::new(), model))
            .collect());
    }
    let model: Object<'a> = serde_json::from_str(data.get()).map_err(broken)?;
    let (id, endpoints) =
        (word(&model, "id").unwrap_or_default(), model.get("endpoints").map_or("[]", |e| e.get()));
    let endpoints: Vec<Object<'a>> = serde_json::from_str(endpoints).map_err(broken)?;
    Ok(endpoints
        .iter()
        .filter_map(|endpoint| {
            let provider = word(endpoint, "provider_name").or(word(endpoint, "tag")).unwrap_or("?");
            openrouter(format!("{id} at {provider}"), String::new(), endpoint)
        })
        .collect())
}

/// A text or a number as it stands in the file; `None` of null.
fn word<'a>(object: &Object<'a>, key: &str) -> Option<&'a str> {
    let text = object.get(key)?.get();
    (text != "null").then(|| text.trim_matches('"'))
}

fn openrouter<'a>(name: String, more: String, object: &Object<'a>) -> Option<Offer<'a>> {
    let pricing: Object<'a> = serde_json::from_str(object.get("pricing")?.get()).ok()?;
    let more = word(object, "context_length").map_or(more, |length| format!(", context of {length} tokens"));
    Some(Offer {
        name,
        more,
        prices: Prices {
            input: word(&pricing, "prompt"),
            cached: word(&pricing, "input_cache_read"),
            output: word(&pricing, "completion"),
        },
        steps: Vec::new(),
        request: word(&pricing, "request"),
    })
}

fn litellm<'a>(model: &str, entry: &'a RawValue) -> Option<Offer<'a>> {
    // The sample that explains the format is no model.
    if model == "sample_spec" {
        return None;
    }
    let entry: Object<'a> = serde_json::from_str(entry.get()).ok()?;
    let prices = |above: &str| Prices {
        input: word(&entry, &format!("input_cost_per_token{above}")),
        cached: word(&entry, &format!("cache_read_input_token_cost{above}")),
        output: word(&entry, &format!("output_cost_per_token{above}")),
    };
    let mut steps: Vec<(u32, Prices<'a>)> = entry
        .keys()
        .filter_map(|key| {
            let thousands = key.strip_prefix("input_cost_per_token_above_")?.strip_suffix("k_tokens")?;
            Some((
                thousands.parse::<u32>().ok()?.checked_mul(1_000)?,
                prices(&format!("_above_{thousands}k_tokens")),
            ))
        })
        .collect();
    steps.sort_unstable_by_key(|(above, _)| *above);
    let provider = word(&entry, "litellm_provider").map_or_else(String::new, |name| format!(" ({name})"));
    let prompt = word(&entry, "max_input_tokens")
        .map_or_else(String::new, |most| format!(", prompts up to {most} tokens"));
    let request = word(&entry, "input_cost_per_request");
    Some(Offer { name: model.to_owned(), more: provider + &prompt, prices: prices(""), steps, request })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_never_pass_through_a_float() {
        let shown = |text| per_token(text).map(|(price, exact)| (price.to_string(), exact));
        for (text, price) in [
            ("4.35e-7", "$0.435/M"),
            ("4.35E-07", "$0.435/M"),
            ("0.000000435", "$0.435/M"),
            ("3.625e-09", "$0.003625/M"),
            ("1e-06", "$1/M"),
            ("0", "$0/M"),
            ("0.0", "$0/M"),
            ("2.2499999999999998e-05", "$22.5/M"),
        ] {
            assert_eq!(shown(text).unwrap().0, price, "{text}");
        }
        assert!(shown("2.2499999999999998e-05").is_some_and(|(_, exact)| !exact));
        // Half a pico-dollar goes to the even neighbour.
        assert_eq!(shown("2.5e-12"), Some(("$0.000002/M".to_owned(), false)));
        for text in ["-1", "", ".5", "abc", "1e", "1e99"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
