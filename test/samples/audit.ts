import { type Check, check, minorOf } from './check.ts'
import type { Control, Sample, Statement } from './read-sample.ts'

/**
 * `CONTROL_TOTALS.txt`: an independent audit of whether each statement of a file adds up, and by how much not. One line
 * for each file, its columns divided by ` | `.
 */

/** What is audited of one statement. `none`: it has no two balances. `unknown`: nothing that could be compared. */
type Verdict = 'pass' | 'none' | 'unknown' | { readonly difference: string }

export type Audit = {
  readonly statements: readonly Verdict[]
  /** For a file of many statements the audit has only how many there are, and how many of them add up. */
  readonly counts?: { readonly statements: number; readonly pass: number; readonly fail: number }
  readonly isMt942: boolean
}

/** The audits of a folder, by the path of the file in it. */
export function readAudits(text: string): ReadonlyMap<string, Audit> {
  const rows = text.split('\n').filter((row) => row.includes(' | '))
  return new Map(
    rows.map((row) => {
      const [file = '', ...columns] = row.split(' | ')
      const path = file.replace(/^camt05\d /, '')
      return [path, { ...(path.includes('bai2/') ? bai2(columns) : balances(columns)), isMt942: / 942\b/.test(row) }]
    }),
  )
}

function balances(columns: readonly string[]): Omit<Audit, 'isMt942'> {
  const text = columns[1] ?? ''
  const [, all, pass, fail] = /\((\d+) stmts, (\d+) OK, (\d+) DIFF\)/.exec(text) ?? []
  const counts = { statements: Number(all), pass: Number(pass), fail: Number(fail) }
  if (all !== undefined) return { statements: [], counts }
  return { statements: text.split(/ ;;? /).flatMap(verdictOf) }
}

function verdictOf(text: string): Verdict[] {
  if (!/\bn=\d/.test(text)) return []
  const [, difference] = /DIFF (\S+)/.exec(text) ?? []
  if (difference !== undefined) return [{ difference }]
  if (/\bpartial\b|chk=n\/a/.test(text)) return ['none']
  return [/\bOK\b/.test(text) ? 'pass' : 'unknown']
}

/** Only the trailers of accounts (49) belong to a statement. `a≠b`: computed, then stated; `None`: it states nothing. */
function bai2(columns: readonly string[]): Omit<Audit, 'isMt942'> {
  const trailers = (columns[1] ?? '').matchAll(/\b49 sum (-?\d+)([=≠])(\S+) rec (\d+)([=≠])(\S+)/g)
  return {
    statements: [...trailers].map(([, sum = '', sumIs, stated = '', , countIs, count]): Verdict => {
      if (sumIs === '≠' && stated !== 'None') return { difference: String(BigInt(sum) - BigInt(stated)) }
      return countIs === '≠' && count !== 'None' ? 'unknown' : 'pass'
    }),
  }
}

/** One check for each statement that the audit judges. */
export function compareAudit(audit: Audit, { reading: { statements, format } }: Sample): Check[] {
  if (audit.counts !== undefined) {
    const having = (status: string): number => statements.filter(({ control }) => control.status === status).length
    const { statements: all, pass, fail } = audit.counts
    return [
      check('control', 'the number of statements', all, statements.length),
      check('control', 'the statements that add up', pass, having('pass')),
      check('control', 'the statements that do not', fail, having('fail')),
    ]
  }
  const isWhole = audit.statements.some((each) => each !== 'unknown' && each !== 'none')
  return [
    ...(isWhole ? [check('control', 'the number of statements', audit.statements.length, statements.length)] : []),
    ...audit.statements.flatMap((verdict, index) => {
      if (verdict === 'unknown') return []
      const statement = statements[index]
      // Of a part of a statement there may be none that can be read.
      const got = gotOf(statement?.control) ?? (isWhole ? undefined : 'none')
      const expected = expectedOf(verdict, statement, format)
      return [check('control', `the control of statement ${index + 1}`, expected, got)]
    }),
  ]
}

function expectedOf(verdict: Exclude<Verdict, 'unknown'>, statement: Statement | undefined, format: string | null) {
  if (verdict === 'pass' || verdict === 'none') return verdict
  const { difference } = verdict
  if (format === 'bai2') return `fail ${difference}`
  const minor = minorOf(difference, statement?.currency ?? '')
  // What is finer than a minor unit stands in the words.
  return minor === undefined ? `fail ${difference}` : `fail ${minor}`
}

function gotOf(control: Control | undefined): string | undefined {
  if (control?.status !== 'fail') return control?.status
  const [, finer] = /it differs by (-?0\.\d+) /.exec(control.what ?? '') ?? []
  return control.difference === 0n && finer !== undefined ? `fail ${inExponents(finer)}` : `fail ${control.difference}`
}

/** `4E-13`, as the audit writes it. */
const inExponents = (decimal: string): string => Number(decimal).toExponential().toUpperCase()
