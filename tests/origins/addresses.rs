//! Spellings of addresses that a source must not lead to: as a source, and behind a redirect of an origin that is allowed.
//!
//! Whether a spelling is refused as no URL, as no public address or as no host that is allowed does not matter. What matters is that
//! nobody connects: a listener on all addresses of this machine counts.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tintype_server::config::{ByteSize, Interval};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::Front;

/// Each with what it says. `{p}` is the port, and so a place in the text where a port may stand.
const SPELLINGS: &[&str] = &[
    // Loopback and this machine.
    "127.0.0.1:{p}",
    "127.0.0.2:{p}",
    "127.1:{p}",
    "127.0.1:{p}",
    "127.255.255.254:{p}",
    "127.0.0.1.:{p}",
    "0:{p}",
    "0.0.0.0:{p}",
    "0.0:{p}",
    "0x0:{p}",
    "00:{p}",
    "0.0.0.0.:{p}",
    "0.1.2.3:{p}",
    // Decimal, octal, hexadecimal, mixed, padded.
    "2130706433:{p}",
    "2130706433.:{p}",
    "017700000001:{p}",
    "0177.0.0.1:{p}",
    "0177.0.0.01:{p}",
    "00000177.0.0.1:{p}",
    "0x7f000001:{p}",
    "0x7f.0.0.1:{p}",
    "0x7F.0x0.0x0.0x1:{p}",
    "0x7f.1:{p}",
    "0X7f000001:{p}",
    "0x000000007f000001:{p}",
    "127.0x0.00.1:{p}",
    "0177.0x0.1:{p}",
    "127.0.0.0x1:{p}",
    "127.000.000.001:{p}",
    "0x7f.0.1:{p}",
    "4294967295:{p}",
    // Past what fits: some readers let it wrap.
    "425.510.425.510:{p}",
    "383.0.0.1:{p}",
    "6425673729:{p}",
    "0x17f000001:{p}",
    "127.0.0.257:{p}",
    "256.256.256.256:{p}",
    // Private, shared, link-local, metadata.
    "10.0.0.1:{p}",
    "10.1:{p}",
    "0xa.1:{p}",
    "167772161:{p}",
    "012.0.0.1:{p}",
    "172.16.0.1:{p}",
    "172.31.255.254:{p}",
    "192.168.0.1:{p}",
    "192.168.1:{p}",
    "3232235521:{p}",
    "0xc0a80001:{p}",
    "100.64.0.1:{p}",
    "100.127.255.254:{p}",
    "169.254.169.254:{p}",
    "2852039166:{p}",
    "0xa9fea9fe:{p}",
    "0251.0376.0251.0376:{p}",
    "169.254.43518:{p}",
    "169.16689662:{p}",
    "0xa9.254.0251.0xfe:{p}",
    "192.0.0.192:{p}",
    "100.100.100.200:{p}",
    "198.18.0.1:{p}",
    "224.0.0.1:{p}",
    "255.255.255.255:{p}",
    "240.0.0.1:{p}",
    // IPv6.
    "[::1]:{p}",
    "[0:0:0:0:0:0:0:1]:{p}",
    "[0000::0001]:{p}",
    "[::0.0.0.1]:{p}",
    "[::]:{p}",
    "[0::0]:{p}",
    "[fe80::1]:{p}",
    "[fe80::1%25lo]:{p}",
    "[fe80::1%lo]:{p}",
    "[::1%25lo]:{p}",
    "[::1%251]:{p}",
    "[fc00::1]:{p}",
    "[fd00:ec2::254]:{p}",
    "[fec0::1]:{p}",
    "[ff02::1]:{p}",
    "[ff01::1]:{p}",
    "[100::1]:{p}",
    "[2001:db8::1]:{p}",
    // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    "[::ffff:127.0.0.1]:{p}",
    "[::ffff:7f00:1]:{p}",
    "[::FFFF:7F00:0001]:{p}",
    "[0:0:0:0:0:ffff:127.0.0.1]:{p}",
    "[::ffff:0.0.0.0]:{p}",
    "[::ffff:0:127.0.0.1]:{p}",
    "[::ffff:10.0.0.1]:{p}",
    "[::ffff:169.254.169.254]:{p}",
    "[::ffff:a9fe:a9fe]:{p}",
    "[::127.0.0.1]:{p}",
    "[::7f00:1]:{p}",
    "[::10.0.0.1]:{p}",
    "[64:ff9b::127.0.0.1]:{p}",
    "[64:ff9b::7f00:1]:{p}",
    "[64:ff9b::10.0.0.1]:{p}",
    "[64:ff9b::a9fe:a9fe]:{p}",
    "[64:ff9b:1::7f00:1]:{p}",
    "[2002:7f00:1::]:{p}",
    "[2002:7f00:0001::1]:{p}",
    "[2002:a00:1::]:{p}",
    "[2002:a9fe:a9fe::]:{p}",
    "[2002:c0a8:1::1]:{p}",
    "[2001:0:7f00:1::]:{p}",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]:{p}",
    "[2001::1]:{p}",
    "[fe80::5efe:7f00:1]:{p}",
    "[2606:4700::5efe:7f00:1]:{p}",
    "[2606:4700::200:5efe:a00:1]:{p}",
    // Digits, dots and letters of other scripts.
    "①②⑦.⓪.⓪.①:{p}",
    "１２７.０.０.１:{p}",
    "127。0。0。1:{p}",
    "127．0．0．1:{p}",
    "127｡0｡0｡1:{p}",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏:{p}",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{p}",
    "loc\u{ad}alhost:{p}",
    "127.0.0.\u{200b}1:{p}",
    // Escapes.
    "%31%32%37.0.0.1:{p}",
    "127%2e0%2e0%2e1:{p}",
    "%6c%6f%63%61%6c%68%6f%73%74:{p}",
    "127.0.0.1%00.example.com:{p}",
    "127.0.0.1%20:{p}",
    "%5b::1%5d:{p}",
    "127.0.0.1%3a{p}",
    "127.0.0.1%2f:{p}",
    "%E2%91%A0%E2%91%A1%E2%91%A6.0.0.1:{p}",
    // User names, fragments, backslashes, and who reads a URL how.
    "allowed.test@127.0.0.1:{p}",
    "allowed.test:80@127.0.0.1:{p}",
    "allowed.test%40127.0.0.1:{p}",
    "@127.0.0.1:{p}",
    ":@127.0.0.1:{p}",
    "127.0.0.1:{p}#@allowed.test",
    "127.0.0.1:{p}?@allowed.test",
    "127.0.0.1:{p}\\@allowed.test",
    "allowed.test\\@127.0.0.1:{p}",
    "127.0.0.1:{p}\\.allowed.test",
    "127.0.0.1\t:{p}",
    "a@b@127.0.0.1:{p}",
    "127.0.0.1:0{p}",
    "127.0.0.1:{p}.",
    "127.0.0.1 :{p}",
    "allowed.test#@127.0.0.1:{p}",
    "/127.0.0.1:{p}",
    "\\127.0.0.1:{p}",
    // Names.
    "localhost:{p}",
    "LOCALHOST:{p}",
    "localhost.:{p}",
    "a.localhost:{p}",
    "ip6-localhost:{p}",
    "localhost.localdomain:{p}",
    "allowed.test.127.0.0.1:{p}",
];

