//! The servers that tests start for themselves answer, keep what they were given, and come back where they were.

use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStoreExt as _, PutPayload};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tintype_testkit::{Postgres, S3};

#[tokio::test]
async fn postgres_keeps_what_it_committed_over_a_crash() {
    let server = Postgres::start();
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept (n INT); INSERT INTO kept VALUES (7)").execute(&mut connection).await.unwrap();

    server.pause();
    assert!(sqlx::raw_sql("SELECT 1").execute(&mut connection).await.is_err());
    server.resume();

    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let kept: i32 = sqlx::query_scalar("SELECT n FROM kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, 7);
}

#[tokio::test]
async fn s3_keeps_objects_and_checks_signatures() {
    // The program installs one at its start.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = S3::start();
    let folder = server.bucket("photos");
    let connect = |secret: &str| {
        AmazonS3Builder::new()
            .with_endpoint(server.endpoint())
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_bucket_name("photos")
            .with_access_key_id(S3::ACCESS_KEY)
            .with_secret_access_key(secret)
            .build()
            .unwrap()
    };
    let store = connect(S3::SECRET_KEY);
    store.put(&"a/b.txt".into(), PutPayload::from_static(b"hello")).await.unwrap();
    assert_eq!(store.get(&"a/b.txt".into()).await.unwrap().bytes().await.unwrap(), b"hello"[..]);
    assert_eq!(std::fs::read(folder.join("a/b.txt")).unwrap(), b"hello");
    assert!(connect("wrong").get(&"a/b.txt".into()).await.is_err());
}
