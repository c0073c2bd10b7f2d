"""Rules on data types and elements, wherever they stand: what the definitions say in words only."""