/// Escapes what a request's target cannot hold.
fn escaped(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_spelling_of_an_address_leads_to_this_machine() {
    // On all addresses, IPv4's and IPv6's.
    let trap = match TcpListener::bind("[::]:0").await {
        Ok(trap) => trap,
        Err(_no_ipv6) => TcpListener::bind("0.0.0.0:0").await.unwrap(),
    };
    let port = trap.local_addr().unwrap().port();
    let sprung = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sprung);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = trap.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            // What is closed with a request unread is reset, and the answer may be lost with it.
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
        }
    });
    let guide = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = guide.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = guide.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let n = stream.read(&mut head).await.unwrap();
            let line = String::from_utf8_lossy(&head[..n]).into_owned();
            let number: usize = line.split(' ').nth(1).unwrap().trim_start_matches('/').parse().unwrap();
            let host = SPELLINGS[number].replace("{p}", &port.to_string());
            let answer = format!(
                "HTTP/1.1 302 Found\r\nlocation: http://{host}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let start = async |allow: Vec<String>| {
        Front::start(&[], |config| {
            config.origins.allow = allow.iter().map(|host| host.parse().unwrap()).collect();
            config.origins.connect_timeout = Interval(Duration::from_secs(2));
            config.cache.memory = ByteSize(0);
        })
        .await
    };
    let Some(front) = start(vec![at.to_string(), "allowed.test".to_owned()]).await else { return };

    // The trap can spring.
    let open = start(vec![format!("127.0.0.1:{port}")]).await.unwrap();
    assert_eq!(open.get(&format!("/cdn-cgi/image/width=1/http://127.0.0.1:{port}/")).await.code(), 9412);
    assert_eq!(sprung.swap(0, Ordering::SeqCst), 1);

    let mut answers = BTreeMap::<(&str, u16, u16), usize>::new();
    let mut asked = 0;
    for (number, spelling) in SPELLINGS.iter().enumerate() {
        let host = spelling.replace("{p}", &port.to_string());
        let ways = [
            ("by path", format!("/cdn-cgi/image/width=1/http://{}/", escaped(&host))),
            (
                "encoded",
                format!("/cdn-cgi/image/width=1/{}", escaped(&format!("http%3A%2F%2F{}%2F", host.replace('%', "%25")))),
            ),
            ("by query", format!("/image?width=1&url=http://{}/", escaped(&host).replace(['#', '&'], "%23"))),
            ("as a layer", format!("/cdn-cgi/image/width=1,draw=(url=http:%2F%2F{})/a.png", escaped(&host))),
            ("by redirect", format!("/cdn-cgi/image/width=1/http://{at}/{number}")),
        ];
        for (way, path) in ways {
            let reply = front.get(&path).await;
            asked += 1;
            assert!(reply.status >= 400 && !reply.text().contains("secret"), "{spelling} {way}: {}", reply.text());
            assert_eq!(sprung.load(Ordering::SeqCst), 0, "{spelling} {way}: somebody connected");
            *answers.entry((way, reply.status, reply.code())).or_default() += 1;
        }
    }
    println!("{} spellings, {asked} requests, no connection: {answers:?}", SPELLINGS.len());
    assert!(SPELLINGS.len() >= 120);
    let redirected: usize = answers.iter().filter(|((way, ..), _)| *way == "by redirect").map(|(_, n)| n).sum();
    assert_eq!(redirected, SPELLINGS.len());
}

/// The same for every address that a rule with a star could stand for: names are judged by their addresses.
#[tokio::test]
async fn a_star_does_not_make_loopback_public() {
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = SocketAddr::port(&trap.local_addr().unwrap());
    let front =
        Front::start(&[], |config| config.origins.allow = vec![format!("*.localhost:{port}").parse().unwrap()]).await;
    let Some(front) = front else { return };
    let reply = front.get(&format!("/cdn-cgi/image/width=1/http://a.localhost:{port}/")).await;
    // Some resolvers know no names below localhost.
    assert!(matches!((reply.status, reply.code()), (403, 9406) | (523, 9407)), "{}", reply.text());
    assert!(tokio::time::timeout(Duration::from_millis(50), trap.accept()).await.is_err());
}
