"""How people here write: encodings, names, numbers, spoken words, dates. Knows no rows."""
