"""What the printed numbers of several tables allow together: proofs that nothing does,
patterns of patients that do."""
