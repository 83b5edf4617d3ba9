"""From configuration to verdict: plan the gates, execute one, judge its evidence, assemble the record. No pytest here."""
