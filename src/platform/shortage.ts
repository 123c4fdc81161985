/** Class 53 of PostgreSQL's error codes: insufficient resources. */
const POSTGRES = /^53...$/
const SYSTEM = new Set(['ENOSPC', 'EDQUOT', 'ENOMEM', 'EMFILE', 'ENFILE'])
/** DuckDB has no codes: the kind of its error begins the message, and the system's words end it. */
const DUCKDB = /^(Out of Memory Error: |IO Error: .*(No space left on device|Disk quota exceeded|Too many open files))/s

/**
 * Whether something ran out that comes back or that people give: disk, memory, connections. The same work may succeed
 * later, and trying at once would make it worse.
 */
export function isShortage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return POSTGRES.test(code) || SYSTEM.has(code) || DUCKDB.test(error.message)
}
