"""HTTP: what a request may say, who may say it, and how every refusal is put into words."""
