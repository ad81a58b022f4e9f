//! `tintype hosted`: accounts and tokens, without a server.

use super::{folder, run};

#[test]
fn accounts_and_tokens() {
    let folder = folder();
    let hosted = |arguments: &str| run(folder.path(), &format!("hosted {arguments} --data stored"));
    let first = hosted("account --json").ok().json();
    let (account, token) = (first["account"].as_str().unwrap(), first["token"].as_str().unwrap());
    assert_eq!((account.len(), first["hash"].as_str().unwrap().len(), first["images"].as_u64()), (32, 22, Some(0)));
    assert!(first["api"].as_str().unwrap().ends_with(&format!("/client/v4/accounts/{account}/images")));
    let again = hosted("account").ok();
    assert!(again.text().contains(account) && !again.text().contains(token), "{}", again.text());

    let made = hosted("token create laptop --json").ok().json();
    let listed = hosted("token list --json").ok().json();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["first", "laptop"]);
    assert!(!listed.to_string().contains(made["token"].as_str().unwrap()));
    let id = made["id"].as_str().unwrap();
    assert!(hosted("token list").ok().text().contains(id));
    hosted(&format!("token revoke {id}")).ok();
    hosted(&format!("token revoke {id}")).fails(1, &["no token", id]);
    assert_eq!(hosted("token list --json").ok().json().as_array().unwrap().len(), 1);
}

#[test]
fn images_have_to_be_somewhere() {
    let folder = folder();
    run(folder.path(), "hosted account").fails(2, &["--data", "[hosted]"]);
    std::fs::write(folder.path().join("tintype.toml"), "[hosted]\ndata = 'x'\naccount = 'mine'\n").unwrap();
    run(folder.path(), "hosted account --config tintype.toml")
        .fails(2, &["tintype.toml:3", "\"mine\"", "32 hexadecimal"]);
}
