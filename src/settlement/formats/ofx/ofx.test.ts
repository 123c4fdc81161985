import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileSummary, SettlementLine } from '../format.ts'
import { detectFormat } from '../index.ts'
import { readAll } from '../testing.ts'
import { ofx } from './ofx.ts'
import {
  AT,
  accounts,
  anAccount,
  aTransaction,
  fileOf,
  type ModelAccount,
  PLAIN,
  type Style,
  styles,
  transaction,
  withList,
} from './testing.ts'

const read = (text: string | Uint8Array, chunkBytes?: number): ReturnType<typeof readAll> =>
  readAll(ofx, text, chunkBytes)
const codesOf = ({ diagnostics }: FileSummary): string[] => diagnostics.map(({ code }) => code)

/** A header of version 1 in one line cannot be told from the document behind it. */
const written = (model: readonly ModelAccount[], style: Style): string =>
  fileOf(model, style.lineEnd === '' ? { ...style, version: 2 } : style)

describe('The reader of OFX', () => {
  it('gives back every file, in every form, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(accounts, styles, fc.integer({ min: 1, max: 900 }), async (model, style, chunkBytes) => {
        const { summary, lines } = await read(written(model, style), chunkBytes)

        expect(summary.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
        expect(summary).toMatchObject({ format: 'ofx', readable: true, fileReference: 'file-1' })
        expect(summary.statements.map(asAccount)).toEqual(
          model.map(({ account, currency, closing, transactions }) => ({
            account,
            currency,
            closing,
            opening: undefined,
            businessDate: '2026-03-03',
            lines: transactions.length,
            sum: transactions.reduce((sum, { amount }) => sum + amount, 0n),
            control: { status: 'none' },
          })),
        )
        expect(lines.map(asTransaction)).toEqual(
          model.flatMap(({ transactions, currency }, statement) =>
            transactions.map(({ type, amount, fitId, check, name, memo, at }) => ({
              statement,
              status: type,
              amount,
              currency,
              pspReference: fitId,
              reference: check,
              description: memo.startsWith(name) ? memo : memo === '' ? name : `${name} / ${memo}`,
              at,
              day: new Date(at + style.offsetHours * 3_600_000).toISOString().slice(0, 10),
            })),
          ),
        )
      }),
    )
  })

  it('gives the same for a file that comes byte by byte', async () => {
    const model = [anAccount({ transactions: [aTransaction({ name: 'é日😀 & <co>' }), aTransaction()] })]
    for (const lineEnd of ['\n', '\r\n', '\r', '']) {
      for (const encoding of ['utf8', 'utf16le'] as const) {
        const bytes = Buffer.from(`\uFEFF${written(model, { ...PLAIN, lineEnd })}`, encoding)

        expect(await read(bytes, 1), `${JSON.stringify(lineEnd)} ${encoding}`).toEqual(await read(bytes))
        expect((await read(bytes, 1)).lines[0]?.description).toBe('é日😀 & <co>')
      }
    }
  })

  it('hands lines on before the file is there as a whole, whatever its lines end with', async () => {
    const transactions = Array.from({ length: 3_000 }, (_, index) => aTransaction({ fitId: `fit-${index}` }))
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const bytes = Buffer.from(fileOf([anAccount({ transactions })], { ...PLAIN, lineEnd }))
      let isWhole = false
      const early: boolean[] = []
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384)
        isWhole = true
      }

      await ofx.read(chunks(), async () => {
        early.push(!isWhole)
      })

      expect(early[0], JSON.stringify(lineEnd)).toBe(true)
    }
  })

  it('gives what a chain of statements is proven with: a cent, a line or a sign that is wrong is the difference', async () => {
    await fc.assert(
      fc.asyncProperty(accounts, fc.nat(), fc.constantFrom('cent', 'line', 'sign'), async (model, pick, fault) => {
        const account = model.find(({ transactions }) => transactions.length > 0)
        fc.pre(account !== undefined)
        const { transactions, closing } = account
        const place = pick % transactions.length
        const amount = transactions[place]?.amount ?? 0n
        const before = closing - transactions.reduce((sum, each) => sum + each.amount, 0n)
        const wrong = transactions.flatMap((each, index) => {
          if (index !== place) return [each]
          if (fault === 'line') return []
          return [{ ...each, amount: fault === 'cent' ? each.amount + 1n : -each.amount }]
        })

        const { summary } = await read(fileOf([{ ...account, transactions: wrong }]))

        const [statement] = summary.statements
        const computed = before + (statement?.credits ?? 0n) + (statement?.debits ?? 0n)
        const expected = fault === 'cent' ? 1n : fault === 'line' ? -amount : -2n * amount
        expect(computed - (statement?.closing ?? 0n)).toBe(expected)
      }),
    )
  })

  it('never takes a part of a file for the whole, wherever it is cut', async () => {
    const whole = fileOf([anAccount(), anAccount({ kind: 'card', account: '4111' })]).trimEnd()

    for (let length = 0; length < whole.length; length++) {
      const { summary } = await read(whole.slice(0, length))
      const isNoticed = !summary.readable || summary.diagnostics.some(({ severity }) => severity === 'error')
      expect(isNoticed, `cut at ${length}`).toBe(true)
    }
    expect((await read(whole)).summary.diagnostics).toEqual([])
  })

  it('hands its lines on in pieces', async () => {
    const many = anAccount({
      transactions: Array.from({ length: 2_500 }, (_, n) => aTransaction({ fitId: `fit-${n}` })),
    })

    const { pieces, lines } = await read(fileOf([many]))

    expect(lines).toHaveLength(2_500)
    expect(pieces.length).toBeGreaterThan(1)
    expect(Math.max(...pieces)).toBeLessThan(1_500)
  })

  it('reads a statement without a transaction, and a file without a statement, which it says', async () => {
    const empty = await read(fileOf([anAccount({ transactions: [] })]))
    const none = await read(fileOf([]))

    expect(empty.summary).toMatchObject({
      readable: true,
      statements: [{ lines: 0, closing: 5_000n }],
      diagnostics: [],
    })
    expect(none.summary).toMatchObject({ readable: true, statements: [] })
    expect(codesOf(none.summary)).toEqual(['no_statement'])
  })
})

