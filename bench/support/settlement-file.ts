import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { formatMinor } from '../../src/money/index.ts'

/** A settlement file over what is stored, one line in a thousand wrong in some way; and the same lines, normalised. */
export type WrittenFile = { readonly path: string; readonly linesPath: string; readonly lines: number }

const CURRENCY = 'EUR'
const PAGE = 50_000
const WRONG_EVERY = 1_000

type Charge = { readonly id: string; readonly amount: string; readonly psp_reference: string; readonly ms: string }

export async function writeSettlementFile(database: pg.Client, day: string, folder: string): Promise<WrittenFile> {
  const path = join(folder, 'settlement.csv')
  const linesPath = join(folder, 'lines.csv')
  const { rows } = await database.query<{ n: string }>(`select count(*) as n from attempt where status = 'succeeded'`)
  const missing = Math.ceil(Number(rows[0]?.n) / WRONG_EVERY)
  const lines = Number(rows[0]?.n) - missing
  const file = createWriteStream(path)
  const normalised = createWriteStream(linesPath)
  file.write('record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines\n')
  file.write(`file,${day},,,BENCH,,,,,,${day}T23:59:59.999Z,${lines}\n`)
  file.write(`opening,,${CURRENCY},,,,,,,0.00,,\n`)
  let [gross, fees, line, index] = [0n, 0n, 3, 0]
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await database.query<Charge>(
      `select id, amount, psp_reference, (extract(epoch from finished_at) * 1000)::bigint as ms
         from attempt where status = 'succeeded' and id > $1 order by id limit ${PAGE}`,
      [after],
    )
    const last = page.rows.at(-1)
    if (last === undefined) break
    after = last.id
    const texts = { file: '', normalised: '' }
    for (const charge of page.rows) {
      index += 1
      if (index % WRONG_EVERY === 1) continue
      line += 1
      const amount = BigInt(charge.amount) - (index % WRONG_EVERY === 500 ? 1n : 0n)
      const fee = (BigInt(charge.amount) * 29n + 500n) / 1_000n + (index % WRONG_EVERY === 700 ? 31n : 30n)
      gross += amount
      fees += fee
      const reference = `att_${charge.id.replaceAll('-', '')}`
      const ids = `${charge.psp_reference},${reference},captured`
      texts.file += `line,,${CURRENCY},charge,${ids},${major(amount)},${major(fee)},${major(amount - fee)},${new Date(Number(charge.ms)).toISOString()},\n`
      texts.normalised += `${line},charge,captured,${charge.psp_reference},${reference},${amount},${fee},${CURRENCY},${charge.ms}\n`
    }
    await write(file, texts.file)
    await write(normalised, texts.normalised)
  }
  file.write(`total,,${CURRENCY},charge,,,,${major(gross)},${major(fees)},${major(gross - fees)},,${lines}\n`)
  file.write(`closing,,${CURRENCY},,,,,,,${major(gross - fees)},,${lines}\n`)
  file.end(`end,,,,,,,,,,,${lines}\n`)
  normalised.end()
  await Promise.all([once(file, 'close'), once(normalised, 'close')])
  return { path, linesPath, lines }
}

const major = (amount: bigint): string => formatMinor(amount, CURRENCY)

async function write(stream: WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain')
}
