import { describe, expect, it } from 'vitest'
import { createDiagnostics } from '../diagnostics.ts'
import { readFile } from '../reading.ts'
import { createClock, createZones, type Zone, zoneNamed } from './clock.ts'
import { columnsOf, namesColumns, separatorIn } from './columns.ts'
import { decimalIn, majorText, minorIn, negative, plus } from './money.ts'
import { readRows } from './rows.ts'
import { metadataReferences, referenceScore } from './words.ts'

const EUR = { currency: 'EUR', decimals: 2 }

describe('a header', () => {
  it('names columns without regard to case and blanks', () => {
    const columns = columnsOf([' Net  Credit (NC)', 'TYPE', 'Type'], 1)

    expect(columns.place('net credit (nc)')).toBe(0)
    expect(columns.place('Gone', 'Type')).toBe(1)
    expect(columns.place('Gone')).toBe(-1)
  })

  it('with two columns for one amount breaks the file', () => {
    const columns = columnsOf(['gross', 'net', 'gross'], 1)

    expect(columns.amount('net')).toBe(1)
    expect(() => columns.amount('gross')).toThrow('There are two columns "gross"')
  })

  it('says by what it is separated', () => {
    expect(['a,b;c,d', 'a;b;c,d', 'a\tb', 'a'].map(separatorIn)).toEqual([',', ';', '\t', ','])
  })

  it('is recognised in every encoding, also when it is longer than what is looked at', () => {
    const needed = [['type'], ['net', 'gross']]
    const long = `"Type",Gross,${'x'.repeat(5_000)}`

    expect(namesColumns(Buffer.from('\ufeffType;Net\r\n1;2'), needed)).toBe(true)
    expect(namesColumns(Buffer.from('\ufeffType,Net\n', 'utf16le'), needed)).toBe(true)
    expect(namesColumns(Buffer.from(long).subarray(0, 4_096), needed)).toBe(true)
    expect(namesColumns(Buffer.from('Type,Netto\n'), needed)).toBe(false)
    expect(namesColumns(Buffer.from('Type\nNet'), needed)).toBe(false)
    expect(namesColumns(Buffer.alloc(0), needed)).toBe(false)
  })
})

describe('rows', () => {
  async function read(text: string): Promise<{ rows: string[]; told: string[] }> {
    const rows: string[] = []
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text)
    }
    const { diagnostics } = await readFile(
      'test',
      () => Promise.resolve(),
      (reading) => readRows(reading, bytes(), () => (fields, line) => void rows.push(`${line} ${fields.join('|')}`)),
    )
    return { rows, told: diagnostics.map(({ code, line }) => `${line} ${code}`) }
  }

  it('are read under their header, and empty ones and a second header are none', async () => {
    expect(await read('a,b\n1,2\n,\n\na,b\n"3,\n4",5')).toEqual({ rows: ['2 1|2', '6 3,\n4|5'], told: [] })
  })

  it('with other than all fields are told', async () => {
    expect(await read('a,b\n1\n1,2,3\n1,2,,\n')).toEqual({ rows: ['4 1|2||'], told: ['2 columns', '3 columns'] })
  })

  it('may come after empty lines', async () => {
    expect(await read('\r\n\r\na;b\r\n1;2\r\n')).toEqual({ rows: ['4 1|2'], told: [] })
  })

  it('need a header', async () => {
    expect((await read('')).told).toEqual(['1 header'])
    expect((await read('a,"b\n1,2\n')).told).toEqual(['1 quotes'])
  })
})

describe('an amount', () => {
  const at = (text: string): ReturnType<typeof minorIn> => minorIn([text], 0, EUR)

  it('is read exactly, with a point or a comma, and with what is finer than its currency', () => {
    expect(['12.5', '-12,50', '7', '-0.01', ' 3.00 ', '20.', '.5', '-.5'].map((text) => at(text)?.amount)).toEqual([
      12_50n,
      -12_50n,
      7_00n,
      -1n,
      3_00n,
      20_00n,
      50n,
      -50n,
    ])
    expect(at('0.301234')).toEqual({ amount: 30n, rest: 1_234n * 10n ** 18n })
    expect(at('90071992547409.93')?.amount).toBe(90_071_992_547_409_93n)
    expect(minorIn(['1.234'], 0, { currency: 'KWD', decimals: 3 })?.amount).toBe(1_234n)
    expect(minorIn(['1.5'], 0, { currency: 'JPY', decimals: 0 })).toEqual({ amount: 1n, rest: 5n * 10n ** 23n })
  })

  it('with a negative exponent is exact, and with a positive one has lost its digits', () => {
    expect(decimalIn(['-1.5E-05'], 0)).toEqual({ digits: -15n, scale: 6 })
    expect(() => decimalIn(['1.23E+05'], 0)).toThrow('no amount')
    expect(() => decimalIn(['1E-99'], 0)).toThrow('no amount')
  })

  it('that is no number is not read', () => {
    for (const text of ['-', '1,234.56', '1.2.3', '12€', '--1', '1-', 'NaN', '0x10'])
      expect(() => at(text)).toThrow('no amount')
    expect(at('')).toBeUndefined()
    expect(at(' ')).toBeUndefined()
    expect(() => at('9'.repeat(20))).toThrow('2^63')
  })

  it('is added exactly', () => {
    const [a, b] = [at('0.009') ?? { amount: 0n, rest: 0n }, at('0.002') ?? { amount: 0n, rest: 0n }]

    expect(majorText(plus(a, b, EUR), EUR)).toBe('0.011')
    expect(majorText(plus(negative(a), b, EUR), EUR)).toBe('-0.007')
    expect(plus(at('1.00') ?? a, at('-0.001') ?? b, EUR)).toEqual({ amount: 99n, rest: 9n * 10n ** 21n })
    expect(majorText({ amount: -5n, rest: 0n }, { currency: 'JPY', decimals: 0 })).toBe('-5')
  })
})

