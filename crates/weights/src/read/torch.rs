//! What `torch.save` writes: the zip archives of today, and the files of before PyTorch 1.6, which are pickles one after the other.

use std::{collections::HashMap, io::Cursor};

use zip::{CompressionMethod, ZipArchive};

use super::pickle::{Pickle, Value, View};
use crate::{
    WeightsError,
    tensor::{Tensor, Tensors},
};

/// The first value of a file of before PyTorch 1.6.
const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;

/// The storages of a file by their keys, as the bytes that stand there.
type Storages<'a> = HashMap<String, &'a [u8]>;

/// The floating-point tensors of a state dictionary, borrowed from the file. Integers are passed over: no weight is one.
pub(crate) fn read(bytes: &[u8]) -> Result<Tensors<'_>, WeightsError> {
    let read = if bytes.starts_with(b"PK") {
        zipped(bytes)
    } else if bytes.get(257..262) == Some(b"ustar") {
        Err("it has the form of before PyTorch 0.4; write it again with a newer PyTorch: \
             torch.save(torch.load(\"OLD\", map_location=\"cpu\"), \"NEW\")"
            .to_owned())
    } else {
        one_after_the_other(bytes)
    };
    read.map_err(|why| WeightsError::Format { format: "PyTorch", why })
}

fn zipped(bytes: &[u8]) -> Result<Tensors<'_>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut pickle = None;
    let mut members = Storages::new();
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| error.to_string())?;
        let name = member.name().map_err(|error| error.to_string())?.into_owned();
        if member.compression() != CompressionMethod::Stored {
            return Err(format!("{name:?} in it is compressed, which PyTorch does not do"));
        }
        let range = member.data_start().and_then(|start| {
            let start = usize::try_from(start).ok()?;
            let end = start.checked_add(usize::try_from(member.size()).ok()?)?;
            bytes.get(start..end)
        });
        let data = range.ok_or_else(|| format!("{name:?} in it lies outside of it"))?;
        // Names begin with a folder that is called as the file was.
        match name.split_once('/') {
            Some((_, "data.pkl")) => pickle = Some(data),
            Some((_, "byteorder")) if data != b"little" => return Err("its numbers are big-endian".to_owned()),
            Some((_, rest)) => {
                if let Some(key) = rest.strip_prefix("data/") {
                    members.insert(key.to_owned(), data);
                }
            }
            None => {}
        }
    }
    let pickle = Pickle::run(pickle.ok_or("it has no data.pkl")?)?;
    state(&pickle, &members)
}

/// Magic number, protocol, system, state dictionary, keys; then each storage, its count of numbers before it.
fn one_after_the_other(bytes: &[u8]) -> Result<Tensors<'_>, String> {
    let magic = Pickle::run(bytes).map_err(|why| format!("it is no file of PyTorch: {why}"))?;
    if *magic.root() != Value::Int(MAGIC) {
        return Err("it is no file of PyTorch: the magic number is missing".to_owned());
    }
    let protocol = Pickle::run(magic.rest)?;
    let system = Pickle::run(protocol.rest)?;
    if let Value::Dict(entries) = system.root() {
        let is_big = |(key, value): &(usize, usize)| {
            *system.get(*key) == Value::Text("little_endian") && *system.get(*value) == Value::Bool(false)
        };
        if entries.iter().any(is_big) {
            return Err("its numbers are big-endian".to_owned());
        }
    }
    let pickle = Pickle::run(system.rest)?;
    let keys = Pickle::run(pickle.rest)?;
    let Value::List(order) = keys.root() else { return Err("it has no list of storages".to_owned()) };

    let widths: HashMap<&str, usize> = pickle
        .values()
        .iter()
        .filter_map(|value| match value {
            Value::Storage(storage) => Some((storage.key, storage.width)),
            _ => None,
        })
        .collect();
    let mut storages = Storages::new();
    let mut rest = keys.rest;
    for key in order {
        let Value::Text(key) = keys.get(*key) else { return Err("a storage without a name".to_owned()) };
        let width = widths.get(key).ok_or_else(|| format!("the storage {key} is not used"))?;
        let (count, behind) = rest.split_first_chunk().ok_or("it ends before a storage")?;
        let length = usize::try_from(u64::from_le_bytes(*count)).ok().and_then(|count| count.checked_mul(*width));
        let split = length.and_then(|length| behind.split_at_checked(length));
        let (data, behind) = split.ok_or_else(|| format!("it ends within the storage {key}"))?;
        storages.insert((*key).to_owned(), data);
        rest = behind;
    }
    state(&pickle, &storages)
}

