-- Lists of images of which nobody is named.
CREATE INDEX images_without_creator ON images (account, uploaded, key) WHERE blob IS NOT NULL AND creator IS NULL;
