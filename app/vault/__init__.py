"""Keys and rows together: grants, keyrings, sealed values, custody. No other package has both."""
