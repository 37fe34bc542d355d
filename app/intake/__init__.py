"""First contact, triage and the case itself: who came, what they need, where the case stands."""
