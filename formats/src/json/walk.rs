//! The walk over an object or an array, and fields of text.

use super::{BrokenJson, Cursor, Text, Value};

/// Hands every field of the object that comes next to `field`, which reads its value. `false`, having gone past the
/// value, where it is neither an object nor null.
pub(crate) fn fields<'a>(
    cursor: &mut Cursor<'a>,
    mut field: impl FnMut(Text<'a>, &mut Cursor<'a>) -> Result<(), BrokenJson>,
) -> Result<bool, BrokenJson> {
    if cursor.peek() != Some(b'{') {
        return Ok(cursor.value()? == Value::Null);
    }
    cursor.at += 1;
    let mut first = true;
    while let Some(key) = cursor.key(&mut first)? {
        cursor.peek();
        field(key, cursor)?;
    }
    Ok(true)
}

/// Hands every element of the array that comes next to `element`, which reads it. `false`, having gone past the
/// value, where it is neither an array nor null.
pub(crate) fn elements<'a>(
    cursor: &mut Cursor<'a>,
    mut element: impl FnMut(&mut Cursor<'a>) -> Result<(), BrokenJson>,
) -> Result<bool, BrokenJson> {
    if cursor.peek() != Some(b'[') {
        return Ok(cursor.value()? == Value::Null);
    }
    cursor.at += 1;
    let mut first = true;
    while cursor.element(&mut first)? {
        element(cursor)?;
    }
    Ok(true)
}

/// Reads text into `field`; whether it was text or null.
pub(crate) fn text<'a>(cursor: &mut Cursor<'a>, field: &mut Option<Text<'a>>) -> Result<bool, BrokenJson> {
    Ok(match cursor.value()? {
        Value::Text(text) => {
            *field = Some(text);
            true
        }
        value => value == Value::Null,
    })
}
