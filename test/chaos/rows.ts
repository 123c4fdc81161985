/** A row of the database. Every number comes as text, so that none passes through a double. */
export type Row = Readonly<Record<string, string | null>>

export const text = (row: Row, column: string): string => {
  const value = row[column]
  if (value === undefined || value === null) throw new Error(`the database has no ${column} where there must be one`)
  return value
}
export const amount = (row: Row, column: string): bigint => BigInt(text(row, column))
export const optional = (row: Row, column: string): string | undefined => row[column] ?? undefined

/** The id as the API shows it. */
export const shown = (prefix: string, uuid: string): string => `${prefix}_${uuid.replaceAll('-', '')}`

export const optionalId = (prefix: string, row: Row, column: string): string | undefined => {
  const uuid = optional(row, column)
  return uuid === undefined ? undefined : shown(prefix, uuid)
}
