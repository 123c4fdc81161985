/** A guide as a session: its commands, and what it shows that they print. */
export type Step = {
  /** One command a line, without what goes before it. */
  readonly commands: readonly string[]
  readonly shown: string
}

/** Every block of commands that a block of text follows. Commands that nothing follows belong to the next ones. */
export function stepsOf(document: string): readonly Step[] {
  const blocks = document.matchAll(/```sh\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)
  return [...blocks].map(([, commands = '', shown = '']) => ({
    commands: commands
      .trim()
      .split('\n')
      .map((line) => line.replace('npx tallystick ', '')),
    shown,
  }))
}

const NEWS = /\b(?:pay|po|att|brk|run)_[0-9a-f]{32}\b|\bch_[0-9a-f]+\b/g

/**
 * Two tellings of one session, in which every id, every moment and every day is another one: which thing is which is known by
 * the order in which they come up, and days by how far they are from the first one.
 */
export type Telling = {
  /** The text with everything that is new each time replaced by what it stands for. */
  readonly told: (text: string) => string
  /** The text with stand-ins replaced by what they stand for here. */
  readonly retold: (text: string) => string
}

export function createTelling(): Telling {
  const ids = new Map<string, string>()
  let firstDay: Temporal.PlainDate | undefined
  const standIn = (id: string): string => {
    const known = ids.get(id) ?? `<${id.slice(0, id.indexOf('_'))} ${ids.size}>`
    ids.set(id, known)
    return known
  }
  const dayOf = (text: string): string => {
    const day = Temporal.PlainDate.from(text)
    firstDay ??= day
    return `<day ${firstDay.until(day).days}>`
  }
  // Where a day ends is what this is about; at which hour somebody tried it is not.
  const timeOf = (text: string): string =>
    text.startsWith('23:59:55') ? '23:59:55' : text.startsWith('00:00') ? '<midnight>' : '<time>'
  return {
    told: (text) =>
      text
        .replaceAll(NEWS, standIn)
        .replaceAll(/(?<=\b20\d\d-\d\d-\d\d[T ])\d\d:\d\d:\d\d(?:\.\d{3})?/g, timeOf)
        .replaceAll(/\b20\d\d-\d\d-\d\d(?!\d)/g, dayOf),
    retold: (text) => [...ids].reduce((rest, [id, known]) => rest.replaceAll(known, id), text),
  }
}
