//! Round-trip times between regions whose names are known, for scenarios that write no link between them.
//!
//! | pair | source |
//! |---|---|
//! | two AWS regions | cloudping.co, median round trips, both directions averaged, to the millisecond |
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
    ("ap-east-1", &[241]),
    ("ap-northeast-1", &[356, 46]),
    ("ap-northeast-2", &[383, 38, 34]),
    ("ap-northeast-3", &[362, 39, 10, 24]),
    ("ap-south-1", &[159, 89, 125, 125, 131]),
    ("ap-southeast-1", &[203, 38, 69, 70, 75, 56]),
    ("ap-southeast-2", &[412, 127, 107, 142, 119, 146, 93]),
    ("ca-central-1", &[225, 186, 144, 172, 150, 187, 210, 198]),
    ("eu-central-1", &[161, 189, 223, 223, 231, 110, 158, 249, 92]),
    ("eu-north-1", &[178, 211, 243, 242, 249, 131, 178, 295, 108, 22]),
    ("eu-south-1", &[170, 180, 214, 213, 220, 102, 149, 238, 100, 12, 31]),
    ("eu-west-1", &[158, 212, 201, 230, 207, 120, 182, 256, 70, 27, 42, 35]),
    ("eu-west-2", &[147, 203, 211, 238, 217, 111, 171, 265, 78, 17, 33, 25, 13]),
    ("eu-west-3", &[151, 197, 216, 245, 221, 104, 167, 279, 84, 12, 30, 20, 18, 10]),
    ("me-south-1", &[145, 122, 162, 158, 167, 35, 86, 178, 163, 86, 105, 78, 96, 87, 80]),
    ("sa-east-1", &[343, 299, 257, 285, 263, 298, 322, 312, 125, 204, 215, 213, 177, 186, 195, 272]),
    ("us-east-1", &[232, 188, 146, 174, 151, 186, 212, 199, 15, 92, 112, 102, 70, 76, 83, 160, 114]),
    ("us-east-2", &[242, 176, 134, 162, 138, 196, 200, 187, 25, 102, 121, 111, 79, 86, 93, 170, 124, 13]),
    ("us-west-1", &[291, 146, 108, 128, 110, 228, 172, 139, 79, 151, 174, 160, 128, 147, 143, 220, 172, 62, 52]),
    ("us-west-2", &[274, 136, 98, 119, 99, 218, 162, 140, 60, 141, 158, 151, 119, 128, 134, 212, 174, 64, 52, 22]),
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
        assert_eq!(millis("hk", "sg"), Some(38));
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
