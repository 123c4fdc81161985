import type { ApiBreak } from './api-night-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

/** What people write on a break, as the API takes it. */
export type Note = {
  readonly assignee?: string | null
  readonly comment?: string
  readonly add_tags?: readonly string[]
  readonly remove_tags?: readonly string[]
  readonly snooze_until?: string | null
}

/** Writes on a break and prints where it stands. */
export async function breaksAnnotate(context: Context, id: string, note: Note): Promise<number> {
  const client = await context.client()
  const { body } = await client.post<ApiBreak>(`/v1/breaks/${encodeURIComponent(id)}/notes`, note)
  context.show(body, () =>
    context.output.fields([
      ['break', body.id],
      ['state', body.state],
      ['assignee', body.assignee ?? ''],
      ['tags', body.tags.join(', ')],
      ['snoozed until', body.snoozed_until ?? ''],
    ]),
  )
  return EXIT.ok
}
