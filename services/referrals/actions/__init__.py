"""One async function for each thing that somebody can cause, by kind: issue, change, read."""