/// The tensors of the outermost dictionary, or of the one that a checkpoint has in it.
fn state<'a>(pickle: &Pickle<'a>, storages: &Storages<'a>) -> Result<Tensors<'a>, String> {
    let Value::Dict(outer) = pickle.root() else { return Err("it holds no dictionary of tensors".to_owned()) };
    let inner = outer.iter().find_map(|(key, value)| match (pickle.get(*key), pickle.get(*value)) {
        (Value::Text("state_dict" | "model"), Value::Dict(inner)) => Some(inner),
        _ => None,
    });
    let mut tensors = Tensors::new();
    for (key, value) in inner.unwrap_or(outer) {
        if let (Value::Text(name), Value::Tensor(view)) = (pickle.get(*key), pickle.get(*value)) {
            let tensor = tensor(view, storages).map_err(|why| format!("the tensor {name:?}: {why}"))?;
            tensors.extend(tensor.map(|tensor| ((*name).to_owned(), tensor)));
        }
    }
    if tensors.is_empty() {
        return Err("it holds no tensors by name; a state dictionary is expected, not a whole model".to_owned());
    }
    Ok(tensors)
}

/// The tensor of a view; none where its numbers are integers.
fn tensor<'a>(view: &View<'a>, storages: &Storages<'a>) -> Result<Option<Tensor<'a>>, String> {
    let View { storage, offset, shape, strides } = view;
    let Some(dtype) = storage.dtype else { return Ok(None) };
    let data = *storages.get(storage.key).ok_or_else(|| format!("its storage {} is not there", storage.key))?;
    if storage.count.checked_mul(storage.width) != Some(data.len()) {
        return Err(format!("its storage has {} bytes; {} numbers are expected", data.len(), storage.count));
    }
    let outside = || format!("shape {shape:?}, strides {strides:?} lie outside of its storage");
    let (count, last) = extent(shape, strides).ok_or_else(outside)?;
    // A view may show a number more than once; no weight does, and it could be made to fill any memory.
    let end = offset.checked_add(last).filter(|_| count <= storage.count).ok_or_else(outside)?;
    if end > storage.count {
        return Err(outside());
    }
    let part = &data[offset * storage.width..end * storage.width];
    let tensor = if count == last && is_contiguous(shape, strides) {
        Tensor::new(dtype, shape.clone(), part.into())
    } else {
        Tensor::new(dtype, shape.clone(), gathered(part, storage.width, shape, strides, count).into())
    };
    tensor.map(Some)
}

/// How many numbers a view shows, and how many a storage needs from its first to its last.
fn extent(shape: &[usize], strides: &[usize]) -> Option<(usize, usize)> {
    if shape.len() != strides.len() {
        return None;
    }
    let count = shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side))?;
    if count == 0 {
        return Some((0, 0));
    }
    let last = shape
        .iter()
        .zip(strides)
        .try_fold(0_usize, |sum, (side, stride)| sum.checked_add((side - 1).checked_mul(*stride)?));
    Some((count, last?.checked_add(1)?))
}

/// Rows one after the other; the stride of a side of one does not matter.
fn is_contiguous(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1_usize;
    shape.iter().zip(strides).rev().all(|(side, stride)| {
        let fits = *side == 1 || *stride == expected;
        expected = expected.saturating_mul(*side);
        fits
    })
}

