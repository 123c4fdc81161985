import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BankStatement, statementOf } from './bank.ts'
import { statementText } from './bank-camt.ts'
import { dayFromIso, isoDay } from './days.ts'
import { ApiError, describe } from './errors.ts'
import type { Exchange } from './http.ts'
import type { SettlementBook } from './settlement-book.ts'
import type { LineNames } from './settlement-lines.ts'
import type { Simulator } from './simulator.ts'

/** Bank statements as files: given out, and left in a folder as a bank leaves them. */

const nameOf = ({ day }: BankStatement): string => `statement_${isoDay(day)}.xml`

export async function getBankStatement(simulator: Simulator, exchange: Exchange, date: string): Promise<void> {
  simulator.catchUp()
  const day = dayFromIso(date)
  const statement = day === undefined ? undefined : statementOf(simulator, day)
  if (statement === undefined)
    throw new ApiError(
      404,
      'not_found',
      'bank_statement_not_found',
      `There is no bank statement of "${date.slice(0, 64)}": there is one for every weekday that is over`,
    )
  await simulator.durable()
  exchange.response.writeHead(200, {
    'content-type': 'application/xml; charset=utf-8',
    'content-disposition': `attachment; filename="${nameOf(statement)}"`,
  })
  exchange.response.end(statementText(simulator.bookId(), statement))
}

type Source = Pick<LineNames, 'bookId'> & {
  readonly settlement: Pick<SettlementBook, 'firstDay' | 'nextDay' | 'fileOf'>
}

/**
 * Leaves every statement in a folder, once, with a marker that says that it is whole. A folder that cannot be written is no reason
 * to stop anything else: what is missing is left the next time.
 */
export function createBankFolder(source: Source, folder: string): { readonly fill: () => void } {
  let next: number | undefined
  return {
    fill() {
      next ??= source.settlement.firstDay()
      if (next >= source.settlement.nextDay()) return
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        for (; next < source.settlement.nextDay(); next += 1) {
          const statement = statementOf(source, next)
          if (statement !== undefined) leave(folder, nameOf(statement), statementText(source.bookId(), statement))
        }
      } catch (error) {
        process.stderr.write(`No bank statement could be left in ${folder}: ${describe(error)}.\n`)
      }
    },
  }
}

function leave(folder: string, name: string, text: string): void {
  const path = join(folder, name)
  const marker = `${path}.done`
  if (existsSync(marker)) return
  const hidden = join(folder, `.${name}`)
  writeFileSync(hidden, text, { mode: 0o600 })
  renameSync(hidden, path)
  writeFileSync(marker, '', { mode: 0o600 })
}
