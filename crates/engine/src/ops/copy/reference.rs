//! The twin of `copy.wgsl`.

use tintype_pixels::Planes;

use super::Copy;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::RefImage,
};

impl Exercised for Copy {
    fn cases() -> Vec<Case> {
        vec![Case::new(Copy, Tolerance::EXACT)]
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        input.clone()
    }
}
