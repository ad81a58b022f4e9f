//! Files that the system does not let go of.

use std::fs;
use std::time::Duration;

use sqlx::SqlitePool;

use crate::stage::Stage;

#[tokio::test]
async fn a_file_that_cannot_be_removed_does_not_keep_the_others() {
    let stage = Stage::local().await;
    let pool = SqlitePool::connect(&stage.settings.database).await.unwrap();
    let [stuck, free] = ["0", "1"].map(|digit| digit.repeat(32));
    let place = |name: &str| stage.files.join(&name[..2]).join(name);
    for name in [&stuck, &free] {
        let row = "INSERT INTO blobs (name, state, since) VALUES ($1, 'leaving', 0)";
        sqlx::query(row).bind(name).execute(&pool).await.unwrap();
        fs::create_dir_all(place(name).parent().unwrap()).unwrap();
    }
    // A folder is not removed as a file is.
    fs::create_dir(place(&stuck)).unwrap();
    fs::write(place(&free), b"bytes").unwrap();
    assert_eq!(stage.hosted.sweep(Duration::ZERO).await.unwrap().files, 1);
    assert!(place(&stuck).exists() && !place(&free).exists());
    fs::remove_dir(place(&stuck)).unwrap();
    assert_eq!(stage.hosted.sweep(Duration::ZERO).await.unwrap().files, 1, "it is tried again");
}
