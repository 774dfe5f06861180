"""Claims about the gates.

Chapter: gates.
"""

CLAIMS = ()
