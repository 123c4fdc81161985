export const KEY_RETENTION_MS = 86_400_000 // 24 hours of business time, as the adapter's traits declare

/** What a key was used for. */
export type KeyUse = {
  readonly operation: 'create' | 'capture' | 'void'
  /** The index of the charge. */
  readonly charge: number
}

/** Idempotency keys of the last 24 hours. Instants are milliseconds of the business clock. */
export type Keys = {
  readonly use: (key: string, use: KeyUse, at: number) => void
  /** What the key was used for at or after `since`. The caller knows when each use was. */
  readonly find: (key: string) => KeyUse | undefined
}

const OPERATIONS = ['create', 'capture', 'void'] as const

/**
 * Two tables that take turns each retention period: a key is forgotten between one and two periods
 * after its use, without a scan. A use is kept as one small integer.
 */
export function createKeys(): Keys {
  let current = new Map<string, number>()
  let previous = new Map<string, number>()
  let turnedAt = 0
  return {
    use(key, use, at) {
      if (at - turnedAt >= KEY_RETENTION_MS) {
        // After a jump of several periods the current table is as old as the previous one.
        previous = at - turnedAt >= 2 * KEY_RETENTION_MS ? new Map() : current
        current = new Map()
        turnedAt = at
      }
      current.set(key, use.charge * OPERATIONS.length + OPERATIONS.indexOf(use.operation))
    },
    find(key) {
      const packed = current.get(key) ?? previous.get(key)
      if (packed === undefined) return undefined
      const operation = OPERATIONS[packed % OPERATIONS.length]
      return operation && { operation, charge: Math.floor(packed / OPERATIONS.length) }
    },
  }
}
