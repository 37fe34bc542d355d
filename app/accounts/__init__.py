"""Members, teams, sign-in and sessions: who is here, and which keys they bring along."""