/// The `count` numbers of a view in row-major order.
fn gathered(data: &[u8], width: usize, shape: &[usize], strides: &[usize], count: usize) -> Vec<u8> {
    let mut made = Vec::with_capacity(count * width);
    for index in 0..count {
        let mut rest = index;
        let at: usize = shape
            .iter()
            .zip(strides)
            .rev()
            .map(|(side, stride)| {
                let place = rest % side;
                rest /= side;
                place * stride
            })
            .sum();
        made.extend(&data[at * width..(at + 1) * width]);
    }
    made
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;
    use crate::tensor::Dtype;

    fn text(text: &str) -> Vec<u8> {
        [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
    }

    fn sizes(sizes: &[usize]) -> Vec<u8> {
        let numbers = sizes.iter().flat_map(|size| [b"J", &(*size as i32).to_le_bytes()[..]].concat());
        [b'('].into_iter().chain(numbers).chain([b't']).collect()
    }

    /// A pickled tensor as `torch.save` writes it.
    pub(crate) fn pickled(
        class: &str,
        key: &str,
        count: usize,
        offset: usize,
        shape: &[usize],
        strides: &[usize],
    ) -> Vec<u8> {
        let storage =
            [b"(", &*text("storage"), format!("ctorch\n{class}\n").as_bytes(), &text(key), &text("cpu")].concat();
        let count = [b"J", &(count as i32).to_le_bytes()[..], b"tQ"].concat();
        let offset = [b"J", &(offset as i32).to_le_bytes()[..]].concat();
        let rest = b"\x89ccollections\nOrderedDict\n)RtR";
        [b"ctorch._utils\n_rebuild_tensor_v2\n(", &*storage, &count, &offset, &sizes(shape), &sizes(strides), rest]
            .concat()
    }

    /// A pickled dictionary.
    pub(crate) fn dictionary(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let entries = entries.iter().flat_map(|(name, value)| [text(name), value.clone()].concat());
        let begin = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(".iter().copied();
        let attributes = [b"u}", &*text("_metadata"), b"}sb."].concat();
        begin.chain(entries).chain(attributes).collect()
    }

    pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    pub(crate) fn old(dictionary: &[u8], storages: &[(&str, usize, &[u8])]) -> Vec<u8> {
        let mut file = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.".to_vec();
        file.extend([b"\x80\x02}(", &*text("little_endian"), b"\x88u."].concat());
        file.extend(dictionary);
        file.extend(
            [b"\x80\x02](".to_vec(), storages.iter().flat_map(|(key, ..)| text(key)).collect(), b"e.".to_vec()]
                .concat(),
        );
        for (_, count, data) in storages {
            file.extend((*count as u64).to_le_bytes());
            file.extend(*data);
        }
        file
    }

    fn sample() -> Vec<u8> {
        dictionary(&[
            ("a", pickled("FloatStorage", "7", 6, 2, &[2, 1, 2], &[2, 9, 1])),
            ("b", pickled("HalfStorage", "8", 1, 0, &[], &[])),
            ("n", pickled("LongStorage", "9", 1, 0, &[], &[])),
        ])
    }

    const FLOATS: [u8; 24] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64];

    fn expected() -> Tensors<'static> {
        Tensors::from([
            ("a".to_owned(), Tensor::owned(Dtype::F32, vec![2, 1, 2], &[1.0, 2.0, 3.0, 4.0])),
            ("b".to_owned(), Tensor::owned(Dtype::F16, vec![], &[1.0])),
        ])
    }

    #[test]
    fn both_forms_are_read() {
        let sample = sample();
        let members: &[(&str, &[u8])] = &[
            ("x/data.pkl", &sample),
            ("x/byteorder", b"little"),
            ("x/data/7", &FLOATS),
            ("x/data/8", &[0, 0x3c]),
            ("x/data/9", &[0; 8]),
            ("x/version", b"3"),
        ];
        let zip = archive(members);
        assert_eq!(read(&zip).unwrap(), expected());
        let old = old(&sample, &[("8", 1, &[0, 0x3c]), ("7", 6, &FLOATS), ("9", 1, &[0; 8])]);
        assert_eq!(read(&old).unwrap(), expected());
        for whole in [zip, old] {
            for length in 0..whole.len() {
                assert!(read(&whole[..length]).is_err(), "cut at {length}");
            }
            let mut broken = whole.clone();
            for at in 0..whole.len() {
                for flip in [1, 0x10, 0x80, 0xff] {
                    broken[at] ^= flip;
                    // Numbers and unused parts may change unseen; nothing may panic.
                    let _ = read(&broken);
                    broken[at] ^= flip;
                }
            }
        }
    }

    #[test]
    fn views_are_put_in_order() {
        let pickle = dictionary(&[("a", pickled("FloatStorage", "0", 6, 0, &[3, 2], &[1, 3]))]);
        let file = archive(&[("x/data.pkl", &pickle), ("x/data/0", &FLOATS)]);
        // Columns of two rows: 0, 0, 1 and 2, 3, 4.
        assert_eq!(read(&file).unwrap()["a"].values(), [0.0, 2.0, 0.0, 3.0, 1.0, 4.0]);
    }

    #[test]
    fn a_dictionary_inside_of_a_checkpoint_is_found() {
        let inner = dictionary(&[("b", pickled("HalfStorage", "8", 1, 0, &[], &[]))]);
        // Without the pickle's own version and end.
        let outer = dictionary(&[("epoch", b"K\x07".to_vec()), ("state_dict", inner[2..inner.len() - 1].to_vec())]);
        let file = archive(&[("x/data.pkl", &outer), ("x/data/8", &[0, 0x3c])]);
        assert_eq!(read(&file).unwrap().keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn lies_are_refused() {
        let of = |class: &str, count: usize, offset: usize, shape: &[usize], strides: &[usize], data: &[u8]| {
            let pickle = dictionary(&[("a", pickled(class, "0", count, offset, shape, strides))]);
            read(&archive(&[("x/data.pkl", &pickle), ("x/data/0", data)])).map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(of("FloatStorage", 6, 0, &[2, 3], &[3, 1], &FLOATS), Ok(()));
        for (wrong, part) in [
            (of("FloatStorage", 6, 1, &[2, 3], &[3, 1], &FLOATS), "outside of its storage"),
            (of("FloatStorage", 6, 0, &[2, 3], &[1, 3], &FLOATS), "outside of its storage"),
            (of("FloatStorage", 6, 0, &[2, 3], &[1], &FLOATS), "outside of its storage"),
            (of("FloatStorage", 6, 0, &[7, 7], &[0, 0], &FLOATS), "outside of its storage"),
            (of("FloatStorage", 7, 0, &[2, 3], &[3, 1], &FLOATS), "24 bytes; 7 numbers"),
            (of("FloatStorage", 6, 0, &[65536, 65536, 65536, 65536], &[0, 0, 0, 1], &FLOATS), "outside of its storage"),
            (of("DoubleStorage", 3, 0, &[3], &[1], &FLOATS), "torch.DoubleStorage"),
            (of("LongStorage", 3, 0, &[3], &[1], &FLOATS), "no tensors by name"),
        ] {
            assert!(wrong.as_ref().unwrap_err().contains(part), "{part:?}: {wrong:?}");
        }
        let why = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(why(&archive(&[("x/data.pkl", &sample())])).contains("storage 7 is not there"));
        assert!(why(&archive(&[("x/data", b"")])).contains("no data.pkl"));
        assert!(why(&archive(&[("x/byteorder", b"big")])).contains("big-endian"));
        assert!(why(b"K\x01.").contains("magic number"));
        assert!(why(b"hello").contains("no file of PyTorch"));
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(why(&tar).contains("torch.save(torch.load"));
    }
}
