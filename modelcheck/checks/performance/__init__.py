"""The performance suite: metrics, better than trivial, reference against dataset."""
