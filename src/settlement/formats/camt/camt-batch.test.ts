import { describe, expect, it } from 'vitest'
import type { SettlementLine, Statement } from '../format.ts'
import { readAll } from '../testing.ts'
import { MAX_HELD } from './batch.ts'
import { camtFormats } from './camt.ts'
import { anEntry, aStatement, type ModelTransaction, messageOf } from './testing.ts'

const read = async (
  text: string,
): Promise<{ lines: readonly SettlementLine[]; statement: Statement | undefined; codes: string[] }> => {
  const format = camtFormats.find(({ name }) => name === 'camt.053')
  if (format === undefined) throw new Error('camt.053')
  const { summary, lines } = await readAll(format, text)
  expect(summary.readable).toBe(true)
  return { lines, statement: summary.statements[0], codes: summary.diagnostics.map(({ code }) => code) }
}

const transactions = (...amounts: readonly bigint[]): ModelTransaction[] =>
  amounts.map((amount, index) => ({ amount, endToEnd: `order-${index + 1}` }))

const batch = (amount: bigint, ...amounts: readonly bigint[]): string =>
  messageOf([aStatement({ entries: [anEntry({ amount, transactions: transactions(...amounts) })] })], {
    withSummary: false,
  })

/** The message with something written right after the nth occurrence of a text. */
function inserted(text: string, mark: string, more: string, nth = 1): string {
  const parts = text.split(mark)
  if (parts.length <= nth) throw new Error(`not found: ${mark}`)
  return [parts.slice(0, nth).join(mark), mark, more, parts.slice(nth).join(mark)].join('')
}

const DETAILS = '<NtryDtls>'
const REFS = '<Refs>'
const STATUS = '</Sts>'

const charges = (amount: string, direction = 'DBIT', currency = 'EUR'): string =>
  `<Chrgs><Rcrd><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd></Rcrd></Chrgs>`

const amountsOf = (lines: readonly SettlementLine[]): unknown[] =>
  lines.map(({ kind, amount, fee }) => [kind, amount, fee])

