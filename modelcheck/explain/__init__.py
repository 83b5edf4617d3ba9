"""Why a model answers as it does: attributions, dependence, interactions, importance. Methods, no gates."""
