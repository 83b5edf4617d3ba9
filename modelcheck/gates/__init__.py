"""From configuration to verdict: plan gates, execute one, judge its evidence, assemble the record. No pytest here."""
