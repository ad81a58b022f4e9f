//! The paths that deliver images: `/HASH/ID/VARIANT`, on a host of its own or below `/cdn-cgi/imagedelivery`. Only how they are
//! written; whether there is such an image, and who may have it, is asked elsewhere.

/// What delivery on one's own domain is below.
pub(crate) const PREFIX: &str = "/cdn-cgi/imagedelivery";

/// Characters of an account's hash, see [`AccountId::hash`](crate::AccountId::hash).
const HASH_CHARS: usize = 22;

/// The way to an image, as a URL writes it. An id may hold slashes, so the variant is what stands behind the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryPath<'a> {
    /// What URLs call the account.
    pub hash: &'a str,
    /// The image's id, escaped as in the URL; not empty.
    pub id: &'a str,
    /// A variant's name, or options.
    pub variant: &'a str,
}

impl<'a> DeliveryPath<'a> {
    /// Reads a URL's path; none where it is another's.
    pub fn parse(path: &'a str) -> Option<Self> {
        let below = path.strip_prefix(PREFIX).unwrap_or(path).strip_prefix('/')?;
        let (hash, rest) = below.split_once('/')?;
        let (id, variant) = rest.rsplit_once('/')?;
        let is_hash = hash.len() == HASH_CHARS && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        (is_hash && !id.is_empty()).then_some(Self { hash, id, variant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountId;

    #[test]
    fn the_way_to_an_image() {
        let hash = AccountId::parse("0123456789abcdef0123456789abcdef").unwrap().hash();
        let table = [
            ("/{}/id/public", Some(("id", "public"))),
            ("/{}/a/b/c.jpg/w=1,h=2", Some(("a/b/c.jpg", "w=1,h=2"))),
            ("/cdn-cgi/imagedelivery/{}/id/public", Some(("id", "public"))),
            ("/{}/id/", Some(("id", ""))),
            ("/{}/public", None),
            ("/{}//public", None),
            ("/{}x/id/public", None),
            ("/docs/pictures/width/before", None),
        ];
        for (path, expected) in table {
            let path = path.replace("{}", &hash);
            let found = DeliveryPath::parse(&path);
            assert_eq!(found.map(|found| (found.id, found.variant)), expected, "{path}");
            assert!(found.is_none_or(|found| found.hash == hash));
        }
    }
}
