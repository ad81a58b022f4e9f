//! Python's pickles, as far as a dictionary of tensors needs them.
//!
//! A pickle is a program. This one runs the few instructions that `torch.save` writes for tensors in dictionaries, lists and tuples,
//! and calls nothing: of all functions a pickle may name, three are known, and what they would make is written down instead. Everything
//! else is refused with its name. Values live in one table and refer to each other by number, so nothing here recurses.
//! Instructions are those of Python's `pickletools.py`.

use std::collections::HashMap;

use crate::tensor::Dtype;

/// A value's place in the table.
pub(crate) type Id = usize;

/// What a pickle can hold here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'a str),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A class or function, by module and name.
    Global(&'a str, &'a str),
    Storage(Storage<'a>),
    Tensor(View<'a>),
}

/// Numbers that stand outside of the pickle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Storage<'a> {
    /// None where no weight has such numbers.
    pub(crate) dtype: Option<Dtype>,
    /// Bytes of each.
    pub(crate) width: usize,
    pub(crate) key: &'a str,
    pub(crate) count: usize,
}

/// A tensor, as a view of a storage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View<'a> {
    pub(crate) storage: Storage<'a>,
    /// In numbers, as are the strides.
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

/// A pickle that was run.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: Id,
    /// What stands behind it.
    pub(crate) rest: &'a [u8],
}

/// A state dictionary has some twenty values for each tensor, and a large network a thousand tensors.
const MOST_VALUES: usize = 1_000_000;

/// What a tensor is made of are seven or eight.
const MOST_ARGUMENTS: usize = 16;

/// Storages by the name of their class: the numbers' type where a weight can have it, and their width.
const STORAGES: &[(&str, Option<Dtype>, usize)] = &[
    ("FloatStorage", Some(Dtype::F32), 4),
    ("HalfStorage", Some(Dtype::F16), 2),
    // Counters and tables of indices.
    ("LongStorage", None, 8),
    ("IntStorage", None, 4),
    ("BoolStorage", None, 1),
    ("ByteStorage", None, 1),
];

impl<'a> Pickle<'a> {
    /// Runs the pickle that `bytes` begin with.
    pub(crate) fn run(bytes: &'a [u8]) -> Result<Self, String> {
        let mut machine =
            Machine { rest: bytes, values: Vec::new(), stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
        while machine.step()? {}
        let root = machine.pop()?;
        Ok(Self { values: machine.values, root, rest: machine.rest })
    }

    pub(crate) fn root(&self) -> &Value<'a> {
        &self.values[self.root]
    }

    pub(crate) fn get(&self, id: Id) -> &Value<'a> {
        &self.values[id]
    }

    pub(crate) fn values(&self) -> &[Value<'a>] {
        &self.values
    }
}

struct Machine<'a> {
    rest: &'a [u8],
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
}

