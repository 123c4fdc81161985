import { csv } from '../testing.ts'

/** Sales, and the cells in which files tell them. */
export type Sale = { readonly place: number; readonly minor: number; readonly day: number }

export const SALES: readonly Sale[] = Array.from({ length: 12 }, (_, place) => ({
  place,
  minor: 1_237 + ((place * 48_271) % 97_000),
  day: 9 + place,
}))

export type Cell = (sale: Sale) => string
export type Columns = Readonly<Record<string, Cell>>

export const two = (value: number): string => String(value).padStart(2, '0')
export const ref: Cell = ({ place }) => `T${place * 37}K${(place * 7_919) % 1_000}`
export const order: Cell = ({ place }) => `${60_000 + place * 17}`
export const minor: Cell = (sale) => String(sale.minor)
export const major: Cell = (sale) => `${Math.floor(sale.minor / 100)}.${two(sale.minor % 100)}`
export const comma: Cell = (sale) => major(sale).replace('.', ',')
export const less =
  (by: number): Cell =>
  (sale) =>
    major({ ...sale, minor: sale.minor - by })
export const iso: Cell = ({ day }) => `2026-03-${two(day)}`
export const dmy: Cell = ({ day }) => `${two(day)}/03/2026`
export const mdy: Cell = ({ day }) => `03/${two(day)}/2026`
export const ms = ({ day }: Sale): number => Date.UTC(2026, 2, day, 11)
export const eur: Cell = () => 'EUR'
export const count: Cell = ({ place }) => String(place + 1)
export const always =
  (text: string): Cell =>
  () =>
    text

export const table = (columns: Columns, { separator = ',', rows = SALES, before = '' } = {}): string =>
  before +
  csv(
    [Object.keys(columns), ...rows.map((sale) => Object.values(columns).map((cell) => quoted(cell(sale), separator)))],
    separator,
  )
const quoted = (text: string, separator: string): string => (text.includes(separator) ? `"${text}"` : text)
export const headless = (columns: Columns): string => table(columns).split('\n').slice(1).join('\n')
