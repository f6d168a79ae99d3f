//! Helpers for quantities that are text in files: serde through `Display` and `FromStr`.

/// Implements `Serialize` and `Deserialize` of a type as the string that it prints and parses.
macro_rules! serde_as_text {
    ($type:ty, $what:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}
pub(crate) use serde_as_text;

/// Reads a plain decimal (`"12.0035"`) as an integer count of `10^-places`; `None` if it is not one, if it
/// has more decimals than that, or if it does not fit.
pub(crate) fn decimal(text: &str, places: u32) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    if text.contains('.') && fraction.is_empty() {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = places.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let scale = 10_i128.checked_pow(places)?;
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.parse::<i128>().ok()?.checked_mul(scale)?.checked_add(part.checked_mul(10_i128.pow(missing))?)
}

/// Writes an integer count of `10^-places` as the shortest exact decimal.
pub(crate) fn write_decimal(f: &mut std::fmt::Formatter<'_>, value: u128, places: u32) -> std::fmt::Result {
    let scale = 10_u128.pow(places);
    let (whole, part) = (value / scale, value % scale);
    if part == 0 {
        return write!(f, "{whole}");
    }
    let digits = format!("{part:0width$}", width = places as usize);
    write!(f, "{whole}.{}", digits.trim_end_matches('0'))
}
