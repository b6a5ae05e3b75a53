import { fuzz } from '../../test/support/fuzz.ts'
import { launch } from '../../test/support/program.ts'

/*
 * Sends the built program requests that are nearly right, and looks for faults of the server and for what is never
 * answered:
 *
 *   npx tsx scripts/stress/fuzz.ts [REQUESTS] [SEED]
 */

/** Of one seed; they are made before they are sent. */
const BATCH = 2000

const requests = Number(process.argv[2] ?? 20_000)
const firstSeed = Number(process.argv[3] ?? 1)
const program = await launch(['--in-memory', '--log-level', 'error'])
let failed = false
for (let sent = 0, seed = firstSeed; sent < requests; sent += BATCH, seed += 1) {
  const batch = Math.min(BATCH, requests - sent)
  const { statuses, failures } = await fuzz(program.url, { seed, requests: batch })
  console.log(`seed ${seed}: ${JSON.stringify(statuses)}`)
  failed ||= failures.length > 0
  for (const failure of failures) console.error(failure)
}
const { code, stderr } = await program.stop()
if (stderr) console.error(stderr)
if (failed || stderr || code !== 0) process.exitCode = 1
