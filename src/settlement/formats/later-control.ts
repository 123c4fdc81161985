import { BrokenFile } from './diagnostics.ts'
import type { Control, Statement } from './format.ts'

export type Failure = Extract<Control, { status: 'fail' }>

/** Of a total that is not there, or cannot be read. */
export const missing = (what: string): Failure => ({
  status: 'fail',
  what: `${what} is missing`,
  stated: 0n,
  computed: 0n,
  difference: 0n,
})

/**
 * A total of several statements (of a group, of the file) that is wrong makes the last of them wrong, so that whoever looks
 * at statements sees it. When one of them is wrong already, that one is the reason. `from` is the first that the total is
 * about; when there is none, the last statement before it is taken. Throws `BrokenFile` when the file has no statement.
 */
export function failLater(
  statements: Statement[],
  from: number,
  { line, control }: { readonly line: number; readonly control: Failure },
): void {
  const last = statements.pop()
  if (last === undefined)
    throw new BrokenFile('control', line, `${control.what}: ${control.stated} stated, ${control.computed} read`)
  const isTold = [...statements.slice(from), last].some((each) => each.control.status === 'fail')
  statements.push(isTold ? last : { ...last, control })
}
