crate::phrases! {
}