impl<'a> Machine<'a> {
    /// One instruction; false at the end.
    fn step(&mut self) -> Result<bool, String> {
        match self.byte()? {
            b'.' => return Ok(false),
            // The version, and how long a frame is: of no use to us.
            0x80 => drop(self.byte()?),
            0x95 => drop(self.take(8)?),
            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'J' => {
                let number = i32::from_le_bytes(self.array()?);
                self.push(Value::Int(number.into()))?;
            }
            b'K' => {
                let number = self.byte()?;
                self.push(Value::Int(number.into()))?;
            }
            b'M' => {
                let number = u16::from_le_bytes(self.array()?);
                self.push(Value::Int(number.into()))?;
            }
            0x8a => self.long()?,
            b'G' => {
                let number = f64::from_be_bytes(self.array()?);
                self.push(Value::Float(number))?;
            }
            b'X' => {
                let length = u32::from_le_bytes(self.array()?);
                self.text(length as usize)?;
            }
            // `U` is Python 2's.
            0x8c | b'U' => {
                let length = self.byte()?;
                self.text(length.into())?;
            }
            b'}' => self.push(Value::Dict(Vec::new()))?,
            b']' => self.push(Value::List(Vec::new()))?,
            b')' => self.push(Value::Tuple(Vec::new()))?,
            b'(' => self.mark()?,
            b't' => {
                let items = self.above_mark()?;
                self.push(Value::Tuple(items))?;
            }
            count @ 0x85..=0x87 => {
                let first = self.height(usize::from(count - 0x84))?;
                let items = self.stack.split_off(first);
                self.push(Value::Tuple(items))?;
            }
            b'q' => {
                let at = self.byte()?;
                self.remember(at.into())?;
            }
            b'r' => {
                let at = u32::from_le_bytes(self.array()?);
                self.remember(at as usize)?;
            }
            0x94 => self.remember(self.memo.len())?,
            b'h' => {
                let at = self.byte()?;
                self.recall(at.into())?;
            }
            b'j' => {
                let at = u32::from_le_bytes(self.array()?);
                self.recall(at as usize)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Value::Global(module, name))?;
            }
            0x93 => match (self.pop_value()?, self.pop_value()?) {
                (Value::Text(name), Value::Text(module)) => self.push(Value::Global(module, name))?,
                other => return Err(format!("a name of {other:?}")),
            },
            b'Q' => {
                let storage = self.storage()?;
                self.push(Value::Storage(storage))?;
            }
            b'R' => self.call()?,
            // An object's attributes. State dictionaries have some, about versions of their layers.
            b'b' => {
                self.pop()?;
                match self.top()? {
                    Value::Dict(_) => {}
                    other => return Err(format!("attributes of {other:?}")),
                }
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.dict()?.push((key, value));
            }
            b'u' => {
                let items = self.above_mark()?;
                let pairs = items.as_chunks();
                if !pairs.1.is_empty() {
                    return Err("a key without a value".to_owned());
                }
                let dict = self.dict()?;
                dict.extend(pairs.0.iter().map(|[key, value]| (*key, *value)));
            }
            b'a' => {
                let item = self.pop()?;
                self.list()?.push(item);
            }
            b'e' => {
                let items = self.above_mark()?;
                self.list()?.extend(items);
            }
            other => {
                return Err(format!(
                    "the instruction {:?}, which no dictionary of tensors needs",
                    other.escape_ascii().to_string()
                ));
            }
        }
        Ok(true)
    }

    /// Writes down what a call would make.
    fn call(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop_value()?, self.pop_value()?);
        let (Value::Tuple(arguments), Value::Global(module, name)) = (arguments, function) else {
            return Err("a call of something that is no function".to_owned());
        };
        match (module, name, &*arguments) {
            ("collections", "OrderedDict", []) => self.push(Value::Dict(Vec::new())),
            // As Python 2 writes it.
            ("collections", "OrderedDict", [pairs]) => {
                let pairs = self.pairs(*pairs)?;
                self.push(Value::Dict(pairs))
            }
            // The shorter name is that of before PyTorch 0.4.
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor", [storage, offset, shape, strides, ..]) => {
                let Value::Storage(storage) = self.values[*storage] else {
                    return Err("a tensor without storage".to_owned());
                };
                let view = View {
                    storage,
                    offset: self.size(*offset)?,
                    shape: self.sizes(*shape)?,
                    strides: self.sizes(*strides)?,
                };
                self.push(Value::Tensor(view))
            }
            ("torch._utils", "_rebuild_parameter", [tensor, ..]) => {
                self.stack.push(*tensor);
                Ok(())
            }
            _ => Err(format!("a call of {module}.{name}, which no dictionary of tensors needs")),
        }
    }

    /// From `("storage", class, key, device, count, …)`.
    fn storage(&mut self) -> Result<Storage<'a>, String> {
        let wrong = || "a reference to something that is no storage".to_owned();
        let Value::Tuple(parts) = self.pop_value()? else { return Err(wrong()) };
        let [kind, class, key, _, count, ..] = *parts else { return Err(wrong()) };
        let (Value::Text("storage"), Value::Global("torch", class), Value::Text(key)) =
            (&self.values[kind], &self.values[class], &self.values[key])
        else {
            return Err(wrong());
        };
        let known = STORAGES.iter().find(|(name, ..)| name == class);
        let (_, dtype, width) =
            known.ok_or_else(|| format!("numbers of torch.{class}; FloatStorage and HalfStorage are read"))?;
        Ok(Storage { dtype: *dtype, width: *width, key, count: self.size(count)? })
    }

    /// A list of pairs, each a list or tuple.
    fn pairs(&self, id: Id) -> Result<Vec<(Id, Id)>, String> {
        let Value::List(pairs) = &self.values[id] else {
            return Err("a dictionary of something that is no list".to_owned());
        };
        let pair = |id: &Id| match &self.values[*id] {
            Value::List(items) | Value::Tuple(items) if items.len() == 2 => Ok((items[0], items[1])),
            _ => Err("a dictionary of something that is no pair".to_owned()),
        };
        if pairs.len() > MOST_VALUES / 4 {
            return Err(format!("a dictionary of {} entries", pairs.len()));
        }
        pairs.iter().map(pair).collect()
    }

    fn size(&self, id: Id) -> Result<usize, String> {
        match &self.values[id] {
            Value::Int(size) => usize::try_from(*size).map_err(|_negative_or_large| format!("a size of {size}")),
            other => Err(format!("a size of {other:?}")),
        }
    }

    fn sizes(&self, id: Id) -> Result<Vec<usize>, String> {
        /// No tensor has more dimensions.
        const MOST_DIMENSIONS: usize = 8;
        match &self.values[id] {
            Value::Tuple(sizes) if sizes.len() <= MOST_DIMENSIONS => {
                sizes.iter().map(|size| self.size(*size)).collect()
            }
            _ => Err("a shape that is none".to_owned()),
        }
    }

    // ---- The stack -------------------------------------------------------------------------------------------------------

    fn push(&mut self, value: Value<'a>) -> Result<(), String> {
        if self.values.len() >= MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} values"));
        }
        self.stack.push(self.values.len());
        self.values.push(value);
        Ok(())
    }

    /// The height of the stack without its upper `count` values; those below a mark are out of reach.
    fn height(&self, count: usize) -> Result<usize, String> {
        let floor = self.marks.last().copied().unwrap_or_default();
        self.stack.len().checked_sub(count).filter(|height| *height >= floor).ok_or_else(|| "too few values".to_owned())
    }

    fn pop(&mut self) -> Result<Id, String> {
        self.height(1)?;
        self.stack.pop().ok_or_else(|| "too few values".to_owned())
    }

    /// The uppermost value, copied: only names and arguments are asked for, and those are small.
    fn pop_value(&mut self) -> Result<Value<'a>, String> {
        let id = self.pop()?;
        match &self.values[id] {
            Value::Dict(_) | Value::List(_) => {
                Err("a dictionary or list where a name or arguments should be".to_owned())
            }
            Value::Tuple(items) if items.len() > MOST_ARGUMENTS => Err(format!("{} arguments", items.len())),
            small => Ok(small.clone()),
        }
    }

    fn top(&mut self) -> Result<&mut Value<'a>, String> {
        let at = self.height(1)?;
        Ok(&mut self.values[self.stack[at]])
    }

    fn dict(&mut self) -> Result<&mut Vec<(Id, Id)>, String> {
        match self.top()? {
            Value::Dict(dict) => Ok(dict),
            other => Err(format!("a key in {other:?}")),
        }
    }

    fn list(&mut self) -> Result<&mut Vec<Id>, String> {
        match self.top()? {
            Value::List(list) => Ok(list),
            other => Err(format!("an item of {other:?}")),
        }
    }

    fn mark(&mut self) -> Result<(), String> {
        if self.marks.len() >= MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} marks"));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn above_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or("too few marks")?;
        Ok(self.stack.split_off(mark))
    }

    fn remember(&mut self, at: usize) -> Result<(), String> {
        let top = self.height(1)?;
        if self.memo.len() >= MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} remembered values"));
        }
        self.memo.insert(at, self.stack[top]);
        Ok(())
    }

    fn recall(&mut self, at: usize) -> Result<(), String> {
        let id = *self.memo.get(&at).ok_or_else(|| format!("value {at}, which was not remembered"))?;
        if self.stack.len() >= MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} values"));
        }
        self.stack.push(id);
        Ok(())
    }

    // ---- The bytes -------------------------------------------------------------------------------------------------------

    fn byte(&mut self) -> Result<u8, String> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or("it ends within an instruction")?;
        self.rest = rest;
        Ok(*taken)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or("it ends within an instruction")?;
        self.rest = rest;
        Ok(taken)
    }

    fn text(&mut self, length: usize) -> Result<(), String> {
        let text = str::from_utf8(self.take(length)?).map_err(|_not_utf8| "a text that is none")?;
        self.push(Value::Text(text))
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let length = self.rest.iter().position(|byte| *byte == b'\n').ok_or("it ends within a name")?;
        let line = str::from_utf8(self.take(length)?).map_err(|_not_utf8| "a name that is no text")?;
        self.byte()?;
        Ok(line)
    }

    /// A number of up to 16 bytes, in two's complement.
    fn long(&mut self) -> Result<(), String> {
        let length = usize::from(self.byte()?);
        let bytes = self.take(length)?;
        if length > 16 {
            return Err(format!("a number of {length} bytes"));
        }
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut all = if negative { [0xff; 16] } else { [0; 16] };
        all[..length].copy_from_slice(bytes);
        self.push(Value::Int(i128::from_le_bytes(all)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(bytes: &[u8]) -> String {
        Pickle::run(bytes).unwrap_err()
    }

    #[test]
    fn simple_values_are_read() {
        for (bytes, expected) in [
            (&b"\x80\x02N."[..], Value::None),
            (b"K\xff.", Value::Int(255)),
            (b"M\x01\x02.", Value::Int(513)),
            (b"J\xff\xff\xff\xff.", Value::Int(-1)),
            (b"\x8a\x00.", Value::Int(0)),
            (b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", Value::Int(0x1950_a86a_20f9_469c_fc6c)),
            (b"\x8a\x01\x80.", Value::Int(-128)),
            (b"X\x02\0\0\0ab.", Value::Text("ab")),
            (b"(K\x01K\x02t.", Value::Tuple(vec![0, 1])),
            (b"N\x88\x86.", Value::Tuple(vec![0, 1])),
            (b"](K\x01K\x02e.", Value::List(vec![1, 2])),
            (b"}K\x01K\x02s.", Value::Dict(vec![(1, 2)])),
            (b"}q\x00(K\x01h\x00u.", Value::Dict(vec![(1, 0)])),
            (b"G\x3f\xf8\0\0\0\0\0\0.", Value::Float(1.5)),
            (b"ccollections\nOrderedDict\n)R}b.", Value::Dict(vec![])),
            (b"ccollections\nOrderedDict\n]](K\x01K\x02eaN\x88\x86a\x85R.", Value::Dict(vec![(3, 4), (5, 6)])),
        ] {
            assert_eq!(Pickle::run(bytes).unwrap().root(), &expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_behind_the_end_is_left() {
        assert_eq!(Pickle::run(b"N.rest").unwrap().rest, b"rest");
    }

    #[test]
    fn anything_that_could_do_something_is_refused_by_name() {
        assert!(why(b"cos\nsystem\n(X\x02\0\0\0idtR.").contains("a call of os.system"));
        assert!(why(b"cbuiltins\neval\n(X\x01\0\0\x001tR.").contains("builtins.eval"));
        assert!(why(b"ccollections\nOrderedDict\n](K\x01e\x85R.").contains("no pair"));
        assert!(why(b"ccollections\nOrderedDict\nNNN\x87R.").contains("collections.OrderedDict"));
        assert!(why(b"cos\nsystem\n}b.").contains("attributes of Global(\"os\""));
        assert!(why(b"(cos\nsystem\nX\x02\0\0\0ido.").contains("instruction \"o\""));
        assert!(why(b"cos\nsystem\n)\x81.").contains("instruction \"\\\\x81\""));
        assert!(
            why(b"((X\x07\0\0\0storagectorch\nDoubleStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQ.")
                .contains("torch.DoubleStorage")
        );
    }

    #[test]
    fn lies_are_refused() {
        for (bytes, part) in [
            (&b""[..], "ends within"),
            (b".", "too few values"),
            (b"N(.", "too few values"),
            (b"N(\x85.", "too few values"),
            (b"t.", "too few marks"),
            (b"h\x00.", "not remembered"),
            (b"q\x00.", "too few values"),
            (b"X\xff\xff\xff\xffab.", "ends within"),
            (b"X\x01\0\0\0\xff.", "text that is none"),
            (b"cname without end", "within a name"),
            (b"\x8a\x11aaaaaaaaaaaaaaaaa.", "17 bytes"),
            (b"NK\x01a.", "an item of None"),
            (b"NK\x01K\x01s.", "a key in None"),
            (b"}(K\x01u.", "without a value"),
            (b"NQ.", "no storage"),
            (b"]]R.", "dictionary or list"),
        ] {
            assert!(why(bytes).contains(part), "{}: {}", bytes.escape_ascii(), why(bytes));
        }
    }

    #[test]
    fn deep_and_many_values_end_in_errors_rather_than_in_memory() {
        // A tuple in a tuple, a hundred thousand deep.
        let mut deep = vec![b')'];
        deep.extend([0x85; 100_000]);
        deep.push(b'.');
        assert!(Pickle::run(&deep).is_ok());
        let mut many = vec![b'N'; MOST_VALUES + 1];
        many.push(b'.');
        assert!(why(&many).contains("more than"));
        assert!(why(&vec![b'('; MOST_VALUES + 2]).contains("marks"));
        let mut arguments = b"cos\nsystem\n(".to_vec();
        arguments.extend([b'N'; MOST_ARGUMENTS + 1]);
        arguments.extend(b"tR.");
        assert!(why(&arguments).contains("17 arguments"));
        let mut recalled = b")q\x00".to_vec();
        recalled.extend(b"h\x00".repeat(MOST_VALUES));
        assert!(why(&recalled).contains("more than"));
    }
}
