"""Where keys meet rows: grants, keyrings, sealed values, custody. The only room that does both."""
