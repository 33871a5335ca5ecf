"""A book about any paper: chapters made from its record, in the words that all books share."""
