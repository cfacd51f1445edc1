//! Operation names without the ids in them, so that `/users/17` and `/users/18` are one operation; statements of SQL
//! without their values.

use crate::sql;
use std::borrow::Cow;

const ID: &[u8] = b"{id}";
/// Hexadecimal words of at least this many digits are ids: no shorter one is sure not to be a name.
const LONG_HEX: usize = 12;

/// An operation's name with UUIDs, long hexadecimal words and path segments of digits replaced by `{id}`. A name that is
/// a statement of SQL becomes its [fingerprint](sql::fingerprint).
///
/// ```
/// use analyzer_core::spans::group_name;
///
/// assert_eq!(&*group_name(b"GET /users/17/cart"), b"GET /users/{id}/cart");
/// assert_eq!(&*group_name(b"select * from t1 where id = 17"), b"SELECT * FROM t1 WHERE id = ?");
/// ```
#[must_use]
pub fn group_name(operation: &[u8]) -> Cow<'_, [u8]> {
    if sql::is_sql(operation) {
        return Cow::Owned(sql::fingerprint(operation));
    }
    let mut name = Vec::new();
    let (mut at, mut copied) = (0, 0);
    while at < operation.len() {
        let length = word(&operation[at..]);
        if length == 0 {
            at += 1;
            continue;
        }
        let id = id_length(operation, at, length);
        if id > 0 {
            name.extend_from_slice(&operation[copied..at]);
            name.extend_from_slice(ID);
            copied = at + id;
        }
        at += id.max(length);
    }
    if copied == 0 {
        return Cow::Borrowed(operation);
    }
    name.extend_from_slice(&operation[copied..]);
    Cow::Owned(name)
}

/// The number of letters and digits that `bytes` starts with; bytes beyond ASCII are letters.
fn word(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).count()
}

/// How many bytes from `at`, where a word of `length` starts, are an id; 0 for none.
fn id_length(operation: &[u8], at: usize, length: usize) -> usize {
    const UUID: [usize; 5] = [8, 4, 4, 4, 12];
    let rest = &operation[at..];
    if length == UUID[0] {
        let mut end = 0;
        let uuid = UUID.iter().enumerate().all(|(group, &digits)| {
            end += usize::from(group > 0);
            let dash = group == 0 || rest.get(end - 1) == Some(&b'-');
            let whole = rest.get(end..).is_some_and(|part| word(part) == digits && hex(&part[..digits]));
            end += digits;
            dash && whole
        });
        if uuid {
            return end;
        }
    }
    let found = &rest[..length];
    if length >= LONG_HEX && hex(found) && found.iter().any(u8::is_ascii_digit) {
        return length;
    }
    let starts = at > 0 && operation[at - 1] == b'/';
    let ends = matches!(rest.get(length), None | Some(b'/' | b'?' | b'#' | b' '));
    if starts && ends && found.iter().all(u8::is_ascii_digit) { length } else { 0 }
}

fn hex(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_replaced_and_names_kept() {
        for (operation, expected) in [
            ("GET /users/17", "GET /users/{id}"),
            ("/a/17/b/18?x=1", "/a/{id}/b/{id}?x=1"),
            ("/v1/users", "/v1/users"),
            ("/users/17a", "/users/17a"),
            ("retry 3", "retry 3"),
            ("/job/3f2504e0-4f89-11d3-9a0c-0305e82c3301/run", "/job/{id}/run"),
            ("job-3F2504E0-4F89-11D3-9A0C-0305E82C3301", "job-{id}"),
            ("3f2504e0-4f89-11d3-9a0c-0305e82c33011", "3f2504e0-4f89-11d3-9a0c-{id}"),
            ("get 507f1f77bcf86cd799439011", "get {id}"),
            ("cache:9f86d081884c7d65_x", "cache:{id}_x"),
            ("deadbeef", "deadbeef"),
            ("feedfacefeed", "feedfacefeed"),
            ("select * from t1 where id=507f1f77bcf86cd799439011", "SELECT * FROM t1 WHERE id = ?"),
            ("INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (?, ?)+"),
            ("SELECT * FROM t WHERE path = '/users/17", "SELECT * FROM t WHERE path =..."),
            ("SELECT bookstore.orders", "SELECT bookstore.orders"),
            ("select seat /17", "select seat /{id}"),
            ("update profile", "update profile"),
            ("hipstershop.CartService/GetCart", "hipstershop.CartService/GetCart"),
            ("个人信息/12", "个人信息/{id}"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&group_name(operation.as_bytes())), expected, "{operation}");
        }
    }
}
