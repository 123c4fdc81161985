import { inMajorUnits } from './amounts.ts'
import type { ApiSuggestion, ApiSuggestions } from './api-resolution-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

/** What may belong to a break that one side alone has, and the command that would show its resolution; exit 1 for none. */
export async function breaksSuggest(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const found = await client.get<ApiSuggestions>(`/v1/breaks/${encodeURIComponent(id)}/suggestions`)
  context.show(found, () => {
    if (found.data.length === 0) context.output.note('nothing that is open on the other side is like it')
    for (const each of found.data) printSuggestion(context, found.break, each)
  })
  return found.data.length === 0 ? EXIT.negative : EXIT.ok
}

function printSuggestion(
  { output }: Context,
  id: string,
  { score, reasons, records, resolution }: ApiSuggestion,
): void {
  output.line(`${score.toFixed(2)}  ${reasons.map(({ sentence }) => sentence).join('; ')}`)
  for (const each of records) {
    const { amount, currency, business_date: day = '', references } = each
    output.line(`  ${each.break}  ${inMajorUnits(amount, currency)} ${currency}  ${day}  ${references.join(', ')}`)
  }
  const { verb, as } = resolution
  const reason = verb === 'match' ? 'same_sale' : as === 'fee' ? 'psp_fee' : 'psp_adjustment'
  const kind = as === undefined ? '' : ` --as ${as}`
  output.line(
    `  npx tallystick breaks resolve ${id} --verb ${verb}${kind} --with ${resolution.with.join(' ')} --reason ${reason} --dry-run`,
  )
}
