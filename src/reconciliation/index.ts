/**
 * Reconciliation: compares what we hold with what PSPs settle, day by day, to the cent.
 */
export {}
