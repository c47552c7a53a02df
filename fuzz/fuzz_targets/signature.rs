#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sparkler::internals::check("signature", data));
