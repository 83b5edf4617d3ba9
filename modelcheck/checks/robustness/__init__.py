"""The robustness suite: whether the candidate works on input that is late, dirty, rounded, re-ordered and mistyped."""
