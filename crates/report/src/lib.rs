//! HTML and SVG of runs.
