"""Papers for exams: made up or taken from a record, errors planted, marked with a key."""