describe('A file of OFX', () => {
  const sgml = fileOf([anAccount()])
  const xml = fileOf([anAccount()], { ...PLAIN, version: 2 })

  it.each([
    ['the header of 1.x', sgml],
    ['the header of 2.x', xml],
    ['blank lines before its header', `\r\n\r\n${sgml}`],
    ['no header', xml.slice(xml.indexOf('<OFX>'))],
    ['an XML declaration alone', `<?xml version="1.0"?>\n${xml.slice(xml.indexOf('<OFX>'))}`],
    ['its header in a comment', `<?xml version="1.0"?>\n<!--\n${sgml.replace('<OFX>', '-->\n<OFX>')}`],
    ['a byte order mark', `\uFEFF${sgml}`],
    ['UTF-16', Buffer.from(`\uFEFF${xml}`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(sgml, 'utf16le')],
    [
      'names in small letters',
      xml.replaceAll(/<(\/?)([A-Z0-9]+)>/g, (_, slash, name) => `<${slash}${name.toLowerCase()}>`),
    ],
    ['attributes', xml.replaceAll('<OFX>', '<OFX xmlns="urn:a">').replaceAll('<NAME>', '<NAME lang="en">')],
    ['comments', xml.replaceAll('<NAME>', '<!-- <TRNAMT>7 --><NAME>')],
    ['two documents', sgml + sgml.replaceAll('fit-1', 'fit-2')],
  ])('with %s is detected and read', async (_name, text) => {
    const { summary, lines } = await read(text)

    expect(detectFormat(Buffer.from(text))?.name).toBe('ofx')
    expect(summary).toMatchObject({ readable: true, diagnostics: [] })
    expect(lines.at(0)).toMatchObject({ amount: 1_000n, description: 'Shop', occurredAt: new Date(AT) })
  })

  it.each([
    ['XML of another kind', '<?xml version="1.0"?><Document></Document>'],
    ['QIF', '!Type:Bank\nD03/03/26\n'],
    ['a CSV that speaks of it', 'a,b\n<OFX>,1\n'],
    ['nothing', ''],
  ])('is not seen in %s', (_name, text) => {
    expect(ofx.detects(Buffer.from(text))).toBe(false)
  })

  it.each([
    ['VERSION:102', sgml, '102'],
    ['VERSION="211"', xml, '211'],
    [
      'a header in one line',
      `OFXHEADER:100DATA:OFXSGMLVERSION:151SECURITY:NONE${sgml.slice(sgml.indexOf('<OFX>'))}`,
      '151',
    ],
  ])('has the version of its header: %s', async (_name, text, version) => {
    expect((await read(text)).summary).toMatchObject({ version, readable: true })
  })

  it.each([
    ['is empty', '', 'no_ofx'],
    ['has no element', 'OFXHEADER:100\nDATA:OFXSGML\n', 'no_ofx'],
    ['declares a document type', xml.replace('<OFX>', '<!DOCTYPE OFX [<!ENTITY a "b">]><OFX>'), 'declaration'],
    [
      'declares an entity inside',
      xml.replace('<NAME>', '<!ENTITY a SYSTEM "file:///etc/passwd"><NAME>'),
      'declaration',
    ],
    ['has a text without a bound', sgml.replace('Shop', 'x'.repeat(1_000_000)), 'text_too_long'],
    ['has a comment without an end', xml.replace('<NAME>', '<!-- '), 'cut_off'],
    ['has a comment without a bound', xml.replace('<NAME>', `<!-- ${'x'.repeat(1_000_000)}`), 'text_too_long'],
    ['begins again before its end', sgml.slice(0, sgml.indexOf('<TRNAMT>')) + sgml, 'cut_off'],
    [
      'has statements without a bound',
      `<OFX><BANKMSGSRSV1>${'<STMTTRNRS><STMTRS><CURDEF>EUR</STMTRS></STMTTRNRS>'.repeat(10_001)}</BANKMSGSRSV1></OFX>`,
      'too_many_statements',
    ],
  ])('that %s cannot be used, and says why', async (_name, text, code) => {
    const { summary } = await read(text)

    expect(summary.readable).toBe(false)
    expect(summary.diagnostics.at(-1)).toMatchObject({ severity: 'error', code })
  })

  it('with another end tag than that of its statement is read, and that is told', async () => {
    const { summary, lines } = await read(fileOf([anAccount({ kind: 'card' })]).replace('</CCSTMTRS>', '</STMTRS>'))

    expect(lines).toHaveLength(1)
    expect(summary.statements).toMatchObject([{ closing: 5_000n }])
    expect(codesOf(summary)).toEqual(['not_closed'])
  })

  it('without its last end tag is read, and is in error', async () => {
    const { summary, lines } = await read(sgml.replace('</OFX>', ''))

    expect(lines).toHaveLength(1)
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'cut_off' }])
  })

  it('holds the statements of several accounts, each with its own sums', async () => {
    const model = [
      anAccount({ currency: 'KWD', closing: 1_234n, transactions: [aTransaction({ amount: 1_001n })] }),
      anAccount({ account: '2', currency: 'JPY', closing: -7n, transactions: [aTransaction({ amount: -7n })] }),
      anAccount({ kind: 'card', account: '4111', closing: -500n, transactions: [aTransaction({ amount: -500n })] }),
    ]

    const { summary, lines } = await read(fileOf(model))

    expect(
      summary.statements.map(({ account, currency, closing, credits, debits }) => [
        account,
        currency,
        closing,
        credits,
        debits,
      ]),
    ).toEqual([
      ['12345', 'KWD', 1_234n, 1_001n, 0n],
      ['2', 'JPY', -7n, 0n, -7n],
      ['4111', 'EUR', -500n, 0n, -500n],
    ])
    expect(lines.map(({ statement, amount }) => [statement, amount])).toEqual([
      [0, 1_001n],
      [1, -7n],
      [2, -500n],
    ])
    expect(summary.businessDate).toBe('2026-03-03')
  })
})

