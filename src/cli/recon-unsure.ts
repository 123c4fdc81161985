import { type FieldName, type Mapping, type Outcome, openFields } from '../recon/index.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'
import { columnsView, mappingView } from './recon-json.ts'
import { printMapping } from './recon-text.ts'

/** Nothing was matched: says what is not sure and which flags settle it. */
export function unsure(context: Context, { mapping, sides }: Extract<Outcome, { kind: 'unsure' }>): CliFailure {
  const open = openFields(mapping)
  const columns = columnsView(sides)
  if (!context.json) {
    printMapping(context, mapping)
    context.output.line('')
    for (const [side, names] of Object.entries(columns))
      context.output.line(`${side} has the columns ${names.join(', ')}`)
  }
  const flags = open.map((field) => flagOf(field, mapping)).join(' ')
  const names = open.length === 0 ? 'how to compare them' : open.join(' and ')
  return new CliFailure({
    message: `Nothing was matched, because the files do not prove ${names}; say it with ${flags}`,
    next: `npx tallystick recon OURS THEIRS ${flags}`,
    exitCode: EXIT.needsHuman,
    code: 'mapping_unsure',
    facts: { mapping: mappingView(mapping), columns, flags },
  })
}

function flagOf(field: FieldName, { fields }: Mapping): string {
  const { ours, theirs } = fields[field]
  const order = field === 'date' ? ':dmy' : ''
  return `--${field} ours=${ours ?? 'COLUMN'}${order},theirs=${theirs ?? 'COLUMN'}${order}`
}
