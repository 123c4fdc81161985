import { expect } from 'vitest'
import { ARRIVAL_STANDS } from '../../src/reconciliation/bank/payouts.ts'
import type { BankSource } from '../../src/reconciliation/index.ts'
import type { SettlementFile } from '../../src/settlement/index.ts'
import { receiveDelivery } from '../../src/settlement/intake/receive.ts'
import { formatsOfSource, type IntakeSource } from '../../src/settlement/intake/source.ts'
import { aStatement } from '../../src/settlement/intake/testing.ts'
import type { TestDatabase } from './database.ts'
import { dayAt, FIRST_DAY, type Nights, openNights } from './nights.ts'

/** The bank account into which the PSP of the nights pays its euros out. It works every day. */
const BANK: BankSource = {
  name: 'house-bank',
  zone: 'UTC',
  psps: ['simulator'],
  account: undefined,
  calendar: { days: [1, 2, 3, 4, 5, 6, 7], holidays: [] },
  lagDays: 1,
  windowDays: 5,
  references: 'remittance',
  recognisedBy: ['ACMEPSP'],
}

/** A line of a statement: cents, and the text that it carries. */
export type BankEntry = readonly [cents: bigint, text: string]

/** What a payout of a day in euros is called in a line. */
export const nameOfPayout = (day: number): string => `PO${dayAt(day).replaceAll('-', '')}EUR`

export type BankNights = Nights & Awaited<ReturnType<typeof bankOf>>

/** Nights of a PSP whose payouts go to a bank: the test brings the files of both. */
export async function openBankNights(
  database: TestDatabase,
  name = BANK.name,
  over: Partial<BankSource> = {},
): Promise<BankNights> {
  const nights = openNights(database, undefined, [{ ...BANK, ...over, name }])
  return { ...nights, ...(await bankOf(nights, name)) }
}

/** Payouts in lines of the bank, in the order in which they arrived. */
export const standingPairs = ({ db }: Pick<Nights, 'db'>) =>
  db.query<{ runId: string; fileId: string; line: number; paidOn: string }>(
    `select a.run_id as "runId", a.file_id as "fileId", a.line, p.business_date as "paidOn"
       from payout_arrival a join payout p on p.id = a.payout_id
      where p.currency = 'EUR' and ${ARRIVAL_STANDS} order by a.arrived_at, p.business_date`,
  )

async function bankOf(nights: Nights, bank: string) {
  const { db, clock, scratch, reconciliation } = nights
  const named = formatsOfSource(['mt940'], undefined)
  if (!('formats' in named)) throw new Error('MT940 is a format')
  const intake: IntakeSource = {
    name: bank,
    formats: named.formats,
    zone: 'UTC',
    collect: undefined,
    everyMinutes: 10,
    expected: undefined,
  }
  await db.query('insert into intake_source (name, declared_at) values ($1, $2)', [bank, `${FIRST_DAY}T00:00:00Z`])
  return {
    /** The statement of the n-th day comes. */
    async statement(day: number, entries: readonly BankEntry[], sequence = 1): Promise<SettlementFile> {
      const text = aStatement({
        day: dayAt(day),
        sequence: `${sequence + day}/1`,
        opening: 0,
        entries: entries.map(([cents, name]) => [dayAt(day), Number(cents) / 100, name]),
      })
      const bytes = async function* () {
        yield Buffer.from(text)
      }
      const delivery = { name: `${day}-${sequence}.sta`, via: 'uploaded', bytes: bytes() } as const
      const [received] = await receiveDelivery({ db, clock, scratch }, intake, delivery)
      expect(received?.file, received?.file.rejection ?? '').toMatchObject({ status: 'accepted' })
      return received?.file ?? expect.fail('a statement that came is there')
    },
    /** The runs of the PSP, and then those of the bank. */
    async bankNight(): Promise<void> {
      await nights.night()
      await reconciliation.catchUpBanks()
    },
    /** Breaks between the PSP and the bank, in euros. */
    bankBreaks: (state = 'open') =>
      db.query<{ id: string; code: string; difference: bigint | null; payout_id: string | null; line: number | null }>(
        `select id, code, difference::bigint as difference, payout_id, line from recon_break
          where source = $1 and state = $2 and currency = 'EUR' order by id`,
        [bank, state],
      ),
    payouts: () =>
      db.query<{ id: string; amount: bigint; day: string }>(
        `select id, amount, business_date as day from payout where currency = 'EUR' order by business_date, id`,
      ),
    balanceOf: async (account: string): Promise<bigint> => {
      const [row] = await db.query<{ amount: bigint }>(
        `select coalesce(sum(b.debits - b.credits), 0)::bigint as amount
           from account_balance b join ledger_account a on a.id = b.account_id where a.name = $1 and b.currency = 'EUR'`,
        [account],
      )
      return row?.amount ?? 0n
    },
  }
}