describe('The encoding', () => {
  const withHeader = (encoding: string, charset: string): string =>
    withList(transaction({ NAME: 'Café “é”' })).replace(
      'VERSION:102',
      `VERSION:102\nENCODING:${encoding}\nCHARSET:${charset}`,
    )
  const windows = (text: string): Buffer => Buffer.from(text.replace('“', '\u0093').replace('”', '\u0094'), 'latin1')

  it.each([
    ['USASCII', '1252', 'is right', windows, []],
    ['USASCII', '8859-1', 'is right', windows, []],
    ['USASCII', '1252', 'is wrong: the text is UTF-8', Buffer.from, ['encoding']],
    ['UTF-8', 'NONE', 'is right', Buffer.from, []],
    ['UTF-8', 'NONE', 'is wrong: the text is Windows-1252', windows, ['encoding']],
    ['UNICODE', 'NONE', 'is wrong about UTF-16: the text is UTF-8', Buffer.from, []],
    ['USASCII', 'NONSENSE', 'is not known: the text is UTF-8', Buffer.from, ['encoding']],
  ] as const)('that the header declares as %s %s %s', async (encoding, charset, _name, encode, codes) => {
    const { summary, lines } = await read(encode(withHeader(encoding, charset)))

    expect(lines[0]?.description).toBe('Café “é”')
    expect(codesOf(summary)).toEqual(codes)
  })

  it('may be another code page', async () => {
    const text = withHeader('USASCII', '1251').replace('Café “é”', '\u00c0\u00c1')

    expect((await read(Buffer.from(text, 'latin1'))).lines[0]?.description).toBe('АБ')
  })
})

