import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crashes } from '../../test/support/crashes.ts'

/*
 * Kills the built program again and again in the middle of pushes, and looks for what is lost or broken:
 *
 *   npx tsx scripts/stress/kill.ts [ROUNDS]
 */

/** Of a round; it ends within a second or so. */
const MAX_ANSWERS = 400

const rounds = Number(process.argv[2] ?? 50)
const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-kill-'))
const round = crashes(dataDir)
for (let number = 1; number <= rounds; number += 1) {
  const answers = randomInt(1, MAX_ANSWERS)
  const { acknowledged, damages } = await round(answers)
  const counts = Object.entries(acknowledged).map(([what, count]) => `${count} ${what}`)
  console.log(`${number}: killed after ${answers} answers: ${counts.join(', ')}`)
  if (damages.length > 0) {
    console.error(damages.join('\n'))
    console.error(`The data directory stays for a look: ${dataDir}`)
    process.exit(1)
  }
}
rmSync(dataDir, { recursive: true })
