import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util'

export type Flags<N extends string, T extends string> = Readonly<Record<N, number> & Record<T, string | undefined>> & {
  readonly json: boolean
  readonly help: boolean
}

type Wanted<N extends string, T extends string> = {
  /** Whole numbers: what each is when nothing is said, the least and the most that it may be. */
  readonly numbers: Readonly<Record<N, readonly [usual: number, least: number, most: number]>>
  readonly texts?: readonly T[]
  /** Whether the result can be had as one document. */
  readonly hasJson: boolean
}

/** The options of a command line, or one sentence that says what is wrong with it. */
export function readFlags<N extends string, T extends string = never>(
  args: readonly string[],
  { numbers, texts = [], hasJson }: Wanted<N, T>,
): Flags<N, T> | string {
  const ranges = Object.entries<Wanted<N, T>['numbers'][N]>(numbers)
  const named = [...ranges.map(([name]) => name), ...texts]
  const options: Record<string, ParseArgsOptionDescriptor> = {
    ...Object.fromEntries(named.map((name) => [name, { type: 'string' }])),
    ...(hasJson ? { json: { type: 'boolean' } } : {}),
    help: { type: 'boolean', short: 'h' },
  }
  let values: Readonly<Record<string, unknown>>
  try {
    values = parseArgs({ args: [...args], options }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const read: Record<string, number> = {}
  for (const [name, [usual, least, most]] of ranges) {
    const text = values[name]
    const number = text === undefined ? usual : /^\d{1,10}$/.test(String(text)) ? Number(text) : Number.NaN
    if (!(number >= least && number <= most)) return `--${name} takes a whole number from ${least} to ${most}.`
    read[name] = number
  }
  return { ...values, ...read, json: values['json'] === true, help: values['help'] === true } as Flags<N, T>
}

/** Runs a program with its options, or says what they are. Gives the exit code. */
export async function withFlags<T extends { readonly help: boolean }>(
  flags: T | string,
  usage: string,
  run: (flags: T) => Promise<number>,
): Promise<number> {
  if (typeof flags === 'string') {
    console.error(`${flags}\n\n${usage}`)
    return 2
  }
  if (!flags.help) return await run(flags)
  console.log(usage)
  return 0
}
