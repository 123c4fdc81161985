/** Statements as a bank writes them (MT940), for tests. Amounts are euros with at most two decimals. */
export type StatementText = {
  readonly account?: string
  /** ISO date of the closing balance. */
  readonly day: string
  readonly sequence?: string
  readonly opening: number
  /** Computed when left out. */
  readonly closing?: number
  readonly entries: readonly (readonly [day: string, amount: number, reference: string])[]
}

const dayOf = (iso: string): string => iso.slice(2).replaceAll('-', '')
const amountOf = (euros: number): string => Math.abs(euros).toFixed(2).replace('.', ',')
const markOf = (euros: number): 'C' | 'D' => (euros < 0 ? 'D' : 'C')

export function aStatement({
  account = 'DE89',
  day,
  sequence = '1/1',
  opening,
  closing,
  entries,
}: StatementText): string {
  const end = closing ?? entries.reduce((sum, [, amount]) => sum + amount, opening)
  const balance = (tag: string, amount: number): string =>
    `:${tag}:${markOf(amount)}${dayOf(day)}EUR${amountOf(amount)}`
  const lines = [
    ':20:STARTUMS',
    `:25:${account}`,
    `:28C:${sequence}`,
    balance('60F', opening),
    ...entries.map(([on, amount, reference]) => `:61:${dayOf(on)}${markOf(amount)}${amountOf(amount)}NTRF${reference}`),
    balance('62F', end),
    '-',
  ]
  return `${lines.join('\r\n')}\r\n`
}