describe('A batch', () => {
  it('is one line for each of its transactions, with the references of both', async () => {
    const text = inserted(
      batch(3_000n, 1_000n, 2_000n),
      DETAILS,
      '<Btch><MsgId>msg</MsgId><PmtInfId>pay</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>',
    )

    const { lines, statement, codes } = await read(text)

    expect(lines.map(({ amount, reference, otherReferences }) => [amount, reference, otherReferences])).toEqual([
      [1_000n, 'order-1', ['pay', 'msg', 'bank-1']],
      [2_000n, 'order-2', ['pay', 'msg', 'bank-1']],
    ])
    expect(statement?.control.status).toBe('pass')
    expect(codes).toEqual([])
  })

  it('has lines in both directions when its transactions go both ways', async () => {
    const { lines, statement } = await read(batch(700n, 1_000n, -300n))

    expect(lines.map(({ amount }) => amount)).toEqual([1_000n, -300n])
    expect(statement).toMatchObject({ credits: 1_000n, debits: -300n, control: { status: 'pass' } })
  })

  it('goes in the direction of its entry when only that adds up, and it is told', async () => {
    const { lines, statement, codes } = await read(batch(-1_300n, 1_000n, 300n))

    expect(lines.map(({ amount }) => amount)).toEqual([-1_000n, -300n])
    expect(statement?.control.status).toBe('pass')
    expect(codes).toEqual(['transaction_direction'])
  })

  it('has the charges of its transactions as their fees when they are what it differs by', async () => {
    const text = batch(2_940n, 1_000n, 2_000n).replaceAll('</Refs>', `</Refs>${charges('0.30')}`)

    const { lines, statement, codes } = await read(text)

    expect(amountsOf(lines)).toEqual([
      ['entry', 1_000n, 30n],
      ['entry', 2_000n, 30n],
    ])
    expect(statement).toMatchObject({ credits: 2_940n, control: { status: 'pass' } })
    expect(codes).toEqual([])
  })

  it('has its own charges as a line of their own', async () => {
    const { lines, statement, codes } = await read(
      inserted(batch(-152_600n, -100_000n, -50_000n), STATUS, charges('26.00')),
    )

    expect(amountsOf(lines)).toEqual([
      ['entry', -100_000n, 0n],
      ['entry', -50_000n, 0n],
      ['fee', -2_600n, 0n],
    ])
    expect(statement?.control.status).toBe('pass')
    expect(codes).toEqual([])
  })

  it('has what nothing explains as an adjustment, and it is told', async () => {
    const { lines, statement, codes } = await read(batch(3_500n, 1_000n, 2_000n))

    expect(amountsOf(lines).at(-1)).toEqual(['adjustment', 500n, 0n])
    expect(statement?.control.status).toBe('pass')
    expect(codes).toEqual(['transaction_total'])
  })

  it('is one line with all references when a transaction has no amount in its currency', async () => {
    const text = batch(3_000n, 1_000n, 2_000n).replace('Ccy="EUR">20.00', 'Ccy="USD">20.00')

    const { lines, statement } = await read(text)

    expect(lines).toMatchObject([{ amount: 3_000n, otherReferences: ['order-1', 'order-2'], pspReference: 'bank-1' }])
    expect(statement?.control.status).toBe('pass')
  })

  it('is one line when the amount of a transaction is no amount, and it is told', async () => {
    const { lines, codes } = await read(batch(3_000n, 1_000n, 2_000n).replace('>20.00<', '>2..0<'))

    expect(lines.map(({ amount }) => amount)).toEqual([3_000n])
    expect(codes).toEqual(['amount'])
  })

  it('that lists another number of transactions than it says is told', async () => {
    const { codes } = await read(inserted(batch(3_000n, 1_000n, 2_000n), DETAILS, '<Btch><NbOfTxs>3</NbOfTxs></Btch>'))

    expect(codes).toEqual(['transaction_count'])
  })

  it('of an entry that is not booked is in no sum', async () => {
    const entry = anEntry({ amount: 3_000n, status: 'PDNG', transactions: transactions(1_000n, 2_000n) })

    const { lines, statement } = await read(messageOf([aStatement({ entries: [entry] })]))

    expect(lines.map(({ booked }) => booked)).toEqual([false, false])
    expect(statement).toMatchObject({ credits: 0n, control: { status: 'pass' } })
  })

  it('gives a bank reference that several transactions have to none of them', async () => {
    const text = batch(3_000n, 1_000n, 2_000n).replaceAll(REFS, `${REFS}<AcctSvcrRef>package</AcctSvcrRef>`)

    const { lines } = await read(text)

    expect(
      lines.map(({ pspReference, otherReferences }) => [pspReference, otherReferences?.includes('package')]),
    ).toEqual([
      [undefined, true],
      [undefined, true],
    ])
  })

  it('of more transactions than are held is read one by one', async () => {
    const amounts = Array.from({ length: MAX_HELD + 50 }, (_, index) => BigInt(index + 1))
    const sum = amounts.reduce((total, amount) => total + amount, 0n)

    const { lines, statement, codes } = await read(batch(sum - 7n, ...amounts))

    expect(lines).toHaveLength(amounts.length + 1)
    expect(amountsOf(lines).at(-1)).toEqual(['adjustment', -7n, 0n])
    expect(statement).toMatchObject({ lines: amounts.length + 1, control: { status: 'pass' } })
    expect(codes).toEqual(['transaction_total'])
  })

  it('of more transactions than are held, none with an amount, is one line', async () => {
    const amounts = Array.from({ length: MAX_HELD + 50 }, () => 1n)
    const text = batch(5_000n, ...amounts).replaceAll('<Amt Ccy="EUR">0.01</Amt>', '')

    const { lines, statement, codes } = await read(text)

    expect(lines.map(({ amount }) => amount)).toEqual([5_000n])
    expect(lines[0]?.otherReferences).toHaveLength(1_000)
    expect(statement?.control.status).toBe('pass')
    expect(codes).toEqual(['references'])
  })

  it('of more transactions than are held in an entry that cannot be read is told once', async () => {
    const amounts = Array.from({ length: MAX_HELD + 50 }, () => 1n)
    const text = batch(5_000n, ...amounts).replace('>50.00<', '>x<')

    const { lines, statement, codes } = await read(text)

    expect(lines).toEqual([])
    expect(codes).toEqual(['amount'])
    expect(statement?.control).toMatchObject({ status: 'fail', difference: -5_000n })
  })
})

