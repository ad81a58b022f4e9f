//! A model whose answers a test gives.

use tintype::{Face, Vision, VisionError};
use tintype_engine::vision::{MatteOf, SegmentModel, View};
use tintype_pixels::{Channels, Depth, Layout, Planes, Size};

/// Answers every picture alike, and knows no model but the smallest by name. Positions are fractions of the view, so that a test need not know its size.
#[derive(Clone, Debug, Default)]
pub struct FakeVision {
    /// Left, top, width and height of every face.
    pub faces: Vec<[f32; 4]>,
    /// Left, top, width and height of the foreground, a box with hard edges; nothing is foreground without it.
    pub foreground: Option<[f32; 4]>,
    /// The size of the copy that is looked at for the foreground.
    pub matte_view: (u32, u32),
}

impl Vision for FakeVision {
    fn prepare(&self) -> Result<String, VisionError> {
        Ok("a fake".to_owned())
    }

    fn faces(&self, view: View<'_>) -> Result<Vec<Face>, VisionError> {
        let [width, height] = [view.size().width, view.size().height].map(|side| side as f32);
        let face = |&[x, y, w, h]: &[f32; 4]| Face {
            x: x * width,
            y: y * height,
            width: w * width,
            height: h * height,
            score: 1.0,
            ..Face::default()
        };
        Ok(self.faces.iter().map(face).collect())
    }

    fn matte_view(&self, _: Size, model: Option<SegmentModel>) -> Result<Size, VisionError> {
        if let Some(missing) = model.filter(|model| *model != SegmentModel::U2Netp) {
            let remedy = format!("tintype models pull {missing}");
            return Err(VisionError::NotInstalled { wanted: "segment=foreground", remedy });
        }
        Ok(Size::new(self.matte_view.0, self.matte_view.1))
    }

    fn matte(&self, view: View<'_>, _: Option<SegmentModel>) -> Result<MatteOf, VisionError> {
        let size = view.size();
        let inside = |x: u32, y: u32| {
            let (x, y) = ((x as f32 + 0.5) / size.width as f32, (y as f32 + 0.5) / size.height as f32);
            self.foreground.is_some_and(|[left, top, w, h]| x >= left && y >= top && x < left + w && y < top + h)
        };
        let values: Vec<f32> =
            (0..size.height).flat_map(|y| (0..size.width).map(move |x| f32::from(u8::from(inside(x, y))))).collect();
        let layout = Layout::new(Channels::Gray, Depth::F32);
        let matte = Planes::new(size, layout, bytemuck::cast_slice(&values).to_vec());
        Ok(MatteOf::Samples(matte.expect("one float per pixel")))
    }
}
