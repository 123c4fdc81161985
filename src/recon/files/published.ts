import type { DuckDb } from '../../platform/duckdb.ts'
import {
  BrokenFile,
  createDateReader,
  createSurvey,
  type Document,
  type Format,
  parseDocument,
  type SettlementLine,
} from '../../settlement/index.ts'
import type { Side, SideName } from '../side.ts'
import { createRawRows } from './raw-rows.ts'

/** The columns that every published format is given. Other references have columns of their own behind these. */
const COLUMNS = [
  'reference',
  'psp_reference',
  'kind',
  'status',
  'amount',
  'fee',
  'currency',
  'date',
  'description',
  'booked',
  'payout_reference',
] as const
const OTHER_REFERENCES = 6

type Loaded = Omit<Side, 'name' | 'path' | 'sha256' | 'parts' | 'notes'>

/** Reads a file in a published format: its lines become rows with the columns above, amounts in minor units. */
export async function loadPublished(
  duckdb: DuckDb,
  name: SideName,
  document: Document,
  { format, zone }: { readonly format: Format; readonly zone: string | undefined },
): Promise<Loaded> {
  const raw = createRawRows(duckdb, name)
  const others = Array.from({ length: OTHER_REFERENCES }, (_, place) => `other_reference_${place + 1}`)
  const survey = createSurvey([...COLUMNS, ...others], createDateReader(), { skipsWide: false })
  const parsed = await parseDocument(document, {
    formats: [format],
    format,
    zone: zone ?? 'UTC',
    take: async (lines) => {
      for (const line of lines) {
        const fields = cellsOf(line)
        survey.add({ line: line.line, fields, problem: undefined })
        raw.add(line.line, fields)
      }
      await raw.drain()
    },
  })
  const { diagnostics, statements } = parsed
  if (!parsed.readable)
    throw new BrokenFile(diagnostics.at(-1)?.code ?? 'unreadable', 1, diagnostics.at(-1)?.message ?? '')
  for (const { severity, code, line, column = 0, message } of diagnostics)
    if (severity === 'error') raw.reject({ line, column, code, message })
  for (const { control, currency } of statements)
    if (control.status === 'fail')
      raw.reject({
        line: 1,
        column: 0,
        code: CONTROL,
        message: `${currency}: ${control.what} is off by ${control.difference}`,
      })
  return {
    format: format.name,
    isTable: false,
    shape: format.title,
    rows: await raw.finish(survey.columns().length),
    columns: survey.columns(),
    currencyBefore: undefined,
    alone: {
      amount: { rule: 'signed', column: 'amount' },
      otherAmounts: [],
      decimal: '.',
      currency: { column: 'currency' },
      fee: { column: 'fee', sign: 'cost' },
      kind: 'kind',
    },
    diagnostics,
  }
}

/** The code with which a control that fails stands among the rows that cannot be read. */
export const CONTROL = 'control'

const cellsOf = (line: SettlementLine): readonly string[] => [
  line.reference ?? '',
  line.pspReference ?? '',
  line.kind,
  line.status ?? '',
  String(line.amount),
  String(line.fee),
  line.currency,
  line.occurredAt?.toISOString() ?? line.businessDate ?? '',
  line.description ?? '',
  line.booked === false ? 'no' : 'yes',
  line.payoutReference ?? '',
  ...(line.otherReferences ?? []).slice(0, OTHER_REFERENCES),
]
