"""Checks: functions from a context to evidence. They measure; they decide nothing."""
