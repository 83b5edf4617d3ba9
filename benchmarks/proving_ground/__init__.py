"""The proving ground: planted defects are to be found and clean twins left alone, by modelcheck and by its peers.

What draws tables and plants defects (`trial`, `models`, `bases`, `catalogue`) imports numpy, pandas and scikit-learn
only, since each tool runs it in its own environment, with its own versions of them.
"""
