//! Rules that stories cannot show: the shape of decisions over values.