describe('a moment', () => {
  function clock(): { read: (text: string, zone?: Zone) => string | undefined; told: () => string[] } {
    const diagnostics = createDiagnostics()
    const read = createClock({
      diagnostics,
      statements: [],
      push: () => {},
      drain: () => Promise.resolve(),
      row: (_line, work) => work(),
      version: undefined,
      businessDate: undefined,
      fileReference: undefined,
    })
    return {
      read(text, zone) {
        const moment = read([text], 0, { line: 1, zone })
        return moment && `${moment.date} ${moment.at?.toISOString() ?? '-'}`
      },
      told: () => diagnostics.list().map(({ severity, code }) => `${severity} ${code}`),
    }
  }

  it('is read in its forms, also when the day was read before', () => {
    const { read, told } = clock()

    for (let times = 0; times < 2; times++) {
      expect(read('2026-01-30 10:11:12', 0)).toBe('2026-01-30 2026-01-30T10:11:12.000Z')
      expect(read('2026-01-30T10:11:12.345', 0)).toBe('2026-01-30 2026-01-30T10:11:12.345Z')
      expect(read('2026-01-30T10:11:12:345', 0)).toBe('2026-01-30 2026-01-30T10:11:12.345Z')
      expect(read('2026-01-30 10:11', 0)).toBe('2026-01-30 2026-01-30T10:11:00.000Z')
      expect(read('2026-01-30T10:11:12Z')).toBe('2026-01-30 2026-01-30T10:11:12.000Z')
      expect(read('2026-01-30T10:11:12.5+01:30')).toBe('2026-01-30 2026-01-30T08:41:12.500Z')
      expect(read('2026-01-30 10:11:12', -8 * 3_600_000)).toBe('2026-01-30 2026-01-30T18:11:12.000Z')
    }
    expect(told()).toEqual([])
  })

  it('without a zone or a time is a day', () => {
    const { read } = clock()

    expect(read('2026-01-30 10:11:12')).toBe('2026-01-30 -')
    expect(read('2026-01-30', 0)).toBe('2026-01-30 -')
  })

  it('that there was not is a warning, and a text that is none an error', () => {
    const { read, told } = clock()

    expect(['2026-02-30 10:00:00', '2026-01-30 24:00:01', '30/01/2026', ''].map((text) => read(text, 0))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(told()).toEqual(['warning date_impossible', 'warning date_impossible', 'error date'])
  })

  it('with an offset that no zone has is a warning', () => {
    const { read, told } = clock()
    const offsets = ['+25:00', '+14:30', '-12:30', '+0160']

    expect(offsets.map((offset) => read(`2026-01-30 10:11:12${offset}`))).toEqual(Array(4).fill(undefined))
    expect(told()).toEqual(Array(4).fill('warning date_impossible'))
    expect(read('2026-01-30 10:11:12+14:00')).toBe('2026-01-30 2026-01-29T20:11:12.000Z')
  })

  it('that the clock skipped or had twice is told', () => {
    const { read, told } = clock()
    const berlin = zoneNamed('Europe/Berlin')

    expect(read('2026-03-29 02:30:00', berlin)).toBe('2026-03-29 2026-03-29T01:30:00.000Z')
    expect(read('2026-10-25 02:30:00', berlin)).toBe('2026-10-25 2026-10-25T00:30:00.000Z')
    expect(told()).toEqual(['warning dst_gap', 'warning dst_overlap'])
  })
})

describe('a zone', () => {
  it('is an abbreviation that stands for one offset, an offset, or a name', () => {
    const zones = createZones()
    const hours = (name: string): number | undefined => {
      const zone = zones(name)
      return typeof zone === 'number' ? zone / 3_600_000 : zone === undefined ? undefined : Number.NaN
    }

    expect(['PST', 'PDT', 'CET', 'CEST', 'UTC', 'AEDT', 'ACST', 'BST', 'cst'].map(hours)).toEqual([
      -8, -7, 1, 2, 0, 11, 9.5, 1, -6,
    ])
    expect(['GMT+2', '-0330', '+05:30', 'UTC-8'].map(hours)).toEqual([2, -3.5, 5.5, -8])
    expect(hours('Europe/Amsterdam')).toBeNaN()
    expect(['IST', 'AST', 'Nowhere/Land', 'constructor', '+99', '+05:99', '-13'].map(hours)).toEqual(
      Array(7).fill(undefined),
    )
  })
})

describe('a reference in metadata', () => {
  it('is likelier for an order than for a reference, and for that than for any id', () => {
    expect(
      ['order_id', 'orderNumber', 'gr4vy_tx_ref', 'Merchant-Reference', 'session_sid', 'buildingName', ''].map(
        referenceScore,
      ),
    ).toEqual([3, 3, 2, 2, 1, 0, 0])
  })

  it('is read from one object of texts, without addresses of people', () => {
    expect(
      metadataReferences('{"colour":"red","cart_id":"C-1","order":"O-1","buyer_ref":"a@example.com","ref":7}'),
    ).toEqual(['O-1', 'C-1'])
    expect(
      ['{"order":', '[]', 'null', '{"order":" "}', `{"order":"${'x'.repeat(9_000)}"}`].map(metadataReferences),
    ).toEqual([[], [], [], [], []])
  })
})
