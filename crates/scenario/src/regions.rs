//! Round-trip times between regions whose names are known, for scenarios that write no link between them.
//!
//! | pair | source |
//! |---|---|
//! | two AWS regions | cloudping.co, median round trips, both directions averaged and rounded down to the millisecond |
//! | mainland China and the US, Hong Kong or Singapore | an assumption: no matrix with a region in China was found published |
//! | two regions in mainland China | an assumption: 24 ms |
//!
//! `us-west`, `us-east`, `hk` and `sg` are short for `us-west-2`, `us-east-1`, `ap-east-1` and `ap-southeast-1`; `cn`,
//! `cn-north`, `cn-east`, `cn-south`, `cn-north-1` and `cn-northwest-1` are in mainland China.

use sandbox_core::Span;

/// The round-trip time between two regions with these names, if both are known and so is the path.
#[must_use]
pub fn known_rtt(a: &str, b: &str) -> Option<Span> {
    let millis = match (place(a)?, place(b)?) {
        (Place::China, Place::China) => CHINA_INSIDE,
        (Place::China, Place::Aws(index)) | (Place::Aws(index), Place::China) => {
            CHINA_OUTSIDE.iter().find(|(name, _)| AWS[index].0 == *name)?.1
        }
        (Place::Aws(a), Place::Aws(b)) if a == b => 2,
        (Place::Aws(a), Place::Aws(b)) => u64::from(AWS[a.max(b)].1[a.min(b)]),
    };
    Some(Span::from_millis(millis))
}

enum Place {
    Aws(usize),
    China,
}

fn place(name: &str) -> Option<Place> {
    if CHINA.contains(&name) {
        return Some(Place::China);
    }
    let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    AWS.iter().position(|(known, _)| *known == name).map(Place::Aws)
}

const SHORT: [(&str, &str); 4] =
    [("us-west", "us-west-2"), ("us-east", "us-east-1"), ("hk", "ap-east-1"), ("sg", "ap-southeast-1")];

const CHINA: [&str; 6] = ["cn", "cn-north", "cn-east", "cn-south", "cn-north-1", "cn-northwest-1"];

/// Between two regions of mainland China [ms]: an assumption.
const CHINA_INSIDE: u64 = 24;

/// From mainland China [ms]: assumptions, the middles of 150 to 180, 210 to 240, 35 to 50 and 70 to 90 ms.
const CHINA_OUTSIDE: [(&str, u64); 4] =
    [("us-west-2", 165), ("us-east-1", 225), ("ap-east-1", 42), ("ap-southeast-1", 80)];

/// AWS regions, each with its round trips to those before it [ms]: cloudping.co, medians.
#[rustfmt::skip]
const AWS: [(&str, &[u16]); 21] = [
    ("af-south-1", &[]),
    ("ap-east-1", &[240]),
    ("ap-northeast-1", &[355, 46]),
    ("ap-northeast-2", &[383, 37, 33]),
    ("ap-northeast-3", &[362, 39, 10, 24]),
    ("ap-south-1", &[158, 89, 124, 125, 131]),
    ("ap-southeast-1", &[203, 37, 68, 69, 75, 56]),
    ("ap-southeast-2", &[411, 127, 106, 141, 118, 145, 93]),
    ("ca-central-1", &[224, 186, 143, 172, 149, 186, 209, 197]),
    ("eu-central-1", &[160, 189, 223, 223, 230, 110, 157, 249, 92]),
    ("eu-north-1", &[177, 210, 243, 241, 248, 130, 177, 294, 107, 22]),
    ("eu-south-1", &[169, 179, 213, 213, 220, 101, 149, 238, 100, 11, 31]),
    ("eu-west-1", &[158, 211, 201, 229, 207, 120, 181, 256, 70, 26, 41, 34]),
    ("eu-west-2", &[147, 203, 210, 238, 216, 111, 171, 264, 78, 17, 32, 25, 13]),
    ("eu-west-3", &[150, 197, 215, 245, 221, 104, 166, 279, 83, 12, 30, 20, 18, 9]),
    ("me-south-1", &[145, 121, 161, 157, 167, 35, 86, 177, 162, 86, 105, 77, 95, 87, 79]),
    ("sa-east-1", &[342, 299, 256, 285, 262, 297, 322, 311, 125, 204, 215, 213, 176, 186, 194, 272]),
    ("us-east-1", &[231, 188, 146, 174, 150, 185, 212, 198, 14, 91, 111, 101, 69, 76, 82, 160, 113]),
    ("us-east-2", &[241, 175, 134, 161, 138, 195, 200, 187, 24, 102, 121, 110, 79, 86, 92, 170, 124, 12]),
    ("us-west-1", &[291, 145, 108, 128, 110, 227, 171, 138, 79, 151, 174, 160, 128, 147, 142, 220, 172, 62, 51]),
    ("us-west-2", &[273, 136, 97, 119, 99, 217, 161, 140, 60, 140, 157, 150, 119, 128, 134, 211, 174, 63, 51, 22]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(a: &str, b: &str) -> Option<u64> {
        assert_eq!(known_rtt(a, b), known_rtt(b, a));
        known_rtt(a, b).map(|rtt| rtt.as_nanos() / 1_000_000)
    }

    #[test]
    fn published_and_assumed_pairs_are_known_and_others_are_not() {
        assert_eq!(millis("us-east-1", "ap-east-1"), Some(188));
        assert_eq!(millis("us-west", "us-east"), Some(63));
        assert_eq!(millis("hk", "sg"), Some(37));
        assert_eq!(millis("us-west", "us-west-2"), Some(2));
        assert_eq!(millis("cn-east", "us-west"), Some(165));
        assert_eq!(millis("cn-north", "us-east-1"), Some(225));
        assert_eq!(millis("cn-north", "cn-east"), Some(24));
        assert_eq!(millis("cn-east", "eu-west-1"), None);
        assert_eq!(millis("us-west", "us-west-9"), None);
    }

    #[test]
    fn the_table_is_a_triangle() {
        for (index, (name, to)) in AWS.iter().enumerate() {
            assert_eq!(to.len(), index, "{name}");
        }
    }
}
