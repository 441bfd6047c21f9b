//! Signing in on the provider's page (RFC 8628), against a small endpoint on loopback: the code is shown, the program
//! waits as the provider asks, and the token goes nowhere but to the log-in.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the answer")]

use assert_cmd::Command;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// Answers the request for a code, then gives these answers in turn; returns its address and what it was asked.
fn endpoint(answers: &'static [(u16, &'static str)]) -> (String, Arc<Mutex<Vec<String>>>) {
    const CODE: &str = r#"{"device_code": "dc-1", "user_code": "WDJB-MJHT", "verification_uri": "https://example.com/device",
                           "expires_in": 900, "interval": 0}"#;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut answers = answers.iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut path, mut length) = (String::new(), String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                if path.is_empty() {
                    path = line.split(' ').nth(1).unwrap().to_owned();
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            heard.lock().unwrap().push(format!("{path} {}", String::from_utf8(body).unwrap()));
            let (status, text) = if path == "/device" { (200, CODE) } else { *answers.next().unwrap() };
            let answer = format!("HTTP/1.0 {status} X\r\nContent-Length: {}\r\n\r\n{text}", text.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, asked)
}

fn sign_in(address: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let (device, token) = (format!("{address}/device"), format!("{address}/token"));
    let mut command = Command::cargo_bin("mailtriage").unwrap();
    command.args(["check", "anna@outlook.com", "--only", "settings", "--no-references", "--oauth-client-id", "app-1"]);
    command.args(["--oauth-device-url", &device, "--oauth-token-url", &token]).args(more);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_code_is_shown_and_the_token_is_nowhere() {
    let (address, asked) = endpoint(&[
        (400, r#"{"error": "authorization_pending"}"#),
        (200, r#"{"access_token": "ya29.secret", "token_type": "Bearer", "expires_in": 3600}"#),
    ]);
    let (code, out, err) = sign_in(&address, &["--verbose"]);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("Open   https://example.com/device") && err.contains("Type   W D J B - M J H T"), "{err}");
    assert!(err.contains("Signed in.") && !format!("{out}{err}").contains("ya29.secret"), "{err}");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    assert!(asked[0].contains("client_id=app-1") && asked[0].contains("SMTP.Send"), "{asked:?}");
    assert!(asked[2].contains("device_code=dc-1") && asked[2].contains("grant-type%3Adevice_code"), "{asked:?}");
}

#[test]
fn a_refusal_is_a_message_and_exit_2() {
    for (answer, says) in [
        (r#"{"error": "access_denied"}"#, "it was refused on the provider's page"),
        (r#"{"error": "expired_token"}"#, "the code has expired"),
        (r#"{"error": "invalid_client", "error_description": "AADSTS7000218"}"#, "AADSTS7000218"),
        ("<html>", "not what RFC 8628 says"),
        (r#"{"access_token": "ya29 or\r\nNOOP", "token_type": "Bearer"}"#, "cannot be a token"),
        (r#"{"access_token": "", "token_type": "Bearer"}"#, "cannot be a token"),
    ] {
        let status = if answer.contains("access_token") { 200 } else { 400 };
        let answers: &'static [(u16, &'static str)] = Box::leak(Box::new([(status, answer)]));
        let (address, _) = endpoint(answers);
        let (code, out, err) = sign_in(&address, &[]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains("the sign-in failed") && err.contains(says), "{err}");
    }
}

#[test]
fn nothing_goes_out_in_clear_or_to_nobody() {
    let check = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("mailtriage").unwrap();
        let output = command.args(["check", "anna@example.com", "--oauth-client-id", "app-1"]).args(arguments).output();
        let output = output.unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, err) = check(&[]);
    assert!(code == Some(2) && err.contains("--oauth-device-url"), "{err}");
    let url = "http://example.com/device";
    let (code, err) = check(&["--oauth-device-url", url, "--oauth-token-url", url, "--oauth-scope", "mail"]);
    assert!(code == Some(2) && err.contains("over https only"), "{err}");
}
