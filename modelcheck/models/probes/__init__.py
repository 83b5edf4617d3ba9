"""What runs beside a model, in its worker or in the run's process: functions of (model, frames, given)."""
