//! Conditions on images' metadata, as lists can be asked for: `meta.<path>[<operator>]=<value>`.

use crate::metadata::MAX_LEVELS;

/// The longest name on a path, in characters.
const MAX_NAME: usize = 100;

/// The most values of `in`.
const MAX_VALUES: usize = 10;

/// The most conditions on one list.
pub(crate) const MAX_FILTERS: usize = 5;

/// One condition. All of a list's have to hold; one on what an image does not have does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(crate) path: String,
    pub(crate) test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// One of these.
    Is(Vec<Scalar>),
    /// A number, compared so with this one.
    Compares(&'static str, f64),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    String(String),
    Number(f64),
    Boolean(bool),
}

/// Why a condition cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// Not a path.
    #[error("filter {path:?}: a path has 1 to {MAX_LEVELS} names of 1 to {MAX_NAME} characters, with dots in between")]
    Path {
        /// What was given.
        path: String,
    },
    /// Not an operator.
    #[error(
        "filter {path:?}: {operator:?} is no operator; there are eq, in (with :string, :number or, for eq, :boolean), \
         gt, gte, lt and lte (with :number)"
    )]
    Operator {
        /// Where.
        path: String,
        /// What was given.
        operator: String,
    },
    /// Not a value of the operator's kind.
    #[error("filter {path:?}: {value:?} is not {accepted}")]
    Value {
        /// Where.
        path: String,
        /// What was given.
        value: String,
        /// What would be one.
        accepted: &'static str,
    },
    /// More conditions than are looked at.
    #[error("there are {given} filters; the most are {MAX_FILTERS}")]
    TooMany {
        /// What was given.
        given: usize,
    },
}

impl Filter {
    /// Reads one condition. `in` has its values with `|` in between. Without a kind, `eq` and `in` take a value for whatever it
    /// may be: `1` is a number and a text.
    pub fn parse(path: &str, operator: &str, value: &str) -> Result<Self, FilterError> {
        let names: Vec<&str> = path.split('.').collect();
        let is_name = |name: &&str| (1..=MAX_NAME).contains(&name.chars().count());
        if names.len() > MAX_LEVELS || !names.iter().all(is_name) || path.contains('\0') {
            return Err(FilterError::Path { path: path.to_owned() });
        }
        let wrong = |accepted| FilterError::Value { path: path.to_owned(), value: value.to_owned(), accepted };
        if value.contains('\0') {
            return Err(wrong("text without zeros"));
        }
        let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
        let string = |text: &str| Scalar::String(text.to_owned());
        let (name, kind) = operator.split_once(':').map_or((operator, None), |(name, kind)| (name, Some(kind)));
        let is = |kind, text: &str| match kind {
            Some("number") => number(text).map(|number| vec![Scalar::Number(number)]).ok_or_else(|| wrong("a number")),
            Some("boolean") => {
                let flag = text.parse().map_err(|_parse| wrong("true or false"))?;
                Ok(vec![Scalar::Boolean(flag)])
            }
            Some(_) => Ok(vec![string(text)]),
            None => {
                let number = number(text).map(Scalar::Number);
                let flag = text.parse().ok().map(Scalar::Boolean);
                Ok([string(text)].into_iter().chain(number).chain(flag).collect())
            }
        };
        let test = match (name, kind) {
            ("eq", None | Some("string" | "number" | "boolean")) => Test::Is(is(kind, value)?),
            ("in", None | Some("string" | "number")) => {
                let values: Vec<&str> = value.split('|').collect();
                if values.len() > MAX_VALUES {
                    return Err(wrong("at most 10 values with | in between"));
                }
                let read: Result<Vec<_>, _> = values.into_iter().map(|value| is(kind, value)).collect();
                Test::Is(read?.concat())
            }
            ("gt" | "gte" | "lt" | "lte", None | Some("number")) => {
                let sign = match name {
                    "gt" => ">",
                    "gte" => ">=",
                    "lt" => "<",
                    _ => "<=",
                };
                Test::Compares(sign, number(value).ok_or_else(|| wrong("a number"))?)
            }
            _ => return Err(FilterError::Operator { path: path.to_owned(), operator: operator.to_owned() }),
        };
        Ok(Self { path: path.to_owned(), test })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        let test = |operator, value| Filter::parse("a.b", operator, value).map(|filter| filter.test);
        let text = |text: &str| Scalar::String(text.to_owned());
        assert_eq!(test("eq", "x"), Ok(Test::Is(vec![text("x")])));
        assert_eq!(test("eq", "1"), Ok(Test::Is(vec![text("1"), Scalar::Number(1.0)])));
        assert_eq!(test("eq:string", "1"), Ok(Test::Is(vec![text("1")])));
        assert_eq!(test("eq:boolean", "true"), Ok(Test::Is(vec![Scalar::Boolean(true)])));
        assert_eq!(test("in:number", "1|2.5"), Ok(Test::Is(vec![Scalar::Number(1.0), Scalar::Number(2.5)])));
        assert_eq!(test("gte:number", "-3"), Ok(Test::Compares(">=", -3.0)));
        for (operator, value) in [
            ("eq:number", "x"),
            ("eq:boolean", "1"),
            ("gt", "x"),
            ("lt", "inf"),
            ("in:number", "1|x"),
            ("in", "|||||||||||"),
        ] {
            assert!(matches!(test(operator, value), Err(FilterError::Value { .. })), "{operator} {value}");
        }
        for operator in ["", "ne", "eq:date", "in:boolean", "gt:string", "eq:"] {
            assert!(matches!(test(operator, "1"), Err(FilterError::Operator { .. })), "{operator}");
        }
        for path in ["", ".", "a..b", "a.b.c.d.e.f", &"x".repeat(101)] {
            assert!(matches!(Filter::parse(path, "eq", "1"), Err(FilterError::Path { .. })), "{path}");
        }
    }
}
