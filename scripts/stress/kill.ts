import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crashes } from '../../test/support/crashes.ts'

/*
 * Kills the built program again and again in the middle of 16 pushes at once, and looks for what is lost or broken:
 *
 *   npx tsx scripts/stress/kill.ts [ROUNDS]
 */

/** Of a round; it ends within a second or so. */
const MAX_ANSWERS = 400

/** Each round looks at all that the ones before it left in the directory. */
const ROUNDS_OF_A_DIRECTORY = 10

const rounds = Number(process.argv[2] ?? 100)
let checkedBytes = 0
for (let first = 1; first <= rounds; first += ROUNDS_OF_A_DIRECTORY) {
  const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-kill-'))
  const round = crashes(dataDir)
  for (let number = first; number < Math.min(first + ROUNDS_OF_A_DIRECTORY, rounds + 1); number += 1) {
    const answers = randomInt(1, MAX_ANSWERS)
    const { acknowledged, readBytes, damages } = await round(answers)
    checkedBytes += readBytes
    const counts = Object.entries(acknowledged).map(([what, count]) => `${count} ${what}`)
    console.log(`${number}: killed after ${answers} answers: ${counts.join(', ')}`)
    if (damages.length > 0) {
      console.error(damages.join('\n'))
      console.error(`The data directory stays for a look: ${dataDir}`)
      process.exit(1)
    }
  }
  rmSync(dataDir, { recursive: true })
}
console.log(`${rounds} kills; ${checkedBytes} acknowledged bytes read back whole`)
