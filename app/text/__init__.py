"""Read what people write: encodings, names, numbers, spoken words, dates. Knows no rows."""
