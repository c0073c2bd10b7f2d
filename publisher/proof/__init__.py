"""How far the rules of a topic are proved: coverage by worked patients, truth tables, mutants; what awaits approval."""