describe('A status', () => {
  const status = (code: string, severity: string): string =>
    `<STATUS><CODE>${code}<SEVERITY>${severity}<MESSAGE>No &amp; never</STATUS>`
  const answered = (own: string, statement = ''): string =>
    `<OFX><BANKMSGSRSV1><STMTTRNRS>${own}${statement}</STMTTRNRS></BANKMSGSRSV1></OFX>`
  const STATEMENT = `<STMTRS><CURDEF>EUR<BANKTRANLIST>${transaction()}</BANKTRANLIST></STMTRS>`

  it('of the sign-on that failed is an error, and there is no statement', async () => {
    const { summary } = await read(
      `<OFX><SIGNONMSGSRSV1><SONRS>${status('15500', 'ERROR')}</SONRS></SIGNONMSGSRSV1></OFX>`,
    )

    expect(summary).toMatchObject({ readable: true, statements: [] })
    expect(summary.diagnostics).toMatchObject([
      { severity: 'error', code: 'status', line: 1, message: 'The bank answers with status 15500 ERROR: No & never' },
      { severity: 'warning', code: 'no_statement' },
    ])
  })

  it('of an answer that failed is an error, and what it holds is in none', async () => {
    const { summary, lines } = await read(answered(status('2000', 'ERROR'), STATEMENT))

    expect(lines).toEqual([])
    expect(summary.statements).toEqual([])
    expect(codesOf(summary)).toEqual(['status', 'out_of_place', 'no_statement'])
  })

  it.each([
    ['0', 'INFO', []],
    ['000', 'INFO', []],
    ['', 'INFO', []],
    ['2028', 'WARN', ['status']],
    ['1', 'INFO', ['status']],
  ])('of %j %s gives the statement', async (code, severity, codes) => {
    const { summary, lines } = await read(answered(status(code, severity), STATEMENT))

    expect(lines).toHaveLength(1)
    expect(codesOf(summary)).toEqual(codes)
    expect(summary.diagnostics.every((each) => each.severity === 'warning')).toBe(true)
  })

  it('of the next answer is its own', async () => {
    const failed = `<STMTTRNRS>${status('2000', 'ERROR')}</STMTTRNRS>`

    expect(
      (await read(answered(status('0', 'INFO'), STATEMENT).replace('<STMTTRNRS>', `${failed}<STMTTRNRS>`))).lines,
    ).toHaveLength(1)
  })
})

