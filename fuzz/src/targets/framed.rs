/// An input as a safetensors file: what stands before the first zero byte is the header, what follows are the data. The
/// length in front of the header is right then, which a fuzzer that changes the header would hardly ever guess.
pub(super) fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (header, data) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    [&(header.len() as u64).to_le_bytes(), header, data].concat()
}

/// The input that [`framed`] makes into this file.
pub(super) fn unframed(file: &[u8]) -> Vec<u8> {
    let (length, rest) = file.split_first_chunk().expect("a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    [header, &[0], data].concat()
}
