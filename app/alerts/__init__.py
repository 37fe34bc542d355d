"""What the leads must look at: one sealed alert per sign-in and check-in, most of them empty."""
