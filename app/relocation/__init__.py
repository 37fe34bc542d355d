"""Plans of legs that bring people to safety, who goes along, and who notices a silence."""
