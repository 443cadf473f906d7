//! Trainings as a whole: their bits, their numbers against PyTorch's, what they learn and what they refuse.

mod accumulation;
mod augmentation;
mod averages;
mod class_weights;
mod embeddings;
mod golden;
mod leakage;
mod learning;
mod lengths;
mod precision;
mod pytorch;
mod quantized;
mod rates;
mod sequences;
mod squares;
mod steps;