describe('Hostile input', () => {
  it('never throws, never hangs, and never makes a sum that its lines do not have', async () => {
    const seedText = fileOf([
      anAccount({
        transactions: [aTransaction(), aTransaction({ fitId: 'fit-2', amount: -5n, memo: 'a & b', check: '7' })],
      }),
      anAccount({ kind: 'card', account: '4111' }),
    ])
    const snippets = [
      '<',
      '>',
      '</',
      '&',
      '&#x',
      '<!',
      '<![CDATA[',
      '<!--',
      '<?',
      '\0',
      '\r',
      '<OFX>',
      '</OFX>',
      '<STMTTRN>',
      '</STMTTRN>',
      '<CURRENCY>',
      '<TRNAMT>',
      '-',
      '9'.repeat(70),
      '1,000',
      '<STATUS>',
      '<INVTRANLIST>',
      '<INVBANKTRAN>',
      'é',
    ]
    const edit = fc.record({
      at: fc.nat(),
      cut: fc.integer({ min: 0, max: 30 }),
      put: fc.constantFrom('', ...snippets),
    })

    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 2_000 }),
        async (edits, chunk) => {
          let text = seedText
          for (const { at, cut, put } of edits) {
            const place = at % (text.length + 1)
            text = text.slice(0, place) + put + text.slice(place + cut)
          }

          const { summary, lines } = await read(text, chunk)

          if (!summary.readable) return
          summary.statements.forEach((statement, index) => {
            const own = lines.filter((line) => line.statement === index && line.booked !== false)
            expect(statement.credits + statement.debits).toBe(
              own.reduce((sum, { amount, fee }) => sum + amount - fee, 0n),
            )
          })
          expect(lines.every(({ statement }) => statement < summary.statements.length)).toBe(true)
        },
      ),
      { numRuns: 500, seed: 20_260_303 },
    )
  })

  it.each([
    ['starts of tags', '<a'],
    ['starts of end tags', '</'],
    ['instructions without an end', '<?'],
    ['declarations that are none', '<!'],
    ['ampersands', '&#'],
    ['transactions in each other', '<STMTTRN>'],
    ['records in each other', '<INVTRANLIST><A1><A2><A3>'],
    ['long names', `<${'n'.repeat(900)}>`],
    ['memos of one transaction', '<MEMO>aaaaaaaaaaaaaaaaaaaa'],
  ])('of a megabyte of %s is read to its end and said to be wrong', async (_name, unit) => {
    const text = withList('<STMTTRN><MEMO>', unit.repeat(Math.ceil(1_000_000 / unit.length)))

    const { summary, lines } = await read(text, 10_000)

    expect(lines.length).toBeLessThan(2)
    expect(summary.diagnostics.length).toBeGreaterThan(0)
  })
})

const asAccount = ({
  account,
  currency,
  opening,
  closing,
  businessDate,
  lines,
  credits,
  debits,
  control,
}: FileSummary['statements'][number]): unknown => ({
  account,
  currency,
  closing,
  opening,
  businessDate,
  lines,
  sum: credits + debits,
  control,
})

const asTransaction = (line: SettlementLine): unknown => ({
  statement: line.statement,
  status: line.status,
  amount: line.amount - line.fee,
  currency: line.currency,
  pspReference: line.pspReference ?? '',
  reference: line.reference ?? '',
  description: line.description ?? '',
  at: line.occurredAt?.getTime(),
  day: line.businessDate,
})
