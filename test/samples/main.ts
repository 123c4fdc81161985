import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FOLDERS } from './folders.ts'
import { judgeFolder } from './judge.ts'
import { readOptions, USAGE } from './options.ts'
import { disagreementsOf, renderScores, type Score } from './report.ts'

/**
 * Reads published files of other projects with `tallystick parse --json` and compares what it prints with what those
 * projects' own tests expect, with an independent audit of the files' totals, and with itself. The files are no part of
 * this repository, and nothing of them is: expected values are read beside them.
 */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, resolve(import.meta.dirname, '..', '..'))
  if (typeof options === 'string') {
    console.error(`${options}\n\n${USAGE}`)
    return 2
  }
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  if (!existsSync(options.samples)) {
    console.log(`${options.samples}: samples are not here: nothing was read`)
    return 0
  }
  const scores: Score[] = []
  for (const folder of FOLDERS) {
    const isWanted = options.only.length === 0 || options.only.includes(folder)
    if (!isWanted || !existsSync(join(options.samples, folder))) continue
    scores.push({ folder, judged: await judgeFolder(options.samples, folder) })
  }
  return report(scores, options.verbose)
}

function report(scores: readonly Score[], isVerbose: boolean): number {
  const disagreements = scores.flatMap(disagreementsOf)
  const open = disagreements.filter(({ reason }) => reason === undefined)
  const explained = Map.groupBy(
    disagreements.filter(({ reason }) => reason !== undefined),
    ({ reason }) => reason,
  )
  console.log(renderScores(scores))
  for (const [reason, list] of explained) {
    console.log(`\n${list.length} explained: ${reason}`)
    if (isVerbose) for (const { text } of list) console.log(`  ${text}`)
  }
  if (open.length > 0) console.log(`\n${open.length} not explained:`)
  for (const { text } of open) console.log(`  ${text}`)
  return open.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
