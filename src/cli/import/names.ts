export type Names = {
  readonly add: (name: string) => number
  readonly indexOf: (name: string) => number | undefined
  readonly at: (index: number) => string
  readonly size: () => number
}

/** Numbers for names, from 0 in order of first appearance: each name is kept once, however often it occurs. */
export function createNames(): Names {
  const byName = new Map<string, number>()
  const names: string[] = []
  return {
    add: (name) => {
      const index = names.push(name) - 1
      byName.set(name, index)
      return index
    },
    indexOf: (name) => byName.get(name),
    at: (index) => {
      const name = names[index]
      if (name === undefined) throw new RangeError(`there is no name ${index} of ${names.length}`)
      return name
    },
    size: () => names.length,
  }
}