describe('An entry with one transaction', () => {
  it('has the charges as its fee when they are what its amount differs by', async () => {
    const { lines, statement } = await read(
      batch(-152_600n, -150_000n).replace('</Refs>', `</Refs>${charges('26.00')}`),
    )

    expect(amountsOf(lines)).toEqual([['entry', -150_000n, 2_600n]])
    expect(statement?.control.status).toBe('pass')
  })

  it('has no fee when the charges are within its amount, or in another currency', async () => {
    const within = await read(inserted(batch(-150_000n, -150_000n), STATUS, charges('26.00')))
    const other = await read(inserted(batch(-152_600n, -150_000n), STATUS, charges('26.00', 'DBIT', 'USD')))

    expect(amountsOf(within.lines)).toEqual([['entry', -150_000n, 0n]])
    expect(amountsOf(other.lines)).toEqual([['entry', -152_600n, 0n]])
    expect([within.codes, other.codes]).toEqual([[], ['transaction_total']])
  })

  it('is a fee when its code says so', async () => {
    const { lines } = await read(batch(-500n, -500n).replace('>ESCT<', '>CHRG<'))

    expect(amountsOf(lines)).toEqual([['fee', -500n, 0n]])
  })

  const references =
    '<Refs><MsgId>m</MsgId><AcctSvcrRef>b</AcctSvcrRef><PmtInfId>p</PmtInfId><InstrId>i</InstrId><EndToEndId>e</EndToEndId>' +
    '<UETR>u</UETR><TxId>t</TxId><MndtId>d</MndtId><ChqNb>c</ChqNb><Prtry><Tp>x</Tp><Ref>y</Ref></Prtry></Refs>'
  const remittance =
    '<RmtInf><Strd><RfrdDocInf><Nb>inv</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf>'

  const withReferences = (amount: bigint, isReversal = false): string =>
    messageOf([aStatement({ entries: [anEntry({ amount, isReversal, transactions: transactions(amount) })] })])
      .replace(/<Refs>.*<\/Refs>/, references)
      .replace(/<RmtInf>.*<\/RmtInf>/, remittance)

  it('has all references that the message has', async () => {
    const [line] = (await read(inserted(withReferences(500n), '<Ntry>', '<NtryRef>n</NtryRef>'))).lines

    expect(line).toMatchObject({ reference: 'RF18', pspReference: 'bank-1' })
    expect(line?.otherReferences).toEqual(['e', 'i', 'p', 'm', 't', 'u', 'c', 'y', 'inv', 'd', 'n', 'b'])
  })

  it.each([
    ['came in', 500n, false, 'RF18'],
    ['went out', -500n, false, 'e'],
    ['went back to us', 500n, true, 'e'],
    ['was taken back', -500n, true, 'RF18'],
  ])('that %s has the reference that we gave', async (_name, amount, isReversal, reference) => {
    expect((await read(withReferences(amount, isReversal))).lines[0]?.reference).toBe(reference)
  })

  it.each(['NOTPROVIDED', 'not provided', 'NONREF'])('has no reference where it says %s', async (word) => {
    const { lines } = await read(batch(500n, 500n).replace('order-1', word))

    expect([lines[0]?.reference, lines[0]?.otherReferences]).toEqual([undefined, undefined])
  })
})

describe('The totals of TxsSummry', () => {
  const entries = [anEntry(), anEntry({ amount: -300n, transactions: [] })]
  const written = (version: string): string => messageOf([aStatement({ entries })], { version })

  it.each([
    ['the number of entries', '<NbOfNtries>2', '<NbOfNtries>3', 3n, 2n],
    ['the sum of entries', '<Sum>13.50', '<Sum>13.51', 1_351n, 1_350n],
    ['the net sum of entries', /(<TtlNetNtry.*?>)7.50/s, '$17.40', 740n, 750n],
    ['the number of credit entries', '<TtlCdtNtries><NbOfNtries>1', '<TtlCdtNtries><NbOfNtries>0', 0n, 1n],
    ['the sum of debit entries', '<Sum>3.00', '<Sum>2.00', 200n, 300n],
  ])('are compared: %s', async (what, from, to, stated, computed) => {
    for (const version of ['001.02', '001.08']) {
      const { statement } = await read(written(version).replace(from, to))

      expect(statement?.control).toEqual({ status: 'fail', what, stated, computed, difference: computed - stated })
    }
  })

  it.each([
    ['of all entries of a code', '', 2, '13.50', 'pass'],
    ['of the credits of a code', '<CdtDbtInd>CRDT</CdtDbtInd>', 1, '10.50', 'pass'],
    ['that are wrong', '', 2, '13.00', 'fail'],
  ])('are compared: %s', async (_name, indicator, count, sum, status) => {
    const code = '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd></Fmly></Domn></BkTxCd>'
    const total = `<TtlNtriesPerBkTxCd><NbOfNtries>${count}</NbOfNtries><Sum>${sum}</Sum>${indicator}${code}</TtlNtriesPerBkTxCd>`

    const { statement } = await read(written('001.02').replace('</TxsSummry>', `${total}</TxsSummry>`))

    expect(statement?.control.status).toBe(status)
  })

  it('may count all entries, or only those that are booked', async () => {
    const all = [...entries, anEntry({ status: 'PDNG', amount: 500n, transactions: [] })]
    const text = messageOf([aStatement({ entries: all })])
    const booked = /<TxsSummry>.*<\/TxsSummry>/s.exec(written('001.08'))?.[0] ?? ''

    expect((await read(text)).statement?.control.status).toBe('pass')
    expect((await read(text.replace(/<TxsSummry>.*<\/TxsSummry>/s, booked))).statement?.control.status).toBe('pass')
  })
})
